#!/usr/bin/env bash
# make compare: segue's mixes beside other ways to make one stream of a collection, judged alike. MUSIC comes from make;
# without it the music of the test side of tests/split.json, which no network has heard.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${MUSIC:-}" ]; then
  bench/compare.py build/release/segue "${MUSIC/#\~/$HOME}"
else
  bench/compare.py build/release/segue "$(scripts/music_folder.sh wesnoth-1.16-music)" \
    "$(scripts/music_folder.sh supertuxkart-data)" --split tests/split.json
fi
