#!/usr/bin/env bash
# make models: trains the bundled networks again, from the train side of tests/split.json; the successor
# network also from music composed by rule (scripts/compose.py), then the critics from its choices in the
# fold `critic`. One thread each, side by side: the weights then do not depend on the number of cores.
# A call after a broken one goes on from the last epoch.
set -euo pipefail
cd "$(dirname "$0")/.."
# finish FOLDER NAME…: waits for the `runs`, one each; of one that fails, the end of its log is shown.
finish() {
  local i folder=$1 names=("${@:2}")
  for i in "${!runs[@]}"; do
    wait "${runs[i]}" || { tail -n 3 "$folder/${names[i]}.log" >&2; exit 1; }
  done
  runs=()
}

main() {  # read as a whole: it runs for most of an hour, and may be edited meanwhile
  wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
  kart=$(scripts/music_folder.sh supertuxkart-data)
  composed=build/composed
  recipes=(successor crnn-report crnn-tuned dense autoencoder)
  export XDG_DATA_HOME=$PWD/build/models-library
  mkdir -p "$XDG_DATA_HOME" build/runs build/critics
  /usr/bin/python3 scripts/compose.py "$composed" --pieces 102
  build/release/segue analyze "$wesnoth" "$kart" "$composed"

  runs=()
  trap 'kill -INT "${runs[@]}" 2> /dev/null || true; wait' EXIT
  for recipe in "${recipes[@]}"; do
    also=()
    [ "$recipe" != successor ] || also=(--also "$composed")
    build/release/segue train "$wesnoth" "$kart" "${also[@]}" --split tests/split.json --recipe "$recipe" \
      -o "build/runs/$recipe" --seed 1 --threads 1 --resume > "build/runs/$recipe.log" 2>&1 &
    runs+=($!)
    echo "training $recipe: build/runs/$recipe.log"
  done
  finish build/runs "${recipes[@]}"

  build/release/segue library list --json > build/runs/library.json
  for recipe in "${recipes[@]}"; do
    /usr/bin/python3 scripts/licences.py "build/runs/$recipe/$recipe.card.json" build/runs/library.json
    cp "build/runs/$recipe/$recipe.safetensors" "build/runs/$recipe/$recipe.card.json" models/
    cp "build/runs/$recipe/curves.svg" "docs/curves-$recipe.svg"
  done
  cp build/runs/autoencoder/reconstruction.png docs/reconstruction.png

  kinds=(0.1 1)
  for seconds in "${kinds[@]}"; do
    build/release/segue judge --learn --critic "$wesnoth" "$kart" --split tests/split.json --crossfade "$seconds" \
      -o build/critics --seed 1 --threads 1 > "build/critics/$seconds.log" 2>&1 &
    runs+=($!)
    echo "teaching critics of crossfades of $seconds s: build/critics/$seconds.log"
  done
  finish build/critics "${kinds[@]}"
  trap - EXIT
  for card in build/critics/*ms/*.card.json; do
    /usr/bin/python3 scripts/licences.py "$card" build/runs/library.json
  done
  mkdir -p models/critics
  cp -r build/critics/*ms models/critics/
}
main
