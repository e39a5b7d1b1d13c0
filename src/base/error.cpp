#include "base/error.hpp"

#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace segue {
namespace {

std::string sentence(const std::string& problem, const std::filesystem::path& file,
                     const std::string& remedy) {
  std::string text;
  if (!file.empty()) text += printable(file) + ": ";
  text += problem;
  if (!remedy.empty()) text += "; " + remedy;
  return text + ".";
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& problem, std::filesystem::path file, std::string remedy)
    : std::runtime_error(sentence(problem, file, remedy)),
      kind_(kind),
      problem_(problem),
      file_(std::move(file)),
      remedy_(std::move(remedy)) {}

Error write_error(const std::filesystem::path& file, int errno_value) {
  std::string remedy = "choose another place to write to";
  if (errno_value == ENOSPC || errno_value == EDQUOT) {
    remedy = "free some space or choose another place to write to";
  } else if (errno_value == EACCES || errno_value == EPERM || errno_value == EROFS) {
    remedy = "choose a place that you may write to";
  } else if (errno_value == ENOENT || errno_value == ENOTDIR) {
    remedy = "make its folder first";
  }
  return Error(ErrorKind::output, std::string("cannot be written (") + std::strerror(errno_value) + ")",
               file, remedy);
}

}  // namespace segue
