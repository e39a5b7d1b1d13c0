// What goes with a mix: where its tracks begin, as text that other programs read. All are UTF-8 with
// lines that end in LF, and hold an entry wherever the track changes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "audio/chapters.hpp"
#include "plan/plan.hpp"

namespace segue {

// "Artist – Title" on one line; the file's name where it has no title.
std::string name_of(const PlanSource& source);

// A CUE sheet; FILE names `audio` without its folder. The format holds 99 entries: with more changes of
// track, neighbours share an entry, which says so. A double quote becomes a single one, as the format
// knows no escape.
std::string cue_sheet(const Plan& plan, const std::filesystem::path& audio);

// An extended M3U8 playlist of the sources in the order in which they play, with the whole seconds that
// they play. A path that no line can hold (it has a line break) is left out, which a comment says; one
// that is not UTF-8 stands as it is, as players could not open it otherwise.
std::string playlist_of(const Plan& plan);

// A label track of Audacity: begin and end in seconds, TAB, title.
std::string label_track(const Plan& plan);

// Chapter marks for the audio itself. With more changes of track than `most`, neighbours share one.
std::vector<Chapter> chapters_of(const Plan& plan, std::size_t most);

// For people: "1:02:03  Artist – Title".
std::string tracklist(const Plan& plan);

}  // namespace segue
