#!/usr/bin/env bash
# Style: clang-format on everything, clang-tidy on everything that sees no LibTorch; or, as that takes ten minutes,
# scripts/lint.sh REVISION: on what has changed since then.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror
[ -f build/release/compile_commands.json ] || scripts/build.sh build/release
if [ $# -gt 0 ] && git rev-parse --verify --quiet "$1^{commit}" > /dev/null; then
  files=$(git diff --name-only --diff-filter=d "$1" -- 'src/*.cpp')
else
  files=$(git ls-files 'src/*.cpp')
fi
awk 'NF && !/^src\/model_torch\//' <<< "$files" |
  xargs -r -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*' 2>/dev/null
