#!/usr/bin/python3
"""The networks once more, in plain numpy and PyTorch's own layers: a second opinion on the C++ ones.
It reads weights, card and feature files without any of segue's code.

  network_reference.py score WEIGHTS FEATURES CONTEXT;... CANDIDATES GUARD,...
      prints for each guard the score of each candidate after each context. A context and the candidates are
      lists of fragments START+LENGTH,... in hops.
  network_reference.py make WEIGHTS SYSTEM SETTINGS_JSON
      writes random weights and a card, for the C++ side to read.
"""
import itertools
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


functional = torch.nn.functional
ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}

# (kernel, stride, channels as a share of the deepest) of a convolution or residual block; ("pool",
# kernel) halves.
VGG = [layer for share, times in ((1 / 8, 2), (1 / 4, 2), (1 / 2, 3), (1, 3), (1, 3))
       for layer in [(3, 1, share)] * times + [("pool", 2)]]
CNNS = {
    "lenet": ([(5, 1, 6 / 84), ("pool", 2), (5, 1, 16 / 84), ("pool", 2)], 2),
    "alexnet": ([(11, 4, 0.375), ("pool", 3), (5, 1, 1), ("pool", 3), (3, 1, 1.5), (3, 1, 1.5), (3, 1, 1),
                 ("pool", 3)], 2),
    "vgg": (VGG, 2),
    "resnet": ([(7, 2, 1 / 8), ("pool", 3)] + [("block", stride, share) for stride, share in (
        (1, 1 / 8), (1, 1 / 8), (2, 1 / 4), (1, 1 / 4), (2, 1 / 2), (1, 1 / 2), (2, 1), (1, 1))], 0),
}


