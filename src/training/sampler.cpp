#include "training/sampler.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "features/cutting.hpp"
#include "features/onset_strength.hpp"
#include "training/augmentation.hpp"

namespace segue {
namespace {

enum class Extreme { none, silence, noise, reversed, louder, softer, faster, slower, other_group };
constexpr std::uint64_t kExtremes = 8;

}  // namespace

std::vector<std::string> songs_of(const Manifest& manifest, Side side) {
  std::vector<std::string> songs;
  for (const ManifestTrack& track : manifest.tracks) {
    if (track.side == side && std::find(songs.begin(), songs.end(), track.song) == songs.end())
      songs.push_back(track.song);
  }
  return songs;
}

struct Sampler::Piece {
  std::size_t track = 0;
  FragmentSpan span;  // as the manifest cuts it
  FrameRange source;  // frames of the track that are read …
  Hop frames = 0;     // … and brought to this many
  double gain_db = 0;
  double tilt_db = 0;
  double pitch = 0;  // semitones
  Extreme extreme = Extreme::none;
  std::uint64_t seed = 0;  // of noise
};

Sampler::Sampler(const Manifest& manifest, Side side, const Recipe& recipe, std::uint64_t seed,
                 bool augment)
    : settings_(recipe.settings()), seed_(seed), augment_(augment) {
  const std::vector<std::string> songs = songs_of(manifest, side);
  for (const ManifestTrack& track : manifest.tracks) {
    if (track.side != side || track.fragments.size() < 3) continue;
    tracks_.push_back(track);
    songs_.push_back(
        static_cast<std::size_t>(std::find(songs.begin(), songs.end(), track.song) - songs.begin()));
    features_.push_back(FeatureFile::open(track.features, track.audio));
    for (const FragmentSpan& span : track.fragments) {
      if (visible_frames(span).end > features_.back()->frames()) {
        throw Error(ErrorKind::input, "is shorter than the manifest says", track.features,
                    "analyze the music again");
      }
    }
  }
  for (const ManifestTrack& track : tracks_) cuts_.push_back(track.fragments);
  at_moments_.resize(tracks_.size());
  if (augment_ && setting("recut") > 0) {
    for (const auto& features : features_) onsets_.push_back(onset_strength(*features));
  }
  if (tracks_.empty()) {
    throw Error(ErrorKind::input,
                std::string("the ") + (side == Side::train ? "train" : "validation") +
                    " side has no track of three fragments or more",
                {}, "give more or longer tracks, or a shorter --fragment");
  }
}

std::size_t Sampler::begin_epoch(std::uint64_t epoch) {
  epoch_seed_ = derive_seed(seed_, epoch);
  Random random(epoch_seed_);
  if (!onsets_.empty()) {
    for (std::size_t track = 0; track < tracks_.size(); ++track) {
      const bool otherwise = random.uniform() < setting("recut");
      at_moments_[track] = false;
      cuts_[track] = otherwise ? cut_otherwise(track, random) : tracks_[track].fragments;
    }
  }
  clips_ = cut_clips(random);
  random.shuffle(std::span(clips_));  // else a batch would hold hardly more than one track
  const std::size_t size = count("batch_clips");
  return (clips_.size() + size - 1) / size;
}

// At onsets, at beats, or into random lengths: as users may cut the music that the network will meet.
std::vector<FragmentSpan> Sampler::cut_otherwise(std::size_t track, Random& random) {
  Segmentation segmentation;
  segmentation.seed = random.next();
  const FeatureFile& features = *features_[track];
  const bool has_beats = features.has_music() && !features.music().beats.empty();
  const double lot = random.uniform();
  if (has_beats && lot < 0.5) {
    segmentation = Segmentation::parse(lot < 0.35   ? "bars"
                                       : lot < 0.4  ? "bars:2"
                                       : lot < 0.45 ? "beats:2"
                                                    : "beats:4");
  } else if (lot < (has_beats ? 0.75 : 0.5)) {
    segmentation.kind = SegmentationKind::onsets;
    segmentation.shortest = segmentation.longest = Seconds(random.uniform(1.5, 5));
  } else {
    segmentation.kind = SegmentationKind::random;
    segmentation.shortest = Seconds(random.uniform(1, 4));
    segmentation.longest = segmentation.shortest * random.uniform(1, 3);
  }
  std::vector<FragmentSpan> spans = cut(features.hops(), segmentation, tracks_[track].id, onsets_[track],
                                        has_beats ? features.music() : TrackMusic());
  if (spans.size() < 3) return tracks_[track].fragments;
  at_moments_[track] = segmentation.kind != SegmentationKind::random;
  return spans;
}

// Every track falls into clips from a random beginning on, so that over the epochs each pair of
// neighbours is seen equally often.
std::vector<Sampler::Clip> Sampler::cut_clips(Random& random) const {
  const std::size_t length = count("clip_length");
  std::vector<Clip> clips;
  for (std::size_t track = 0; track < tracks_.size(); ++track) {
    const std::size_t total = cuts_[track].size();
    std::size_t first =
        augment_ && total > length ? random.below(std::min(length, total - length + 1)) : 0;
    if (first >= 3) clips.push_back({track, 0, first});
    for (; first + 3 <= total; first += length) {
      clips.push_back({track, first, std::min(length, total - first)});
    }
  }
  return clips;
}

TrainingBatch Sampler::batch(std::size_t number, std::size_t threads) const {
  Random random(derive_seed(epoch_seed_, 1 + number));
  const std::size_t size = count("batch_clips");
  const std::size_t first = number * size;
  const std::span<const Clip> clips =
      std::span(clips_).subspan(first, std::min(size, clips_.size() - first));
  TrainingBatch batch;
  const std::string guard = settings_.at("guard").get<std::string>();
  batch.guard = guard == "both" ? (random.below(2) == 0 ? 0 : kGuard116Frames)
                                : (guard == "5" ? kGuard116Frames : 0);
  std::vector<Piece> pieces;
  std::vector<std::size_t> clip_of;
  for (const Clip& clip : clips) {
    place_clip(clip, batch.guard, random, pieces);
    clip_of.resize(pieces.size(), static_cast<std::size_t>(&clip - clips.data()));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    const auto middle = static_cast<float>(piece.source.begin + piece.source.end + kFrameOverhang) / 2;
    const auto hops = static_cast<float>(features_[piece.track]->frames() + kFrameOverhang);
    batch.origins.push_back({songs_[piece.track], clip_of[i], middle / hops});
  }
  ask(clips, random, pieces, batch);
  batch.fragments.resize(pieces.size());
  parallel_for(pieces.size(), threads,
               [&](std::size_t i) { batch.fragments[i] = read(pieces[i], batch.guard); });
  drop_harmless_extremes(batch);
  return batch;
}

void Sampler::place_clip(const Clip& clip, Hop guard, Random& random, std::vector<Piece>& pieces) const {
  const auto spans = std::span(cuts_[clip.track]).subspan(clip.first, clip.count);
  const Hop hops = features_[clip.track]->frames() + kFrameOverhang;
  const auto total = static_cast<double>(spans.back().end() - spans.front().start);
  double tempo = 1, pitch = 0;
  Hop begin = spans.front().start;
  if (augment_) {
    tempo = 1 + random.uniform(-1, 1) * setting("stretch");
    if (tempo * total > static_cast<double>(hops)) tempo = 1;
    if (setting("pitch") > 0) pitch = random.uniform(-1, 1) * setting("pitch");
    const double shift =
        random.uniform(-1, 1) * setting("shift") * static_cast<double>(spans.front().length);
    const Hop last = hops - static_cast<Hop>(std::ceil(tempo * total));
    const Hop moved =
        at_moments_[clip.track] ? 0 : std::llround(shift);  // they are where they should be
    begin = std::clamp<Hop>(begin + moved, 0, std::max(Hop{0}, last));
  }
  for (const FragmentSpan& span : spans) {
    const auto place = [&](Hop hop) {
      return begin +
             static_cast<Hop>(std::floor(tempo * static_cast<double>(hop - spans.front().start)));
    };
    const FragmentSpan moved{place(span.start), place(span.end()) - place(span.start)};
    // What is hidden at the edges is stretched with the rest, but nothing beyond a cut is heard.
    const FrameRange heard = visible_frames(span, guard);
    const Hop last = std::min(visible_frames(moved).end, features_[clip.track]->frames());
    Piece piece;
    piece.track = clip.track;
    piece.span = span;
    piece.source = {place(heard.begin), std::min(place(heard.end), last)};
    piece.frames = heard.size();
    piece.pitch = pitch;
    if (piece.frames < 1 || piece.source.size() < 1) {
      throw Error(ErrorKind::usage, "a fragment is too short to be learnt from with both edges hidden",
                  {}, "give a longer --fragment or set guard=0");
    }
    if (augment_) {
      piece.gain_db = random.uniform(-1, 1) * setting("gain_db");
      piece.tilt_db = random.uniform(-1, 1) * setting("tilt_db");
    }
    pieces.push_back(piece);
  }
}

void Sampler::ask(std::span<const Clip> clips, Random& random, std::vector<Piece>& pieces,
                  TrainingBatch& batch) const {
  const auto same = count("negatives_same"), other = count("negatives_other");
  const double extremes = setting("extremes");
  const auto most_extremes = static_cast<std::size_t>(std::ceil(extremes));
  batch.history = settings_.value("context", std::size_t{1}) - 1;
  const double history_share = settings_.value("history_share", 1.0);
  batch.same = same;
  batch.width = 1 + same + other + most_extremes;
  batch.extremes = most_extremes;
  std::size_t begin = 0;  // of the clip within the batch
  std::vector<std::int64_t> pool;
  for (std::size_t c = 0; c < clips.size(); begin += clips[c++].count) {
    const std::size_t length = clips[c].count;
    const std::string& song = tracks_[clips[c].track].song;
    const std::vector<std::int64_t> others =
        pieces_of(clips, [&](const ManifestTrack& track) { return track.song != song; });
    for (std::size_t i = 0; i + 1 < length; ++i) {
      ++batch.queries;
      const bool with_past = random.uniform() < history_share;
      for (std::size_t back = batch.history; back > 0; --back) {
        batch.past.push_back(with_past && back <= i ? static_cast<std::int64_t>(begin + i - back) : -1);
      }
      batch.playing.push_back(static_cast<std::int64_t>(begin + i));
      batch.candidates.push_back(static_cast<std::int64_t>(begin + i + 1));
      pool.clear();
      for (std::size_t j = 0; j < length; ++j) {
        if (j != i && j != i + 1) pool.push_back(static_cast<std::int64_t>(begin + j));
      }
      random.shuffle(std::span(pool));
      pool.resize(same, -1);
      batch.candidates.insert(batch.candidates.end(), pool.begin(), pool.end());
      for (std::size_t n = 0; n < other; ++n) {
        batch.candidates.push_back(others.empty() ? -1 : others[random.below(others.size())]);
      }
      for (std::size_t n = 0; n < most_extremes; ++n) {
        const bool wanted = random.uniform() * static_cast<double>(most_extremes) < extremes;
        batch.candidates.push_back(wanted ? extreme(begin + i + 1, clips, c, random, pieces) : -1);
      }
    }
  }
}

// The fragments of those clips whose track is meant, by their numbers in the batch.
template <class Meant>
std::vector<std::int64_t> Sampler::pieces_of(std::span<const Clip> clips, const Meant& meant) const {
  std::vector<std::int64_t> pieces;
  std::int64_t number = 0;
  for (const Clip& clip : clips) {
    for (std::size_t j = 0; j < clip.count; ++j, ++number) {
      if (meant(tracks_[clip.track])) pieces.push_back(number);
    }
  }
  return pieces;
}

// A wrong answer that sounds like the right one teaches nonsense: silence in place of silence, or
// a steady tone reversed.
void Sampler::drop_harmless_extremes(TrainingBatch& batch) {
  constexpr double kClearlyDifferent = 0.1;  // mean change of log10 power: 1 dB
  for (std::size_t i = 0; i < batch.candidates.size(); ++i) {
    const std::size_t column = i % batch.width;
    const auto right = static_cast<std::size_t>(batch.candidates[i - column]);
    if (column + batch.extremes < batch.width || batch.candidates[i] < 0) continue;
    const std::vector<float>& a = batch.fragments[right].values;
    const std::vector<float>& b = batch.fragments[static_cast<std::size_t>(batch.candidates[i])].values;
    if (a.size() != b.size()) continue;
    double change = 0;
    for (std::size_t k = 0; k < a.size(); ++k) change += std::abs(a[k] - b[k]);
    if (change < kClearlyDifferent * static_cast<double>(a.size())) batch.candidates[i] = -1;
  }
}

// A wrong answer made from the right one, as the report's extreme cases were.
std::int64_t Sampler::extreme(std::size_t next, std::span<const Clip> clips, std::size_t own_clip,
                              Random& random, std::vector<Piece>& pieces) const {
  Piece piece = pieces[next];
  piece.extreme = static_cast<Extreme>(1 + random.below(kExtremes));
  piece.seed = random.next();
  const Hop frames = piece.source.size();
  const auto scaled = [&](double factor) { return std::llround(static_cast<double>(frames) * factor); };
  const double change = random.uniform(1.25, 1.6);
  if (piece.extreme == Extreme::faster) {
    piece.source.end = piece.source.begin + scaled(change);
    if (piece.source.end > features_[piece.track]->frames()) {
      piece.source.end = piece.source.begin + frames;
      piece.extreme = Extreme::slower;
    }
  }
  if (piece.extreme == Extreme::slower) {
    piece.source.end = piece.source.begin + std::max<Hop>(1, scaled(1 / change));
  }
  if (piece.extreme == Extreme::louder) piece.gain_db = random.uniform(10, 20);
  if (piece.extreme == Extreme::softer) piece.gain_db = -random.uniform(10, 20);
  if (piece.extreme == Extreme::other_group) {
    const std::string& group = tracks_[clips[own_clip].track].group;
    const std::vector<std::int64_t> strangers =
        pieces_of(clips, [&](const ManifestTrack& track) { return track.group != group; });
    if (!strangers.empty()) return strangers[random.below(strangers.size())];
    piece.extreme = Extreme::noise;  // all of one genre
  }
  pieces.push_back(piece);
  return static_cast<std::int64_t>(pieces.size() - 1);
}

LogMel Sampler::read(const Piece& piece, Hop guard) const {
  if (piece.extreme == Extreme::silence) return silence(piece.frames);
  if (piece.extreme == Extreme::noise) {
    Random random(piece.seed);
    return noise(piece.frames, random);
  }
  LogMel source{piece.source.size(), {}};
  source.values.resize(static_cast<std::size_t>(source.frames * LogMelGeometry::bands));
  features_[piece.track]->read_log_mel(piece.source, source.values);
  LogMel fragment = resample_frames(source, piece.frames);
  shift_pitch(fragment, piece.pitch);
  change_level(fragment, piece.gain_db, piece.tilt_db);
  if (embedding_) fragment.embedding = embedding_(*features_[piece.track], piece.span, guard);
  return piece.extreme == Extreme::reversed ? reversed(fragment) : fragment;
}

}  // namespace segue
