#!/usr/bin/python3
"""How steady the beats of real music are heard.

steadiness.py SEGUE MUSIC… [--worst 10] [--pictures FOLDER]

Analyzes each folder (or file) in a library of its own and prints for each: tracks without a beat, and of the others
the quartiles of tempo drift (how far the tempo of 16 beats strays from that of the track), of jitter (RMS about a
line through 16 beats, in ms and as a share of a beat) and of strength; then the least steady tracks. With
--pictures a picture of each of these.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile


def quartiles(values):
    values = sorted(values)
    at = [values[round(share * (len(values) - 1))] for share in (.25, .5, .75)] if values else []
    return " / ".join(f"{value:.3g}" for value in at) or "–"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue")
    parser.add_argument("music", nargs="+")
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    every = []
    with tempfile.TemporaryDirectory() as folder:
        def run(*command):
            return subprocess.run([options.segue, *map(str, command)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, env=os.environ | {"XDG_DATA_HOME": folder}).stdout

        print("music | tracks | without a beat | drift, % | jitter, ms | jitter, % of a beat | strength   (quartiles)")
        for music in options.music:
            run("analyze", music)
            root = str(pathlib.Path(music).resolve())
            tracks = [track for track in json.loads(run("library", "list", "--json")) if track["file"].startswith(root)]
            beaten = [track for track in tracks if track["has_beat"]]
            every += beaten
            print(" | ".join((pathlib.Path(music).name, str(len(tracks)), str(len(tracks) - len(beaten)),
                              quartiles([100 * track["tempo_drift"] for track in beaten]),
                              quartiles([1000 * track["beat_jitter"] for track in beaten]),
                              quartiles([track["beat_jitter"] * track["tempo_bpm"] / .6 for track in beaten]),
                              quartiles([track["beat_strength"] for track in beaten]))))
        every.sort(key=lambda track: -track["beat_jitter"] * track["tempo_bpm"])
        for track in every[:options.worst]:
            print(f"{pathlib.Path(track['file']).name:40} {track['tempo_bpm']:6.1f} BPM, drift {100 * track['tempo_drift']:4.1f} %, "
                  f"jitter {1000 * track['beat_jitter']:3.0f} ms, strength {track['beat_strength']:.2f}")
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                run("library", "info", track["file"], "--picture", options.pictures / (pathlib.Path(track["file"]).stem + ".svg"))


if __name__ == "__main__":
    main()
