#!/usr/bin/python3
"""How much the waveform speaks for one fragment going on in another (src/model/continuity.hpp), learned.

fit_continuity.py CONTINUITY_PAIRS SEGUE FOLDER MUSIC… [--split tests/split.json]

Cuts the tracks of the split's train side, and what else lies in the folders MUSIC, into FOLDER by SEGUE (seconds,
onsets, bars); writes every third track's fragments as MP3, Vorbis or Opus, one by one, as puzzles come; asks
CONTINUITY_PAIRS (make bench builds it) by how much true and wrong neighbours surprise; fits weights by softmax
regression, and writes src/model/continuity_weights.cpp. Prints R@1 among the fragments of a track, on tracks left out
of the fit. Needs numpy, torch, ffmpeg and clang-format, and some minutes.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import torch

ROOT = pathlib.Path(__file__).parent.parent
CUTS = ("3", "onsets:2", "bars", "0.5-4")
KNOTS = torch.tensor([-3., 0, 1, 2, 4, 7])  # as in src/model/continuity_weights.hpp
CODECS = (("mp3", "libmp3lame", "128k"), ("ogg", "libvorbis", "128k"), ("opus", "libopus", "96k"))
DECAY = 1e-4


def music_of(folders, split):
    """Files of the train side, and those that the split does not name."""
    sides = json.loads(split.read_text())
    names = {name[2:]: side for side in ("val", "test", "train") for name in sides[side]}
    files = sorted(file for folder in folders for file in folder.rglob("*")
                   if file.suffix in (".ogg", ".flac", ".mp3", ".opus", ".wav", ".ogg1"))
    return [file for file in files if names.get(file.stem, "train") == "train"]


def cut(segue, files, folder):
    for name in CUTS:
        target = folder / name
        if target.exists():
            continue
        subprocess.run([segue, "cut", *files, "--fragment", name, "--bits", "16", "-o", target], check=True,
                       stdout=subprocess.DEVNULL)
        for number, track in enumerate(sorted(path for path in target.iterdir() if path.is_dir())):
            if number % 3:
                continue
            ending, codec, rate = CODECS[number // 3 % 3]
            pieces = sorted(track.glob("*.wav"))
            for first in range(0, len(pieces), 32):
                some = pieces[first:first + 32]
                command = ["ffmpeg", "-v", "error", "-y"]
                for piece in some:
                    command += ["-i", piece]
                for i, piece in enumerate(some):
                    command += ["-map", str(i), "-c:a", codec, "-b:a", rate, piece.with_suffix("." + ending)]
                subprocess.run(command, check=True)
                for piece in some:
                    piece.unlink()


def cues_of(answers):
    """[answers × cues × knots], as continuity() weighs them."""
    surprises = torch.tensor(answers)
    half = surprises.shape[1] // 2
    ahead, back = surprises[:, :half], surprises[:, half:]
    cues = torch.cat([ahead, back, torch.minimum(ahead, back), torch.maximum(ahead, back)], 1)
    return (cues.unsqueeze(2) - KNOTS).clamp_min(0)


def score(tracks, weights):
    right = [float((rows.flatten(1) @ weights).argmax() == 0) for questions in tracks for rows in questions]
    return sum(right) / max(1, len(right))


def fit(tracks):
    """Weights by which a softmax over the answers chooses the first."""
    most = max(len(rows) for questions in tracks for rows in questions)
    batches = []
    for questions in tracks:
        rows = torch.full((len(questions), most, *questions[0].shape[1:]), 0.)
        there = torch.zeros(len(questions), most, dtype=torch.bool)
        for i, answers in enumerate(questions):
            rows[i, :len(answers)], there[i, :len(answers)] = answers, True
        batches.append((rows.flatten(2), there))
    rows = torch.cat([batch[0] for batch in batches])
    there = torch.cat([batch[1] for batch in batches])
    # Each track counts the same, however many fragments it has.
    share = torch.cat([torch.full((len(batch[0]),), 1 / len(batch[0]) / len(batches)) for batch in batches])
    weights = torch.zeros(rows.shape[2], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], lr=1, max_iter=300, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        scores = (rows @ weights).masked_fill(~there, -1e9)
        value = (share * (torch.logsumexp(scores, 1) - scores[:, 0])).sum() + DECAY * weights.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("segue")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("music", nargs="+", type=pathlib.Path)
    parser.add_argument("--split", type=pathlib.Path, default=ROOT / "tests/split.json")
    options = parser.parse_args()
    cut(options.segue, music_of(options.music, options.split), options.folder)
    tracks = []
    for name in CUTS:
        folders = sorted(path for path in (options.folder / name).iterdir() if path.is_dir())
        lines = subprocess.run([options.program, *folders], check=True, stdout=subprocess.PIPE, text=True).stdout
        for folder, line in zip(folders, lines.splitlines()):
            questions = json.loads(line)
            if questions:
                coded = not any(folder.glob("*.wav"))
                tracks.append((name, coded, folder.name, [cues_of(answers) for answers in questions]))
    names = sorted({track[2] for track in tracks})
    left_out = set(names[::5])
    weights = fit([questions for _, _, name, questions in tracks if name not in left_out])
    for cut_name in CUTS:
        for coded in (False, True):
            some = [questions for name, is_coded, track, questions in tracks
                    if name == cut_name and is_coded == coded and track in left_out]
            print(f"{cut_name}{', coded piece by piece' if coded else ''}: {len(some)} tracks, R@1 "
                  f"{score(some, weights):.3f}", file=sys.stderr)
    weights = fit([questions for *_, questions in tracks])
    text = '// Written by scripts/fit_continuity.py.\n#include "model/continuity_weights.hpp"\n\nnamespace segue {\n\n'
    text += "const std::array<std::array<float, kSurpriseKnots.size()>, kSurpriseCues> kContinuityWeights = {{\n"
    text += "".join("    {" + ", ".join(f"{value:.4g}" for value in row) + "},\n"
                    for row in weights.reshape(-1, len(KNOTS)).tolist())
    text += "}};\n\n}  // namespace segue\n"
    target = ROOT / "src/model/continuity_weights.cpp"
    target.write_text(text)
    subprocess.run(["clang-format", "-i", target], check=True)


if __name__ == "__main__":
    main()
