#!/usr/bin/python3
"""What is learnt from one collection is worth on the other, and what adapting to that brings.

Usage: other_collection.py SEGUE FOLDER MUSIC… --split FILE [--also MUSIC] [--learn-from w_] [--epochs 12]

The names of FILE have a prefix for their collection. `successor` learns from the train side of those that begin with
--learn-from (and from --also), is stopped by their validation side and measured on the train and validation sides of
the others: the test side is not touched. Then it is adapted to the others, of which three tenths are held out, and both
networks are measured on these. Runs lie in FOLDER; those that are finished are not trained again.
"""
import argparse
import json
import pathlib
import subprocess


def sides_of(split, prefix):
    """Of the first collection what teaches and stops; of the other, all that is not on the test side."""
    def own(side):
        return [name for name in split[side] if name.startswith(prefix)]
    return {"train": own("train"), "val": own("val"),
            "test": sorted(name for side in ("train", "val") for name in split[side] if not name.startswith(prefix))}


def parts_of(names):
    """Three tenths are held out, a sixth stops; in order of name, so that versions of a song stay together."""
    held, stop = round(.3 * len(names)), round(.17 * len(names))
    return {"test": names[:held], "val": names[held:held + stop], "train": names[held + stop:]}


def train(arguments, name, sides, weights, *flags):
    folder = arguments.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    split = folder / "sides.json"
    split.write_text(json.dumps(sides))
    if not (folder / f"{weights}.card.json").exists():  # written last
        subprocess.run([arguments.segue, "train", *arguments.music, "--split", split, "-o", folder, "--threads", "1",
                        "--resume", *flags], stdout=subprocess.DEVNULL, check=True)
    return folder / f"{weights}.safetensors", split


def tell(arguments, what, weights, split):
    for guard in ("0", "116"):
        printed = subprocess.run([arguments.segue, "evaluate", *arguments.music, "--model", weights, "--split", split,
                                  "--guard", guard, "--no-waveform", "--allow-known", "--json", "--quiet"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout
        figures = json.loads(printed)
        if not figures["n_tracks"]:
            figures = figures["known"]
        print(f"{what}, guard {guard}: {figures['n_tracks']} tracks, {figures['n_fragments']} fragments; "
              + ", ".join(f"{name} {figures[name]:.3f}" for name in (
                  "auc_hard", "r1", "mrr", "g3", "g6", "g8", "rebuilt3", "rebuilt6", "rebuilt8", "neighbours")), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segue", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("music", nargs="+")
    parser.add_argument("--split", type=pathlib.Path, required=True)
    parser.add_argument("--also")
    parser.add_argument("--learn-from", default="w_")
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    arguments.segue = arguments.segue.resolve()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    sides = sides_of(json.loads(arguments.split.read_text()), arguments.learn_from)
    also = ["--also", arguments.also] if arguments.also else []
    base, split = train(arguments, "base", sides, "successor", *also, "--recipe", "successor",
                        "--set", f"epochs={arguments.epochs}")
    adapted, parts = train(arguments, "adapted", parts_of(sides["test"]), "successor-adapted", "--from", base,
                            "--set", "epochs=30")  # as of the bundled one; of a base of fewer epochs, no more
    tell(arguments, "held out, as it was", base, parts)
    tell(arguments, "held out, adapted", adapted, parts)
    tell(arguments, "the other collection, as it was", base, split)


if __name__ == "__main__":
    main()
