#include "model/plugin.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/paths.hpp"

namespace segue {
namespace {

constexpr const char* kPlugin = "segue-torch.so";

const LearningPlugin& load() {
  const std::filesystem::path file = find_shipped(kPlugin);
  if (file.empty()) {
    throw Error(ErrorKind::internal, std::string("the learning plugin ") + kPlugin + " was not found",
                {}, "build it or set SEGUE_HOME to the folder that holds it");
  }
  // Idle OpenMP threads must sleep: by default they spin, which makes two busy workers on two
  // cores ten times slower. It has to be said before libgomp is loaded.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorKind::internal, std::string("cannot be loaded (") + ::dlerror() + ")", file,
                "install libtorch and build again");
  }
  using Entry = const LearningPlugin* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, "segue_learning_plugin"));
  const LearningPlugin* plugin = entry != nullptr ? entry() : nullptr;
  if (plugin == nullptr || plugin->abi != LearningPlugin::current_abi) {
    throw Error(ErrorKind::internal, "belongs to another version of segue", file, "build it again");
  }
  return *plugin;
}

}  // namespace

const LearningPlugin& learning_plugin() {
  static const LearningPlugin& plugin = load();  // never unloaded: LibTorch does not like that
  return plugin;
}

}  // namespace segue
