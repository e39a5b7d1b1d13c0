# Sourced by what teaches for long: commands side by side in the background, and sets of networks that
# hear seams. Ctrl-C ends them all.
runs=() logs=()
trap 'kill -INT "${runs[@]}" 2> /dev/null || true; wait' EXIT

# start LOG COMMAND…
start() {
  "${@:2}" > "$1" 2>&1 &
  runs+=($!) logs+=("$1")
}

# finish: waits for all; of one that fails, the end of its log is shown.
finish() {
  local i
  for i in "${!runs[@]}"; do
    wait "${runs[i]}" || { tail -n 3 "${logs[i]}" >&2; exit 1; }
  done
  runs=() logs=()
}

# teach NAME SUFFIX MUSIC… -- FLAG…: sets of NAME (detectors, critics) for crossfades of .1 s and 1 s, and for blends of
# up to 12 s and up to 32 s, into build/NAMESUFFIX and models/NAME (as FAMILYSUFFIX), one thread each, with the licences
# of what taught them.
teach() {
  local kind=$1 suffix=$2 name=$1$2 music=() seconds card family
  shift 2
  while [ "$1" != -- ]; do music+=("$1"); shift; done
  shift
  mkdir -p "build/$name"
  for seconds in 0.1 1 12 32; do
    echo "teaching $name of transitions of $seconds s: build/$name/$seconds.log"
    start "build/$name/$seconds.log" build/release/segue judge --learn "${music[@]}" "$@" \
      --split tests/split.json --crossfade "$seconds" -o "build/$name" --seed 1 --threads 1
  done
  finish
  build/release/segue library list --json > "build/$name/library.json"
  for card in "build/$name"/*ms/*.card.json; do
    /usr/bin/python3 scripts/licences.py "$card" "build/$name/library.json"
  done
  for seconds in "build/$name"/*ms; do
    mkdir -p "models/$kind/${seconds##*/}"
    for family in contrast cnn; do
      for card in safetensors card.json; do
        cp "$seconds/$family.$card" "models/$kind/${seconds##*/}/$family$suffix.$card"
      done
    done
    [ -n "$suffix" ] || cp "$seconds/curve.csv" "models/$kind/${seconds##*/}/"
  done
}
