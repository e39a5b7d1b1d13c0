#include "base/version.hpp"

namespace segue {

const char* version() noexcept { return SEGUE_VERSION; }

}  // namespace segue
