#!/usr/bin/python3
"""Writes into a model's card under which licence each track it learned from stands.

Usage: licences.py CARD LIBRARY_JSON   (LIBRARY_JSON: what `segue library list --json` printed)

A track's own tag comes first, then what its Debian package's copyright file says of the file.
"""
import json
import pathlib
import subprocess
import sys
import warnings

from debian.copyright import Copyright, NotMachineReadableError

# Prose, not fields: "GNU General Public License … version 2 … or (at your option) any later version".
PROSE = {"wesnoth-1.16-music": "GPL-2.0-or-later"}


def package_of(file):
    found = subprocess.run(["dpkg", "-S", file], capture_output=True, text=True)
    return found.stdout.split(":")[0] if found.returncode == 0 else None


class Package:
    def __init__(self, name):
        self.name = name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fields that are not quite as the standard has them
            try:
                with open(f"/usr/share/doc/{name}/copyright", encoding="utf-8") as text:
                    paragraphs = list(Copyright(text, strict=False).all_files_paragraphs())
            except NotMachineReadableError:
                paragraphs = []
        # Not what is said of everything ("*"): that is the program's licence, not the music's.
        self.paragraphs = [p for p in paragraphs if "*" not in p.files]

    def licence(self, file):
        source = "data/music/" + pathlib.Path(file).name
        said = [p.license.synopsis for p in self.paragraphs if p.matches(source)]
        licence = said[-1] if said else PROSE.get(self.name)
        if licence is None:
            return f"see the copyright file of the Debian package {self.name}"
        return f"{licence} (Debian package {self.name})"


def main():
    card_file, library_file = map(pathlib.Path, sys.argv[1:])
    card = json.loads(card_file.read_text(encoding="utf-8"))
    files = {track["id"]: track["file"] for track in json.loads(library_file.read_text(encoding="utf-8"))}
    packages = {}
    for track in card["tracks"]:
        file = files.get(track["id"])
        name = file and package_of(file)
        if not track["licence"] and name:
            track["licence"] = packages.setdefault(name, Package(name)).licence(file)
    unknown = [track["name"] for track in card["tracks"] if not track["licence"]]
    if unknown:
        sys.exit(f"no licence is known of {', '.join(unknown)}: nothing was written")
    card_file.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


main()
