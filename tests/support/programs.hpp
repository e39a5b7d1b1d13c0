// Independent programs that tests ask for a second opinion.
#pragma once

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace segue::test {

// `text` as one word of a shell command.
inline std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// What a shell command prints on standard output.
inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[65536];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, count);
  }
  ::pclose(pipe);
  return text;
}

// A file as the ffmpeg program decodes it: interleaved float at its own rate and channel count.
inline std::vector<float> decode_with_ffmpeg(const std::filesystem::path& file) {
  const std::string bytes =
      output_of("ffmpeg -v error -i " + quoted(file.string()) + " -f f32le -acodec pcm_f32le -");
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
  return samples;
}

}  // namespace segue::test
