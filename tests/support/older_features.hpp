// Feature files as segue wrote them before it heard music.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "support/temporary_folder.hpp"

namespace segue::test {

// Takes from a feature file what version 1 of the analysis did not write.
inline void make_older(const std::filesystem::path& features) {
  const std::filesystem::path older = features.string() + ".older";
  {
    const SafetensorsFile file = SafetensorsFile::open(features);
    std::vector<NamedTensor> tensors;
    for (const std::string name : {"log_mel", "loudness"}) {
      const TensorView& tensor = file.tensors().at(name);
      tensors.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
    }
    write_safetensors(older, tensors, file.metadata());
  }
  std::filesystem::rename(older, features);
}

// A tensor's bytes.
inline std::string bytes_of_tensor(const std::filesystem::path& features, const std::string& name) {
  const SafetensorsFile file = SafetensorsFile::open(features);
  const TensorView& tensor = file.tensors().at(name);
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

}  // namespace segue::test
