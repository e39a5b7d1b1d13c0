#!/usr/bin/env bash
# The folder in which a Debian package's music lies: scripts/music_folder.sh PACKAGE
set -euo pipefail
dpkg -L "$1" | awk '/\/music\/[^\/]*\.ogg$/ && !folder { folder = $0; sub("/[^/]*$", "", folder) } END { print folder; exit !folder }'
