#!/usr/bin/env bash
# make models: trains the bundled networks again, from the train side of tests/split.json. One
# thread each, side by side: the weights then do not depend on the number of cores. A call after a
# broken one goes on from the last epoch.
set -euo pipefail
cd "$(dirname "$0")/.."
wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
kart=$(scripts/music_folder.sh supertuxkart-data)
recipes=(crnn-report crnn-tuned dense autoencoder)
export XDG_DATA_HOME=$PWD/build/models-library
mkdir -p "$XDG_DATA_HOME" build/runs
build/release/segue analyze "$wesnoth" "$kart"

runs=()
for recipe in "${recipes[@]}"; do
  build/release/segue train "$wesnoth" "$kart" --split tests/split.json --recipe "$recipe" -o "build/runs/$recipe" \
    --seed 1 --threads 1 --resume > "build/runs/$recipe.log" 2>&1 &
  runs+=($!)
  echo "training $recipe: build/runs/$recipe.log"
done
trap 'kill -INT "${runs[@]}" 2> /dev/null || true; wait' INT TERM
for i in "${!runs[@]}"; do
  wait "${runs[i]}" || { tail -n 3 "build/runs/${recipes[i]}.log" >&2; exit 1; }
done

build/release/segue library list --json > build/runs/library.json
for recipe in "${recipes[@]}"; do
  /usr/bin/python3 scripts/licences.py "build/runs/$recipe/$recipe.card.json" build/runs/library.json
  cp "build/runs/$recipe/$recipe.safetensors" "build/runs/$recipe/$recipe.card.json" models/
  cp "build/runs/$recipe/curves.svg" "docs/curves-$recipe.svg"
done
cp build/runs/autoencoder/reconstruction.png docs/reconstruction.png
