#include "base/math_libraries.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace segue {
namespace {

TEST(MathLibraries, AreToldOnceAndOnlyWhatNobodySaid) {
  ::setenv("OMP_WAIT_POLICY", "active", 1);
  ::unsetenv("OPENBLAS_CORETYPE");
  tell_math_libraries();
  EXPECT_EQ(std::string(std::getenv("OMP_WAIT_POLICY")), "active");
  EXPECT_FALSE(tell_math_libraries());
  ::unsetenv("OMP_WAIT_POLICY");
  EXPECT_TRUE(tell_math_libraries());
  EXPECT_EQ(std::string(std::getenv("OMP_WAIT_POLICY")), "passive");
}

}  // namespace
}  // namespace segue
