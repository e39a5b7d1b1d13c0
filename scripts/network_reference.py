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
import sys

import numpy as np
import torch
from reference.shapes import random_weights
from reference.successor import Successor
from reference.systems import Autoencoder, Crnn, Dense
from reference.tensors import read_safetensors, write_safetensors

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


def make(weights, system, settings):
    c = json.loads(settings)
    write_safetensors(weights, random_weights(system, c))
    card = {"card_version": 1, "name": "random", "system": system, "command": "network_reference.py",
            "segue_version": "", "weights": "0" * 32, "recipe": c, "metrics": {},
            "segmentation": "", "tracks": []}
    with open(weights.replace(".safetensors", ".card.json"), "w", encoding="utf-8") as file:
        json.dump(card, file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"score": score, "make": make}[sys.argv[1]](*sys.argv[2:])
