#include "base/text_file.hpp"

#include <fstream>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue {

std::string read_text_file(const std::filesystem::path& file, const char* what, const char* remedy) {
  std::error_code code;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, code))
    throw Error(ErrorKind::input, "cannot be read", file, "check its name and that you may read it");
  std::string text;
  std::vector<char> block(1 << 16);
  while (in && text.size() <= kLargestTextFile) {
    throw_if_interrupted();
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > kLargestTextFile)
    throw Error(ErrorKind::input, std::string("is too large for a ") + what, file, remedy);
  if (!in.eof()) throw Error(ErrorKind::input, "cannot be read", file, "check that you may read it");
  return text;
}

}  // namespace segue
