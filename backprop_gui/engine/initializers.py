"""Start weights from a rule and a seed, the same on every machine."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import Network, Parameters

Rule = Callable[[np.random.Generator, int, int], Floats]
"""``rule(random, fan_in, fan_out)`` returns weights of shape (fan_in, fan_out)."""


def _uniform(limit: Callable[[int, int], float]) -> Rule:
    def rule(random: np.random.Generator, before: int, after: int) -> Floats:
        bound = limit(before, after)
        return random.uniform(-bound, bound, (before, after))

    return rule


def _normal(deviation: Callable[[int, int], float]) -> Rule:
    def rule(random: np.random.Generator, before: int, after: int) -> Floats:
        return random.standard_normal((before, after)) * deviation(before, after)

    return rule


INITIALIZERS: dict[str, Rule] = {
    "zeros": lambda _random, before, after: np.zeros((before, after)),
    "uniform": _uniform(lambda _before, _after: 0.5),
    "xavier_uniform": _uniform(lambda before, after: math.sqrt(6.0 / (before + after))),
    "xavier_normal": _normal(lambda before, after: math.sqrt(2.0 / (before + after))),
    "he_uniform": _uniform(lambda before, _after: math.sqrt(6.0 / before)),
    "he_normal": _normal(lambda before, _after: math.sqrt(2.0 / before)),
}
"""Every rule by its name in session files.

``uniform`` draws from [-0.5, 0.5). Xavier: Glorot and Bengio (2010); He: He et al. (2015).
"""


def initialize(network: Network, initializer: str, seed: int) -> Parameters:
    """Return start parameters: weights by the rule, layer by layer, from one generator; biases 0."""
    random = np.random.Generator(np.random.PCG64(seed))
    rule = INITIALIZERS[initializer]
    shapes = list(pairwise(network.sizes))
    return Parameters.of(
        [rule(random, before, after) for before, after in shapes], [np.zeros(after) for _, after in shapes]
    )
