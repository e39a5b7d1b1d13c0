#!/usr/bin/env bash
# make detectors: teaches the bundled detectors of seams again, from the fold `detector` of
# tests/split.json: one set for each kind of transition, one thread each, side by side.
set -euo pipefail
cd "$(dirname "$0")/.."
wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
kart=$(scripts/music_folder.sh supertuxkart-data)
export XDG_DATA_HOME=$PWD/build/models-library
mkdir -p "$XDG_DATA_HOME" build/detectors
build/release/segue analyze "$wesnoth" "$kart"

runs=()
kinds=(0.1 1)
for seconds in "${kinds[@]}"; do
  build/release/segue judge --learn "$wesnoth" "$kart" --split tests/split.json --crossfade "$seconds" \
    -o build/detectors --seed 1 --threads 1 > "build/detectors/$seconds.log" 2>&1 &
  runs+=($!)
  echo "teaching detectors of crossfades of $seconds s: build/detectors/$seconds.log"
done
trap 'kill -INT "${runs[@]}" 2> /dev/null || true; wait' EXIT
for i in "${!runs[@]}"; do
  wait "${runs[i]}" || { tail -n 3 "build/detectors/${kinds[i]}.log" >&2; exit 1; }
done
trap - EXIT

build/release/segue library list --json > build/detectors/library.json
for card in build/detectors/*ms/*.card.json; do
  /usr/bin/python3 scripts/licences.py "$card" build/detectors/library.json
done
mkdir -p models/detectors
cp -r build/detectors/*ms models/detectors/
