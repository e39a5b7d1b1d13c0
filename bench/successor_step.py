"""A training step of `successor` in PyTorch's Python, from log-mel rows to the loss, as one would write it with
the library's own functions: whole batches at once, correlations by FFT."""
import math

import torch
from torch import nn
from torch.nn import functional as F

GROUPS = ((0, 3), (3, 8), (8, 24), (24, 84))
LITTLE = (1e-4, 1e-4, .1, .1)
FIRST, LAGS, LONGEST = 10, 290, 640
LEAST_ALONE, LEAST_BETWEEN = 15, 10
IMPOSSIBLE = -1e9


def curves_of(rows, z):
    """[N x T-1 x 84]"""
    flux = torch.relu(rows[:, 1:] - rows[:, :-1]).unflatten(2, (8, 10)).mean(3)
    level = z[:, 1:].unflatten(2, (16, 5)).mean(3)
    detail = z[:, 1:, 1:61] - z[:, 1:, :60]
    parts = []
    for part, little in zip((flux[..., :3], flux[..., 3:], level, detail), LITTLE):
        part = part - part.mean(1, keepdim=True)
        parts.append(part / (part.square().mean((1, 2), keepdim=True).sqrt() + little))
    return torch.cat(parts, 2)


def spectra(curves, known, size):
    """Of [N x S x 84] and [N x S], in one: the last row is that of `known`."""
    return torch.fft.rfft(torch.cat([curves, known.unsqueeze(2)], 2).transpose(1, 2), size)


def lag_products(a, b, size, offset, least):
    """Mean products [N x groups x LAGS] of b, `lag` steps after a, and how many steps meet; b begins `offset`
    after a does."""
    # The mean over a group may be taken before the transform back.
    both = a.conj() * b
    both = torch.stack([both[:, first:end].mean(1) for first, end in GROUPS] + [both[:, 84]], 1)
    places = (torch.arange(FIRST, FIRST + LAGS) - offset) % size
    sums = torch.fft.irfft(both, size)[:, :, places]
    count = sums[:, 4:].round()
    return (sums[:, :4] / count.clamp_min(1)) * (count >= least), count[:, 0]


def normalised(curves):
    return curves / (curves.square().mean((1, 2), keepdim=True) + 1e-8).sqrt()


def continued(values, known, weights, gap, count):
    lags = weights.shape[1]
    reach = FIRST + lags - 1
    backwards = weights.flip(1)

    def band(steps):
        return torch.stack([F.pad(backwards, (i, steps - 1 - i)) for i in range(steps)], 1)

    full = band(FIRST)
    line = torch.cat([values, known.unsqueeze(2)], 2)
    line = F.pad(line, (0, 0, max(0, reach - line.shape[1]), 0))[:, -reach:]
    done = 0
    while done < gap + count:
        some = min(FIRST, gap + count - done)
        past = line[:, line.shape[1] - reach:][:, :lags + some - 1]
        sums = torch.bmm(full if some == FIRST else band(some), past)
        steps = sums[..., :-1] / sums[..., -1:].clamp_min(1e-3)
        line = torch.cat([line, torch.cat([steps, torch.ones_like(sums[..., -1:])], 2)], 1)
        done += some
    return line[:, -count:, :-1]


def matches(a, b):
    product = a * b
    bounds = (0, 8, 22, product.shape[1])
    return torch.stack([product[:, x:y, first:end].mean((1, 2))
                        for x, y in zip(bounds, bounds[1:]) for first, end in GROUPS], 1)


class Tower(nn.Module):
    def __init__(self, hidden, channels):
        super().__init__()
        self.read, self.read_norm = nn.Conv1d(80, hidden, 5, 1, 2), nn.BatchNorm1d(hidden)
        self.halve, self.halve_norm = nn.Conv1d(hidden, hidden, 3, 2, 1), nn.BatchNorm1d(hidden)
        self.deepen, self.deepen_norm = nn.Conv1d(hidden, hidden, 3, 1, 1), nn.BatchNorm1d(hidden)
        self.out, self.out_norm = nn.Conv1d(hidden, channels, 3, 2, 1), nn.BatchNorm1d(channels)

    def forward(self, frames):
        x = torch.relu(self.read_norm(self.read(frames.transpose(1, 2))))
        x = torch.relu(self.halve_norm(self.halve(x)))
        x = x + torch.relu(self.deepen_norm(self.deepen(x)))
        return torch.relu(self.out_norm(self.out(x)))


