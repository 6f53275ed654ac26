"""The cases our numbers are held against PyTorch's in, and where its numbers are kept."""

from pathlib import Path

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network, Parameters
from tests.shapes import by, dense

STORED = Path(__file__).with_name("from_pytorch.npz")
"""Made by ``python -m tests.engine.test_against_pytorch`` with PyTorch 2.13 on CPU, in float64."""

COMMON = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax"]
MORE = ("elu", "elu(alpha=0.5)", "leaky_relu(slope=0.3)", "silu", "gelu", "softsign", "hard_sigmoid", "sine")
GRADIENT_CASES = [
    (loss, output, hidden)
    for loss, one in LOSSES.items()
    for output in COMMON
    if not one.probabilities or output in ("sigmoid", "softmax")
    for hidden in COMMON
    if hidden != "softmax"
] + [case for card in MORE for case in (("half_sse", "sigmoid", card), ("huber(delta=0.3)", card, "tanh"))]
OPTIMIZERS = [
    by("sgd", 0.2),
    by("sgd", 0.2, momentum=0.9),
    by("sgd", 0.2, momentum=0.9, nesterov=True),
    by("rmsprop", 0.01),
    by("adagrad", 0.1),
    by("adam", 0.01),
    by("sgd", 0.2, momentum=0.9, weight_decay=0.05),
    by("rmsprop(decay=0.9, epsilon=1e-07)", 0.01),
    by("adagrad(epsilon=0.001)", 0.1, weight_decay=0.05),
    by("adam(beta1=0.8, beta2=0.95, epsilon=0.0001)", 0.01, weight_decay=0.05),
    by("adamw", 0.01, weight_decay=0.05),
    by("adamw(beta1=0.7)", 0.01),
]


def gradient_case(output: str, hidden: str) -> tuple[Network, Parameters, Floats, Floats, tuple[Floats, Floats]]:
    """Return a 3-4-3-2 network, parameters, one sample x and t, and dropout's masks."""
    network = Network(3, (dense(4, hidden), dense(3, hidden), dense(2, output)))
    random = np.random.default_rng(1)
    parameters = Parameters.of(
        [random.normal(size=s) for s in ((3, 4), (4, 3), (3, 2))], [random.normal(size=n) for n in (4, 3, 2)]
    )
    masks = (np.array([2.0, 0.0, 2.0, 2.0]), np.array([0.0, 2.0, 2.0]))
    return network, parameters, random.normal(size=3), random.uniform(0.1, 0.9, size=2), masks


def run_case() -> tuple[Network, Parameters, Floats, Floats]:
    """Return a 3-5-2 network, its start, and 23 samples, for batches of 5."""
    network = Network(3, (dense(5, "tanh"), dense(2, "sigmoid")))
    random = np.random.default_rng(2)
    x, t = random.normal(size=(23, 3)), random.uniform(size=(23, 2))
    return network, initialize(network, "xavier_uniform", 4), x, t
