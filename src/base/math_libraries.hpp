// What OpenBLAS and OpenMP are to be told before they are loaded.
#pragma once

namespace segue {

// Sets variables of the environment, where nobody has set them: OMP_WAIT_POLICY and OPENBLAS_CORETYPE.
// Both libraries read theirs once, when they are loaded: a program that is linked to them has to start
// anew. Returns whether any was set.
bool tell_math_libraries();

}  // namespace segue
