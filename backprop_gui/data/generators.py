"""Made-up samples: the sets people learn with, by size, noise and seed; the same on every machine."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from backprop_gui.data.samples import Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.checks import number, one_of, whole_number
from backprop_gui.engine.extensible import Extensible

MOST_SAMPLES = 100_000
_SEGMENTS = (
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
)
"""Digits 0 to 9 on a seven-segment display: top, upper left, upper right, middle, lower left, lower right, bottom."""

Random = np.random.Generator
Made = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Generator:
    """A way to make samples. ``size_means`` names what its size counts; with ``exact`` every pattern comes once.

    ``make(random, size, noise)`` returns inputs and targets; noise is a standard deviation in the inputs' units
    (of ``plane`` and ``sine`` in the targets').
    """

    name: str
    title: str
    size_means: str
    default_size: int
    most: int
    make: Callable[[Random, int, float], Made]


def generate(name: str, size: int, noise: float, seed: int) -> Samples:
    """Return made samples.

    Args:
        name: one of ``GENERATORS``.
        size: how many samples, or bits (see the generator's ``size_means``).
        noise: standard deviation of the noise, at least 0.
        seed: of the random numbers.

    Raises:
        FieldError: an unknown name, or a number outside its bounds.
    """
    one_of("generator", name, GENERATORS)
    generator = GENERATORS[name]
    whole_number("size", size, least=1, most=generator.most)
    number("noise", noise, least=0.0)
    whole_number("seed", seed)
    x, t = generator.make(np.random.Generator(np.random.PCG64(seed)), size, noise)
    return Samples.of(x, t)


def _gate(table: tuple[int, int, int, int]) -> Callable[[Random, int, float], Made]:
    def make(random: Random, size: int, noise: float) -> Made:
        corners = np.array(list(product((0.0, 1.0), repeat=2)))
        chosen = np.arange(size) % 4
        return corners[chosen] + noise * random.standard_normal((size, 2)), np.array(table, float)[chosen, None]

    return make


def _circle(random: Random, size: int, noise: float) -> Made:
    inside = np.arange(size) % 2 == 0
    radius = np.where(inside, random.uniform(0.0, 0.5, size), random.uniform(0.7, 1.0, size))
    angle = random.uniform(0.0, 2 * np.pi, size)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + noise * random.standard_normal((size, 2))
    return x, inside.astype(float)[:, None]


def _gaussians(random: Random, size: int, noise: float) -> Made:
    first = np.arange(size) % 2 == 0
    centres = np.where(first[:, None], 0.5, -0.5)
    return centres + (0.15 + noise) * random.standard_normal((size, 2)), first.astype(float)[:, None]


def _spirals(random: Random, size: int, noise: float) -> Made:
    first = np.arange(size) % 2 == 0
    share = np.sqrt(random.uniform(0.02, 1.0, size))
    angle = 1.75 * 2 * np.pi * share + np.where(first, 0.0, np.pi)
    x = np.column_stack([share * np.sin(angle), share * np.cos(angle)])
    return x + noise * random.standard_normal((size, 2)), first.astype(float)[:, None]


def _moons(random: Random, size: int, noise: float) -> Made:
    first = np.arange(size) % 2 == 0
    angle = random.uniform(0.0, np.pi, size)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(first[:, None], upper, lower)
    return (x - (0.5, 0.25)) / 1.5 + noise * random.standard_normal((size, 2)), first.astype(float)[:, None]


def _sine(random: Random, size: int, noise: float) -> Made:
    x = np.sort(random.uniform(-1.0, 1.0, size))[:, None]
    return x, np.sin(np.pi * x) + noise * random.standard_normal((size, 1))


def _plane(random: Random, size: int, noise: float) -> Made:
    x = random.uniform(-1.0, 1.0, (size, 2))
    return x, 0.5 * x.sum(axis=1, keepdims=True) + noise * random.standard_normal((size, 1))


def _parity(random: Random, size: int, noise: float) -> Made:
    x = np.array(list(product((0.0, 1.0), repeat=size)))
    return x + noise * random.standard_normal(x.shape), x.sum(axis=1, keepdims=True) % 2


def _encoder(random: Random, size: int, noise: float) -> Made:
    return np.eye(size) + noise * random.standard_normal((size, size)), np.eye(size)


def _symmetry(random: Random, size: int, noise: float) -> Made:
    del size
    x = np.array(list(product((0.0, 1.0), repeat=6)))
    mirrored = (x == x[:, ::-1]).all(axis=1, keepdims=True)
    return x + noise * random.standard_normal(x.shape), mirrored.astype(float)


def _segments(random: Random, size: int, noise: float) -> Made:
    digits = np.arange(size) % 10
    lit = np.array([[float(bit) for bit in pattern] for pattern in _SEGMENTS])
    return lit[digits] + noise * random.standard_normal((size, 7)), np.eye(10)[digits]


GENERATORS = Extensible(
    "backprop_gui.generators",
    Generator,
    (
        Generator("and", "And", "samples", 4, MOST_SAMPLES, _gate((0, 0, 0, 1))),
        Generator("or", "Or", "samples", 4, MOST_SAMPLES, _gate((0, 1, 1, 1))),
        Generator("xor", "Xor", "samples", 4, MOST_SAMPLES, _gate((0, 1, 1, 0))),
        Generator("circle", "Circle in a ring", "samples", 200, MOST_SAMPLES, _circle),
        Generator("gaussians", "Two Gaussians", "samples", 200, MOST_SAMPLES, _gaussians),
        Generator("spirals", "Two spirals", "samples", 200, MOST_SAMPLES, _spirals),
        Generator("moons", "Two moons", "samples", 200, MOST_SAMPLES, _moons),
        Generator("sine", "Sine curve (regression)", "samples", 100, MOST_SAMPLES, _sine),
        Generator("plane", "Plane (regression)", "samples", 200, MOST_SAMPLES, _plane),
        Generator("parity", "Parity of n bits", "bits", 4, 12, _parity),
        Generator("encoder", "Encoder n-n", "units", 8, 64, _encoder),
        Generator("symmetry", "Symmetry of 6 bits", "(64 samples)", 6, 6, _symmetry),
        Generator("segments", "Seven-segment digits", "samples", 10, MOST_SAMPLES, _segments),
    ),
)
"""Every generator by its name."""
