"""Each optimizer against the scalar loop of its textbook, written here a second time without arrays."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from backprop_gui.engine.initializers import INITIALIZERS, initialize
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.engine.network import Network
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense

NETWORK = Network(2, (dense(3, "tanh"), dense(1, "sigmoid")))
X = np.array([[0.0, 1.0], [1.0, 0.5], [-0.5, 2.0]])
T = np.array([[1.0], [0.0], [0.7]])

Memory = dict[str, float]
Rule = Callable[[float, float, Memory, int], float]


def sgd(theta: float, g: float, memory: Memory, step: int, mu: float, nesterov: bool) -> float:
    v = memory["v"] = mu * memory.get("v", 0.0) - 0.1 * g
    return theta + (mu * v - 0.1 * g if nesterov else v)


def rmsprop(theta: float, g: float, memory: Memory, step: int) -> float:
    s = memory["s"] = 0.99 * memory.get("s", 0.0) + 0.01 * g * g
    return theta - 0.1 * g / (math.sqrt(s) + 1e-8)


def adagrad(theta: float, g: float, memory: Memory, step: int) -> float:
    s = memory["s"] = memory.get("s", 0.0) + g * g
    return theta - 0.1 * g / (math.sqrt(s) + 1e-10)


def adam(theta: float, g: float, memory: Memory, step: int) -> float:
    m = memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    v = memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    return theta - 0.1 * (m / (1 - 0.9**step)) / (math.sqrt(v / (1 - 0.999**step)) + 1e-8)


def plain(mu: float, nesterov: bool) -> Rule:
    return lambda theta, g, memory, step: sgd(theta, g, memory, step, mu, nesterov)


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (by("sgd", 0.1), plain(0.0, False)),
        (by("sgd", 0.1, momentum=0.9), plain(0.9, False)),
        (by("sgd", 0.1, momentum=0.9, nesterov=True), plain(0.9, True)),
        (by("rmsprop", 0.1), rmsprop),
        (by("adagrad", 0.1), adagrad),
        (by("adam", 0.1), adam),
        (by("adam", 0.1, weight_decay=0.01, l1=0.001), adam),
    ],
)
def test_every_parameter_moves_as_the_textbook_says(settings: OptimizerSettings, rule: Rule) -> None:
    start = initialize(NETWORK, "xavier_uniform", 3)
    trainer = Trainer(NETWORK, start, TrainingSettings(optimizer=settings), X, T)
    refs = list(NETWORK.parameter_refs())
    memories: list[Memory] = [{} for _ in refs]
    now = start
    for step in range(1, 31):
        k = (step - 1) % len(X)
        gradients = trace(NETWORK, now, X[k], T[k], HALF_SSE).gradients
        moved = now
        for ref, memory in zip(refs, memories, strict=True):
            g = gradients[ref]
            if "source" in ref.__slots__:  # penalties are on weights only
                g += settings.weight_decay * now[ref] + settings.l1 * np.sign(now[ref])
            moved = moved.replace(ref, rule(now[ref], g, memory, step))
        now = moved
    trainer.run(30)
    assert np.abs(trainer.parameters().flat() - now.flat()).max() < 1e-13


# Drawn once and written down: a seed must give these weights on every machine and with every later version.
PINNED = {
    "uniform": [0.1369616873214543, -0.2302132862361297, -0.4590264760638053],
    "xavier_uniform": [0.30006802263971943, -0.5043720396356872, -1.0056766217290054],
    "he_uniform": [0.47444920226224196, -0.797482216676747, -1.5901143571236198],
}


@pytest.mark.parametrize("name", PINNED)
def test_a_seed_gives_the_same_weights_on_every_machine(name: str) -> None:
    first = initialize(NETWORK, name, 0).weights[0].ravel()[:3]
    assert first.tolist() == pytest.approx(PINNED[name], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "bound", "deviation"),
    [
        ("uniform", 0.5, 0.5 / math.sqrt(3)),
        ("xavier_uniform", math.sqrt(6 / 400), math.sqrt(2 / 400)),
        ("xavier_normal", math.inf, math.sqrt(2 / 400)),
        ("he_uniform", math.sqrt(6 / 300), math.sqrt(2 / 300)),
        ("he_normal", math.inf, math.sqrt(2 / 300)),
        ("zeros", 0.0, 0.0),
    ],
)
def test_initializers_spread_as_their_papers_say(name: str, bound: float, deviation: float) -> None:
    assert set(INITIALIZERS) == {"zeros", "uniform", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal"}
    drawn = initialize(Network(300, (dense(100, "relu"),)), name, 1)
    assert np.abs(drawn.weights[0]).max() <= bound
    assert drawn.weights[0].std() == pytest.approx(deviation, rel=0.02)
    assert not drawn.biases[0].any()
