#pragma once

namespace segue {

// "0.1.0": what plans and model cards say made them.
const char* version() noexcept;

}  // namespace segue
