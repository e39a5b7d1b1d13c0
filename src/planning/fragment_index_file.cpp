// An index as a file: its rows as they are kept, and which list of the inverted file each is in.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "planning/fragment_index_state.hpp"

namespace segue {
namespace {

using Count = faiss::Index::idx_t;

constexpr const char* kVersion = "2";

std::int64_t whole(std::size_t count) { return static_cast<std::int64_t>(count); }

template <class T>
std::vector<T> copy_of(const TensorView& tensor) {
  std::vector<T> copy(static_cast<std::size_t>(tensor.count()));
  std::memcpy(copy.data(), tensor.bytes.data(), tensor.bytes.size());
  return copy;
}

}  // namespace

void FragmentIndex::write(const std::filesystem::path& file, const std::string& about,
                          std::span<const NamedTensor> beside) const {
  const State& s = *state_;
  std::vector<float> centres;
  std::vector<std::int32_t> list_of;
  if (s.inverted) {
    const auto& lists = *s.inverted->file.invlists;
    centres.resize(lists.nlist * s.head);
    list_of.resize(s.size());
    s.inverted->quantizer.reconstruct_n(0, static_cast<Count>(lists.nlist), centres.data());
    for (std::size_t list = 0; list < lists.nlist; ++list) {
      for (std::size_t i = 0; i < lists.list_size(list); ++i)
        list_of[s.row_of.at(lists.get_single_id(list, i))] = static_cast<std::int32_t>(list);
    }
  }
  const std::int64_t rows = whole(s.size()), width = whole(s.dimension);
  const std::int64_t turned = s.rotation.empty() ? 0 : width;
  std::vector<NamedTensor> tensors(beside.begin(), beside.end());
  const auto add = [&](const char* name, DType type, std::vector<std::int64_t> shape,
                       const auto& values) {
    tensors.push_back({name, type, std::move(shape), std::as_bytes(std::span(values))});
  };
  add("centres", DType::f32, {whole(centres.size() / s.head), whole(s.head)}, centres);
  add("ids", DType::i64, {rows}, s.ids);
  add("list_of", DType::i32, {whole(list_of.size())}, list_of);
  add("rotation", DType::f32, {turned, width}, s.rotation);
  add("rows", DType::f32, {rows, width}, s.rows);
  write_safetensors(file, tensors, {{"about", about}, {"index_version", kVersion}});
}

std::pair<FragmentIndex, std::string> FragmentIndex::read(const std::filesystem::path& file) {
  return read(SafetensorsFile::open(file));
}

std::pair<FragmentIndex, std::string> FragmentIndex::read(const SafetensorsFile& file) {
  const auto text = [&](const char* key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string() : found->second;
  };
  const auto require = [&](bool sound) {
    if (!sound) {
      throw Error(ErrorKind::input, "is no index of this version of segue", file.path(),
                  "remove it; it is made again");
    }
  };
  require(text("index_version") == kVersion);
  const TensorView& ids = file.tensor("ids", DType::i64);
  const TensorView& rows = file.tensor("rows", DType::f32);
  const TensorView& rotation = file.tensor("rotation", DType::f32);
  const TensorView& centres = file.tensor("centres", DType::f32);
  const TensorView& list_of = file.tensor("list_of", DType::i32);
  require(rows.shape.size() == 2 && ids.shape.size() == 1 && rows.shape[0] == ids.shape[0]);
  const std::int64_t width = rows.shape[1];
  require(width >= 1 && width <= whole(kMostNumbers));
  require(rotation.shape.size() == 2 && rotation.shape[1] == width &&
          (rotation.shape[0] == 0 || rotation.shape[0] == width));
  auto state = std::make_unique<State>(static_cast<std::size_t>(width), kExact);
  State& s = *state;
  const bool has_lists = list_of.count() > 0;
  require(centres.shape.size() == 2 && centres.shape[1] == whole(s.head) &&
          (centres.shape[0] > 0) == has_lists);
  require(!has_lists || list_of.count() == ids.shape[0]);
  s.ids = copy_of<std::int64_t>(ids);
  s.rows = copy_of<float>(rows);
  s.rotation = copy_of<float>(rotation);
  s.counted = s.rotation.empty() ? 0 : s.size();
  s.heads.resize(s.size() * s.head);
  for (std::size_t i = 0; i < s.size(); ++i) {
    std::copy_n(s.row(i), s.head, s.heads.data() + i * s.head);
    require(s.row_of.emplace(s.ids[i], i).second);
  }
  for (const std::vector<float>* values : {&s.rows, &s.rotation})
    require(
        std::all_of(values->begin(), values->end(), [](float value) { return std::isfinite(value); }));
  if (has_lists && s.size() > s.exact) {
    const std::vector<float> places = copy_of<float>(centres);
    const auto lists = static_cast<std::size_t>(centres.shape[0]);
    s.inverted = std::make_unique<InvertedFile>(s.head, lists);
    s.inverted->quantizer.add(static_cast<Count>(lists), places.data());
    s.inverted->file.is_trained = true;
    s.inverted_at = static_cast<double>(s.size());
    const std::vector<std::int32_t> list = copy_of<std::int32_t>(list_of);
    for (std::size_t i = 0; i < s.size(); ++i) {
      require(list[i] >= 0 && list[i] < centres.shape[0]);
      s.inverted->file.invlists->add_entry(
          static_cast<std::size_t>(list[i]), s.ids[i],
          reinterpret_cast<const std::uint8_t*>(s.heads.data() + i * s.head));
    }
    s.inverted->file.ntotal = static_cast<Count>(s.size());
  }
  s.settle();
  return {FragmentIndex(std::move(state)), text("about")};
}

}  // namespace segue
