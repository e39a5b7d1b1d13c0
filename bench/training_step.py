#!/usr/bin/python3
"""One training step of each recipe in C++ beside the same step in PyTorch's Python.

Usage: training_step.py BUILD_FOLDER [THREADS [ROUNDS]]

Both use the same LibTorch, batch, starting weights and thread count, and take turns within one run,
so that whatever else the machine does burdens both. Prints the median step of each, and the median
over the rounds of the ratio C++ / Python, of the time on the clock and of the processor's.
"""
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 12
STEPS = 3
os.environ.update(OMP_NUM_THREADS=str(THREADS), OPENBLAS_NUM_THREADS=str(THREADS), OMP_WAIT_POLICY="passive")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from successor_step import Successor  # noqa: E402


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    recipe = json.loads(header.pop("__metadata__")["recipe"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + length + begin:8 + length + end],
                              {"F32": "<f4", "I64": "<i8"}[entry["dtype"]])
        tensors[name] = torch.tensor(array).reshape(entry["shape"])
    return tensors, recipe


def linear(weights, name, bias):
    layer = nn.Linear(*reversed(weights[name].shape))
    with torch.no_grad():
        layer.weight.copy_(weights[name])
        layer.bias.copy_(weights[bias])
    return layer


def conv1d(weights, name, bias=None, padding=0):
    out, channels, kernel = weights[name].shape
    layer = nn.Conv1d(channels, out, kernel, bias=bias is not None, padding=padding)
    with torch.no_grad():
        layer.weight.copy_(weights[name])
        if bias is not None:
            layer.bias.copy_(weights[bias])
    return layer


def frames_of(batch):
    """[N × 80 × T], z-scored, from rows as feature files hold them."""
    return ((batch["rows"] - batch["band_mean"]) / batch["band_scale"]).transpose(1, 2).contiguous()


class Dense(nn.Module):
    def __init__(self, weights, recipe):
        super().__init__()
        self.recipe = recipe
        self.layers = nn.ModuleList(linear(weights, f"dense_weight_{i}", f"dense_bias_{i}") for i in range(3))
        self.dropout = nn.Dropout(recipe["dropout"])

    def loss(self, batch):
        x = F.adaptive_avg_pool1d(frames_of(batch), self.recipe["slots"]).transpose(1, 2).flatten(1)
        for i, layer in enumerate(self.layers):
            x = layer(self.dropout(x))
            if i < 2:
                x = torch.relu(x)
        bins = self.recipe["bins"]
        return F.cross_entropy(x, (batch["position"] * bins).long().clamp(0, bins - 1))


class Autoencoder(nn.Module):
    def __init__(self, weights, recipe):
        super().__init__()
        self.recipe = recipe
        self.conv = conv1d(weights, "encoder.conv_weight", "encoder.conv_bias")
        self.state = linear(weights, "state_weight", "state_bias")
        self.unfold = linear(weights, "unfold_weight", "unfold_bias")
        self.smooth = conv1d(weights, "smooth_weight", "smooth_bias", 2)
        self.bands = conv1d(weights, "bands_weight", "bands_bias", 2)
        self.dropout = nn.Dropout(recipe["dropout"])

    def loss(self, batch):
        frames, slots = frames_of(batch), self.recipe["slots"]
        steps = self.dropout(F.max_pool1d(torch.relu(self.conv(frames)), self.recipe["pool"], ceil_mode=True))
        state = self.state(F.adaptive_avg_pool1d(steps, slots).transpose(1, 2).flatten(1))
        x = torch.relu(self.unfold(state)).reshape(len(state), slots, -1).transpose(1, 2)
        x = F.interpolate(x, frames.shape[2], mode="linear")
        return F.mse_loss(self.bands(torch.relu(self.smooth(x))), frames)


