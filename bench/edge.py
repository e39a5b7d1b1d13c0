#!/usr/bin/python3
"""R@1 of readings of "L2 distance of four edge frames", on the test side.

Usage: edge.py SEGUE SPLIT MUSIC…

`edge` compares the last four visible log-mel frames with the first four, frame by frame, as they are. Others take
the mean of the four, or z-score every band by the train side, which is to learn a little.
"""
import json
import pathlib
import struct
import subprocess
import sys

import numpy as np


def log_mel(file):
    with open(file, "rb") as raw:
        length = struct.unpack("<Q", raw.read(8))[0]
        header = json.loads(raw.read(length))
    tensor = header["log_mel"]
    begin, end = tensor["data_offsets"]
    values = np.fromfile(file, np.float16, count=(end - begin) // 2, offset=8 + length + begin)
    return values.reshape(tensor["shape"]).astype(np.float32), int(header["__metadata__"]["hops"])


def r1(tracks, averaged, guard):
    hits = asked = 0
    for frames, hops in tracks:
        count = hops // 129
        visible = [frames[129 * i + guard:129 * i + 126 - guard] for i in range(count)]
        ends, starts = np.array([v[-4:] for v in visible]), np.array([v[:4] for v in visible])
        if averaged:
            ends, starts = ends.mean(1), starts.mean(1)
        ends, starts = ends.reshape(count, -1), starts.reshape(count, -1)
        distance = ((ends[:, None] - starts[None]) ** 2).sum(2)
        np.fill_diagonal(distance, np.inf)
        hits += sum(distance[i, i + 1] <= distance[i].min() for i in range(count - 1))
        asked += count - 1
    return hits / asked


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    segue, split, music = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text()), sys.argv[3:]
    subprocess.run([segue, "analyze", *music, "--quiet"], check=True)
    listed = json.loads(subprocess.run([segue, "library", "list", "--json"], capture_output=True, check=True).stdout)
    settings = subprocess.run([segue, "config", "--json"], capture_output=True, check=True).stdout
    folder = pathlib.Path(json.loads(settings)["settings"]["library"]["value"]) / "features"
    side = {name[2:]: side for side in ("train", "test") for name in split[side]}
    tracks = {"train": [], "test": []}
    for track in listed:
        stem = pathlib.Path(track["file"]).stem
        if stem in side:
            tracks[side[stem]].append(log_mel(folder / f"{track['id']}.safetensors"))
    everything = np.concatenate([frames for frames, _ in tracks["train"]])
    mean, scale = everything.mean(0), everything.std(0)
    scored = [((frames - mean) / scale, hops) for frames, hops in tracks["test"]]
    print("| bands | four frames | R@1, guard 0 | R@1, guard 116 ms |\n|---|---|---|---|")
    for bands, test in (("as they are", tracks["test"]), ("z-scored", scored)):
        for averaged in (False, True):
            print(f"| {bands} | {'their mean' if averaged else 'one by one'} | {r1(test, averaged, 0):.3f} | "
                  f"{r1(test, averaged, 5):.3f} |")


if __name__ == "__main__":
    main()