class TowerPair(nn.Module):
    def __init__(self, channels, pair, dropout):
        super().__init__()
        self.across, self.halve = nn.Conv1d(channels, pair, 5, 1, 2), nn.Conv1d(pair, pair, 5, 2, 2)
        self.hidden, self.out, self.dropout = nn.Linear(16 * pair + 256, 64), nn.Linear(64, 1), nn.Dropout(dropout)

    def forward(self, before, after):
        x = torch.relu(self.halve(torch.relu(self.across(torch.cat([before, after], 2))))).flatten(1)
        a, b = (steps / (steps.square().sum(1, keepdim=True) + 1e-4).sqrt() for steps in (before, after))
        x = torch.cat([x, torch.bmm(a.transpose(1, 2), b).flatten(1)], 1)
        return self.out(self.dropout(torch.relu(self.hidden(x)))).squeeze(1)


class Successor(nn.Module):
    def __init__(self, weights, recipe):
        super().__init__()
        self.recipe = recipe
        for name in ("edge_weight", "forward_weight", "backward_weight", "log_scale", "sharpness", "base_weight"):
            setattr(self, name, nn.Parameter(weights[name].clone()))
        pair, hidden = recipe["pair_channels"], recipe["pair_hidden"]
        self.lag_in = nn.Conv1d(7, recipe["lag_channels"], 7, padding=3)
        self.lag_out = nn.Conv1d(recipe["lag_channels"], 1, 7, padding=3)
        for i, stride in enumerate((1, 2, 2)):
            setattr(self, f"pair_convolution_{i}", nn.Conv1d(pair if i else 14, pair, 5, stride, 2))
        self.pair_lags, self.pair_lags_out = nn.Linear(2 * pair, 64), nn.Linear(64, 1)
        self.pair_in = nn.Linear(weights["pair_in.weight"].shape[1], hidden)
        self.pair_middle, self.pair_out = nn.Linear(hidden, 64), nn.Linear(64, 1)
        self.dropout = nn.Dropout(recipe["dropout"])
        channels, dense = recipe["tower_channels"], recipe["tower_dense"]
        size = recipe["edge"] + 2 * recipe["rhythm"]
        for side in ("exit", "entry"):
            setattr(self, side + "_tower", Tower(recipe["tower_hidden"], channels))
            setattr(self, side + "_tower_dense", nn.Linear(480 + 10 * channels, dense))
            setattr(self, side + "_tower_out", nn.Linear(dense, size))
        self.tower_pair = TowerPair(channels, pair, recipe["dropout"])
        # What is counted, not learnt, begins as new on both sides.
        self.load_state_dict({name: weights[name] for name, _ in self.named_parameters()}, strict=False)

    def side(self, edge, frames, own, values, known, products, count, gap, leaving):
        """As SeamSide: edge, embedding, own and other curves, autocorrelation, what the tower made."""
        lags = min(max(values.shape[1] - LEAST_ALONE - FIRST + 1, 1), LAGS)
        lag = torch.arange(FIRST, FIRST + lags)
        more = torch.stack([lag / 100, torch.log(lag / 50)]).expand(len(values), 2, lags)
        x = torch.cat([products[:, :, :lags], more, count[:, None, :lags] / 100], 1)
        onsets = (3 * x[:, 0] + 5 * x[:, 1]) / 8
        allowed = count[:, :lags] >= LEAST_ALONE
        weights = self.sharpness * onsets + self.lag_out(torch.relu(self.lag_in(x))).squeeze(1)
        weights = torch.softmax(weights.masked_fill(~allowed, -1e4), 1) * allowed.any(1, keepdim=True)
        ahead = self.recipe["ahead"]
        flux = continued(values[..., :8], known, weights, gap, ahead)
        with torch.no_grad():
            rest = continued(values[..., 8:], known, weights, gap, ahead)
        if not leaving:
            flux, rest = flux.flip(1), rest.flip(1)
        ends, beyond = normalised(own[..., :8]).flatten(1), normalised(flux).flatten(1)
        forward, backward = (beyond, ends) if leaving else (ends, beyond)
        embedding = torch.cat([edge @ self.edge_weight, forward @ self.forward_weight,
                               backward @ self.backward_weight], 1)
        name = "exit" if leaving else "entry"
        near = getattr(self, name + "_tower")(frames)
        nearest = near[:, :, 8:] if leaving else near[:, :, :8]
        more = torch.cat([edge, nearest.flatten(1), near.mean(2), near.amax(2)], 1)
        more = self.dropout(torch.relu(getattr(self, name + "_tower_dense")(more)))
        embedding = embedding + getattr(self, name + "_tower_out")(more)
        return edge, embedding, own, torch.cat([flux.detach(), rest], 2), products, near

    def rerank(self, base, leave, enter, between, count):
        lag = (torch.arange(LAGS) + FIRST) / 100
        x = torch.cat([between, leave[4], enter[4], count.unsqueeze(1) / 100, lag.expand(len(base), 1, LAGS)], 1)
        for i in range(3):
            x = torch.relu(getattr(self, f"pair_convolution_{i}")(x))
        by_lags = self.pair_lags_out(torch.relu(self.pair_lags(torch.cat([x.mean(2), x.amax(2)], 1))))
        step = enter[0] - leave[0]
        y = torch.cat([step.abs(), torch.relu(step), (leave[1] - enter[1]).abs(), matches(leave[3], enter[2]),
                       matches(enter[3].flip(1), leave[2].flip(1))], 1)
        y = self.pair_out(torch.relu(self.pair_middle(self.dropout(torch.relu(self.pair_in(y))))))
        return self.base_weight * base + (by_lags + y).squeeze(1) + self.tower_pair(leave[5], enter[5])

    def lines(self, curves, batch, gap):
        """What has played before each question, and where it is known: ending together."""
        chain = torch.cat([batch["past"], batch["playing"].unsqueeze(1)], 1)
        parts, known = [], []
        for i in range(chain.shape[1]):
            if i:
                parts.append(torch.zeros(len(chain), gap, 84))
                known.append(torch.zeros(len(chain), gap))
            real = (chain[:, i] >= 0).float()
            parts.append(curves[chain[:, i].clamp_min(0)] * real[:, None, None])
            known.append(real.unsqueeze(1).expand(-1, curves.shape[1]))
        return torch.cat(parts, 1)[:, -LONGEST:], torch.cat(known, 1)[:, -LONGEST:]

    def loss(self, batch):
        rows, gap, ahead = batch["rows"], 4, self.recipe["ahead"]  # guard 0
        z = (rows - batch["band_mean"]) / batch["band_scale"]
        with torch.no_grad():
            curves = curves_of(rows, z)
            edges = [torch.cat([frames[:, :2 ** k].mean(1) for k in range(6)], 1) for frames in (z, z.flip(1))]
            values, known = self.lines(curves, batch, gap)
            size = 2 ** math.ceil(math.log2(values.shape[1] + gap + curves.shape[1] + FIRST + LAGS))
            line = spectra(values, known, size)
            line_products = lag_products(line, line, size, 0, LEAST_ALONE)
            everything = torch.ones(curves.shape[:2])
            backwards = spectra(curves.flip(1), everything, size)
            backward_products = lag_products(backwards, backwards, size, 0, LEAST_ALONE)
            forwards = spectra(curves, everything, size)
        playing, clip = batch["playing"], batch["clip"]
        leave = self.side(edges[1][playing], z[playing][:, -64:], curves[playing][:, -ahead:], values, known, *line_products, gap, True)
        enter = self.side(edges[0], z[:, :64], curves[:, :ahead], curves.flip(1), everything, *backward_products, gap, False)
        a, b = leave[1], enter[1]
        scores = -self.log_scale.exp() * (a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * a @ b.T)

        right = batch["candidates"][:, :1]
        own_clip = clip[playing].unsqueeze(1) == clip
        opened = scores.masked_fill(playing.unsqueeze(1) == torch.arange(len(clip)), IMPOSSIBLE)
        loss = 0
        for some in (opened, opened.masked_fill(~own_clip, IMPOSSIBLE)):
            for way in (1, 0):
                loss = loss - torch.log_softmax(some, way).gather(1, right).mean() / 4

        rival = opened.detach().scatter(1, right, IMPOSSIBLE)

        def hardest(where, count):
            value, fragment = rival.masked_fill(~where, IMPOSSIBLE).topk(count, 1)
            return fragment.masked_fill(value <= IMPOSSIBLE / 2, -1)

        asked = torch.cat([batch["candidates"], hardest(own_clip, self.recipe["hard"]), hardest(~own_clip, 1)], 1)
        chosen = torch.randperm(len(playing))[:max(1, round(self.recipe["pair_share"] * len(playing)))]
        contender = asked[chosen]
        real = contender >= 0
        query, fragment = chosen.unsqueeze(1).expand_as(contender)[real], contender[real]
        with torch.no_grad():
            between, count = lag_products(line[query], forwards[fragment], size, values.shape[1] + gap,
                                          LEAST_BETWEEN)
        left, entered = ([part[at] for part in side] for side, at in ((leave, query), (enter, fragment)))
        left[1], entered[1] = left[1].detach(), entered[1].detach()
        ranked = torch.full(contender.shape, IMPOSSIBLE).masked_scatter(
            real, self.rerank(scores.detach()[query, fragment], left, entered, between, count))
        binary = F.softplus(-ranked[:, 0]).mean() + F.softplus(ranked[:, 1:])[real[:, 1:]].mean()
        return loss - torch.log_softmax(ranked, 1)[:, 0].mean() + self.recipe["binary_weight"] * binary