class Crnn(nn.Module):
    """As one would write it in Python, with the library's own layers."""

    def __init__(self, weights, recipe):
        super().__init__()
        self.recipe = recipe
        self.seam = recipe["input"] == "seam"
        hidden = recipe["hidden"]

        own = "" if self.seam else "encoder."
        self.conv = conv1d(weights, own + "conv_weight", own + "conv_bias")
        if self.seam:
            self.conv_exit = conv1d(weights, "conv_exit_weight")
            self.rhythm = conv1d(weights, "rhythm_weight", "rhythm_bias")
            self.rhythm_exit = conv1d(weights, "rhythm_exit_weight")
        self.lstm = nn.LSTM(weights["lstm_input_weight"].shape[1], hidden, batch_first=True)
        self.dense = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(recipe["dropout"])
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(weights["lstm_input_weight"])
            self.lstm.weight_hh_l0.copy_(weights["lstm_hidden_weight"])
            self.lstm.bias_ih_l0.copy_(weights["lstm_bias"])
            self.lstm.bias_hh_l0.zero_()
            self.lstm.bias_hh_l0.requires_grad_(False)
            self.dense.weight.copy_(weights["dense_weight"])
            self.dense.bias.copy_(weights["dense_bias"])

    def encode(self, batch):
        if self.seam:
            return (self.conv(batch["entry"]).transpose(1, 2), self.conv_exit(batch["exit"]).transpose(1, 2),
                    self.rhythm(batch["entry_flux"]).transpose(1, 2),
                    self.rhythm_exit(batch["exit_flux"]).transpose(1, 2))
        steps = F.max_pool1d(torch.relu(self.conv(batch["frames"])), self.recipe["pool"], ceil_mode=True)
        return self.dropout(steps.transpose(1, 2))

    def seams(self, halves, batch, a, b):
        entry, leave, rhythm_entry, rhythm_leave = halves
        spectrum = torch.relu(entry.index_select(0, b) - leave.index_select(0, a))
        rhythm = torch.relu(rhythm_entry.index_select(0, b) - rhythm_leave.index_select(0, a))
        known = batch["entry_known"].index_select(0, b) * batch["exit_known"].index_select(0, a)
        rhythm = rhythm * known.unsqueeze(2)
        rhythm = rhythm.reshape(len(b), spectrum.shape[1], self.recipe["pool"], -1).amax(2)
        return self.dropout(torch.cat([spectrum, rhythm], 2).flip(1))

    def forward(self, batch):
        halves = self.encode(batch)
        playing, past, candidates = batch["playing"], batch["past"], batch["candidates"]
        width = candidates.shape[1]
        state = None
        chain = torch.cat([past, playing.unsqueeze(1)], 1)
        for i in range(1 if self.seam else 0, chain.shape[1]):
            now = chain[:, i].contiguous()
            before = chain[:, i - 1].contiguous() if self.seam else now
            rows = now.clamp_min(0)
            steps = self.seams(halves, batch, before.clamp_min(0), rows) if self.seam else halves.index_select(0, rows)
            _, after = self.lstm(steps, state)
            real = (before >= 0).unsqueeze(1)
            rest = state if state is not None else [torch.zeros_like(part) for part in after]
            state = [torch.where(real, new, old) for new, old in zip(after, rest)]
        state = [part.repeat_interleave(width, 1) for part in state]
        flat = candidates.reshape(-1)
        steps = (self.seams(halves, batch, playing.repeat_interleave(width), flat) if self.seam
                 else halves.index_select(0, flat))
        _, (hidden, _) = self.lstm(steps, state)
        return self.dense(hidden[0]).reshape(candidates.shape)

    def loss(self, batch):
        return loss_of(self(batch), batch, self.recipe)


def loss_of(logits, batch, recipe):
    binary = 0.5 * (F.softplus(-logits[:, 0]).mean() + F.softplus(logits[:, 1:]).mean())
    if recipe["loss"] == "binary":
        return binary
    same = 1 + recipe["negatives_same"]
    target = torch.zeros(len(logits), dtype=torch.long)
    forward = 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits[:, :same], target))
    own = batch["candidates"][:, :same]
    matrix = torch.full((int(own.max()) + 1, len(logits)), -1e9)
    query = torch.arange(len(logits)).unsqueeze(1).expand_as(own)
    matrix = matrix.index_put((own, query), logits[:, :same])
    next_one = own[:, 0]
    backward = F.cross_entropy(matrix[next_one], torch.arange(len(logits)))
    weight = recipe["predecessor_weight"]
    return (1 - weight) * forward + weight * backward + recipe["binary_weight"] * binary


def measure(program, name, system):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "batch.safetensors")
        process = subprocess.Popen([program, name, file, str(THREADS)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        batch, recipe = read(file)
        torch.manual_seed(1)
        net = system(batch, recipe).train()
        learnt = [parameter for parameter in net.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learnt, lr=1e-3, weight_decay=recipe["weight_decay"])

        def ours(steps):
            process.stdin.write(f"{steps}\n")
            process.stdin.flush()
            return [float(figure) for figure in process.stdout.readline().split()]

        def theirs(steps):
            start, cpu_start = time.perf_counter(), time.process_time()
            for _ in range(steps):
                loss = net.loss(batch)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(learnt, recipe["clip_gradient"])
                optimizer.step()
                last = loss.item()
            return time.perf_counter() - start, time.process_time() - cpu_start, last

        first = ours(1)[2], theirs(1)[2]
        # Dropout differs; all else is the same.
        assert math.isclose(*first, rel_tol=0.05), f"not the same step: losses {first}"
        pairs = []
        for turn in range(ROUNDS):
            order = [ours, theirs] if turn % 2 == 0 else [theirs, ours]
            taken = {run: run(STEPS) for run in order}
            pairs.append((taken[ours][0], taken[theirs][0], taken[ours][1], taken[theirs][1]))
        process.stdin.close()
        process.wait()
    cpp, python = (statistics.median(side) / STEPS for side in list(zip(*pairs))[:2])
    clock = statistics.median(a / b for a, b, _, _ in pairs)
    cpu = statistics.median(a / b for _, _, a, b in pairs)
    print(f"{name}: C++ {cpp * 1e3:.1f} ms, Python {python * 1e3:.1f} ms a step, ratio {clock:.3f} "
          f"(CPU time {cpu:.3f}; {THREADS} thread{'s' if THREADS > 1 else ''}, {ROUNDS} rounds of {STEPS})", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    for recipe_name, network in (("crnn-report", Crnn), ("crnn-tuned", Crnn), ("dense", Dense),
                                 ("autoencoder", Autoencoder), ("successor", Successor)):
        measure(os.path.join(sys.argv[1], "training_step"), recipe_name, network)
