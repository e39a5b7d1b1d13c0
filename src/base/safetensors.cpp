#include "base/safetensors.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/committed_file.hpp"
#include "base/error.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<const char*, DType>, 7> kNames{{{"F16", DType::f16},
                                                               {"F32", DType::f32},
                                                               {"F64", DType::f64},
                                                               {"U8", DType::u8},
                                                               {"I32", DType::i32},
                                                               {"I64", DType::i64},
                                                               {"U32", DType::u32}}};

const char* name_of(DType dtype) {
  return std::find_if(kNames.begin(), kNames.end(), [&](auto& n) { return n.second == dtype; })->first;
}

Error damaged(const std::filesystem::path& file, const std::string& what) {
  return Error(ErrorKind::input, "is not a sound safetensors file (" + what + ")", file,
               "make it again");
}

// Product of the shape, or -1 if it does not fit.
std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(count, size, &count)) return -1;
  }
  return count;
}

}  // namespace

std::size_t size_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::u8:
      return 1;
    case DType::f16:
      return 2;
    case DType::f32:
    case DType::i32:
    case DType::u32:
      return 4;
    case DType::f64:
    case DType::i64:
      return 8;
  }
  return 0;
}

std::int64_t TensorView::count() const noexcept { return element_count(shape); }

struct SafetensorsFile::State {
  std::filesystem::path path;
  void* mapping = MAP_FAILED;
  std::size_t size = 0;
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;

  ~State() {
    if (mapping != MAP_FAILED) ::munmap(mapping, size);
  }

  void map_file() {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      if (descriptor >= 0) ::close(descriptor);
      throw Error(ErrorKind::input, "cannot be read", path, "check that it exists");
    }
    size = static_cast<std::size_t>(status.st_size);
    if (size > 0) mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    ::close(descriptor);
    if (size < 8) throw damaged(path, "too short");
    if (mapping == MAP_FAILED) throw Error(ErrorKind::internal, "cannot be mapped", path);
  }

  void parse() {
    const auto* bytes = static_cast<const std::byte*>(mapping);
    std::uint64_t header_size = 0;
    std::memcpy(&header_size, bytes, 8);
    if (header_size > size - 8) throw damaged(path, "truncated header");
    const auto* text = reinterpret_cast<const char*>(bytes + 8);
    const Json header = Json::parse(text, text + header_size, nullptr, false);
    if (!header.is_object()) throw damaged(path, "the header is not JSON");
    const std::span data(bytes + 8 + header_size, size - 8 - header_size);
    try {
      for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
          metadata = entry.get<std::map<std::string, std::string>>();
        } else {
          tensors.emplace(name, view(name, entry, data));
        }
      }
    } catch (const Json::exception&) {
      throw damaged(path, "the header does not follow the format");
    }
  }

  TensorView view(const std::string& name, const Json& entry, std::span<const std::byte> data) const {
    const auto dtype_name = entry.at("dtype").get<std::string>();
    const auto known =
        std::find_if(kNames.begin(), kNames.end(), [&](auto& n) { return dtype_name == n.first; });
    if (known == kNames.end()) throw damaged(path, "unknown dtype of " + name);
    TensorView tensor{known->second, entry.at("shape").get<std::vector<std::int64_t>>(), {}};
    const auto range = entry.at("data_offsets").get<std::array<std::uint64_t, 2>>();
    const std::int64_t count = tensor.count();
    if (range[0] > range[1] || range[1] > data.size() || count < 0 ||
        static_cast<std::uint64_t>(count) > data.size() / size_of(tensor.dtype) ||
        range[1] - range[0] != static_cast<std::uint64_t>(count) * size_of(tensor.dtype)) {
      throw damaged(path, "truncated at " + name);
    }
    tensor.bytes = data.subspan(range[0], range[1] - range[0]);
    return tensor;
  }
};

SafetensorsFile::SafetensorsFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& file) {
  auto state = std::make_unique<State>();
  state->path = file;
  state->map_file();
  state->parse();
  return SafetensorsFile(std::move(state));
}

const std::filesystem::path& SafetensorsFile::path() const noexcept { return state_->path; }
const std::map<std::string, TensorView>& SafetensorsFile::tensors() const noexcept {
  return state_->tensors;
}
const std::map<std::string, std::string>& SafetensorsFile::metadata() const noexcept {
  return state_->metadata;
}

const TensorView& SafetensorsFile::tensor(const std::string& name, DType dtype) const {
  const auto found = state_->tensors.find(name);
  if (found == state_->tensors.end()) throw damaged(state_->path, "no tensor " + name);
  if (found->second.dtype != dtype) throw damaged(state_->path, "unexpected dtype of " + name);
  return found->second;
}

std::vector<float> SafetensorsFile::floats(const std::string& name) const {
  const TensorView& view = tensor(name, DType::f32);
  std::vector<float> values(static_cast<std::size_t>(view.count()));
  if (!values.empty()) std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

std::string safetensors_header(std::span<const NamedTensor> tensors,
                               const std::map<std::string, std::string>& metadata, std::size_t minimum) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::size_t end =
        offset + static_cast<std::size_t>(element_count(tensor.shape)) * size_of(tensor.dtype);
    header[tensor.name] = {
        {"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize(std::max(minimum, (text.size() + 7) / 8 * 8), ' ');
  const std::uint64_t size = text.size();
  std::string prefix(8, '\0');
  std::memcpy(prefix.data(), &size, 8);
  return prefix + text;
}

void write_safetensors(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  CommittedFile file(target);
  file.write(safetensors_header(tensors, metadata));
  for (const NamedTensor& tensor : tensors) file.write(tensor.bytes);
  file.commit();
}

}  // namespace segue
