#include "model/plugin.hpp"

#include "base/error.hpp"
#include "base/math_libraries.hpp"
#include "base/shared_object.hpp"

namespace segue {
namespace {

const LearningPlugin& load() {
  tell_math_libraries();
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
