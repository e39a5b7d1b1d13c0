#include "judge/medley.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "base/scratch_file.hpp"
#include "library/audio_reader.hpp"
#include "output/mix_writer.hpp"
#include "planning/meeting.hpp"
#include "planning/seam_listener.hpp"
#include "render/renderer.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr std::size_t kJoinsPerMedley = 128;  // every medley checks its sources anew

// The windows of some joins, through the renderer.
class MedleyListener {
 public:
  MedleyListener(const Medley& medley, Seconds transition)
      : transition_(transition), renderer_(medley.plan) {}

  // In order of time; windows may overlap.
  SeamWindow next(const Join& join, Seconds middle) {
    const PcmFrame length = seam_window_samples(transition_);
    const PcmFrame begin = to_pcm_frames(middle, kRate) - length / 2;
    read_to(begin + length);
    std::vector<float> audio(static_cast<std::size_t>(length));
    const PcmFrame from = std::max(begin, begin_);
    const PcmFrame to = std::min(begin + length, renderer_.position());
    std::copy(mono_.begin() + (from - begin_), mono_.begin() + (to - begin_),
              audio.begin() + (from - begin));
    mono_.erase(mono_.begin(), mono_.begin() + (from - begin_));
    begin_ = from;
    return hear_window(audio, {join.before, join.after}, join.fade, transition_);
  }

 private:
  void read_to(PcmFrame end) {
    stereo_.resize(2 * 4096);
    while (renderer_.position() < end) {
      const PcmFrame frames = renderer_.read(stereo_);
      if (frames == 0) break;
      for (PcmFrame i = 0; i < frames; ++i) mono_.push_back((stereo_[2 * i] + stereo_[2 * i + 1]) / 2);
    }
  }

  Seconds transition_;
  Renderer renderer_;
  std::vector<float> stereo_;
  std::vector<float> mono_;  // from begin_ on
  PcmFrame begin_ = 0;
};

// Calls `hear` with so many joins at a time, and with the number of the first, on several threads.
template <typename Hear>
void for_medleys(const JoinList& list, std::size_t threads, const Hear& hear) {
  const std::span<const Join> joins = list.joins;
  const std::size_t medleys = (joins.size() + kJoinsPerMedley - 1) / kJoinsPerMedley;
  parallel_for(medleys, threads, [&](std::size_t m) {
    const std::size_t begin = m * kJoinsPerMedley;
    hear(begin, joins.subspan(begin, std::min(kJoinsPerMedley, joins.size() - begin)));
  });
}

}  // namespace

bool reaches_back(const PlanSource& source, PcmFrame at, Seconds needed) {
  return to_seconds(at, source.sample_rate) >= needed;
}

bool reaches_on(const PlanSource& source, PcmFrame at, Seconds needed) {
  return to_seconds(source.pcm_frames - at, source.sample_rate) >= needed;
}

