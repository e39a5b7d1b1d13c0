#include "features/feature_file.hpp"

#include <charconv>
#include <cstring>

#include "base/error.hpp"
#include "base/half.hpp"

namespace segue {
namespace {

constexpr std::size_t kHeaderBytes = 2048;  // room for the final header, rewritten at commit

std::span<const std::byte> bytes_of(const auto& values) { return std::as_bytes(std::span(values)); }

std::int64_t number(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  std::int64_t value = -1;
  if (found != file.metadata().end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return value;
}

template <class Value>
std::vector<Value> values_of(const SafetensorsFile& file, const std::string& name, DType dtype) {
  const TensorView& tensor = file.tensor(name, dtype);
  std::vector<Value> values(static_cast<std::size_t>(tensor.count()));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::optional<TrackMusic> music_of(const SafetensorsFile& file) {
  if (!file.tensors().contains("beats")) return std::nullopt;
  TrackMusic music;
  const auto beats = values_of<double>(file, "beats", DType::f64);
  const auto places = values_of<std::int32_t>(file, "beat_places", DType::i32);
  const auto sections = values_of<double>(file, "sections", DType::f64);
  const auto labels = values_of<std::int32_t>(file, "section_labels", DType::i32);
  if (beats.size() != places.size() || sections.size() != labels.size())
    throw Error(ErrorKind::input, "is damaged", file.path(),
                "remove it; 'segue analyze' makes it again");
  for (std::size_t i = 0; i < beats.size(); ++i) music.beats.push_back({beats[i], places[i]});
  for (std::size_t i = 0; i < sections.size(); ++i) music.sections.push_back({sections[i], labels[i]});
  music.energy = file.floats("energy");
  music.brightness = file.floats("brightness");
  return music;
}

}  // namespace

std::shared_ptr<const FeatureFile> FeatureFile::open(const std::filesystem::path& path,
                                                     AudioReader audio) {
  std::shared_ptr<FeatureFile> features(new FeatureFile(SafetensorsFile::open(path)));
  const SafetensorsFile& file = features->file_;
  const TensorView& log_mel = file.tensor("log_mel", DType::f16);
  const auto id = file.metadata().find("track");
  const auto track = id != file.metadata().end() ? ContentHash::from_hex(id->second) : std::nullopt;
  features->hops_ = number(file, "hops");
  if (!track || features->hops_ < 0 || log_mel.shape.size() != 2 || log_mel.shape[1] != kBands ||
      number(file, "geometry_version") != LogMelGeometry::version) {
    throw Error(ErrorKind::input, "holds features of another kind", path,
                "remove it; 'segue analyze' makes it again");
  }
  features->track_ = *track;
  features->frames_ = log_mel.shape[0];
  features->log_mel_ = log_mel.bytes.data();
  features->loudness_ = file.floats("loudness");
  features->music_ = music_of(file);
  features->audio_ = std::move(audio);
  return features;
}

const TrackMusic& FeatureFile::music() const {
  if (!music_) {
    throw Error(ErrorKind::input, "holds no beats: an older segue made it", file_.path(),
                "run 'segue analyze' on the music again");
  }
  return *music_;
}

// Where these frames begin. size: of what they are read into.
const std::byte* FeatureFile::log_mel(const FrameRange& range, std::size_t size) const {
  if (range.begin < 0 || range.end > frames_ || range.begin > range.end ||
      size != static_cast<std::size_t>(range.size() * kBands)) {
    throw Error(ErrorKind::internal, "frames outside the track were asked for", file_.path());
  }
  return log_mel_ + range.begin * kBands * 2;
}

void FeatureFile::read_log_mel(const FrameRange& range, std::span<float> out) const {
  const std::byte* from = log_mel(range, out.size());
  for (float& value : out) {
    std::uint16_t half;
    std::memcpy(&half, from, 2);
    value = float_from_half(half);
    from += 2;
  }
}

void FeatureFile::read_log_mel(const FrameRange& range, std::span<std::uint16_t> out) const {
  std::memcpy(out.data(), log_mel(range, out.size()), out.size_bytes());
}

const AudioReader& FeatureFile::audio() const {
  if (!audio_) {
    throw Error(ErrorKind::usage, "is all there is of the music, but its audio is to be heard",
                file_.path(), "give the music itself, or use what reads log-mel alone");
  }
  return audio_;
}

std::vector<float> FeatureFile::read_samples(Hop begin, Hop end) const {
  return audio()(hops_to_seconds(begin), hops_to_seconds((end < hops_ ? end : hops_ + 1) - begin), 0);
}

std::vector<float> FeatureFile::read_audio(const FrameRange& range, int sample_rate) const {
  const Hop samples = (range.size() - 1) * LogMelGeometry::hop_length + LogMelGeometry::window_length;
  const Seconds length(static_cast<double>(samples) / LogMelGeometry::sample_rate);
  return audio()(hops_to_seconds(range.begin), length, sample_rate);
}

FeatureFileWriter::FeatureFileWriter(const std::filesystem::path& folder)
    : folder_(folder), file_(folder / "features") {
  file_.write(std::string(8 + kHeaderBytes, ' '));
}

void FeatureFileWriter::append(std::span<const float> rows) {
  buffer_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) buffer_[i] = half_from_float(rows[i]);
  file_.write(bytes_of(buffer_));
  frames_ += static_cast<Hop>(rows.size()) / kBands;
}

std::filesystem::path FeatureFileWriter::commit(const TrackId& track, Hop hops,
                                                std::span<const float> loudness,
                                                const TrackMusic& music) {
  std::vector<double> beats;
  std::vector<std::int32_t> places;
  for (const Beat& beat : music.beats) {
    beats.push_back(beat.seconds);
    places.push_back(beat.place);
  }
  std::vector<double> sections;
  std::vector<std::int32_t> labels;
  for (const Section& section : music.sections) {
    sections.push_back(section.begin);
    labels.push_back(section.label);
  }
  std::vector<NamedTensor> tensors = {{"log_mel", DType::f16, {frames_, kBands}, {}}};
  const auto add = [&](const char* name, DType dtype, const auto& values) {
    tensors.push_back({name, dtype, {static_cast<std::int64_t>(values.size())}, {}});
    file_.write(bytes_of(values));
  };
  // 160 bytes a frame, and then the larger numbers first, keep each at its own alignment.
  add("beats", DType::f64, beats);
  add("sections", DType::f64, sections);
  add("loudness", DType::f32, loudness);
  add("beat_places", DType::i32, places);
  add("section_labels", DType::i32, labels);
  add("energy", DType::f32, music.energy);
  add("brightness", DType::f32, music.brightness);
  const std::string header =
      safetensors_header(tensors,
                         {{"track", track.hex()},
                          {"hops", std::to_string(hops)},
                          {"geometry_version", std::to_string(LogMelGeometry::version)}},
                         kHeaderBytes);
  file_.write_at(0, bytes_of(header));
  file_.retarget(folder_ / (track.hex() + ".safetensors"));
  file_.commit();
  return file_.target();
}

}  // namespace segue
