// An index as a file: its rows and, where it has lists, the heads of the rows and their places.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "planning/fragment_index_state.hpp"

namespace segue {
namespace {

using Count = faiss::Index::idx_t;

constexpr const char* kVersion = "3";

std::int64_t whole(std::size_t count) { return static_cast<std::int64_t>(count); }

template <class T>
std::vector<T> copy_of(const TensorView& tensor) {
  std::vector<T> copy(static_cast<std::size_t>(tensor.count()));
  std::memcpy(copy.data(), tensor.bytes.data(), tensor.bytes.size());
  return copy;
}

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

void FragmentIndex::write(const std::filesystem::path& file, const std::string& about,
                          std::span<const NamedTensor> beside) const {
  const State& s = *state_;
  const std::int64_t rows = whole(s.size()), width = whole(s.dimension), head = whole(s.head);
  std::vector<float> centres, heads, projection;
  std::vector<std::int32_t> list_of;
  if (s.inverted) {
    const auto& lists = *s.inverted->file.invlists;
    projection = s.inverted->projection;
    centres.resize(lists.nlist * s.head);
    s.inverted->quantizer.reconstruct_n(0, static_cast<Count>(lists.nlist), centres.data());
    heads.resize(s.size() * s.head);
    list_of.resize(s.size());
    for (std::size_t list = 0; list < lists.nlist; ++list) {
      faiss::InvertedLists::ScopedCodes codes(&lists, list);
      for (std::size_t i = 0; i < lists.list_size(list); ++i) {
        const std::size_t row = s.row_of.at(lists.get_single_id(list, i));
        list_of[row] = static_cast<std::int32_t>(list);
        std::memcpy(heads.data() + row * s.head, codes.get() + i * lists.code_size, lists.code_size);
      }
    }
  }
  std::vector<NamedTensor> tensors(beside.begin(), beside.end());
  const auto add = [&](const char* name, DType type, std::vector<std::int64_t> shape,
                       const auto& values) {
    tensors.push_back({name, type, std::move(shape), std::as_bytes(std::span(values))});
  };
  add("centres", DType::f32, {whole(centres.size()) / head, head}, centres);
  add("heads", DType::f32, {whole(heads.size()) / head, head}, heads);
  add("ids", DType::i64, {rows}, s.ids);
  add("list_of", DType::i32, {whole(list_of.size())}, list_of);
  add("projection", DType::f32, {whole(projection.size()) / width, width}, projection);
  add("rows", DType::f32, {rows, width}, s.rows);
  write_safetensors(file, tensors, {{"about", about}, {"index_version", kVersion}});
}

std::pair<FragmentIndex, std::string> FragmentIndex::read(const std::filesystem::path& file,
                                                          std::size_t exact) {
  return read(SafetensorsFile::open(file), exact);
}

std::pair<FragmentIndex, std::string> FragmentIndex::read(const SafetensorsFile& file,
                                                          std::size_t exact) {
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
  require(rows.shape.size() == 2 && ids.shape.size() == 1 && rows.shape[0] == ids.shape[0]);
  const std::int64_t count = rows.shape[0], width = rows.shape[1];
  require(width >= 1 && width <= whole(kMostNumbers));
  auto state = std::make_unique<State>(static_cast<std::size_t>(width), exact);
  State& s = *state;
  s.ids = copy_of<std::int64_t>(ids);
  s.rows = copy_of<float>(rows);
  require(all_finite(s.rows));
  for (std::size_t i = 0; i < s.size(); ++i)
    require(s.ids[i] >= 0 && s.row_of.emplace(s.ids[i], i).second);

  const TensorView& list_of = file.tensor("list_of", DType::i32);
  if (list_of.count() > 0 && s.size() > s.exact) {
    const auto floats = [&](const char* name, std::int64_t height, std::int64_t numbers) {
      const TensorView& tensor = file.tensor(name, DType::f32);
      require(tensor.shape == std::vector<std::int64_t>({height, numbers}));
      std::vector<float> values = copy_of<float>(tensor);
      require(all_finite(values));
      return values;
    };
    const TensorView& centres = file.tensor("centres", DType::f32);
    require(centres.shape.size() == 2 && centres.shape[0] >= 1 && centres.shape[0] <= count);
    const std::int64_t lists = centres.shape[0], head = whole(s.head);
    require(list_of.count() == count);
    s.inverted = std::make_unique<InvertedFile>(s.head, static_cast<std::size_t>(lists));
    s.inverted->projection = floats("projection", head, width);
    s.inverted->made_of = rows_for_lists(lists);
    s.inverted->quantizer.add(lists, floats("centres", lists, head).data());
    const std::vector<float> heads = floats("heads", count, head);
    const std::vector<std::int32_t> list = copy_of<std::int32_t>(list_of);
    for (std::size_t i = 0; i < s.size(); ++i) {
      require(list[i] >= 0 && list[i] < lists);
      s.inverted->file.invlists->add_entry(
          static_cast<std::size_t>(list[i]), s.ids[i],
          reinterpret_cast<const std::uint8_t*>(heads.data() + i * s.head));
    }
    s.inverted->file.is_trained = true;
    s.inverted->file.ntotal = count;
  }
  s.settle();
  return {FragmentIndex(std::move(state)), text("about")};
}

}  // namespace segue
