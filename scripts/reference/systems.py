"""The three systems of the report: dense, autoencoder, CRNN, and the encoder they share."""
import math

import numpy as np
import torch

SCALES = 8
RHYTHM_KERNEL = 5

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
