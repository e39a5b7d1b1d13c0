#!/usr/bin/env bash
# Style: clang-format on everything, clang-tidy on everything that sees no LibTorch.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror
[ -f build/release/compile_commands.json ] || scripts/build.sh build/release
git ls-files 'src/*.cpp' | grep -vE 'src/model_torch/' |
  xargs -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*' 2>/dev/null
