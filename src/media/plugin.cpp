// The plugin's two doors.
#include "analysis/analysis_plugin.hpp"
#include "audio/decoding_plugin.hpp"
#include "media/ffmpeg_decoder.hpp"
#include "media/file_analyzer.hpp"

namespace {

constexpr segue::DecodingPlugin kDecoding{segue::open_ffmpeg_decoder, segue::hash_packets};
constexpr segue::AnalysisPlugin kAnalysis{segue::analyze_decoded_file, segue::add_decoded_music};

}  // namespace

extern "C" __attribute__((visibility("default"))) const segue::DecodingPlugin* segue_decoding_plugin() {
  return &kDecoding;
}
extern "C" __attribute__((visibility("default"))) const segue::AnalysisPlugin* segue_analysis_plugin() {
  return &kAnalysis;
}
