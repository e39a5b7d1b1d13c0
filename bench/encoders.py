#!/usr/bin/python3
"""What each encoder and activation brings, on the validation side.

Usage: encoders.py SEGUE FOLDER MUSIC… --split FILE [--epochs N] [--only SYSTEM]

Trains every combination for N epochs on one thread and prints a table in Markdown: validation AUC (easy, hard, rev)
at guard 0 and hard at 116 ms, of the best epoch. Runs lie in FOLDER; those that are finished are not trained again,
so that a broken call goes on where it stopped.
"""
import argparse
import json
import pathlib
import subprocess

ENCODERS = ["frames", "conv1d", "lenet", "alexnet", "vgg", "resnet"]
ACTIVATIONS = ["relu", "sigmoid", "tanh"]
SYSTEMS = {"dense": "frames", "autoencoder": "conv1d", "crnn-report": "conv1d"}  # with the encoder of the recipe


def runs():
    for recipe, own in SYSTEMS.items():
        for encoder in ENCODERS:
            yield recipe, encoder, "relu"
        for activation in ACTIVATIONS[1:]:
            yield recipe, own, activation


def train(arguments, recipe, encoder, activation):
    folder = pathlib.Path(arguments.folder) / f"{recipe}-{encoder}-{activation}-{arguments.epochs}"
    done = folder / "done.json"
    if not done.exists():
        printed = subprocess.run(
            [arguments.segue, "train", *arguments.music, "--split", arguments.split, "--recipe", recipe,
             "--set", f"encoder={encoder}", "--set", f"activation={activation}", "--set", f"epochs={arguments.epochs}",
             "-o", folder, "--threads", "1", "--resume", "--json", "--quiet"],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        done.write_text(printed)
    report = json.loads(done.read_text())
    return report, json.loads((folder / f"{report['name']}.card.json").read_text())["metrics"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("segue")
    parser.add_argument("folder")
    parser.add_argument("music", nargs="+")
    parser.add_argument("--split", required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    print("| system | encoder | activation | easy | hard | rev | hard, 116 ms | best epoch | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for recipe, encoder, activation in runs():
        if arguments.only not in (None, recipe):
            continue
        report, metrics = train(arguments, recipe, encoder, activation)
        near, far = metrics["val"]["g0"], metrics["val"]["g116"]
        print(f"| `{recipe}` | {encoder} | {activation} | {near['auc_easy']:.3f} | {near['auc_hard']:.3f} | "
              f"{near['auc_rev']:.3f} | {far['auc_hard']:.3f} | {report['best_epoch']} | {report['seconds']:.0f} |",
              flush=True)


if __name__ == "__main__":
    main()
