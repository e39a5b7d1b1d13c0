#include "model/plugin.hpp"

#include <cstdlib>

#include "base/error.hpp"
#include "base/shared_object.hpp"

namespace segue {
namespace {

// OpenBLAS takes processors that are newer than itself for very old ones, without their wide registers.
// It asks once, when it is loaded; whoever sets the variable decides.
void tell_open_blas_what_there_is() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
  ::setenv("OPENBLAS_CORETYPE", wide ? "SkylakeX" : "Haswell", 0);
#endif
}

const LearningPlugin& load() {
  // Idle OpenMP threads must sleep: by default they spin, which makes two busy workers on two
  // cores ten times slower. It has to be said before libgomp is loaded.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  tell_open_blas_what_there_is();
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
