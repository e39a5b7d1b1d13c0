#!/usr/bin/env python3
"""Why `segue evaluate` takes two fragments for the same audio below its distance in dB.

Usage: tolerance.py SEGUE WORK_FOLDER SPLIT MUSIC_FOLDER…
Prints, for the tracks on the train side, quantiles of the distance between 3-s fragments (RMS over frames
and bands of the difference of log-mel, in dB): of a fragment to its own copy, re-encoded, softer or begun
some ms later; and to every other fragment of its track. What took long to make is kept in WORK_FOLDER.
"""
import json
import os
import pathlib
import struct
import subprocess
import sys

import numpy

SEGUE, WORK, SPLIT = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
MUSIC = [pathlib.Path(p) for p in sys.argv[4:]]
HOPS, FRAMES = 129, 126  # of 3 s, and those wholly inside
SHIFTS = (1, 2, 5, 10, 20, 100)  # ms
COPIES = {"MP3 128 kb/s": (".mp3", "-c:a", "libmp3lame", "-b:a", "128k"),
          "MP3 320 kb/s": (".mp3", "-c:a", "libmp3lame", "-b:a", "320k"),
          "Opus 96 kb/s": (".opus", "-c:a", "libopus", "-b:a", "96k"),
          "1 dB softer": (".flac", "-filter:a", "volume=-1dB"),
          "3 dB softer": (".flac", "-filter:a", "volume=-3dB"),
          **{f"{ms} ms later": (".flac", "-filter:a", f"atrim=start={ms / 1000},asetpts=PTS-STARTPTS")
             for ms in SHIFTS}}


def analyze(library, paths):
    """The log-mel of each file, by its stem."""
    environment = dict(os.environ, XDG_DATA_HOME=str(library))
    subprocess.run([SEGUE, "analyze", "--quiet", *paths], env=environment, check=True, stdout=subprocess.DEVNULL)
    listed = subprocess.run([SEGUE, "library", "list", "--json"], env=environment, check=True, capture_output=True)
    return {pathlib.Path(t["file"]).stem: log_mel(library / "segue/features" / f"{t['id']}.safetensors")
            for t in json.loads(listed.stdout)}


def log_mel(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    begin, end = json.loads(data[8:8 + size])["log_mel"]["data_offsets"]
    return numpy.frombuffer(data[8 + size + begin:8 + size + end], "<f2").reshape(-1, 80).astype("f4")


def fragments(mel):
    count = (len(mel) + 3) // HOPS
    return numpy.stack([mel[i * HOPS:i * HOPS + FRAMES].ravel() for i in range(count)]) if count else None


def rms_db(difference):
    return 10 * numpy.sqrt(numpy.mean(difference ** 2, axis=-1))


def show(what, values):
    shown = "".join(f"{q:9.2f}" for q in numpy.quantile(values, (0.01, 0.05, 0.5, 0.95, 0.99)))
    print(f"{what:<34}{len(values):>8}{shown}", flush=True)


def main():
    names = {name[2:] for name in json.loads(pathlib.Path(SPLIT).read_text())["train"]}
    tracks = [f for folder in MUSIC for f in sorted(folder.glob("*.ogg")) if f.stem in names]
    WORK.mkdir(parents=True, exist_ok=True)
    originals = {name: fragments(mel) for name, mel in analyze(WORK / "originals", tracks).items()}
    print(f"{'dB, distance of a fragment to':<34}{'':>8}{'1 %':>9}{'5 %':>9}{'half':>9}{'95 %':>9}{'99 %':>9}")
    for what, (ending, *flags) in COPIES.items():
        folder = WORK / what.replace(" ", "-").replace("/", "-")
        folder.mkdir(exist_ok=True)
        for track in tracks:
            copy = folder / (track.stem + ending)
            if not copy.exists():
                subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", track, "-t", "60", *flags, copy], check=True)
        distances = []
        for name, mel in analyze(folder, [folder]).items():
            copy = fragments(mel)
            if copy is not None:
                distances.append(rms_db(copy - originals[name][:len(copy)]))
        show("itself, " + what, numpy.concatenate(distances))
    every, nearest = [], []
    for track in originals.values():
        between = numpy.stack([rms_db(track - one) for one in track])
        every.append(between[~numpy.eye(len(track), dtype=bool)])
        numpy.fill_diagonal(between, numpy.inf)
        nearest.append(between.min(axis=1))
    show("any other of its track", numpy.concatenate(every))
    show("the nearest other of its track", numpy.concatenate(nearest))
    nearest = numpy.concatenate(nearest)
    print("share of fragments with another of their track nearer than …")
    for limit in (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8):
        print(f"  {limit:4.1f} dB   {numpy.mean(nearest < limit):.3f}   of all pairs "
              f"{numpy.mean(numpy.concatenate(every) < limit):.5f}")


if __name__ == "__main__":
    main()
