#!/usr/bin/env python3
"""Whether pieces that were encoded one by one are put back in order.

coded_pieces.py SEGUE MUSIC… [--split tests/split.json] [--side val] [--tracks 6] [--pieces 40] [--json FILE]

Cuts that many tracks of a side of the split (or all, without one) into fragments of 3 s, encodes each by itself with
FFmpeg (128 kbit/s), shuffles them and lets `segue rebuild --pieces` find their order, with the waveform across the
cuts and without. Prints how many of the true neighbours come out as neighbours.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import tempfile

from sides import files_of

CODECS = {"WAV": None, "MP3": ("libmp3lame", ".mp3"), "Vorbis": ("libvorbis", ".ogg"), "Opus": ("libopus", ".opus")}
WAYS = {"with the waveform": (), "without": ("--no-waveform",)}


def encode(piece, codec):
    if codec is None:
        return piece
    coded = piece.with_suffix(codec[1])
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", piece, "-c:a", codec[0], "-b:a", "128k", coded], check=True)
    return coded


def neighbours_right(segue, pieces, flags):
    shuffled = [str(piece) for piece in pieces]
    truth = set(zip(shuffled, shuffled[1:]))
    random.Random(1).shuffle(shuffled)
    done = subprocess.run([segue, "rebuild", "--pieces", *shuffled, *flags, "--json", "--quiet"], check=True,
                          stdout=subprocess.PIPE, text=True)
    order = json.loads(done.stdout)["order"]
    return sum(pair in truth for pair in zip(order, order[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue", type=pathlib.Path)
    parser.add_argument("music", nargs="+", type=pathlib.Path)
    parser.add_argument("--split", type=pathlib.Path)
    parser.add_argument("--side", default="val")
    parser.add_argument("--tracks", type=int, default=6)
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    segue = options.segue.resolve()
    files = files_of(options.music, options.split, options.side)
    right, total = collections.Counter(), 0
    for file in files[:options.tracks]:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([segue, "cut", file.resolve(), "--fragment", "3", "--bits", "16", "-o", folder, "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            pieces = sorted(pathlib.Path(folder).glob("*/*.wav"))[:options.pieces]
            total += len(pieces) - 1
            for name, codec in CODECS.items():
                coded = [encode(piece, codec) for piece in pieces]
                for way, flags in WAYS.items():
                    right[f"{name}, {way}"] += neighbours_right(segue, coded, flags)
    for name, count in right.items():
        print(f"{name:28} {count} of {total}")
    if options.json:
        options.json.write_text(json.dumps({"neighbours": total, "right": right}, indent=1))


if __name__ == "__main__":
    main()
