"""What tests of the gradient check share: one call for a whole network, and networks drawn by a seed."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.gradient_check import Check, Probe, check_gradients
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Network, ParameterRef, Parameters
from backprop_gui.engine.trace import trace
from tests.shapes import dense

EPSILONS = (None, *(10.0**-k for k in range(2, 11)))


def checked(
    network: Network,
    parameters: Parameters,
    x: Floats,
    t: Floats,
    loss: Loss,
    masks: tuple[Floats, ...] = (),
    refs: Sequence[ParameterRef] | None = None,
    epsilon: float | None = None,
    analytic: Parameters | None = None,
) -> list[Check]:
    """Return the check of ``refs``, else of all parameters: of ``analytic``, else of the engine's own gradient."""
    analytic = analytic or trace(network, parameters, x, t, loss, masks).gradients
    probe = Probe(network, parameters, x, t, loss, masks)
    return list(check_gradients(probe, refs or network.parameter_refs(), analytic, epsilon))


def random_case(shape: tuple[int, ...], activation: str, seed: int) -> tuple[Network, Parameters, Floats, Floats]:
    """Return a network, its parameters, inputs and targets, the same for the same seed."""
    random = np.random.default_rng(seed)
    parameters = Parameters.of(
        [random.normal(size=pair) for pair in pairwise(shape)], [random.normal(size=units) for units in shape[1:]]
    )
    network = Network(shape[0], tuple(dense(units, activation) for units in shape[1:]))
    return network, parameters, random.normal(size=shape[0]), random.uniform(0.05, 0.95, size=shape[-1])
