"""Training steps per second of the program as it runs, beside its peers where they are installed: ``make bench``.

Not a test: machines differ. The ways take turns in every round, so that what else the machine does hits all of them,
and the medians are compared. ``python tests/benchmarks/training_speed.py OUT.json`` also writes the figures to a file.
"""

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.choose import is_compiled
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network, Parameters, describe
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trainer import Trainer
from tests.benchmarks.peers import pytorch, scikit_learn

ROUNDS, SECONDS, RATE = 7, 0.15, 0.1
Way = Callable[[int], None]
"""Takes so many updates."""


@dataclass(frozen=True)
class Case:
    """A network and its data; every epoch has so many batches."""

    sizes: tuple[int, ...]
    hidden: str
    output: str
    loss: str
    batch: int
    batches: int

    @property
    def name(self) -> str:
        """How the table calls it."""
        return f"{describe(self.sizes)} {self.output}, batch {self.batch}"

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets."""
        random, count = np.random.default_rng(0), self.batch * self.batches
        x = random.random((count, self.sizes[0]))
        if self.loss == "cross_entropy":
            return x, np.eye(self.sizes[-1])[random.integers(0, self.sizes[-1], count)]
        return x, random.random((count, self.sizes[-1]))

    def network(self) -> tuple[Network, Parameters, TrainingSettings]:
        """Return what we train."""
        cards = [self.hidden] * (len(self.sizes) - 2) + [self.output]
        layers = tuple(Layer(units, ACTIVATIONS[card]) for units, card in zip(self.sizes[1:], cards, strict=True))
        network = Network(self.sizes[0], layers)
        settings = TrainingSettings(LOSSES[self.loss], OptimizerSettings(learning_rate=RATE), self.batch)
        return network, initialize(network, "xavier_uniform", 0), settings


CASES = (
    Case((2, 3, 2), "sigmoid", "sigmoid", "half_sse", 1, 4),
    Case((2, 3, 2), "sigmoid", "sigmoid", "half_sse", 4, 1),
    Case((2, 4, 2, 1), "tanh", "tanh", "half_sse", 10, 25),
    Case((2, 8, 8, 1), "sigmoid", "sigmoid", "half_sse", 32, 10),
    Case((64, 32, 10), "sigmoid", "sigmoid", "half_sse", 32, 56),
    Case((64, 32, 10), "sigmoid", "softmax", "cross_entropy", 32, 56),
    Case((784, 128, 10), "sigmoid", "sigmoid", "half_sse", 64, 10),
)


def ours(case: Case, engine: str) -> Way | None:
    """Return our trainer with an engine."""
    network, start, settings = case.network()
    if engine == "compiled" and not is_compiled(engine, network, settings):
        return None
    trainer = Trainer(network, start, settings, *case.data(), engine=engine)
    return lambda steps: void(trainer.run(steps))


def void(_: object) -> None:
    """Drop a result."""


def measured(ways: dict[str, Way], least: int) -> dict[str, float]:
    """Return steps per second of each way: medians of rounds in which they take turns."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    steps = dict.fromkeys(ways, least)
    for name, take in ways.items():
        while True:  # how many are enough for a round
            began = time.perf_counter()
            take(steps[name])
            if time.perf_counter() - began > SECONDS:
                break
            steps[name] *= 2
    for _ in range(ROUNDS):
        for name, take in ways.items():
            began = time.perf_counter()
            take(steps[name])
            rates[name].append(steps[name] / (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in rates.items()}


def main(output: Path | None) -> None:
    """Print the table, and write it where asked to."""
    found: dict[str, dict[str, float]] = {}
    for case in CASES:
        makers = {
            "compiled": ours(case, "compiled"),
            "numpy": ours(case, "numpy"),
            "PyTorch": pytorch(case.sizes, case.hidden, case.output, case.batch, RATE, *case.data()),
            "scikit-learn": scikit_learn(case.sizes, case.hidden, case.output, case.batch, RATE, *case.data()),
        }
        ways = {name: way for name, way in makers.items() if way is not None}
        rates = found[case.name] = measured(ways, case.batches)
        told = "  ".join(f"{name} {rate:>11,.0f} ({rate / rates['numpy']:6.2f})" for name, rate in rates.items())
        print(f"{case.name:34} {told}")
    print("steps per second, in brackets times NumPy's")
    if output is not None:
        machine = {"machine": platform.processor() or platform.machine(), "python": platform.python_version()}
        output.write_text(json.dumps({**machine, "numpy": np.__version__, "steps_per_second": found}, indent=2))


if __name__ == "__main__":
    with threadpool_limits(limits=1, user_api="blas"):
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
