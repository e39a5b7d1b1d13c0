#!/usr/bin/env bash
# make detectors: teaches the bundled detectors of seams again, from the fold `detector` of
# tests/split.json, one set for each kind of transition.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/side_by_side.sh

main() {  # read as a whole, as it may be edited while it runs
  local wesnoth kart
  wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
  kart=$(scripts/music_folder.sh supertuxkart-data)
  export XDG_DATA_HOME=$PWD/build/models-library
  mkdir -p "$XDG_DATA_HOME"
  build/release/segue analyze "$wesnoth" "$kart"
  teach detectors "" "$wesnoth" "$kart" --
}
main
