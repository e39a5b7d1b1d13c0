#!/usr/bin/env bash
# The Debian packages segue stands on: the one list. Installs what is missing of the groups named
# (build, demo, test, bench, models). Elsewhere than on Debian 12 it says which packages are needed.
set -euo pipefail

build=(
  build-essential cmake ninja-build pkg-config  # compiler and build
  ccache                       # second builds in seconds
  libtorch-dev                 # the networks
  libopenblas0-pthread         # LibTorch's matrix products; the reference BLAS is 5 times slower
  libavformat-dev libavcodec-dev libavutil-dev libswresample-dev  # decoding (FFmpeg)
  libsndfile1-dev              # encoding
  libtag1-dev                  # chapter marks
  libsoxr-dev                  # resampling of what is rendered
  librubberband-dev            # other speed and pitch
  libebur128-dev               # loudness and true peak
  libfftw3-dev                 # log-mel spectrogram
  libqm-dsp-dev                # beats, tempo, pitch classes
  libchromaprint-dev           # doubles in other formats
  libsqlite3-dev               # catalog
  libxxhash-dev                # content hashes
  nlohmann-json3-dev           # plans, cards, reports
  libpng-dev                   # pictures of what networks learn
  libtomlplusplus-dev          # segue.toml
  libfaiss-dev                 # nearest embeddings among very many
  libcli11-dev                 # command line
)
demo=(
  wesnoth-1.16-music           # the demonstration's music, and the tests'
)
test=(
  libgtest-dev                 # unit tests
  ffmpeg                       # makes and reads files independently of segue
  cuetools python3-m3u8        # read CUE sheets and playlists independently of segue
  python3 python3-numpy        # end-to-end tests, golden values
  python3-torch                # the networks' independent reference
  fluidsynth fluid-soundfont-gm  # music whose beats and keys are known
  clang-format clang-tidy      # style
)
bench=(
  libbenchmark-dev             # small benchmarks
  ffmpeg python3 python3-torch # what segue is compared with
  supertuxkart-data            # the other half of tests/split.json
)
models=(
  supertuxkart-data            # the other half of tests/split.json
  python3-debian               # the music's licences, for the cards
  fluidsynth fluid-soundfont-gm timgm6mb-soundfont ffmpeg  # music composed by rule
)

names=()
for group in "${@:-build}"; do
  declare -n list="$group"
  names+=("${list[@]}")
done

missing=()
for name in "${names[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

release=$(. /etc/os-release 2>/dev/null && echo "${ID:-}-${VERSION_ID:-}") || release=unknown
if [ "$release" != "debian-12" ]; then
  echo "segue is made for Debian 12. Here ($release) install the packages that match these, then call make again:" >&2
  printf '  %s\n' "${names[@]}" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
