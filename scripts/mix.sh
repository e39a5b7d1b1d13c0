#!/usr/bin/env bash
# make mix: packages, build, mix. MUSIC, LENGTH and OUT come from make; without MUSIC the
# demonstration: the tracks of wesnoth-1.16-music on the test side of tests/split.json.
set -euo pipefail
cd "$(dirname "$0")/.."
began=$SECONDS
groups=(build)
[ -n "${MUSIC:-}" ] || groups+=(demo)
scripts/packages.sh "${groups[@]}"
installed=$SECONDS
scripts/build.sh build/release segue segue-torch
built=$SECONDS

music=()
if [ -n "${MUSIC:-}" ]; then
  music=("${MUSIC/#\~/$HOME}")
else
  folder=$(scripts/music_folder.sh wesnoth-1.16-music)
  while read -r stem; do
    [ ! -f "$folder/$stem.ogg" ] || music+=("$folder/$stem.ogg")
  done < <(sed -n '/"test"/,/\]/s/.*"w_\(.*\)".*/\1/p' tests/split.json)
  # The demonstration has its own library, so that it mixes nothing else.
  export XDG_DATA_HOME=$PWD/build/demo
  mkdir -p "$XDG_DATA_HOME"
fi
build/release/segue analyze "${music[@]}"
analyzed=$SECONDS
build/release/segue mix "${music[@]}" --length "${LENGTH:-3:00}" -o "${OUT:-mix.flac}"
echo "  took: packages $((installed - began)) s, build $((built - installed)) s," \
  "analysis $((analyzed - built)) s, mix $((SECONDS - analyzed)) s"
