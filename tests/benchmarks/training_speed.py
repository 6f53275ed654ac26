"""Prints training steps per second for a few networks: ``make bench``. Not a test: machines differ."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.network import Layer, Network, describe
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Trainer

CASES = [
    ((2, 3, 2), "sigmoid", 1),
    ((2, 3, 2), "sigmoid", 4),
    ((2, 4, 2, 1), "tanh", 10),
    ((2, 8, 8, 1), "sigmoid", 32),
    ((64, 32, 10), "sigmoid", 32),
    ((784, 128, 10), "sigmoid", 64),
]
SECONDS = 1.0


def steps_per_second(sizes: tuple[int, ...], activation: str, batch: int) -> float:
    """Return the median of three timed runs of about ``SECONDS`` each."""
    network = Network(sizes[0], tuple(Layer(units, ACTIVATIONS[activation]) for units in sizes[1:]))
    random = np.random.default_rng(0)
    inputs, targets = random.random((batch, sizes[0])), random.random((batch, sizes[-1]))
    settings = TrainingSettings(batch_size=batch)
    trainer = Trainer(network, initialize(network, "xavier_uniform", 0), settings, inputs, targets)
    rates: list[float] = []
    for _ in range(3):
        start, before = time.perf_counter(), trainer.step
        while time.perf_counter() - start < SECONDS:
            trainer.run(200)
        rates.append((trainer.step - before) / (time.perf_counter() - start))
    return sorted(rates)[1]


if __name__ == "__main__":
    with threadpool_limits(limits=1, user_api="blas"):
        for sizes, activation, batch in CASES:
            rate = steps_per_second(sizes, activation, batch)
            print(f"{describe(sizes):>12} {activation:8} batch {batch:3}  {rate:10,.0f} steps/s")
