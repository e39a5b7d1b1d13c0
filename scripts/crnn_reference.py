#!/usr/bin/python3
"""The network `crnn` once more, in plain numpy and PyTorch's own layers: a second opinion on the
C++ one. It reads weights, card and feature files without any of segue's code.

  crnn_reference.py score WEIGHTS FEATURES CONTEXT;... CANDIDATES GUARD
      prints the score of each candidate after each context. A context and the candidates are
      lists of fragments START+LENGTH,... in hops.
  crnn_reference.py make WEIGHTS SETTINGS_JSON
      writes random weights and a card, for the C++ side to read.
"""
import json
import math
import struct
import sys

import numpy as np
import torch

DTYPES = {"F32": "<f4", "F16": "<f2"}
SCALES = 8
RHYTHM_KERNEL = 5


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = np.frombuffer(raw, DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, array in tensors.items():
        blob = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class Crnn:
    def __init__(self, weights, settings):
        self.w = {name: torch.tensor(np.array(value, np.float32)) for name, value in weights.items()}
        self.c = settings
        self.expected = {}  # rhythms that were continued already
        hidden = settings["hidden"]
        self.lstm = torch.nn.LSTM(self.w["lstm_input_weight"].shape[1], hidden, batch_first=True)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(self.w["lstm_input_weight"])
            self.lstm.weight_hh_l0.copy_(self.w["lstm_hidden_weight"])
            self.lstm.bias_ih_l0.copy_(self.w["lstm_bias"])
            self.lstm.bias_hh_l0.zero_()

    def z(self, rows):
        return (torch.tensor(rows) - self.w["band_mean"]) / self.w["band_scale"]

    def frame_steps(self, rows):
        """Log-mel input: [1 x steps x channels]."""
        x = torch.nn.functional.conv1d(self.z(rows).T[None], self.w["conv_weight"], self.w["conv_bias"])
        x = torch.nn.functional.max_pool1d(torch.relu(x), min(self.c["pool"], x.shape[2]),
                                             ceil_mode=True)
        return x.transpose(1, 2)

    def flux(self, rows):
        change = np.maximum(0, rows[1:] - rows[:-1]).reshape(len(rows) - 1, 8, 10).mean(2)
        return change - change.mean(0, keepdims=True)

    @staticmethod
    def over_rms(flux):
        return flux / (math.sqrt(float((flux ** 2).mean())) + 1e-4) if flux.size else flux

    def expected_flux(self, rows, guard, count):
        """What the rhythm of the fragment's end leads to; None if it is too short for one."""
        flux = self.over_rms(self.flux(rows[-513:]))
        n = len(flux)
        own = float((flux ** 2).sum(1).mean()) + 1e-6
        lags = np.arange(10, max(10, n - 15))
        if len(lags) == 0:
            return None
        r = np.array([(flux[lag:] * flux[:n - lag]).sum(1).mean() / own for lag in lags])
        weights = np.exp(10 * (r - r.max()))
        weights /= weights.sum()
        going_on = list(flux)
        for _ in range(2 * guard + 4 + count):
            going_on.append(sum(w * going_on[-lag] for w, lag in zip(weights, lags)))
        return self.over_rms(np.array(going_on[-count:], np.float32))

    def seam_steps(self, a, b, guard):
        """Seam input: [1 x steps x (channels + rhythm channels)]."""
        steps = SCALES - self.c["kernel"] + 1
        outputs = steps * self.c["pool"]
        count = outputs + RHYTHM_KERNEL - 1

        def windows(rows):
            return torch.stack([self.z(rows[:2 ** k].mean(0)) for k in range(SCALES)]).T[None]

        conv = torch.nn.functional.conv1d
        spectrum = torch.relu(conv(windows(b), self.w["conv_weight"], self.w["conv_bias"]) -
                              conv(windows(a[::-1]), self.w["conv_exit_weight"]))
        rhythm = torch.zeros(1, self.w["rhythm_bias"].shape[0], outputs)
        key = a.tobytes()
        if key not in self.expected:
            self.expected[key] = self.expected_flux(a, guard, count)
        expected = self.expected[key]
        heard = self.over_rms(self.flux(b[:513])[:count])
        known = len(heard) - RHYTHM_KERNEL + 1
        if expected is not None and known > 0:
            def as_input(flux):
                return torch.tensor(np.array(flux, np.float32)).T[None]

            rhythm[:, :, :known] = torch.relu(
                conv(as_input(heard), self.w["rhythm_weight"], self.w["rhythm_bias"]) -
                conv(as_input(expected[:len(heard)]), self.w["rhythm_exit_weight"]))
        rhythm = torch.nn.functional.max_pool1d(rhythm, self.c["pool"])
        return torch.cat([spectrum, rhythm], 1).transpose(1, 2).flip(1)

    def score(self, context, candidate, guard):
        context = context[-self.c["context"]:]
        if self.c["input"] == "seam":
            chain = list(context) + [candidate]
            steps = [self.seam_steps(a, b, guard) for a, b in zip(chain, chain[1:])]
        else:
            steps = [self.frame_steps(rows) for rows in list(context) + [candidate]]
        _, (hidden, _) = self.lstm(torch.cat(steps, 1))
        logit = hidden[0] @ self.w["dense_weight"].T + self.w["dense_bias"]
        return float(torch.sigmoid(logit))


def spans(text):
    return [tuple(int(number) for number in span.split("+")) for span in text.split(",")]


def score(weights, features, contexts, candidates, guard):
    guard = int(guard)
    with open(weights.replace(".safetensors", ".card.json"), encoding="utf-8") as file:
        card = json.load(file)
    network = Crnn(read_safetensors(weights), card["recipe"])
    log_mel = read_safetensors(features)["log_mel"].astype(np.float32)

    def rows(span):
        return log_mel[span[0] + guard:span[0] + span[1] - 3 - guard]

    with torch.no_grad():
        for context in contexts.split(";"):
            for candidate in spans(candidates):
                print(repr(network.score([rows(span) for span in spans(context)], rows(candidate), guard)))


def make(weights, settings):
    c = json.loads(settings)
    random = np.random.default_rng(7)
    seam = c["input"] == "seam"
    width = c["channels"] + (c["rhythm_channels"] if seam else 0)
    shapes = {"conv_weight": (c["channels"], 80, c["kernel"]), "conv_bias": (c["channels"],),
              "lstm_input_weight": (4 * c["hidden"], width),
              "lstm_hidden_weight": (4 * c["hidden"], c["hidden"]), "lstm_bias": (4 * c["hidden"],),
              "dense_weight": (1, c["hidden"]), "dense_bias": (1,)}
    if seam:
        shapes.update({"conv_exit_weight": shapes["conv_weight"],
                       "rhythm_weight": (c["rhythm_channels"], 8, RHYTHM_KERNEL),
                       "rhythm_bias": (c["rhythm_channels"],),
                       "rhythm_exit_weight": (c["rhythm_channels"], 8, RHYTHM_KERNEL)})
    tensors = {name: random.normal(0, 0.15, shape) for name, shape in shapes.items()}
    tensors["dense_weight"] *= 8  # so that scores differ well
    tensors["band_mean"] = np.full(80, -4.0)
    tensors["band_scale"] = random.uniform(0.5, 1.5, 80)
    write_safetensors(weights, tensors)
    card = {"card_version": 1, "name": "random", "system": "crnn", "command": "crnn_reference.py",
            "segue_version": "", "weights": "0" * 32, "recipe": c, "metrics": {},
            "segmentation": "", "tracks": []}
    with open(weights.replace(".safetensors", ".card.json"), "w", encoding="utf-8") as file:
        json.dump(card, file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"score": score, "make": make}[sys.argv[1]](*sys.argv[2:])
