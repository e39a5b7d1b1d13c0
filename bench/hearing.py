#!/usr/bin/python3
"""Measures what segue hears in music whose truth is known: beats, bars, tempo, key.

hearing.py SEGUE [--count 48] [--seed 1] [--only drums|pieces] [--worst 10] [--keep FOLDER] [--json FILE]

tests/support/played.py composes and renders a collection (half drums alone, half pieces; --only leaves the
other half out); SEGUE analyses it with a library of its own. Prints shares in % and mean F-measures (beats
within 70 ms, the first 5 s left out). Where no beat was heard, tempo, beats and bars count as wrong. --keep
keeps sounds and truths in FOLDER, and renders only what is not there.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests/support"))
import hearing_measures  # noqa: E402
import played  # noqa: E402

RELATIONS = ("right", "relative", "fifth", "parallel", "other")
HEARD = ("has_beat", "tempo_bpm", "beats", "downbeats", "beats_per_bar", "key")


def run(command, folder):
    """What a command prints; no library and no settings but those in `folder`."""
    homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE")}
    result = subprocess.run([str(word) for word in command], env={**os.environ, **homes}, cwd=folder,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command[0]} {command[1]} failed with status {result.returncode}: {result.stderr.strip()[-500:]}")
    return result.stdout


def listen(segue, sounds, folder):
    """What segue heard in each file."""
    run([segue, "analyze", *sounds], folder)
    heard = []
    for sound in sounds:
        found = json.loads(run([segue, "library", "info", sound, "--json"], folder))
        if len(found) != 1:
            sys.exit(f"{len(found)} tracks in the library for {sound}.")
        if missing := [member for member in HEARD if member not in found[0]]:
            sys.exit(f"{segue} tells nothing of: {', '.join(missing)}.")
        heard.append({member: found[0][member] for member in HEARD})
    return heard


def share(of, rows):
    """In %, of rows for which there is an answer."""
    answers = [answer for answer in map(of, rows) if answer is not None]
    return 100 * sum(answers) / len(answers) if answers else None


def summary(rows):
    mean = {"count": len(rows),
            "no beat": share(lambda row: not row["heard"]["has_beat"], rows),
            "tempo right": share(lambda row: row["tempo"] == "right", rows),
            "tempo octave": share(lambda row: row["tempo"] == "octave", rows),
            "beat F": share(lambda row: row["beat_f"], rows),
            "downbeat F": share(lambda row: row["downbeat_f"], rows),
            "metre right": share(lambda row: row["metre"], rows)}
    for relation in RELATIONS:
        mean[f"key {relation}"] = share(lambda row: row["key"] and row["key"] == relation, rows)
    mean["beat F"], mean["downbeat F"] = mean["beat F"] / 100, mean["downbeat F"] / 100
    return mean


def groups(rows):
    """(name, rows) of everything and of its kinds; empty ones are left out."""
    def of(kind):
        return [row for row in rows if kind(row["truth"])]
    parts = [("all", rows)]
    for name, kind in (("drums", lambda t: t["kind"] == "drums"), ("pieces", lambda t: t["kind"] == "pieces"),
                       ("4/4", lambda t: t["beats_per_bar"] == 4), ("3/4", lambda t: t["beats_per_bar"] == 3),
                       ("steady", lambda t: not t["drift"]), ("drifting", lambda t: t["drift"]),
                       ("below 90 BPM", lambda t: t["tempo_bpm"] < 90),
                       ("90-130 BPM", lambda t: 90 <= t["tempo_bpm"] <= 130),
                       ("above 130 BPM", lambda t: t["tempo_bpm"] > 130)):
        parts.append((name, of(kind)))
    return [(name, part) for name, part in parts if part]


def print_table(table):
    columns = [name for name in table["all"] if name != "count"]
    for line in (0, 1):  # a word of each heading per line
        words = [(name.split() + [""])[line] if " " in name else ("", name)[line] for name in columns]
        print(f"{'':<14}{('', 'n')[line]:>4} " + "".join(f"{word:>9}" for word in words))
    for group, values in table.items():
        cells = ["-" if values[name] is None else f"{values[name]:.{3 if name.endswith(' F') else 1}f}"
                 for name in columns]
        print(f"{group:<14}{values['count']:>4} " + "".join(f"{cell:>9}" for cell in cells))


def goodness(row):
    """0 … 1: the mean of what counts."""
    marks = [row["tempo"] == "right", row["beat_f"], row["downbeat_f"], row["metre"]]
    return sum(marks + ([row["key"] == "right"] if row["key"] else [])) / (len(marks) + bool(row["key"]))


def told(what, beat=True):
    tempo = f"{what['tempo_bpm']:.1f} BPM {what['beats_per_bar']}/4" if beat and what["tempo_bpm"] else "no beat"
    return f"{tempo:>13} {what['key'] or '-':<8}"


def print_worst(rows, count):
    for row in sorted(rows, key=goodness)[:count]:
        print(f"{row['name']:<52} {told(row['truth'])}   heard {told(row['heard'], row['heard']['has_beat'])}   "
              f"beat F {row['beat_f']:.2f}, downbeat F {row['downbeat_f']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("drums", "pieces"))
    parser.add_argument("--worst", type=int, default=10, metavar="K")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    pieces = played.collection(options.count, options.seed)
    pieces = [piece for piece in pieces if options.only in (None, piece.kind)]
    if not pieces:
        sys.exit("Nothing to measure.")
    with tempfile.TemporaryDirectory(prefix="segue-hearing-") as name:
        scratch = pathlib.Path(name)
        music = (options.keep or scratch / "music").resolve()
        played.render_all(pieces, music)
        heard = listen(options.segue.resolve(), [music / f"{piece.name}.wav" for piece in pieces], scratch)
    rows = [{"name": piece.name, "truth": piece.truth, "heard": what, **hearing_measures.judge(piece.truth, what)}
            for piece, what in zip(pieces, heard)]
    table = {name: summary(part) for name, part in groups(rows)}
    print_table(table)
    if options.worst > 0:
        print(f"\nthe worst {min(options.worst, len(rows))}:")
        print_worst(rows, options.worst)
    if options.json:
        options.json.write_text(json.dumps({"count": options.count, "seed": options.seed, "only": options.only,
                                            "summary": table, "pieces": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
