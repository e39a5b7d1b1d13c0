#!/usr/bin/env python3
"""Measures whole commands: start-up, analysis beside ffmpeg, choosing, rendering, memory, a large library.

Usage: commands.py SEGUE WORK_FOLDER MUSIC_FOLDER…
Prints one line a figure: what, value, what it is held against. Work that took long to make
(the libraries) is kept in WORK_FOLDER. Absolute times depend on the machine; ratios less so.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

SEGUE, WORK = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()  # XDG folders must be absolute
MUSIC = [pathlib.Path(p) for p in sys.argv[3:]]


def say(what, value, goal=""):
    print(f"{what:<62} {value:>14}   {goal}", flush=True)


class Run:
    """One finished command: wall and CPU seconds, peak memory in MB."""

    def __init__(self, *command, library=None, stdout=subprocess.DEVNULL):
        environment = dict(os.environ)
        if library:
            environment["XDG_DATA_HOME"] = str(library)
        began = time.monotonic()
        process = subprocess.Popen([str(c) for c in command], env=environment, stdout=stdout,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.output = process.stdout.read() if stdout == subprocess.PIPE else b""
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{command} failed: {errors.decode(errors='replace')}")
        self.wall = time.monotonic() - began
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def files():
    return [f for folder in MUSIC for f in sorted(folder.glob("*.ogg"))]


def startup(library):
    for command in (["--help"], ["library", "list"]):
        walls = [Run(SEGUE, *command, library=library).wall for _ in range(15)]
        say(f"start-up: segue {' '.join(command)}, median of 15", f"{1000 * statistics.median(walls):.0f} ms", "≤ 50 ms")


def analysis():
    chosen = files()[::8]
    ratios = []
    for _ in range(3):  # alternately, so that a noisy machine harms both alike
        plain = sum(Run("ffmpeg", "-nostdin", "-v", "error", "-i", f, "-f", "null", "-").cpu for f in chosen)
        shutil.rmtree(WORK / "fresh", ignore_errors=True)
        ours = Run(SEGUE, "analyze", "--workers", "1", *chosen, library=WORK / "fresh").cpu
        ratios.append(ours / plain)
    say(f"analysis of {len(chosen)} tracks: CPU beside ffmpeg -f null, median of 3", f"{statistics.median(ratios):.2f} ×",
        "≤ 2 ×")


def three_hours():
    library = WORK / "three-hours"
    run = Run(SEGUE, "analyze", *MUSIC, "--json", library=library, stdout=subprocess.PIPE)
    seconds = json.loads(run.output)["decoded_seconds"]
    if seconds > 3600:
        say("analysis of the whole library, all cores", f"{seconds / run.wall:.0f} ×", "real time")
    listed = json.loads(Run(SEGUE, "library", "list", "--json", library=library, stdout=subprocess.PIPE).output)
    say("the library", f"{sum(t['seconds'] for t in listed) / 3600:.2f} h")
    return library


def mixing(library):
    ten = [Run(SEGUE, "mix", "-o", WORK / "ten.flac", "--length", "10:00", library=library) for _ in range(3)]
    say("a 10-minute mix of it, every seam heard, median of 3", f"{statistics.median(r.wall for r in ten):.1f} s", "≤ 30 s")
    for name, flags in (("a 10-minute plan, every seam heard, median of 3", []), ("  the same as a draft", ["--draft"])):
        plans = [Run(SEGUE, "mix", "-o", WORK / "plan.flac", "--length", "10:00", "--plan-only", "--seed", str(seed), *flags,
                     library=library).wall for seed in (1, 2, 3)]
        say(name, f"{statistics.median(plans):.1f} s", "≤ 2 s" if flags else "≤ 10 s")
    again = Run(SEGUE, "mix", "--plan", WORK / "ten.plan.json", "-o", WORK / "again.wav", library=library)
    say("  of it rendering and encoding alone (WAV)", f"{600 / again.wall:.0f} ×", "real time")
    choices = len(json.loads((WORK / "ten.plan.json").read_text())["placements"])
    choosing = statistics.median(r.wall for r in ten) - again.wall
    say("  of it one choice, the network's start included", f"{1000 * choosing / choices:.1f} ms")
    long = Run(SEGUE, "mix", "-o", WORK / "long.flac", "--length", "2:00:00", library=library)
    memory = statistics.median(r.memory for r in ten)
    say("peak memory of a 10-minute mix", f"{memory:.0f} MB")
    say("peak memory of a 2-hour mix", f"{long.memory:.0f} MB", f"{100 * (long.memory / memory - 1):+.1f} % (≤ 10 %)")
    for file in WORK.glob("*.flac"):
        file.unlink()
    (WORK / "again.wav").unlink()


def large_library():
    clips, library = WORK / "clips", WORK / "five-thousand"
    if not clips.exists():
        Run(SEGUE, "cut", *MUSIC, "-o", clips.with_suffix(".part"), "--fragment", "1", "--bits", "16",
            library=WORK / "three-hours")
        extra = sorted(clips.with_suffix(".part").rglob("*.wav"))[5000:]
        for file in extra:
            file.unlink()
        clips.with_suffix(".part").rename(clips)
    first = Run(SEGUE, "analyze", clips, library=library)
    say("5,000 clips: first analysis (or none, if kept)", f"{first.wall:.1f} s")
    lists = [Run(SEGUE, "library", "list", library=library).wall for _ in range(5)]
    say("5,000 clips: list, median of 5", f"{1000 * statistics.median(lists):.0f} ms", "≤ 200 ms")
    scans = [Run(SEGUE, "analyze", clips, library=library).wall for _ in range(3)]
    say("5,000 clips: re-scan unchanged, median of 3", f"{statistics.median(scans):.2f} s", "≤ 5 s")


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    say("measured on", f"{os.cpu_count()} cores")
    library = three_hours()
    startup(library)
    analysis()
    mixing(library)
    large_library()


if __name__ == "__main__":
    main()
