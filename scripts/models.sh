#!/usr/bin/env bash
# make models: trains the bundled networks again, from the train side of tests/split.json.
set -euo pipefail
cd "$(dirname "$0")/.."
wesnoth=$(dpkg -L wesnoth-1.16-music | grep -m1 '/music/[^/]*\.ogg$' | xargs -d '\n' dirname)
kart=$(dpkg -L supertuxkart-data | grep -m1 '/music/[^/]*\.ogg$' | xargs -d '\n' dirname)
export XDG_DATA_HOME=$PWD/build/models-library
mkdir -p "$XDG_DATA_HOME"
for recipe in crnn-report crnn-tuned; do
  build/release/segue train "$wesnoth" "$kart" --split tests/split.json --recipe $recipe -o build/runs/$recipe \
    --seed 1 --resume --licence "see the copyright files of wesnoth-1.16-music and supertuxkart-data"
  cp build/runs/$recipe/$recipe.safetensors build/runs/$recipe/$recipe.card.json models/
done
