// What only the raw pages of an Ogg file tell. Internal to the decoder.
#pragma once

#include <filesystem>

namespace segue {

// Whether several files were simply put one behind the other (RFC 3533, "chaining"), as recorders of
// streams do: their timestamps begin anew. Looks at both ends of the file; true where in doubt.
bool is_chained_ogg(const std::filesystem::path& file);

}  // namespace segue
