"""Small sessions for every activation, loss, optimizer and shape, trained a little so that memories are not empty."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, pairwise, product
from typing import Any

import numpy as np

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.session.document import Session
from tests.shapes import by

OPTIMIZERS = (
    by("sgd", 0.3),
    by("sgd", 0.3, momentum=0.8),
    by("sgd", 0.3, momentum=0.8, nesterov=True, weight_decay=0.05),
    by("sgd", 0.3, weight_decay=0.02, l1=0.01),
    by("rmsprop", 0.01),
    by("adagrad", 0.1, l1=0.01),
    by("adam", 0.01, weight_decay=0.1),
    by("adam", 0.01),
    by("adamw", 0.01, weight_decay=0.1),
    by("adam(beta1=0.5, beta2=0.75, epsilon=0.01)", 0.1),
    by("rmsprop(decay=0.5, epsilon=0.001)", 0.1, l1=0.1),
)
SHAPES = ((2, 3, 2), (1, 1), (2, 2, 3, 2), (3, 1, 1), (2, 2, 1))


def _numbered(card: Any, numbers: tuple[float, ...]) -> Any:
    """Return a card with numbers of its own where it takes some, and some are given."""
    return replace(card, numbers=numbers[: len(card.settings)]) if numbers else card


def session_of(
    sizes: tuple[int, ...],
    hidden: str,
    output: str,
    loss: str,
    optimizer: OptimizerSettings = OPTIMIZERS[0],
    batch: int = 1,
    seed: int = 0,
    steps: int = 2,
    numbers: tuple[float, ...] = (),
    **training: object,
) -> Session:
    """Return a session with four samples, ``steps`` updates after its start."""
    random = np.random.default_rng(seed)
    inner, last, cost = (_numbered(card, numbers) for card in (ACTIVATIONS[hidden], ACTIVATIONS[output], LOSSES[loss]))
    layers = [*(Layer(units, inner) for units in sizes[1:-1]), Layer(sizes[-1], last)]
    parameters = Parameters.of(
        [random.normal(size=pair) for pair in pairwise(sizes)], [random.normal(size=b) for b in sizes[1:]]
    )
    targets = random.uniform(0.1, 0.9, size=(4, sizes[-1]))
    if loss == "cross_entropy" and seed % 2:
        targets = np.eye(sizes[-1])[random.integers(0, sizes[-1], 4)]
    samples = Samples.of(random.normal(size=(4, sizes[0])).round(2), targets.round(2))
    settings = TrainingSettings(cost, optimizer, batch, **training)  # pyright: ignore
    begun = Session.begin(Network(sizes[0], tuple(layers)), settings, samples, parameters)
    trainer = begun.trainer()
    trainer.run(steps)
    return Session(begun.network, trainer.parameters(), parameters, settings, samples, trainer.progress())


def sessions(seed: int, count: int, among: tuple[tuple[int, ...], ...] = SHAPES) -> Iterator[tuple[Session, int]]:
    """Yield sessions in which every activation, loss and optimizer comes up, each with a sample to show."""
    random = np.random.default_rng(seed)
    hidden = [name for name in ACTIVATIONS if name != "softmax"]
    outputs = [
        (output, loss)
        for output, loss in product(ACTIVATIONS, LOSSES)
        if not LOSSES[loss].probabilities or output in ("sigmoid", "softmax")
    ]
    optimizers, shapes = list(OPTIMIZERS), list(among)
    every = (hidden, outputs, optimizers, shapes)
    for one in every:
        random.shuffle(one)  # pyright: ignore
    for inner, (output, loss), optimizer, sizes in islice(zip(*map(cycle, every), strict=False), count):
        if output == "softmax" and sizes[-1] == 1:
            sizes = (2, 3, 3)
        yield (
            session_of(
                sizes,
                inner,
                output,
                loss,
                optimizer,
                batch=int(random.choice([1, 1, 2, 3])),
                seed=int(random.integers(1000)),
                steps=int(random.integers(0, 4)),
                dropout=float(random.choice([0.0, 0.0, 0.5])),
                numbers=((), (), (0.3,))[int(random.integers(3))],
                reduction=str(random.choice(["mean", "mean", "sum"])),
            ),
            int(random.integers(4)),
        )


def corners() -> Iterator[tuple[Session, int]]:
    """Yield sessions at the edges: kinks met exactly, saturated outputs, wide layers, one unit, untrained biases."""
    flat = session_of((2, 2, 1), "relu", "linear", "mae", steps=0)
    still = Parameters.of(
        [np.zeros_like(w) for w in flat.parameters.weights], [np.zeros(2), [flat.samples.targets[0, 0]]]
    )
    yield Session.begin(flat.network, flat.training, flat.samples, still), 0
    for output, loss in (
        ("sigmoid", "binary_cross_entropy"),
        ("softmax", "binary_cross_entropy"),
        ("softmax", "cross_entropy"),
    ):
        session = session_of((1, 2), "linear", output, loss, steps=0)
        far = Parameters.of([[[45.0, -3.0]]], [[0.0, 0.5]])
        samples = Samples.of([[1.0]], [[0.0, 1.0]])
        yield Session.begin(session.network, session.training, samples, far), 0
    tail = session_of((1, 2), "linear", "gelu", "mse", steps=0)
    far = Parameters.of([[[-7.0, -13.0]]], [[0.0, 0.0]])
    yield Session.begin(tail.network, tail.training, Samples.of([[1.0]], [[0.0, 1.0]]), far), 0
    yield session_of((2, 2, 1), "leaky_relu", "elu", "mse", seed=3), 0  # two alphas
    yield session_of((3, 11, 2), "tanh", "softmax", "cross_entropy", seed=4), 1
    yield session_of((1, 1, 1, 1), "sigmoid", "sigmoid", "half_sse", OPTIMIZERS[6], train_biases=False, dropout=0.5), 2
