#!/usr/bin/env bash
# make bench: every figure that the README and docs/learning.md report, from one command.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh build/release segue segue-torch
cmake --preset bench > build/bench-configure.log
cmake --build --preset bench >&2

wesnoth=$(scripts/music_folder.sh wesnoth-1.16-music)
kart=$(scripts/music_folder.sh supertuxkart-data)

echo "== parts (Google Benchmark)"
for program in build/bench/bench_*; do
  [ ! -x "$program" ] || "$program" --benchmark_min_time=0.5
done
echo "== one training step beside PyTorch's Python"
/usr/bin/python3 bench/training_step.py build/bench
echo "== analysis beside ffmpeg"
/usr/bin/python3 bench/analysis_vs_ffmpeg.py build/bench
echo "== whole commands"
/usr/bin/python3 bench/commands.py build/release/segue build/bench-work "$wesnoth" "$kart"
if [ -f models/successor.safetensors ]; then
  echo "== finding what can follow among a thousand to a million fragments"
  OMP_NUM_THREADS=1 build/bench/index_growth build/bench-work/three-hours/segue models/successor.safetensors \
    build/bench-work/embeddings.safetensors build/bench-work/index-growth.svg
fi
echo "== what is the same audio, on the train side of tests/split.json"
/usr/bin/python3 bench/tolerance.py build/release/segue build/bench-work/tolerance tests/split.json "$wesnoth" "$kart"
echo "== readings of the edge distance"
XDG_DATA_HOME=$PWD/build/bench-work/three-hours bench/edge.py build/release/segue tests/split.json "$wesnoth" "$kart"
echo "== how often each system finds what follows, on the test side of tests/split.json"
for model in random edge dense autoencoder crnn-report crnn-tuned successor; do
  for guard in 0 116; do
    XDG_DATA_HOME=$PWD/build/bench-work/three-hours build/release/segue evaluate "$wesnoth" "$kart" \
      --split tests/split.json --model $model --guard $guard --no-waveform --quiet
  done
done
echo "== and with the waveform across the cuts"
for fragment in 3 bars; do
  XDG_DATA_HOME=$PWD/build/bench-work/three-hours build/release/segue evaluate "$wesnoth" "$kart" \
    --split tests/split.json --fragment $fragment --quiet
done
echo "== pieces that were encoded one by one, on the validation side"
/usr/bin/python3 bench/coded_pieces.py build/release/segue "$wesnoth" "$kart" --split tests/split.json
echo "== how audible each system's joins are, on the test side of tests/split.json"
joins=edge,dense,autoencoder,crnn-report,crnn-tuned,successor,successor+edge,successor+critic,successor+edge+critic,true
for seconds in 0.1 1; do
  XDG_DATA_HOME=$PWD/build/bench-work/three-hours build/release/segue judge "$wesnoth" "$kart" --split tests/split.json \
    --joins "$joins" --crossfade "$seconds" --quiet
done
echo "== sketches of blends beside blends as sound, on the validation side of tests/split.json"
XDG_DATA_HOME=$PWD/build/bench-work/three-hours build/bench/sketches tests/split.json "$wesnoth" "$kart"
echo "== how well critics choose, to the detectors, on the validation side of tests/split.json"
for seconds in 0.1 1 12; do
  XDG_DATA_HOME=$PWD/build/bench-work/three-hours build/bench/choices 60 6 "$seconds" models/critics -- \
    --split tests/split.json "$wesnoth" "$kart"
done
echo "== whole mixes beside other ways to make one stream, on the test side of tests/split.json"
XDG_DATA_HOME=$PWD/build/bench-work/three-hours scripts/compare.sh