class Encoder:
    """From [frames x 80], z-scored, to [steps x width]."""

    def __init__(self, settings, weights):
        self.c, self.w = settings, weights
        self.family = settings["encoder"]
        self.act = ACTIVATIONS[settings["activation"]]

    @staticmethod
    def shapes(c):
        """Shapes of all tensors, and the width of a step."""
        family, deepest = c["encoder"], c["channels"]
        if family == "frames":
            return {}, 80
        if family == "conv1d":
            return {"encoder.conv_weight": (deepest, 80, c["kernel"]), "encoder.conv_bias": (deepest,)}, deepest
        layers, dense = CNNS[family]
        shapes, channels, bands, convolutions = {}, 1, 80, []

        def convolution(inside, outside, kernel):
            number = len(convolutions)
            convolutions.append(outside)
            shapes[f"encoder.conv_weight_{number}"] = (outside, inside, kernel, kernel)
            shapes[f"encoder.conv_bias_{number}"] = (outside,)
            if family == "resnet":
                for name in ("weight", "bias", "mean", "variance"):
                    shapes[f"encoder.norm_{number}.{name}"] = (outside,)

        for layer in layers:
            stride = 2 if layer[0] == "pool" else layer[1]
            if layer[0] != "pool":
                out = max(1, math.floor(layer[2] * deepest + 0.5))
                convolution(channels, out, 3 if layer[0] == "block" else layer[0])
                if layer[0] == "block":
                    convolution(out, out, 3)
                    if channels != out or stride != 1:
                        convolution(channels, out, 1)
                channels = out
            bands = -(-bands // stride)
        for number in range(dense):
            shapes[f"encoder.dense_weight_{number}"] = (deepest, channels * bands if number == 0 else deepest)
            shapes[f"encoder.dense_bias_{number}"] = (deepest,)
        return shapes, deepest if dense else channels

    def __call__(self, frames):
        if self.family == "frames":
            return frames
        w = {name[8:]: tensor for name, tensor in self.w.items() if name.startswith("encoder.")}
        if self.family == "conv1d":
            x = self.act(functional.conv1d(frames.T[None], w["conv_weight"], w["conv_bias"]))
            return functional.max_pool1d(x, min(self.c["pool"], x.shape[2]), ceil_mode=True)[0].T
        layers, dense = CNNS[self.family]
        number = 0

        def convolve(x, stride):
            nonlocal number
            weight = w[f"conv_weight_{number}"]
            x = functional.conv2d(x, weight, w[f"conv_bias_{number}"], stride, weight.shape[2] // 2)
            if self.family == "resnet":
                norm = {name: w[f"norm_{number}.{name}"] for name in ("weight", "bias", "mean", "variance")}
                x = functional.batch_norm(x, norm["mean"], norm["variance"], norm["weight"], norm["bias"])
            number += 1
            return x

        x = frames.T[None, None]
        for layer in layers:
            if layer[0] == "pool":
                kernel = layer[1]
                x = functional.max_pool2d(x, kernel, 2, padding=kernel // 3, ceil_mode=kernel == 2)
            elif layer[0] == "block":
                inside = convolve(self.act(convolve(x, layer[1])), 1)
                past = convolve(x, layer[1]) if x.shape != inside.shape else x
                x = self.act(inside + past)
            else:
                x = self.act(convolve(x, layer[1]))
        if not dense:
            return x[0].mean(1).T
        x = x[0].permute(2, 0, 1).flatten(1)
        for i in range(dense):
            x = self.act(functional.linear(x, w[f"dense_weight_{i}"], w[f"dense_bias_{i}"]))
        return x

    def slots(self, frames):
        """Means over equal parts of time, one after the other."""
        return functional.adaptive_avg_pool1d(self(frames).T[None], self.c["slots"])[0].T.flatten()


class Network:
    def __init__(self, weights, settings):
        self.w = {name: torch.tensor(np.array(value, np.float32)) for name, value in weights.items()}
        self.c = settings
        self.encoder = Encoder(settings, self.w)
        self.made = {}  # what was computed of a fragment before

    def z(self, rows):
        return (torch.tensor(np.ascontiguousarray(rows)) - self.w["band_mean"]) / self.w["band_scale"]

    def state(self, rows):
        key = rows.tobytes()
        if key not in self.made:
            self.made[key] = self.make_state(rows)
        return self.made[key]


class Dense(Network):
    def make_state(self, rows):
        x = self.encoder.slots(self.z(rows))
        for i in range(3):
            x = self.w[f"dense_weight_{i}"] @ x + self.w[f"dense_bias_{i}"]
            x = ACTIVATIONS[self.c["activation"]](x) if i < 2 else torch.softmax(x, 0)
        return x

    def score(self, context, candidate, guard):
        after, here = self.state(context[-1]), self.state(candidate)
        ratio = float((after @ self.w["follow"] / self.w["share"]) @ here)
        return ratio / (1 + ratio)


class Autoencoder(Network):
    def make_state(self, rows):
        state = self.w["state_weight"] @ self.encoder.slots(self.z(rows)) + self.w["state_bias"]
        return state / state.norm()

    def score(self, context, candidate, guard):
        mean = sum(self.state(rows) for rows in context[-self.c["context"]:])
        return float(functional.cosine_similarity(mean, self.state(candidate), 0))


class Crnn(Network):
    def __init__(self, weights, settings):
        super().__init__(weights, settings)
        self.expected = {}  # rhythms that were continued already
        hidden = settings["hidden"]
        self.lstm = torch.nn.LSTM(self.w["lstm_input_weight"].shape[1], hidden, batch_first=True)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(self.w["lstm_input_weight"])
            self.lstm.weight_hh_l0.copy_(self.w["lstm_hidden_weight"])
            self.lstm.bias_ih_l0.copy_(self.w["lstm_bias"])
            self.lstm.bias_hh_l0.zero_()

    def make_state(self, rows):
        return self.encoder(self.z(rows))

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

        conv = functional.conv1d
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
        rhythm = functional.max_pool1d(rhythm, self.c["pool"])
        return torch.cat([spectrum, rhythm], 1).transpose(1, 2).flip(1)

    def score(self, context, candidate, guard):
        context = context[-self.c["context"]:]
        if self.c["input"] == "seam":
            chain = list(context) + [candidate]
            steps = [self.seam_steps(a, b, guard) for a, b in zip(chain, chain[1:])]
        else:
            steps = [self.state(rows)[None] for rows in list(context) + [candidate]]
        _, (hidden, _) = self.lstm(torch.cat(steps, 1))
        logit = hidden[0] @ self.w["dense_weight"].T + self.w["dense_bias"]
        return float(torch.sigmoid(logit))


class Successor(Network):
    """Fragments of 1 step or more, all at their own length; correlations by FFT."""
    GROUPS = ((0, 3), (3, 8), (8, 24), (24, 84))
    FIRST, LAST, SLOTS = 10, 300, 640

    def __init__(self, weights, settings):
        self.w = {name: torch.tensor(np.array(value, np.float32)) for name, value in weights.items()}
        self.c = settings
        self.made = {}

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def led_here(self, context):
        """The spans that lie directly before each other."""
        context = context[-self.c["context"]:]
        first = len(context) - 1
        while first > 0 and sum(context[first - 1]) == context[first][0]:
            first -= 1
        return context[first:]

    def edges(self, rows):
        z = self.z(rows)
        return torch.cat([z[:2 ** k].mean(0) for k in range(6)])

    def curves(self, rows):
        """[steps x 84]"""
        z = self.z(rows).numpy()
        steps = len(rows) - 1
        flux = np.maximum(0, rows[1:] - rows[:-1]).reshape(steps, 8, 10).mean(2)
        level = z[1:].reshape(steps, 16, 5).mean(2)
        detail = z[1:, 1:61] - z[1:, :60]
        parts = []
        for part, little in ((flux[:, :3], 1e-4), (flux[:, 3:], 1e-4), (level, .1), (detail, .1)):
            part = part - part.mean(0)
            parts.append(part / (np.sqrt((part.astype(np.float64) ** 2).mean()) + little))
        return np.concatenate(parts, 1).astype(np.float32)

    def timeline(self, parts, gap):
        """Values [slots x 84], 1 where known."""
        values, known = [], []
        for i, part in enumerate(parts):
            if i:
                values.append(np.zeros((gap, 84), np.float32))
                known.append(np.zeros(gap))
            values.append(part)
            known.append(np.ones(len(part)))
        return np.concatenate(values)[-self.SLOTS:], np.concatenate(known)[-self.SLOTS:]

    def products(self, a, ka, b, kb, offset, least):
        """Mean products of b, `lag` steps after a, and how many steps meet; b begins `offset` after a does."""
        size = 1 << (len(a) + len(b) + offset + self.LAST).bit_length()
        lags = np.arange(self.FIRST, self.LAST)
        def correlate(x, y):
            both = np.conj(np.fft.rfft(x.astype(np.float64), size, axis=0)) * np.fft.rfft(y.astype(np.float64), size, axis=0)
            return np.fft.irfft(both, size, axis=0)[(lags - offset) % size]
        count = np.rint(correlate(ka, kb))
        result = []
        for first, end in self.GROUPS:
            sums = correlate(a[:, first:end], b[:, first:end]).sum(1)
            result.append(np.where(count >= least, sums / np.maximum(count, 1) / (end - first), 0))
        return np.array(result, np.float32), count.astype(np.float32)

    def going_on(self, values, known, products, count, gap):
        """The next steps as the repetition has them, [ahead x 84]."""
        lag = np.arange(self.FIRST, self.LAST)
        # Convolutions see as many lags as the longest line of a batch has; here there is one line.
        lags = int(np.clip(len(values) - 15 - self.FIRST + 1, 1, len(lag)))
        x = np.concatenate([products, [lag / 100, np.log(lag / 50), count / 100]])[None, :, :lags]
        hidden = torch.relu(functional.conv1d(torch.tensor(x, dtype=torch.float32), self.w["lag_in.weight"],
                                              self.w["lag_in.bias"], padding=3))
        extra = functional.conv1d(hidden, self.w["lag_out.weight"], self.w["lag_out.bias"], padding=3)[0, 0]
        onset = torch.tensor((products[0] * 3 + products[1] * 5) / 8)[:lags]
        allowed = torch.tensor(count[:lags] >= 15)
        ahead = self.c["ahead"]
        if not bool(allowed.any()):
            return np.zeros((ahead, 84), np.float32)
        weights = torch.softmax((self.w["sharpness"] * onset + extra).masked_fill(~allowed, -1e4), 0).numpy()
        reach, end = self.FIRST + lags - 1, max(len(values), self.FIRST + lags - 1)
        line = np.zeros((end + gap + ahead, 85))
        line[end - len(values):end] = np.column_stack([values, known])
        for t in range(end, len(line)):
            step = weights @ line[t - self.FIRST:t - reach - 1 if t > reach else None:-1]
            line[t] = np.append(step[:84] / max(step[84], 1e-3), 1)
        return line[-ahead:, :84].astype(np.float32)

    def over_rms(self, curve):
        curve = curve[:, :8]
        return torch.tensor(curve / np.sqrt((curve ** 2).mean() + 1e-8)).flatten()

    def matches(self, a, b):
        product = a * b
        bounds = [0, min(8, len(a)), min(22, len(a)), len(a)]
        return [float(product[x:y, first:end].sum() / max(1, y - x) / (end - first))
                for x, y in zip(bounds, bounds[1:]) for first, end in self.GROUPS]

    def at_edge(self, curve, last):
        ahead = self.c["ahead"]
        out = np.zeros((ahead, 84), np.float32)
        some = curve[-ahead:] if last else curve[:ahead]
        out[len(out) - len(some) if last else 0:][:len(some)] = some
        return out

    def tower(self, side, rows):
        """[channels x 16] of the 64 frames nearest to the seam."""
        z = self.z(rows[-64:] if side == "exit" else rows[:64])
        frames = torch.zeros(64, 80)
        frames[64 - len(z) if side == "exit" else 0:][:len(z)] = z
        x = frames.T[None]

        def layer(name, x, stride):
            w = {key: self.w[f"{side}_tower.{name}{key}"] for key in
                 (".weight", ".bias", "_norm.weight", "_norm.bias", "_norm.running_mean", "_norm.running_var")}
            y = functional.conv1d(x, w[".weight"], w[".bias"], stride, w[".weight"].shape[2] // 2)
            scale = w["_norm.weight"] / torch.sqrt(w["_norm.running_var"] + 1e-5)
            return torch.relu(y * scale[:, None] + (w["_norm.bias"] - w["_norm.running_mean"] * scale)[:, None])

        x = layer("halve", layer("read", x, 1), 2)
        return layer("out", x + layer("deepen", x, 1), 2)[0]

    def linear(self, name, value):
        return functional.linear(value, self.w[name + ".weight"], self.w[name + ".bias"])

    def more(self, side, edge, near):
        """What the tower adds to the embedding."""
        nearest = near[:, 8:] if side == "exit" else near[:, :8]
        x = torch.cat([edge, nearest.flatten(), near.mean(1), near.amax(1)])
        return self.linear(side + "_tower_out", torch.relu(self.linear(side + "_tower_dense", x)))

    def across(self, before, after):
        """What both towers say of a pair."""
        x = torch.cat([before, after], 1)[None]
        for name, stride in (("across", 1), ("halve", 2)):
            x = torch.relu(functional.conv1d(x, self.w[f"tower_pair.{name}.weight"],
                                             self.w[f"tower_pair.{name}.bias"], stride, 2))
        a, b = (steps / torch.sqrt((steps ** 2).sum(0) + 1e-4) for steps in (before, after))
        y = torch.cat([x.flatten(), (a.T @ b).flatten()])
        return self.linear("tower_pair.out", torch.relu(self.linear("tower_pair.hidden", y)))

    def exit(self, context, guard):
        gap = 2 * guard + 4
        parts = [self.curves(rows) for rows in context]
        values, known = self.timeline(parts, gap)
        products, count = self.products(values, known, values, known, 0, 15)
        future = self.going_on(values, known, products, count, gap)
        end = self.at_edge(parts[-1], True)
        edge = self.edges(context[-1][::-1])
        embedding = torch.cat([edge @ self.w["edge_weight"], self.over_rms(future) @ self.w["forward_weight"],
                               self.over_rms(end) @ self.w["backward_weight"]])
        near = self.tower("exit", context[-1])
        return edge, embedding + self.more("exit", edge, near), end, future, products, values, known, near

    def entry(self, rows, guard):
        curve = self.curves(rows)
        values, known = self.timeline([curve[:self.SLOTS][::-1]], 0)
        products, count = self.products(values, known, values, known, 0, 15)
        past = self.going_on(values, known, products, count, 2 * guard + 4)[::-1]
        begin = self.at_edge(curve, False)
        edge = self.edges(rows)
        embedding = torch.cat([edge @ self.w["edge_weight"], self.over_rms(begin) @ self.w["forward_weight"],
                               self.over_rms(past) @ self.w["backward_weight"]])
        near = self.tower("entry", rows)
        return edge, embedding + self.more("entry", edge, near), begin, past, products, curve, near

    def score(self, context, candidate, guard):
        e = self.once((guard, *(rows.tobytes() for rows in context)), lambda: self.exit(context, guard))
        b = self.once((guard, candidate.tobytes(), "entry"), lambda: self.entry(candidate, guard))
        base = -torch.exp(self.w["log_scale"]) * ((e[1] - b[1]) ** 2).sum()
        values, known, curve = e[5], e[6], b[5]
        between, count = self.products(values, known, curve, np.ones(len(curve)),
                                       len(values) + 2 * guard + 4, 10)
        lag = np.arange(self.FIRST, self.LAST)
        x = torch.tensor(np.concatenate([between, e[4], b[4], [count / 100, lag / 100]])[None],
                         dtype=torch.float32)
        for i, stride in enumerate((1, 2, 2)):
            x = torch.relu(functional.conv1d(x, self.w[f"pair_convolution_{i}.weight"],
                                             self.w[f"pair_convolution_{i}.bias"], stride, 2))

        hidden = torch.relu(self.linear("pair_lags", torch.cat([x.mean(2), x.amax(2)], 1)))
        by_lags = self.linear("pair_lags_out", hidden)
        step = b[0] - e[0]
        match = self.matches(e[3], b[2]) + self.matches(b[3][::-1], e[2][::-1])
        y = torch.cat([step.abs(), torch.relu(step), (e[1] - b[1]).abs(), torch.tensor(match)])
        y = self.linear("pair_out", torch.relu(self.linear("pair_middle", torch.relu(self.linear("pair_in", y)))))
        return float(self.w["base_weight"] * base + by_lags[0, 0] + y[0] + self.across(e[7], b[6])[0])


SYSTEMS = {"autoencoder": Autoencoder, "crnn": Crnn, "dense": Dense, "successor": Successor}


def spans(text):
    return [tuple(int(number) for number in span.split("+")) for span in text.split(",")]


def score(weights, features, contexts, candidates, guards):
    with open(weights.replace(".safetensors", ".card.json"), encoding="utf-8") as file:
        card = json.load(file)
    network = SYSTEMS[card["system"]](read_safetensors(weights), card["recipe"])
    log_mel = read_safetensors(features)["log_mel"].astype(np.float32)

    def rows(span, guard):
        return log_mel[span[0] + guard:span[0] + span[1] - 3 - guard]

    with torch.no_grad():
        for guard, context in itertools.product(map(int, guards.split(",")), contexts.split(";")):
            for candidate in spans(candidates):
                heard = spans(context)
                if isinstance(network, Successor):
                    heard = network.led_here(heard)
                print(repr(network.score([rows(span, guard) for span in heard],
                                         rows(candidate, guard), guard)))


def shapes_of(system, c):
    if system == "successor":
        lag, pair, hidden = c["lag_channels"], c["pair_channels"], c["pair_hidden"]
        size = c["edge"] + 2 * c["rhythm"]
        shapes = {"edge_weight": (480, c["edge"]), "forward_weight": (c["ahead"] * 8, c["rhythm"]),
                  "backward_weight": (c["ahead"] * 8, c["rhythm"]), "log_scale": (), "sharpness": (),
                  "base_weight": (), "lag_in.weight": (lag, 7, 7), "lag_in.bias": (lag,),
                  "lag_out.weight": (1, lag, 7), "lag_out.bias": (1,)}
        for i in range(3):
            shapes[f"pair_convolution_{i}.weight"] = (pair, pair if i else 14, 5)
            shapes[f"pair_convolution_{i}.bias"] = (pair,)
        for name, shape in {"lags": (64, 2 * pair), "lags_out": (1, 64), "in": (hidden, 960 + size + 24),
                            "middle": (64, hidden), "out": (1, 64)}.items():
            shapes.update({f"pair_{name}.weight": shape, f"pair_{name}.bias": shape[:1]})
        inner, channels, dense = c["tower_hidden"], c["tower_channels"], c["tower_dense"]
        layers = {f"{side}_tower_{name}": shape for side in ("exit", "entry") for name, shape in
                  {"dense": (dense, 480 + 10 * channels), "out": (size, dense)}.items()}
        layers.update({"tower_pair.across": (pair, channels, 5), "tower_pair.halve": (pair, pair, 5),
                       "tower_pair.hidden": (64, 16 * pair + 256), "tower_pair.out": (1, 64)})
        for side in ("exit", "entry"):
            for name, shape in {"read": (inner, 80, 5), "halve": (inner, inner, 3), "deepen": (inner, inner, 3),
                                "out": (channels, inner, 3)}.items():
                layers[f"{side}_tower.{name}"] = shape
                norm = f"{side}_tower.{name}_norm."
                shapes.update({norm + key: shape[:1] for key in ("weight", "bias", "running_mean", "running_var")})
                shapes[norm + "num_batches_tracked"] = ()
        for name, shape in layers.items():
            shapes.update({name + ".weight": shape, name + ".bias": shape[:1]})
        return shapes
    seam = c.get("input") == "seam"
    shapes, width = ({}, c["channels"] + c["rhythm_channels"]) if seam else Encoder.shapes(c)
    if system == "crnn":
        shapes.update({"lstm_input_weight": (4 * c["hidden"], width),
                       "lstm_hidden_weight": (4 * c["hidden"], c["hidden"]), "lstm_bias": (4 * c["hidden"],),
                       "dense_weight": (1, c["hidden"]), "dense_bias": (1,)})
    if seam:
        conv, rhythm = (c["channels"], 80, c["kernel"]), (c["rhythm_channels"], 8, RHYTHM_KERNEL)
        shapes.update({"conv_weight": conv, "conv_bias": conv[:1], "conv_exit_weight": conv,
                       "rhythm_weight": rhythm, "rhythm_bias": rhythm[:1], "rhythm_exit_weight": rhythm})
    if system == "dense":
        sizes = [c["slots"] * width, c["hidden"], max(1, c["hidden"] // 2),
                 c["songs"] if c["label"] == "song" else c["bins"]]
        for i in range(3):
            shapes.update({f"dense_weight_{i}": (sizes[i + 1], sizes[i]), f"dense_bias_{i}": (sizes[i + 1],)})
        shapes.update({"follow": (sizes[3], sizes[3]), "share": (sizes[3],)})
    if system == "autoencoder":
        deepest, slots, state = c["channels"], c["slots"], c["state"]
        for name, shape in {"state": (state, slots * width), "unfold": (slots * deepest, state),
                            "smooth": (deepest, deepest, 5), "bands": (80, deepest, 5)}.items():
            shapes.update({name + "_weight": shape, name + "_bias": shape[:1]})
    return shapes


def make(weights, system, settings):
    c = json.loads(settings)
    random = np.random.default_rng(7)
    shapes = shapes_of(system, c)
    tensors = {name: random.normal(0, 0.15, shape) for name, shape in shapes.items()}
    if system == "crnn":
        tensors["dense_weight"] *= 8  # so that scores differ well
        tensors["lstm_bias"][c["hidden"]:2 * c["hidden"]] += 3  # so that it remembers
    for name, values in tensors.items():
        if name.startswith("encoder.") and "conv_weight" in name and values.ndim == 4:
            values *= 10 / math.sqrt(values[0].size)  # signals keep their size
        if name.endswith(("variance", "running_var")):
            values[:] = random.uniform(0.5, 1.5, values.shape)
        if name in ("follow", "share"):
            values[:] = random.uniform(0, 1, values.shape) ** 3 + 0.01
        if name in ("state_weight", "dense_weight_0"):
            values -= values.mean(1, keepdims=True)  # what all fragments share says nothing
    if system == "successor":  # scores of a few units
        for name, value in (("log_scale", -5), ("sharpness", 5), ("base_weight", 0.7)):
            tensors[name] = np.array(float(value))
        tensors["pair_in.weight"] *= 0.3
        for name in tensors:  # 2-D weights over many inputs
            if "tower" in name and name.endswith(".weight") and tensors[name].ndim > 1:
                tensors[name] *= 4 / math.sqrt(tensors[name][0].size)
    if "follow" in tensors:
        tensors["dense_weight_1"] *= 4
        tensors["dense_weight_2"] *= 20
        tensors["follow"] /= tensors["follow"].sum(1, keepdims=True)
        tensors["share"] /= tensors["share"].sum()
    tensors["band_mean"] = np.full(80, -3.0)
    tensors["band_scale"] = random.uniform(0.5, 1.5, 80)
    write_safetensors(weights, tensors)
    card = {"card_version": 1, "name": "random", "system": system, "command": "network_reference.py",
            "segue_version": "", "weights": "0" * 32, "recipe": c, "metrics": {},
            "segmentation": "", "tracks": []}
    with open(weights.replace(".safetensors", ".card.json"), "w", encoding="utf-8") as file:
        json.dump(card, file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"score": score, "make": make}[sys.argv[1]](*sys.argv[2:])
