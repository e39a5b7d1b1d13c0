// The safetensors container: an 8-byte little-endian header length, a JSON header
// naming dtype, shape and byte range of each tensor, then the raw little-endian data.
// Features and weights are kept in it. https://github.com/huggingface/safetensors
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

enum class DType { f16, f32, f64, u8, i32, i64, u32 };
std::size_t size_of(DType dtype) noexcept;

struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;   // row-major; {} is a scalar
  std::span<const std::byte> bytes;  // product(shape) * size_of(dtype), may be unaligned

  std::int64_t count() const noexcept;
};

// A memory-mapped, validated file; views live as long as it does. Thread-safe.
class SafetensorsFile {
 public:
  // Throws Error(input) if missing, not safetensors, truncated or inconsistent.
  static SafetensorsFile open(const std::filesystem::path& file);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const std::filesystem::path& path() const noexcept;
  const std::map<std::string, TensorView>& tensors() const noexcept;
  const std::map<std::string, std::string>& metadata() const noexcept;
  // Throws Error(input) if it is not there or not of this dtype.
  const TensorView& tensor(const std::string& name, DType dtype) const;
  std::vector<float> floats(const std::string& name) const;  // an f32 tensor, copied

 private:
  struct State;
  explicit SafetensorsFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct NamedTensor {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

// Writes and commits a file. Throws Error(output).
void write_safetensors(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata);

// The header for tensors laid one after the other, padded with spaces to a multiple of 8
// and at least `minimum` bytes (so that it can be rewritten in place when sizes are known).
std::string safetensors_header(std::span<const NamedTensor> tensors,
                               const std::map<std::string, std::string>& metadata,
                               std::size_t minimum = 0);

}  // namespace segue
