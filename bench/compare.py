#!/usr/bin/python3
"""Ways to make one stream of a collection, side by side.

compare.py SEGUE MUSIC… [--split tests/split.json] [--length 10:00 …] [--seeds 1 2 …] [--work FOLDER] [--json FILE]

Mixes the test side of the split (or all the music, without one) once a length and seed by each way (those that lead to
the same mix count once), judges all of a way together (`segue judge`) and prints a table: how audible the seams are, by
kind of transition (AUC, .5 = not at all; beside it what random joins of the same kind get; "–" where there are fewer
than 20 of a kind, or no detector is valid), and how many of them keep tempo, beat, key, loudness and spectrum. Last
what human DJs reach (Kim et al., ISMIR 2020, 20,765 transitions).
"""
import argparse
import json
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile

from likeness import key_distance, tempo_change
from sides import files_of

RATE = 44100
TARGET = -16.0  # LUFS
COLUMNS = [("tempo 5 %", "tempo within 5 %"), ("speed 5 %", "own speed changed by at most 5 %"),
           ("beat 20 ms", "beats within 20 ms"), ("key", "keys a fifth apart or nearer"),
           ("1 LU", "loudness within 1 LU"), ("spectrum", "spectral jump as inside tracks (below the 90th percentile)")]


def run(*command, may_fail=False):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode and not may_fail:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr[-400:]}")
    return done


def seconds_of(text):
    total = 0
    for part in text.split(":"):
        total = 60 * total + float(part)
    return total


def plan_of(tracks, placements, fade, length):
    """A plan of version 1: placements (track, start, length in seconds) with crossfades of so many seconds."""
    half = int(fade * RATE / 2)
    sources = [{"track": t["id"], "path": t["file"], "sample_rate": t["sample_rate"],
                "pcm_frames": round(t["seconds"] * t["sample_rate"]), "title": t["title"] or pathlib.Path(t["file"]).stem,
                "artist": t["artist"], "tempo_bpm": t["tempo_bpm"] or 0, "key": t["key"] or ""} for t in tracks]
    return {"plan_version": 1, "segue_version": "", "system": "", "model": "random", "weights": "", "analysis_version": 0,
            "style": "compare", "segmentation": {"kind": "bars", "shortest": 2, "longest": 2, "count": 1, "seed": 0,
                                                 "version": 1},
            "seed": 0, "sample_rate": RATE, "length": int(length * RATE), "target_lufs": TARGET, "ceiling_dbtp": -1,
            "sources": sources,
            "placements": [{"source": s, "start": int(start * tracks[s]["sample_rate"]),
                            "length": int(span * tracks[s]["sample_rate"]),
                            "gain_db": max(-60.0, min(24.0, TARGET - tracks[s]["integrated_lufs"])), "known": False,
                            "score": 0, "why": "", "runners_up": []} for s, start, span in placements],
            "transitions": [{"kind": "equal_power_crossfade", "before": half, "after": half}
                            for _ in placements[1:]]}


def what_is_heard(plan):
    """Of a plan, without what it tells of how it came to be."""
    tracks = [source["track"] for source in plan["sources"]]
    placements = [[tracks[p["source"]], *(p.get(key) for key in ("start", "length", "gain_db", "inverted"))]
                  for p in plan["placements"]]
    return json.dumps(placements + [{key: value for key, value in t.items() if key != "why"}
                                    for t in plan["transitions"]])


def whole_tracks(tracks, seed, length):
    """Whole tracks in random order, crossfaded over 8 s: what players do by themselves."""
    fade = 8
    order = [i for i, t in enumerate(tracks) if t["seconds"] > 3 * fade]
    random.Random(seed).shuffle(order)
    placements, total = [], 0.0
    for number, track in enumerate(order):
        begin = fade / 2 + .01 if number else 0
        span = tracks[track]["seconds"] - begin - fade / 2 - .01
        placements.append((track, begin, span))
        total += span
        if total >= length:  # what begins later is not heard
            break
    return [plan_of(tracks, placements, fade, min(length, total - .01))]


