// The error that an act ends with.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/error.hpp"

namespace segue::test {

// Fails the test where nothing is thrown.
template <class Act>
Error refusal(Act&& act) {
  try {
    std::forward<Act>(act)();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was taken";
  return Error(ErrorKind::internal, "");
}

// Its sentence; the test fails where it is of another kind.
template <class Act>
std::string refusal(Act&& act, ErrorKind kind) {
  const Error error = refusal(std::forward<Act>(act));
  EXPECT_EQ(error.kind(), kind) << error.what();
  return error.what();
}

}  // namespace segue::test
