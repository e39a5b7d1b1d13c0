#!/usr/bin/env bash
# make models: trains the bundled networks again, from the train side of tests/split.json; the successor
# network also from music composed by rule (scripts/compose.py), then the critics from its choices in the
# fold `critic`. One thread each, side by side: the weights then do not depend on the number of cores.
# A call after a broken one goes on from the last epoch.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/side_by_side.sh

main() {  # read as a whole: it runs for long, and may be edited meanwhile
  local wesnoth kart composed=build/composed recipes recipe also
  wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
  kart=$(scripts/music_folder.sh supertuxkart-data)
  recipes=(successor crnn-report crnn-tuned dense autoencoder)
  export XDG_DATA_HOME=$PWD/build/models-library
  mkdir -p "$XDG_DATA_HOME" build/runs
  /usr/bin/python3 scripts/compose.py "$composed" --pieces 102
  build/release/segue analyze "$wesnoth" "$kart" "$composed"

  for recipe in "${recipes[@]}"; do
    also=()
    [ "$recipe" != successor ] || also=(--also "$composed")
    echo "training $recipe: build/runs/$recipe.log"
    start "build/runs/$recipe.log" build/release/segue train "$wesnoth" "$kart" "${also[@]}" \
      --split tests/split.json --recipe "$recipe" -o "build/runs/$recipe" --seed 1 --threads 1 --resume
  done
  finish
  build/release/segue library list --json > build/runs/library.json
  for recipe in "${recipes[@]}"; do
    /usr/bin/python3 scripts/licences.py "build/runs/$recipe/$recipe.card.json" build/runs/library.json
    cp "build/runs/$recipe/$recipe.safetensors" "build/runs/$recipe/$recipe.card.json" models/
    cp "build/runs/$recipe/curves.svg" "docs/curves-$recipe.svg"
  done
  cp build/runs/autoencoder/reconstruction.png docs/reconstruction.png

  # Two pairs, as what one of them does not hear another may: one also from the composed music.
  teach critics "" "$wesnoth" "$kart" -- --critic --also "$composed"
  teach critics -2 "$wesnoth" "$kart" -- --critic
}
main
