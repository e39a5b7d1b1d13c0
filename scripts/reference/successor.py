"""The network `successor`."""
import numpy as np
import torch

from reference.systems import Network

functional = torch.nn.functional


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
        # Two convolutions of seven look six lags beyond the longest that the line has.
        lags = int(np.clip(len(values) - 15 - self.FIRST + 1, 1, len(lag) - 6)) + 6
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
