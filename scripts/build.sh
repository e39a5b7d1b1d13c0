#!/usr/bin/env bash
# Configures once and builds: scripts/build.sh FOLDER [TARGET…]. Says nothing when nothing is to do.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
tests=ON
[ $# -eq 0 ] || tests=OFF
mkdir -p "$folder"
if [ ! -f "$folder/build.ninja" ] || { [ $tests = ON ] && ! grep -q 'SEGUE_TESTS:BOOL=ON' "$folder/CMakeCache.txt"; }; then
  cmake --preset release -B "$folder" -DSEGUE_TESTS=$tests > "$folder/configure.log" 2>&1 ||
    { cat "$folder/configure.log" >&2; exit 1; }
fi
# One job a core, but no more than the memory allows: LibTorch sources take over 1 GB each.
jobs=$(nproc)
by_memory=$(awk '/MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
[ "$by_memory" -ge "$jobs" ] || jobs=$(( by_memory > 0 ? by_memory : 1 ))
ninja -C "$folder" -j "$jobs" "$@" 2>&1 | awk '
  /^ninja: (Entering directory|no work to do)|Re-checking globbed/ { next }
  !said++ { print "building segue (some minutes the first time) …" }
  { print; fflush() }' >&2
