#!/usr/bin/python3
"""CPU time of analyzing a file (identity, decoding, log-mel, loudness, fingerprint, feature file) beside
'ffmpeg -i FILE -f null -'. Both run in turns, as whole processes; the medians are compared.

usage: analysis_vs_ffmpeg.py BENCH_FOLDER [FILE…]
"""
import pathlib
import resource
import statistics
import subprocess
import sys

ROUNDS = 7
MUSIC = pathlib.Path("/usr/share/games/wesnoth/1.16/data/core/music")


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    program = pathlib.Path(sys.argv[1]) / "bench_analysis"
    files = sys.argv[2:] or [MUSIC / name for name in ("knolls.ogg", "battle.ogg", "sad.ogg")]
    print(f"{'file':30} {'ffmpeg':>8} {'segue':>8}  ratio")
    for file in files:
        rounds = [(cpu_seconds(["ffmpeg", "-nostdin", "-i", file, "-f", "null", "-"]),
                   cpu_seconds([program, "analyze", file])) for _ in range(ROUNDS)]
        ffmpeg, segue = (statistics.median(times) for times in zip(*rounds))
        print(f"{pathlib.Path(file).name:30} {ffmpeg:7.3f}s {segue:7.3f}s  {segue / ffmpeg:.2f}")


if __name__ == "__main__":
    main()
