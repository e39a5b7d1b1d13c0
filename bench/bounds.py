#!/usr/bin/python3
"""What each bound of a mix costs and brings, over plans of the music given.

bounds.py SEGUE MUSIC… [--split tests/split.json] [--length 30:00] [--seconds 20-50] [--seeds 1 2 3] [--json FILE]

Mixes the test side of the split (or all, without one) once a seed under each set of bounds, with plain fades so that
all seams are of one kind, and prints for each
set: how audible the seams are (AUC by `segue judge`, mean over the seeds; .5 = not at all), the change of
tempo and the distance of keys at seams between tracks that have them, how often bounds gave way, and how well
the network thinks of what follows. Beside it: what human DJs do (Kim et al., ISMIR 2020, 20,765 transitions).
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from likeness import key_distance, tempo_change
from sides import files_of

SETTINGS = {
    "no bound": ["--max-stretch", "50", "--key-rule", "off"],
    "tempo within 6 %": ["--max-stretch", "6", "--key-rule", "off"],
    "tempo within 2 %": ["--max-stretch", "2", "--key-rule", "off"],
    "keys near": ["--max-stretch", "50", "--key-rule", "near"],
    "as it is (tempo 6 %, keys near, both give way)": [],
    "… and energy rises": ["--energy", "rise"],
    "… and the critic is off": ["--critic", "off"],
    "… as a draft": ["--draft"],
}
HUMAN = "human DJs                                      |     | .65 / .86 / .95 |"


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3, 7):
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr[-400:]}")
    return done


def seams_of(plan):
    sources = [plan["sources"][placement["source"]] for placement in plan["placements"]]
    for before, after, placement in zip(sources, sources[1:], plan["placements"][1:]):
        yield before, after, placement


def share(values, most):
    return f"{sum(value <= most for value in values) / len(values):.2f}".lstrip("0") if values else "–"


def mean(values):
    return sum(values) / len(values) if values else math.nan


def measure(segue, music, options, flags, folder):
    aucs, tempi, keys, relaxed, seams, scores, infeasible = [], [], [], 0, 0, [], 0
    for seed in options.seeds:
        mix = folder / "mix.flac"
        made = run(segue, "mix", *music, "--length", options.length, "--track-seconds", options.seconds, "--seed", seed,
                   "-o", mix, "-q", "--join", "fade", *flags)
        if made.returncode:
            infeasible += 1
            continue
        plan = json.loads((folder / "mix.plan.json").read_text())
        for before, after, placement in seams_of(plan):
            seams += 1
            relaxed += bool(placement["bounds"]["relaxed"])
            scores.append(placement["score"])
            if before["tempo_bpm"] and after["tempo_bpm"]:
                tempi.append(tempo_change(before["tempo_bpm"], after["tempo_bpm"]))
            if before["key"] and after["key"]:
                keys.append(key_distance(before["key"], after["key"]))
        judged = run(segue, "judge", mix, "--plan", folder / "mix.plan.json", "--json", *options.judge)
        if judged.returncode == 0:
            aucs += [figure["auc"] for kind in json.loads(judged.stdout)["kinds"] for figure in kind["figures"]
                     if figure["joins"] == "file" and kind["valid"]]
    return {"auc": mean(aucs), "aucs": aucs, "seams": seams, "tempi": tempi, "keys": keys, "relaxed": relaxed,
            "score": mean(scores), "infeasible": infeasible}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue")
    parser.add_argument("music", nargs="+", type=pathlib.Path)
    parser.add_argument("--split", type=pathlib.Path)
    parser.add_argument("--length", default="30:00")
    parser.add_argument("--seconds", default="20-50")
    parser.add_argument("--seeds", nargs="+", default=["1", "2", "3"])
    parser.add_argument("--only", nargs="+", help="settings whose names hold one of these")
    parser.add_argument("--judge", nargs="*", default=[], help="further flags of segue judge")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    music = files_of(options.music, options.split, "test")
    os.environ.setdefault("XDG_DATA_HOME", tempfile.gettempdir() + "/segue-bounds")
    results = {}
    print("bounds                                         | AUC | tempo ≤ 2/5/10 % | keys ≤ 1 | gave way | seams")
    for name, flags in SETTINGS.items():
        if options.only and not any(word in name for word in options.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            one = results[name] = measure(options.segue, music, options, flags, pathlib.Path(folder))
        print(f"{name:46} | {one['auc']:.3f} | " + " / ".join(share(one["tempi"], most) for most in (.02, .05, .1)) +
              f" ({len(one['tempi'])}) | {share(one['keys'], 1)} | {one['relaxed']} | {one['seams']}" +
              (f" | {one['infeasible']} impossible" if one["infeasible"] else ""), flush=True)
    print(HUMAN)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
