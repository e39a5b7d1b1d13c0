#!/usr/bin/python3
"""Writes tests/analysis/golden/log_mel.csv: the log-mel spectrogram of a signal that the test makes too.

Written from the formula in float64 with numpy alone, to hold segue's own code against:
Hann window (periodic) of 2048 samples, hop 512, no padding, power (|rfft| / 512)², 80 triangular bands
with corners equally spaced on the HTK mel scale 2595 log10(1 + f / 700) from 30 to 10 500 Hz, each band's
weights normalised to sum 1 (a band that no bin falls into takes the nearest bin), log10(power + 1e-7).
"""
import pathlib

import numpy

RATE, WINDOW, HOP, BANDS = 22050, 2048, 512, 80
SAMPLES = 24000


def signal():
    """A chirp, impulses, and noise from a linear congruential generator, rounded to float32."""
    t = numpy.arange(SAMPLES) / RATE
    values = 0.4 * numpy.sin(2 * numpy.pi * (50 * t + 4500 * t * t))
    values[::5000] += 0.8
    state = 1
    for i in range(SAMPLES):
        state = (1664525 * state + 1013904223) % 2**32
        values[i] += 0.02 * (state / 2**32 - 0.5)
    return values.astype(numpy.float32).astype(numpy.float64)


def filter_bank():
    low, high = (2595 * numpy.log10(1 + f / 700) for f in (30, 10500))
    corners = 700 * (10 ** (numpy.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = numpy.fft.rfftfreq(WINDOW, 1 / RATE)
    left, centre, right = (corners[i : i + BANDS, None] for i in range(3))
    weights = numpy.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clip(min=0)
    for band in numpy.flatnonzero(weights.sum(axis=1) == 0):
        weights[band, numpy.abs(bins - corners[band + 1]).argmin()] = 1
    return weights / weights.sum(axis=1, keepdims=True)


def log_mel(samples):
    hann = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(WINDOW) / WINDOW)
    frames = numpy.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    power = (numpy.abs(numpy.fft.rfft(frames * hann)) / 512) ** 2
    return numpy.log10(power @ filter_bank().T + 1e-7)


if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "tests/analysis/golden/log_mel.csv"
    target.parent.mkdir(exist_ok=True)
    numpy.savetxt(target, log_mel(signal()), fmt="%.5f", delimiter=",")