def continuations(tracks, seed, length):
    """Every track by itself, cut into pieces that go on as they did: nothing that could be heard."""
    plans = []
    for number, track in enumerate(tracks):
        span = random.Random(seed * 1000 + number).uniform(12, 20)
        count = int((track["seconds"] - 1) / span)
        if count >= 2:
            plans.append(plan_of([track], [(0, .5 + i * span, span) for i in range(count)], .1, count * span - .01))
    return plans


def most_neighbours(count, fit, rounds=4000):
    """The largest share of neighbours that fit, of an order of all: the best that a long search finds."""
    if count < 2:
        return 0
    draw, best = random.Random(1), 0
    for _ in range(6):
        order = list(range(count))
        draw.shuffle(order)
        found = sum(fit[a][b] for a, b in zip(order, order[1:]))
        for _ in range(rounds * count // 4):
            i, j = sorted(draw.sample(range(count), 2))
            left, right = order[i - 1] if i else None, order[j + 1] if j + 1 < count else None
            now = (left is not None and fit[left][order[i]]) + (right is not None and fit[order[j]][right])
            then = (left is not None and fit[left][order[j]]) + (right is not None and fit[order[i]][right])
            if then >= now:  # turn what lies between around
                order[i:j + 1] = order[i:j + 1][::-1]
                found += then - now
        best = max(best, found)
    return best / (count - 1)


def oracle(tracks):
    """What an order of the whole tracks could reach in keys, in tempo, and in both at once."""
    keys = [t["key"] for t in tracks]
    near = [[bool(a and b) and key_distance(a, b) <= 1 for b in keys] for a in keys]
    same = [[bool(a["tempo_bpm"] and b["tempo_bpm"]) and tempo_change(a["tempo_bpm"], b["tempo_bpm"]) <= .05
             for b in tracks] for a in tracks]
    both = [[near[a][b] and same[a][b] for b in range(len(tracks))] for a in range(len(tracks))]
    return [most_neighbours(len(tracks), fit) for fit in (near, same, both)]


class Comparison:
    def __init__(self, options, music):
        self.options, self.music, self.segue, self.made = options, music, options.segue, {}
        run(self.segue, "analyze", *music)
        wanted = {str(path.resolve()) for path in music}
        listed = json.loads(run(self.segue, "library", "list", "--json").stdout)
        self.tracks = [t for t in listed if t["file"] in wanted and t["double_of"] is None and t["integrated_lufs"] > -60]

    def is_new(self, folder, plan):
        """Not from the same beginning as another of this way."""
        heard = what_is_heard(plan)
        known = heard in self.made.setdefault(folder, set())
        self.made[folder].add(heard)
        return not known

    def mixed(self, folder, length, seed, *flags):
        mix = folder / f"{length.replace(':', '.')}-{seed}.flac"
        plan = mix.with_suffix(".plan.json")
        made = run(self.segue, "mix", *self.music, "--length", length, "--seed", seed, "--plan-only",
                   "--save-plan", plan, "-q", *flags, may_fail=True)
        if made.returncode:
            print(f"  seed {seed}: {made.stderr.strip()}", file=sys.stderr)
            return []
        if not self.is_new(folder, json.loads(plan.read_text())):
            return []
        run(self.segue, "mix", "--plan", plan, "-o", mix, "-q")
        return [(mix, plan)]

    def planned(self, folder, length, seed, make):
        pairs = []
        for number, plan in enumerate(make(self.tracks, int(seed), seconds_of(length))):
            if not self.is_new(folder, plan):
                continue
            mix = folder / f"{length.replace(':', '.')}-{seed}-{number}.flac"
            mix.with_suffix(".plan.json").write_text(json.dumps(plan))
            run(self.segue, "mix", "--plan", mix.with_suffix(".plan.json"), "-o", mix, "-q")
            pairs.append((mix, mix.with_suffix(".plan.json")))
        return pairs

    def judged(self, pairs):
        command = [self.segue, "judge", *[mix for mix, _ in pairs], "--json"]
        for _, plan in pairs:
            command += ["--plan", plan]
        return json.loads(run(*command, *self.options.judge).stdout)


def row(name, report):
    shares = {}
    for recording in report["recordings"]:
        for share in recording["shares"]:
            good, of = shares.get(share["name"], (0, 0))
            shares[share["name"]] = (good + share["share"] * share["of"], of + share["of"])
    cells = []
    for _, key in COLUMNS:
        good, of = shares[key]
        cells.append(f"{100 * good / of:.0f} % ({of})" if of else "–")
    peak = max(recording["true_peak_dbtp"] for recording in report["recordings"])
    tracks = sum(recording.get("tracks", 0) for recording in report["recordings"])
    returns = sum(recording.get("returns", 0) for recording in report["recordings"])
    print(f"| {name} | {report['n_seams']} ({report['n_unjudged']} not judged) | " + " | ".join(cells) + f" | {peak:.1f} | {tracks}, {returns} |")
    for kind in report["kinds"]:
        figures = {figure["joins"]: figure for figure in kind["figures"]}
        file, chance = figures["file"], figures["random"]
        told = "–"
        if file.get("auc") is not None:
            low, high = file["interval"]
            told = (f"**{file['auc']:.3f}** ({low:.3f} – {high:.3f}), random {chance['auc']:.3f}, "
                    f"hard cuts there {figures['hard cuts']['auc']:.3f}")
        print(f"|   … {kind['kind']} | {file['n_joins']} | " + "AUC " + told + " |" * len(COLUMNS) + " | |")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue")
    parser.add_argument("music", nargs="+", type=pathlib.Path)
    parser.add_argument("--split", type=pathlib.Path)
    parser.add_argument("--side", default="test")
    parser.add_argument("--length", nargs="+", default=["10:00"], help="of the mixes; of several, all are made")
    parser.add_argument("--seeds", nargs="+", default=["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])
    parser.add_argument("--only", nargs="+", help="ways whose names hold one of these")
    parser.add_argument("--judge", type=shlex.split, default=[], help="further flags of segue judge, as one word")
    parser.add_argument("--mix", type=shlex.split, default=[], help="further flags of segue mix, in its own ways")
    parser.add_argument("--work", type=pathlib.Path, help="keep the mixes here")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    os.environ.setdefault("XDG_DATA_HOME", tempfile.gettempdir() + "/segue-compare")
    pathlib.Path(os.environ["XDG_DATA_HOME"]).mkdir(parents=True, exist_ok=True)
    compare = Comparison(options, files_of(options.music, options.split, options.side))
    own = options.mix
    ways = {
        "segue mix": lambda folder, length, seed: compare.mixed(folder, length, seed, *own),
        "segue collage": lambda folder, length, seed: compare.mixed(folder, length, seed, "--style", "collage", *own),
        "the report's greedy CRNN": lambda folder, length, seed: compare.mixed(
            folder, length, seed, "--style", "collage", "--model", "crnn-report", "--beam", "1"),
        "random joins": lambda folder, length, seed: compare.mixed(
            folder, length, seed, "--style", "collage", "--model", "random", "--beam", "1"),
        "whole tracks, 8-s crossfades": lambda folder, length, seed: compare.planned(folder, length, seed, whole_tracks),
        "true continuation": lambda folder, length, seed: compare.planned(folder, length, seed, continuations),
    }
    reports = {}
    print("| way | seams | " + " | ".join(short for short, _ in COLUMNS) + " | true peak | tracks, returns |")
    print("|---" * (len(COLUMNS) + 4) + "|")
    for name, make in ways.items():
        if options.only and not any(word in name for word in options.only):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = (options.work or pathlib.Path(scratch)) / name.replace(" ", "-").replace("'", "").replace(",", "")
            folder.mkdir(parents=True, exist_ok=True)
            pairs = [pair for length in options.length for seed in options.seeds for pair in make(folder, length, seed)]
            if pairs:
                reports[name] = compare.judged(pairs)
                row(name, reports[name])
    keys, tempo, both = oracle(compare.tracks)
    print(f"| an order of the {len(compare.tracks)} tracks by an oracle: keys {100 * keys:.0f} %, tempo within 5 % "
          f"{100 * tempo:.0f} %, both {100 * both:.0f} % | |" + " |" * (len(COLUMNS) + 2))
    print("| human DJs | | | 86 % |" + " |" * len(COLUMNS))
    if options.json:
        options.json.write_text(json.dumps(reports, indent=1))


if __name__ == "__main__":
    main()
