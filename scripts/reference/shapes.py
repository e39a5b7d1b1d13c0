"""The weights of each system by name and shape, and random ones."""
import math

import numpy as np

from reference.systems import RHYTHM_KERNEL, Encoder


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


def random_weights(system, c):
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
    return tensors
