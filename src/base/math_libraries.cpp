#include "base/math_libraries.hpp"

#include <cstdlib>

namespace segue {
namespace {

bool set_if_missing(const char* name, const char* value) {
  return std::getenv(name) == nullptr && ::setenv(name, value, 0) == 0;
}

}  // namespace

bool tell_math_libraries() {
  // Idle threads must sleep: by default they spin, which makes two busy workers on two cores ten times
  // slower.
  bool is_new = set_if_missing("OMP_WAIT_POLICY", "passive");
#if defined(__x86_64__)
  // OpenBLAS takes processors that are newer than itself for very old ones, without wide registers.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
    is_new = set_if_missing("OPENBLAS_CORETYPE", wide ? "SkylakeX" : "Haswell") || is_new;
  }
#endif
  return is_new;
}

}  // namespace segue