Medley make_medley(const JoinList& list, std::span<const Join> joins, int sample_rate) {
  Medley medley;
  Plan& plan = medley.plan;
  plan.style = "joins";
  plan.sample_rate = sample_rate;
  std::vector<std::size_t> numbers(list.sources.size(), list.sources.size());
  const auto play = [&](const JoinPlace& place, Seconds ahead, Seconds after) {
    const PlanSource& source = list.sources[place.source];
    std::size_t& number = numbers[place.source];
    if (number == list.sources.size()) {  // a medley names only what it plays: sources are verified
      number = plan.sources.size();
      plan.sources.push_back(source);
    }
    const PcmFrame start = place.at - to_pcm_frames(ahead, source.sample_rate);
    const PcmFrame end = place.at + to_pcm_frames(after, source.sample_rate);
    if (start < 0 || end > source.pcm_frames) {
      throw Error(ErrorKind::internal, "a join reaches outside its source", source.path, "report this");
    }
    Placement placement;
    placement.source = number;
    placement.start = start;
    placement.length = end - start;
    placement.gain_db = place.gain_db;
    plan.placements.push_back(placement);
  };
  std::vector<std::size_t> joined;  // the placement before each seam
  for (const Join& join : joins) {
    const Seconds ahead = join.ahead() + kMargin;
    const Seconds after = join.beyond() + kMargin;
    if (!plan.placements.empty()) plan.transitions.push_back({});
    if (join.continuous() && join.fade.count() == 0) {
      joined.push_back(plan.placements.size());
      play(join.out, ahead, after);
      continue;
    }
    joined.push_back(plan.placements.size());
    play(join.out, ahead, Seconds(0));
    play(join.in, Seconds(0), after);
    if (join.blend && join.fade.count() > 0) {
      plan.transitions.push_back(at_rate(*join.blend, kRate, sample_rate));
      continue;
    }
    const PcmFrame fade = to_pcm_frames(join.fade, sample_rate);
    plan.transitions.push_back({TransitionKind::equal_power_crossfade, fade / 2, fade - fade / 2});
  }
  const std::vector<PcmFrame> begins = plan.seams();
  for (std::size_t i = 0; i < joins.size(); ++i) {
    const Placement& out = plan.placements[joined[i]];
    const int rate = plan.sources[out.source].sample_rate;
    const PcmFrame ahead = to_pcm_frames(joins[i].ahead() + kMargin, rate);
    medley.middles.push_back(to_seconds(begins[joined[i]], sample_rate) + to_seconds(ahead, rate) +
                             (joins[i].tail() - joins[i].lead()) / 2);
  }
  const Placement& last = plan.placements.back();
  plan.length =
      begins.back() +
      to_pcm_frames(to_seconds(last.length, plan.sources[last.source].sample_rate), sample_rate) - 1;
  return medley;
}

std::vector<SeamWindow> hear(const JoinList& list, Seconds transition, std::size_t threads) {
  std::vector<SeamWindow> windows(list.joins.size());
  for_medleys(list, threads, [&](std::size_t begin, std::span<const Join> joins) {
    const Medley medley = make_medley(list, joins, kRate);
    MedleyListener listener(medley, transition);
    for (std::size_t i = 0; i < joins.size(); ++i)
      windows[begin + i] = listener.next(joins[i], medley.middles[i]);
  });
  return windows;
}

std::vector<SeamWindow> hear_file(const std::filesystem::path& file, std::span<const Join> joins,
                                  std::span<const Seconds> middles, Seconds transition,
                                  std::size_t threads) {
  const AudioReader read = audio_reader(file);
  std::vector<SeamWindow> windows(joins.size());
  const Seconds length = to_seconds(seam_window_samples(transition), kRate);
  parallel_for(joins.size(), threads, [&](std::size_t i) {
    windows[i] = hear_window(read(middles[i] - length / 2, length, kRate),
                             {joins[i].before, joins[i].after}, joins[i].fade, transition);
  });
  return windows;
}

std::vector<SeamWindow> hear_encoded(const JoinList& list, Seconds transition,
                                     const EncodingConfig& encoding, const std::string& ending,
                                     std::size_t threads) {
  encoding.validate();
  std::vector<SeamWindow> windows(list.joins.size());
  Progress progress("listening beside", static_cast<double>(windows.size()), "places");
  for_medleys(list, threads, [&](std::size_t begin, std::span<const Join> joins) {
    const Medley medley = make_medley(list, joins, encoding.sample_rate);
    const ScratchFile scratch(ending);
    AudioEncoder encoder(scratch.path(), encoding);
    Renderer renderer(medley.plan);
    write_all(renderer, encoder, [](std::span<const float>) {});
    encoder.commit();
    std::vector<SeamWindow> some = hear_file(scratch.path(), joins, medley.middles, transition, 1);
    std::move(some.begin(), some.end(), windows.begin() + static_cast<std::ptrdiff_t>(begin));
    progress.advance(static_cast<double>(joins.size()));
  });
  return windows;
}

}  // namespace segue
