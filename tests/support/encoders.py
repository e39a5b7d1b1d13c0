#!/usr/bin/python3
"""Writes TorchScript encoders: encoders.py FOLDER gives FOLDER/KIND.pt. log-mel, audio and louder keep to
the contract of src/model_torch/pretrained.hpp, the others break it in one way each."""
import sys

import torch
from torch import nn


class LogMel(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(80, 12, 3)

    def forward(self, x):
        y = torch.relu(self.convolution(x + 4))
        return torch.cat([y.mean(2), y.amax(2)], 1)


class Audio(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = "audio"
        self.sample_rate = 16000

    def forward(self, x):
        """Number of samples in seconds, and level."""
        return torch.stack([torch.ones(len(x)) * x.shape[1] / 16000, x.abs().mean(1)], 1)


class Louder(Audio):
    def forward(self, x):
        return torch.stack([torch.ones(len(x)) * x.shape[1] / 16000, 2 * x.abs().mean(1)], 1)


class Moody(LogMel):
    def forward(self, x):
        return x.mean(2) + torch.rand(80)


class Frames(nn.Module):
    def forward(self, x):
        return x


class Length(nn.Module):
    def forward(self, x):
        return x[:, 0]


class Infinite(nn.Module):
    def forward(self, x):
        return x.mean(2) / torch.zeros(80)


class Narrow(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(40, 3)

    def forward(self, x):
        return self.dense(x.mean(2))


class NoRate(Audio):
    def __init__(self):
        super().__init__()
        self.sample_rate = "fast"


class Image(LogMel):
    def __init__(self):
        super().__init__()
        self.input = "image"


KINDS = {"log-mel": LogMel, "audio": Audio, "louder": Louder, "frames": Frames, "length": Length,
         "infinite": Infinite, "moody": Moody, "narrow": Narrow, "no-rate": NoRate, "image": Image}

if __name__ == "__main__":
    torch.manual_seed(1)
    for kind, module in KINDS.items():
        torch.jit.save(torch.jit.script(module()), f"{sys.argv[1]}/{kind}.pt")
