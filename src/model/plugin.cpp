#include "model/plugin.hpp"

#include <cstdlib>

#include "base/error.hpp"
#include "base/shared_object.hpp"

namespace segue {
namespace {

const LearningPlugin& load() {
  // Idle OpenMP threads must sleep: by default they spin, which makes two busy workers on two
  // cores ten times slower. It has to be said before libgomp is loaded.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  using Entry = const LearningPlugin* (*)();
  const auto entry = reinterpret_cast<Entry>(shipped_symbol("segue-torch.so", "segue_learning_plugin"));
  const LearningPlugin* plugin = entry();
  if (plugin == nullptr || plugin->abi != LearningPlugin::current_abi) {
    throw Error(ErrorKind::internal, "segue-torch.so belongs to another version of segue", {},
                "build it again");
  }
  return *plugin;
}

}  // namespace

const LearningPlugin& learning_plugin() {
  static const LearningPlugin& plugin = load();  // never unloaded: LibTorch does not like that
  return plugin;
}

}  // namespace segue
