#include "features/feature_file.hpp"

#include <charconv>
#include <cstring>

#include "base/error.hpp"
#include "base/half.hpp"

namespace segue {
namespace {

constexpr std::size_t kHeaderBytes = 1024;  // room for the final header, rewritten at commit
constexpr int kBands = LogMelGeometry::bands;

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
  features->audio_ = std::move(audio);
  return features;
}

void FeatureFile::read_log_mel(const FrameRange& range, std::span<float> out) const {
  if (range.begin < 0 || range.end > frames_ || range.begin > range.end ||
      out.size() != static_cast<std::size_t>(range.size() * kBands)) {
    throw Error(ErrorKind::internal, "frames outside the track were asked for", file_.path());
  }
  const std::byte* from = log_mel_ + range.begin * kBands * 2;
  for (float& value : out) {
    std::uint16_t half;
    std::memcpy(&half, from, 2);
    value = float_from_half(half);
    from += 2;
  }
}

std::vector<float> FeatureFile::read_audio(const FrameRange& range, int sample_rate) const {
  if (!audio_) {
    throw Error(ErrorKind::usage, "is all there is of the music, but the encoder hears audio",
                file_.path(), "use 'segue train' on the music itself, or an encoder that reads log-mel");
  }
  const Hop samples = (range.size() - 1) * LogMelGeometry::hop_length + LogMelGeometry::window_length;
  const Seconds length(static_cast<double>(samples) / LogMelGeometry::sample_rate);
  return audio_(hops_to_seconds(range.begin), length, sample_rate);
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
                                                std::span<const float> loudness) {
  // f32 data must begin on its own alignment: 80 halfs a frame keep that.
  file_.write(bytes_of(loudness));
  const NamedTensor tensors[] = {
      {"log_mel", DType::f16, {frames_, kBands}, {}},
      {"loudness", DType::f32, {static_cast<std::int64_t>(loudness.size())}, {}}};
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
