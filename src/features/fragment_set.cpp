#include "features/fragment_set.hpp"

#include "base/error.hpp"

namespace segue {

std::span<const float> LogMel::row(Hop frame) const {
  constexpr auto bands = static_cast<std::size_t>(LogMelGeometry::bands);
  return std::span(values).subspan(static_cast<std::size_t>(frame) * bands, bands);
}

std::size_t FragmentSet::add_track(std::shared_ptr<const FeatureFile> features) {
  tracks_.push_back(std::move(features));
  return tracks_.size() - 1;
}

std::size_t FragmentSet::add(std::size_t track, const FragmentSpan& span) {
  const FrameRange visible = visible_frames(span);
  if (span.start < 0 || visible.size() <= 0 || visible.end > tracks_.at(track)->frames()) {
    throw Error(ErrorKind::internal, "a fragment reaches outside its track");
  }
  fragments_.push_back({track, span});
  return fragments_.size() - 1;
}

LogMel FragmentSet::log_mel(std::size_t fragment, Hop guard) const {
  const Entry& entry = fragments_.at(fragment);
  const FrameRange range = visible_frames(entry.span, guard);
  LogMel matrix{range.size(), {}};
  matrix.values.resize(static_cast<std::size_t>(range.size() * LogMelGeometry::bands));
  tracks_[entry.track]->read_log_mel(range, matrix.values);
  return matrix;
}

}  // namespace segue
