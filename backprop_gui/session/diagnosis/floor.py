"""The least loss that any weights can reach: outputs have a range, and equal inputs give equal outputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss

_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_ROUNDS = 60
_NEAR = 1e-12
"""How near to 0 and 1 a probability is taken: the logarithm of 0 is no number."""


@dataclass(frozen=True, slots=True)
class Floors:
    """Least mean losses: ``own`` were every target met, ``reach`` with the outputs' range, ``equal`` with equal inputs
    given equal outputs as well, ``constant`` with one output for all samples. ``groups`` numbers the samples' inputs.
    """

    own: float
    reach: float
    equal: float
    constant: float
    groups: NDArray[np.intp]


def floors_of(output: Activation, loss: Loss, x: Floats, t: Floats) -> Floors:
    """Return the least losses over samples x (samples, inputs) with targets t (samples, outputs)."""
    places: dict[bytes, int] = {}
    groups = np.array([places.setdefault(row.tobytes(), len(places)) for row in x + 0.0], np.intp)  # 0 for -0
    alone, together = np.arange(len(t)), np.zeros(len(t), np.intp)
    limits = output.limits
    free = (0.0, 1.0) if loss.probabilities else (-np.inf, np.inf)
    shares = loss.name == "cross_entropy"  # only pulls up: what holds it back is that softmax shares out 1
    if shares and not output.whole_layer:
        return Floors(0.0, 0.0, 0.0, _least(loss, t, together, limits), groups)
    return Floors(
        _least(loss, t, alone, free),
        _least(loss, t, alone, limits),
        _least(loss, t, groups, limits),
        _least(loss, t, together, limits),
        groups,
    )


def _least(loss: Loss, t: Floats, groups: NDArray[np.intp], limits: tuple[float, float]) -> float:
    """Return the least mean loss where samples of one group have one output within ``limits``."""
    count = int(groups.max()) + 1
    low, high = np.full((count, t.shape[1]), np.inf), np.full((count, t.shape[1]), -np.inf)
    np.minimum.at(low, groups, t)
    np.maximum.at(high, groups, t)
    bounds = limits if not loss.probabilities else (max(limits[0], _NEAR), min(limits[1], 1.0 - _NEAR))
    low, high = np.clip(low, *bounds), np.clip(high, *bounds)

    def cost(y: Floats) -> Floats:
        with np.errstate(all="ignore"):
            terms = loss.term(y[groups], t, *loss.numbers) * loss.scale(t.shape[1])
        summed = np.zeros_like(y)
        np.add.at(summed, groups, terms)
        return summed

    if loss.name == "cross_entropy":
        total = np.zeros_like(low)
        np.add.at(total, groups, t)
        share = total / np.maximum(total.sum(axis=1, keepdims=True), _NEAR)
        return float(cost(np.clip(share, _NEAR, 1.0)).sum()) / len(t)
    for _ in range(_ROUNDS if (low < high).any() else 1):
        first, second = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        lower = cost(first) < cost(second)
        low, high = np.where(lower, low, first), np.where(lower, second, high)
    return float(cost((low + high) / 2.0).sum()) / len(t)
