#include "judge/seam_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "analysis/log_mel.hpp"
#include "audio/decoder.hpp"
#include "audio/encoder.hpp"
#include "base/committed_file.hpp"
#include "base/progress.hpp"
#include "base/scratch_file.hpp"
#include "base/svg.hpp"
#include "base/text.hpp"
#include "features/heat_picture.hpp"
#include "library/audio_reader.hpp"
#include "output/clip_writer.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr Seconds kAround{8};
constexpr int kWidth = 960, kHeight = 240;  // of a picture, pixels
constexpr int kBeats = 12;                  // of the strips for beats above and below it
constexpr const char* kOut = "#4dd2ff";     // colours of the two tracks
constexpr const char* kIn = "#ffd24d";

constexpr const char* kStyle = R"(
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1000px; padding: 24px 20px 64px; color: #1a1a1f; background: #fff }
h1 { font-size: 1.6rem; margin: 0 0 .2rem } h2 { font-size: 1.1rem; margin: 2.4rem 0 .4rem }
table { border-collapse: collapse; margin: .6rem 0 } td, th { text-align: left; padding: .2rem 1.1rem .2rem 0; font-variant-numeric: tabular-nums }
th { font-weight: 600; border-bottom: 1px solid #ccc } p { margin: .3rem 0 } .note { color: #555 }
svg { display: block; width: 100%; height: auto; border-radius: 6px; background: #000004 } audio { width: 100%; margin-top: .5rem }
@media (prefers-color-scheme: dark) { body { color: #e8e8ee; background: #17171c } .note { color: #a5a5b0 } th { border-color: #444 } }
)";

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= bytes.size() - i ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// "+1.5", "−0.3", "0.0"
std::string signed_figure(double value) {
  const std::string figure = describe_figure(value, 1);
  return value > 0 && figure != "0.0" ? "+" + figure : figure;
}

// The transition i and what is around it, on one axis of time.
class SeamPicture {
 public:
  SeamPicture(const Plan& plan, std::size_t i, const SeamMeasure& measure, Seconds begin, Seconds end)
      : transition_(plan.transitions[i]),
        rate_(plan.sample_rate),
        measure_(measure),
        seam_(to_seconds(plan.seams()[i + 1], plan.sample_rate)),
        begin_(begin),
        end_(end) {}

  std::string draw(const AudioReader& audio) {
    svg_ << "<svg viewBox=\"0 0 " << kWidth << ' ' << kHeight + 2 * kBeats + 18
         << "\" role=\"img\"><g transform=\"translate(0 " << kBeats << ")\">";
    spectrogram(audio);
    fades();
    svg_ << "</g>";
    beats(measure_.beats_out, 0, kOut);
    beats(measure_.beats_in, kBeats + kHeight, kIn);
    times();
    svg_ << "</svg>\n";
    return svg_.str();
  }

 private:
  double x(double seconds) const {
    return kWidth * (seconds - begin_.count()) / (end_ - begin_).count();
  }

  void spectrogram(const AudioReader& audio) {
    const Seconds half = to_seconds(LogMelGeometry::window_length / 2, LogMelGeometry::sample_rate);
    const std::vector<float> mono =
        audio(begin_ - half, end_ - begin_ + 2 * half, LogMelGeometry::sample_rate);
    std::vector<float> rows;
    LogMelExtractor().process(mono, rows);
    const std::size_t frames = rows.size() / kBands;
    if (frames == 0) return;
    const float high = *std::max_element(rows.begin(), rows.end());
    HeatPicture picture(kWidth, kBands);
    for (std::size_t column = 0; column < kWidth; ++column) {
      const std::size_t frame = std::min(frames - 1, column * frames / kWidth);
      for (std::size_t band = 0; band < kBands; ++band)
        picture.set(column, kBands - 1 - band,
                    1 + static_cast<double>(rows[frame * kBands + band] - high) / 5.5);
    }
    svg_ << "<image x=\"0\" y=\"0\" width=\"" << kWidth << "\" height=\"" << kHeight
         << "\" preserveAspectRatio=\"none\" href=\"data:image/png;base64," << base64(picture.png())
         << "\"/>";
  }

  // Gains of both tracks, from the bottom (silent) to the top (as loud as it is), by band.
  void fades() {
    const double begin = measure_.time.begin.count(), end = measure_.time.end.count();
    svg_ << "<rect x=\"" << x(begin) << "\" y=\"0\" width=\"" << std::max(1.0, x(end) - x(begin))
         << "\" height=\"" << kHeight << "\" fill=\"#fff\" opacity=\".07\"/>";
    struct Band {
      BandFade fade;
      const char* dash = "none";
    };
    std::vector<Band> bands;
    if (transition_.is_blend()) {
      const Blend& blend = transition_.blend;
      bands = {{blend.low, "none"}, {blend.mid, "7 4"}, {blend.high, "2 3"}};
      if (blend.low == blend.mid && blend.mid == blend.high) bands.resize(1);
    } else {
      bands = {{{-transition_.before, transition_.after}, "none"}};
    }
    for (const Band& band : bands)
      for (const bool out : {true, false}) draw_fade(band.fade, band.dash, out);
  }

  void draw_fade(const BandFade& fade, const char* dash, bool out) {
    svg_ << "<path fill=\"none\" stroke-width=\"2\" stroke=\"" << (out ? kOut : kIn)
         << "\" stroke-dasharray=\"" << dash << "\" d=\"";
    constexpr int points = 48;
    const double first = seam_.count() + to_seconds(fade.begin, rate_).count();
    const double length = to_seconds(fade.end - fade.begin, rate_).count();
    const auto point = [&](const char* command, double seconds, double gain) {
      svg_ << command << formatted("%.1f", std::clamp(x(seconds), 0.0, 1.0 * kWidth)) << ' '
           << formatted("%.1f", kHeight - 6 - gain * (kHeight - 24));
    };
    point("M", begin_.count(), out ? 1 : 0);
    for (int i = 0; i <= points; ++i) {
      const double share = static_cast<double>(i) / points, angle = share * std::acos(-1.0) / 2;
      point("L", first + share * length, out ? std::cos(angle) : std::sin(angle));
    }
    point("L", end_.count(), out ? 0 : 1);
    svg_ << "\"/>";
  }

  void beats(const std::vector<double>& moments, int top, const char* colour) {
    for (const double at : moments)
      if (at > begin_.count() && at < end_.count())
        svg_ << "<line x1=\"" << formatted("%.1f", x(at)) << "\" x2=\"" << formatted("%.1f", x(at))
             << "\" y1=\"" << top << "\" y2=\"" << top + kBeats << "\" stroke=\"" << colour
             << "\" stroke-width=\"1.5\"/>";
  }

  void times() {
    const double step = std::max(1.0, tick_step((end_ - begin_).count()));
    for (double at = std::ceil(begin_.count() / step) * step; at < end_.count(); at += step)
      svg_ << "<text x=\"" << formatted("%.1f", x(at)) << "\" y=\"" << kHeight + 2 * kBeats + 14
           << "\" font-size=\"12\" fill=\"#ddd\" text-anchor=\"middle\">" << format_time(Seconds(at))
           << "</text>";
  }

  const Transition& transition_;
  int rate_;
  const SeamMeasure& measure_;
  Seconds seam_, begin_, end_;
  std::ostringstream svg_;
};

std::string player(const fs::path& recording, int rate, Seconds begin, Seconds end) {
  const ScratchFile scratch(".mp3");
  EncodingConfig encoding;
  encoding.container = Container::mp3;
  encoding.sample_rate = 44100;
  encoding.quality = 0.2;
  // A PCM frame less, as times were rounded.
  const Clip clip{recording, to_pcm_frames(begin, rate),
                  std::max<PcmFrame>(1, to_pcm_frames(end, rate) - to_pcm_frames(begin, rate) - 2)};
  write_clips(std::span(&clip, 1), scratch.path(), encoding);
  std::ifstream in(scratch.path(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return "<audio controls preload=\"none\" src=\"data:audio/mpeg;base64," + base64(bytes) +
         "\"></audio>\n";
}

std::string figures(const Transition& transition, int rate, const SeamMeasure& measure,
                    std::optional<double> heard) {
  std::string line;
  const auto add = [&](const std::string& text) { line += (line.empty() ? "" : " · ") + text; };
  add(formatted("%.1f s", to_seconds(transition.before + transition.after, rate).count()) +
      (transition.is_blend() ? " blend" : " crossfade"));
  if (measure.tempo_before && measure.tempo_after)
    add(formatted("%.1f", *measure.tempo_before) + formatted(" → %.1f BPM", *measure.tempo_after));
  if (measure.stretch && *measure.stretch > 0)
    add(formatted("own speed changed by %.1f %%", 100 * *measure.stretch));
  if (measure.misalignment) add(formatted("beats %.0f ms apart", *measure.misalignment));
  if (measure.key_before && measure.key_after)
    add(name_of(*measure.key_before) + " → " + name_of(*measure.key_after));
  if (measure.loudness_step) add("loudness " + signed_figure(*measure.loudness_step) + " LU");
  if (measure.spectral_jump)
    add(formatted("spectral jump larger than %.0f %% of those inside tracks", *measure.spectral_jump));
  if (heard) add(formatted("sounds more like a join than %.0f %% of the music", 100 * *heard));
  return line;
}

std::string summary(const RecordingMeasures& measures, const RecordingVerdict& verdict) {
  std::string text =
      "<table><tr><th>share of seams with</th><th></th><th>of</th><th>human DJs</th></tr>\n";
  for (const MeasureSummary::Share& share : summarize(measures).shares) {
    if (share.of == 0) continue;
    text += std::string("<tr><td>") + share.name + "</td><td>" +
            formatted("%.1f %%", 100 * share.share) + "</td><td>" + std::to_string(share.of) +
            "</td><td>" + (share.human < 0 ? "–" : formatted("%.1f %%", 100 * share.human)) +
            "</td></tr>\n";
  }
  text += "</table>\n";
  for (const Verdict& kind : verdict.kinds) {
    for (const SeamFigure& figure : kind.figures) {
      if (figure.joins != "file" || !figure.strongest) continue;
      text += "<p>Transitions of the kind " + kind.kind +
              ": a detector tells them from music that goes on with AUC " +
              formatted("%.2f", figure.strongest->auc) + " (.5: not at all).</p>\n";
    }
  }
  if (!verdict.why_not.empty())
    text += "<p>How audible the seams are cannot be said: " + svg_text(verdict.why_not) + ".</p>\n";
  return text;
}

}  // namespace

void write_seam_page(const fs::path& file, const fs::path& recording, const Plan& plan,
                     const RecordingMeasures& measures, const RecordingVerdict& verdict) {
  const AudioReader audio = audio_reader(recording);
  const int rate = AudioDecoder::open(recording, 2).format().sample_rate;
  const std::string title = svg_text(printable(recording.filename()));
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>" +
      title + "</title><style>" + kStyle + "</style></head><body>\n<h1>" + title + "</h1>\n";
  char head[200];
  std::snprintf(head, sizeof head, "<p>%s, %zu seams, %.1f LUFS, true peak %.1f dBTP, %s</p>\n",
                format_time(measures.duration).c_str(), measures.seams.size(), measures.integrated_lufs,
                measures.true_peak_dbtp, told_diversity(measures).c_str());
  page += head + summary(measures, verdict);
  page +=
      std::string("<p class=\"note\">In the pictures <b style=\"color:") + kOut +
      "\">what goes</b> and <b style=\"color:" + kIn +
      "\">what comes</b>: how much of each sounds (low end solid, middle dashed, top dotted) and its "
      "beats, above the picture and below it.</p>\n";
  Progress progress("page", static_cast<double>(measures.seams.size()), "seams");
  for (std::size_t i = 0; i < measures.seams.size(); ++i) {
    const SeamMeasure& seam = measures.seams[i];
    const Seconds begin = std::max(Seconds(0), seam.time.begin - kAround);
    const Seconds end = std::min(measures.duration, seam.time.end + kAround);
    page +=
        "<h2>" + format_time(seam.time.middle()) + " &nbsp; " + svg_text(to_valid_utf8(seam.time.out)) +
        " → " + svg_text(to_valid_utf8(seam.time.in)) + "</h2>\n<p>" +
        figures(plan.transitions[i], plan.sample_rate, seam, verdict.heard_at(0, seam.time.middle())) +
        "</p>\n";
    if (!plan.transitions[i].why.empty())
      page += "<p class=\"note\">" + svg_text(to_valid_utf8(plan.transitions[i].why)) + "</p>\n";
    page += SeamPicture(plan, i, seam, begin, end).draw(audio);
    page += player(recording, rate, begin, end);
    progress.advance(1);
  }
  write_text_file(file, page + "</body></html>\n");
}

}  // namespace segue
