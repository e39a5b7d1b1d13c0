#!/usr/bin/python3
"""How beats and bars are recognised (src/analysis/metre.hpp), learned from music whose beats are known.

fit_metre.py BEAT_CANDIDATES FOLDER [--pieces 240] [--seed 100] [--composed 72] [--composed-seed 7]

Renders pieces by tests/support/played.py and scripts/compose.py into FOLDER (with the truth in NAME.json beside
each; what is there is kept), asks BEAT_CANDIDATES (make bench builds it) which beats could be tapped, fits two
linear models by softmax regression, and writes src/analysis/metre_weights.cpp. Tests and figures are of other
seeds. Needs fluidsynth, numpy, torch and clang-format, and some twenty minutes.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys

import numpy
import torch

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
import hearing_measures  # noqa: E402
import played  # noqa: E402

HYPOTHESES = [(3, place) for place in range(3)] + [(4, place) for place in range(4)]  # beats to a bar, first downbeat
LAGS = (2, 3, 4, 6, 8)
SHARPNESS = .05  # of F-measures: grids that are this much worse are hardly right


def agreement(heard, truth):
    return hearing_measures.beat_f(truth, heard)


def read(program, files):
    lines = subprocess.run([program, *map(str, files)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for line in map(json.loads, lines):
        truth = json.loads(pathlib.Path(line["file"]).with_suffix(".json").read_text())
        if line["grids"]:
            yield truth, line["grids"]


def grids_of(pieces):
    """For each piece the numbers of its grids, and how well each grid agrees with the truth."""
    return [(torch.tensor([grid["numbers"] for grid in grids]),
             torch.tensor([agreement(grid["beats"], truth["beats"]) for grid in grids])) for truth, grids in pieces]


def bars_of(pieces):
    """For each piece that has a good grid, what the seven hypotheses of metre and phase are like."""
    out = []
    for truth, grids in pieces:
        grid = max(grids, key=lambda grid: agreement(grid["beats"], truth["beats"]))
        if agreement(grid["beats"], truth["beats"]) < .85 or truth["beats_per_bar"] not in (3, 4):
            continue
        beats, cues = grid["beats"], numpy.array(grid["cues"])
        lags = numpy.concatenate([(cues[:-lag] * cues[lag:]).mean(0) for lag in LAGS])
        rows, right = [], []
        for metre, first in HYPOTHESES:
            places = numpy.zeros((7, cues.shape[1]))
            for place in range(metre):
                of_place = cues[(numpy.arange(len(beats)) - first) % metre == place]
                if len(of_place):
                    places[(0 if metre == 3 else 3) + place] = of_place.sum(0) * metre / len(beats)
            rows.append(numpy.concatenate([places.ravel(), lags if metre == 3 else -lags, [metre == 3]]))
            right.append(agreement(beats[first::metre], truth["downbeats"]))
        out.append((torch.tensor(numpy.array(rows)), torch.tensor(right)))
    return out


def fit(examples, decay, rate, epochs):
    """Weights by which softmax chooses what agrees best."""
    torch.manual_seed(1)
    order = random.Random(1)
    weights = torch.zeros(examples[0][0].shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([weights], lr=rate, weight_decay=decay)
    for _ in range(epochs):
        order.shuffle(examples)
        for begin in range(0, len(examples), 16):
            batch = examples[begin:begin + 16]
            loss = sum(-(torch.softmax(right / SHARPNESS, 0) * torch.log_softmax(rows @ weights, 0)).sum()
                       for rows, right in batch) / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    chosen = sum(float(right[int((rows @ weights).argmax())]) for rows, right in examples) / len(examples)
    print(f"{len(examples)} pieces, F of what is chosen {chosen:.3f}", file=sys.stderr)
    return weights.detach().numpy()


def row(values):
    return "{" + ", ".join(f"{value:.4g}" for value in values) + "}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pieces", type=int, default=240)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--composed", type=int, default=72)
    parser.add_argument("--composed-seed", type=int, default=7)
    options = parser.parse_args()
    folders = options.folder / "played", options.folder / "composed"
    played.render_all(played.collection(options.pieces, options.seed), folders[0])
    subprocess.run([sys.executable, ROOT / "scripts/compose.py", folders[1], "--truth", "--pieces", str(options.composed),
                    "--seed", str(options.composed_seed)], check=True)
    truths = [truth for folder in folders for truth in sorted(folder.glob("*.json"))]
    files = [next(file for file in truth.parent.glob(f"{truth.stem}.*") if file != truth) for truth in truths]
    pieces = list(read(options.program, files))

    grids = grids_of(pieces)
    numbers = torch.cat([rows for rows, _ in grids])
    mean, spread = numbers.mean(0), numbers.std(0) + 1e-6
    grid_weights = fit([(((rows - mean) / spread).clamp(-4, 4).double(), right) for rows, right in grids], .1, .01, 40)
    bar_weights = fit(bars_of(pieces), 1., .02, 60)
    cues = (len(bar_weights) - 1) // (7 + len(LAGS))
    places = bar_weights[:7 * cues].reshape(7, cues)
    lags = bar_weights[7 * cues:-1].reshape(len(LAGS), cues)

    text = '// Written by scripts/fit_metre.py.\n#include "analysis/metre_weights.hpp"\n\nnamespace segue {\n\n'
    text += "const std::array<GridWeight, kGridNumbers> kGridWeights = {{\n"
    text += "".join(f"    {row(values)},\n" for values in zip(mean.tolist(), spread.tolist(), grid_weights))
    text += "}};\n\nconst std::array<BarCues, 7> kPlaceWeights = {{\n"
    text += "".join(f"    {row(values)},\n" for values in places)
    text += "}};\n\nconst std::array<BarCues, kMetreLags.size()> kLagWeights = {{\n"
    text += "".join(f"    {row(values)},\n" for values in lags)
    text += f"}}}};\n\nconst double kThreeBias = {bar_weights[-1]:.4g};\n\n}}  // namespace segue\n"
    target = ROOT / "src/analysis/metre_weights.cpp"
    target.write_text(text)
    subprocess.run(["clang-format", "-i", target], check=True)


if __name__ == "__main__":
    main()
