#include "base/committed_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::string_view kSuffix = ".partial";

std::filesystem::path partial_name(const std::filesystem::path& target) {
  static std::atomic<unsigned> counter{0};
  std::string name = target.filename().native();
  if (name.size() > 200) name.resize(200);  // file names end at 255 bytes
  name = "." + name + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  return target.parent_path() / (name + std::string(kSuffix));
}

// The process id inside ".NAME.PID-N.partial", or 0.
pid_t owner_of(const std::string& name) {
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return 0;
  const std::string stem = name.substr(0, name.size() - kSuffix.size());
  const std::size_t dot = stem.rfind('.');
  pid_t pid = 0;
  const auto [end, code] = std::from_chars(stem.data() + dot + 1, stem.data() + stem.size(), pid);
  return code == std::errc() && *end == '-' ? pid : 0;
}

}  // namespace

CommittedFile::CommittedFile(std::filesystem::path target) : target_(std::move(target)) {
  std::error_code code;
  // Of a link, what it leads to is replaced.
  if (std::filesystem::is_symlink(target_, code)) {
    const std::filesystem::path real = std::filesystem::canonical(target_, code);
    if (!code) target_ = real;
  }
  const std::filesystem::file_status status = std::filesystem::status(target_, code);
  if (std::filesystem::is_directory(status)) throw write_error(target_, EISDIR);
  // A device or pipe would be replaced by a file of its name.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(ErrorKind::output, "is a device or a pipe, not a file", target_, "choose another name");
  temporary_ = partial_name(target_);
  descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw write_error(target_, errno);
}

CommittedFile::~CommittedFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void CommittedFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw write_error(target_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void CommittedFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void CommittedFile::write_at(std::size_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw write_error(target_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
}

void CommittedFile::retarget(std::filesystem::path target) { target_ = std::move(target); }

void CommittedFile::commit() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) throw write_error(target_, errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw write_error(target_, errno);
  ::close(descriptor_);
  descriptor_ = -1;
}

void write_text_file(const std::filesystem::path& target, std::string_view text) {
  CommittedFile file(target);
  file.write(text);
  file.commit();
}

void remove_stale_partials(const std::filesystem::path& folder) noexcept {
  std::error_code code;
  for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code)) {
    const pid_t owner = owner_of(it->path().filename().native());
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) {
      std::error_code ignored;
      std::filesystem::remove(it->path(), ignored);
    }
  }
}

}  // namespace segue
