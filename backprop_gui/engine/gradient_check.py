"""Numeric gradients that know their own error, to hold the analytic ones against.

The textbook's quotient (L(w + eps) - L(w - eps)) / 2 eps errs twice: a large eps cuts off the bend of the curve, a
small one leaves nothing but rounding, and which eps is right differs from parameter to parameter. So eps is chosen for
each, by how far it moves the pre-activations; between w - eps and w + eps the loss is taken at many points, a curve is
fitted, and what the points scatter around it, be it rounding, bend or kink, tells how far its slope can be trusted.
Nothing here is taken from the backward pass.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Layer, Network, ParameterRef, Parameters, WeightRef
from backprop_gui.engine.trace import forward

_ROUNDOFF = float(np.finfo(np.float64).eps)
_SIDE = np.arange(1, 13) / 12
_STEPS = np.concatenate([[0.0], _SIDE, -_SIDE])  # in units of eps; the first is the parameter as it is
_POWERS = np.stack([_SIDE, _SIDE**3, _SIDE**5], axis=1)  # of (L(w + s) - L(w - s)) / 2, which has no even ones
_FIT = np.linalg.pinv(_POWERS)
_SPREAD = float(np.linalg.norm(_FIT[0])) / (len(_SIDE) - _POWERS.shape[1]) ** 0.5
_STANDARD_ERRORS = 50.0  # allowed for, as a curve that is no polynomial bends the slope by more than it scatters
_ROUNDINGS = 24.0  # allowed for: the fit adds up to 6.5 of them, and each is a first estimate
_BACKWARD = 1e-12  # relative: the backward pass rounds too

_MOVE = 2.0**-4
_SLACK = 1.01
_FINER = 0.25
_LOOKS = 20


class Verdict(Enum):
    """What a comparison of two gradients says; the last three: that nothing can be told, and why."""

    AGREES = "agrees"
    DIFFERS = "differs"
    SMALL = "small"
    KINK = "kink"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of the loss at a parameter's value, taken within ``epsilon`` of it and right within ``error``.

    ``bent``: the error is from the loss bending within epsilon more than from rounding. ``obstacle`` tells why there is
    no slope to be found: KINK, RANGE, or SMALL where rounding hides whatever the loss does.
    """

    value: float
    error: float
    epsilon: float
    bent: bool = False
    obstacle: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The analytic gradient of one parameter, the numeric one, and what their comparison says.

    ``measured`` is the slope as exactly as it can be known: ``numeric`` itself, or what a chosen eps was judged by.
    """

    ref: ParameterRef
    analytic: float
    numeric: Slope
    measured: Slope
    verdict: Verdict

    @property
    def digits(self) -> int:
        """How many significant digits the two have in common, 0 to 15."""
        larger = max(abs(self.analytic), abs(self.numeric.value))
        apart = abs(self.analytic - self.numeric.value)
        if not np.isfinite(apart):
            return 0
        return 15 if apart <= 1e-15 * larger else max(0, int(-np.log10(apart / larger)))


@dataclass(frozen=True, slots=True)
class _Look:
    """Losses (n,) in n places, pre-activations (n, units) of the layers from the changed one on, and y (n, outputs)."""

    losses: Floats
    pre_activations: tuple[Floats, ...]
    y: Floats

    @property
    def finite(self) -> bool:
        return all(bool(np.isfinite(one).all()) for one in (self.losses, *self.pre_activations))


class Probe:
    """The loss of one sample x (inputs,), t (outputs,) with other values of one parameter at a time.

    ``masks`` are dropout's, (units,) per hidden layer; they stay as they are.
    """

    def __init__(
        self, network: Network, parameters: Parameters, x: Floats, t: Floats, loss: Loss, masks: tuple[Floats, ...] = ()
    ) -> None:
        self._network, self._parameters, self._t = network, parameters, t
        self._loss, self._masks = loss, masks
        with np.errstate(all="ignore"):
            self._outputs, self._pre_activations = forward(network, parameters, x, masks)
        self._after = [
            (
                Network(network.layers[k].units, network.layers[k + 1 :]),
                Parameters(parameters.weights[k + 1 :], parameters.biases[k + 1 :]),
            )
            for k in range(len(network.layers) - 1)
        ]
        with np.errstate(all="ignore"):
            self._sums = [  # of absolute values, (units,) per layer: what a sum's rounding is in proportion to
                np.abs(h) @ np.abs(w) + np.abs(b)
                for h, w, b in zip(self._outputs, parameters.weights, parameters.biases, strict=False)
            ]
        self._here = float(self._losses_of(self._pre_activations[-1], self._outputs[-1]))
        self._rounding = self._roundings()

    def losses(self, ref: ParameterRef, values: Floats) -> Floats:
        """Return the loss where ``ref`` has each of ``values``, (n,)."""
        return self._look(ref, values).losses

    def slope(self, ref: ParameterRef) -> Slope:
        """Measure the slope by ``ref`` as exactly as float64 allows.

        Coarse to fine: the finest looks are the safest and the least exact, so a coarser one is believed as long as
        they agree with it, and the one with the smallest error of those is the answer.
        """
        value, (epsilon, finest) = self._parameters[ref], self._first_epsilon(ref)
        best, looks, obstacle = None, 0, Verdict.RANGE
        while epsilon >= finest and looks < _LOOKS:
            look = self._look(ref, value + epsilon * _STEPS)
            if not look.finite:
                obstacle, epsilon = Verdict.RANGE, epsilon * _FINER**4
            elif self._crosses_kink(look):
                obstacle, epsilon = Verdict.KINK, epsilon * _FINER
            elif (excess := self._excess(look)) > _SLACK:
                obstacle, epsilon = Verdict.SMALL, epsilon / excess
            else:
                found = self._fitted(ref, look, epsilon)
                looks += 1
                if best is None or abs(found.value - best.value) > found.error + best.error or found.error < best.error:
                    best = found
                elif looks >= 3:
                    break
                epsilon *= _FINER
        return best or Slope(np.nan, np.inf, epsilon, obstacle=obstacle)

    def quotient(self, ref: ParameterRef, epsilon: float, best: Slope) -> Slope:
        """Return the textbook's (L(w + eps) - L(w - eps)) / 2 eps, its error judged by ``best``, of ``slope``."""
        value = self._parameters[ref]
        look = self._look(ref, value + epsilon * np.array([0.0, 1.0, -1.0, 0.5, -0.5]))
        whole = float(look.losses[1] - look.losses[2]) / (2.0 * epsilon)
        half = float(look.losses[3] - look.losses[4]) / epsilon
        if not look.finite:
            return Slope(whole, np.inf, epsilon, obstacle=Verdict.RANGE)
        off = abs(whole - best.value)
        obstacle = best.obstacle or (Verdict.KINK if self._crosses_kink(look) else None)
        return Slope(whole, off + best.error, epsilon, abs(half - best.value) < off / 2.0, obstacle)

    def _look(self, ref: ParameterRef, values: Floats) -> _Look:
        k, j = ref.layer, _unit(ref)
        w, b, before = self._parameters.weights[k][:, j], self._parameters.biases[k][j], self._outputs[k]
        a = np.tile(self._pre_activations[k], (len(values), 1))
        with np.errstate(all="ignore"):
            if isinstance(ref, WeightRef):
                weights = np.tile(w, (len(values), 1))
                weights[:, ref.source] = values
                a[:, j] = (weights * before).sum(axis=1) + b  # not @, which need not treat all rows alike
            else:
                a[:, j] = before @ w + values
        return self._onward(k, a)

    def _onward(self, k: int, a: Floats) -> _Look:
        """Go on from pre-activations a (n, units) of layer ``k``."""
        with np.errstate(all="ignore"):
            h = self._network.layers[k].activation(a)
            if k < len(self._masks):
                h = self._masks[k] * h
            outputs, pre_activations = (h,), (a,)
            if k < len(self._after):
                alike = bool((h == h[0]).all())  # the same in every place, which a matrix product need not keep
                outputs, more = forward(*self._after[k], h[:1] if alike else h, self._masks[k + 1 :])
                if alike:
                    outputs, more = (tuple(np.repeat(one, len(a), axis=0) for one in rows) for rows in (outputs, more))
                pre_activations = (a, *more)
        return _Look(self._losses_of(pre_activations[-1], outputs[-1]), pre_activations, outputs[-1])

    def _losses_of(self, a: Floats, y: Floats) -> Floats:
        """Return L for pre-activations and outputs (..., outputs) of the last layer."""
        return self._loss.terms(self._network.layers[-1].activation, a, y, self._t).sum(axis=-1)

    def _roundings(self) -> list[Floats]:
        """Return per layer, (units,), how far rounding of each unit's sum shifts L; last, that of the loss itself."""
        found: list[Floats] = []
        with np.errstate(all="ignore"):
            for k, a in enumerate(self._pre_activations):
                step = _move(self._network.layers[k], a) / 256.0
                moved = self._onward(k, np.concatenate([a + np.diag(step), a - np.diag(step)])).losses
                steepness = np.abs(moved - self._here).reshape(2, -1).max(axis=0) / step
                found.append(_ROUNDOFF * steepness * self._sums[k])
            a, y = self._pre_activations[-1], self._outputs[-1]
            rounded = np.concatenate([y + np.diag(_ROUNDOFF * y), y - np.diag(_ROUNDOFF * y)])
            moved = self._losses_of(np.broadcast_to(a, rounded.shape), rounded)
            found.append(np.append(np.abs(moved - self._here), _ROUNDOFF * abs(self._here)))
        return found

    def _first_epsilon(self, ref: ParameterRef) -> tuple[float, float]:
        """Return the eps that moves the parameter's own sum as far as it may, and the least that rounding bears."""
        fed = abs(float(self._outputs[ref.layer][ref.source])) if isinstance(ref, WeightRef) else 1.0
        if fed == 0.0:
            return 1.0, 2.0**-40
        move = float(_move(self._network.layers[ref.layer], self._pre_activations[ref.layer])[_unit(ref)])
        lost = max(1024.0 * _ROUNDOFF * float(self._sums[ref.layer][_unit(ref)]), 2.0**-40 * move)
        return min(max(move, 64.0 * lost), 1e100 * fed) / fed, min(lost, 1e99 * fed) / fed

    def _fitted(self, ref: ParameterRef, look: _Look, epsilon: float) -> Slope:
        """Fit c1 s + c3 s^3 + c5 s^5 to (L(w + s) - L(w - s)) / 2 by least squares; c1 is the slope."""
        half = (look.losses[1 : len(_SIDE) + 1] - look.losses[len(_SIDE) + 1 :]) / 2.0
        size = float(np.abs(half).max()) or 1.0  # squares of tiny losses would come to 0
        powers = _FIT @ (half / size)
        scatter = size * float(np.linalg.norm(half / size - _POWERS @ powers)) * _SPREAD
        # Scatter cannot show steps so rare that the points meet none, so what rounding may do is added.
        rounding = float(self._rounding[ref.layer][_unit(ref)])
        rounding += sum(float(one.sum()) for one in self._rounding[ref.layer + 1 :])
        # The analytic gradient's own rounding: where y is near t, y - t has few digits left.
        y, moved = np.abs(look.y).max(axis=0), np.ptp(look.pre_activations[-1], axis=0)
        rounding += _ROUNDOFF * float((y + np.abs(self._t)) @ moved)
        value = size * float(powers[0]) / epsilon
        error = (_STANDARD_ERRORS * scatter + _ROUNDINGS * rounding) / epsilon + _BACKWARD * abs(value)
        return Slope(value, error, epsilon)

    def _layers_of(self, look: _Look) -> Iterator[tuple[int, Floats]]:
        return enumerate(look.pre_activations, len(self._network.layers) - len(look.pre_activations))

    def _excess(self, look: _Look) -> float:
        """Return how many times too far from the first place pre-activations have moved."""
        return max(
            float((np.abs(a[1:] - a[0]) / _move(self._network.layers[k], a[0])).max()) for k, a in self._layers_of(look)
        )

    def _crosses_kink(self, look: _Look) -> bool:
        """Tell whether a kink of an activation or of the loss lies between the first place and another."""
        for k, a in self._layers_of(look):
            alive = a[:, self._masks[k] != 0.0] if k < len(self._masks) else a
            if _crosses(alive, self._network.layers[k].activation.kinks):
                return True
        return _crosses(look.y - self._t, self._loss.kinks(*self._loss.numbers))


def check_gradients(
    probe: Probe, refs: Iterable[ParameterRef], analytic: Parameters, epsilon: float | None = None
) -> Iterator[Check]:
    """Yield the check of each of ``refs``: what ``analytic`` says against what the loss does.

    Without ``epsilon`` one is chosen for each parameter; with it the numeric gradient is the textbook's quotient.
    """
    for ref in refs:
        best = probe.slope(ref)
        verdict = _compare(analytic[ref], best)
        if epsilon is None or verdict is Verdict.RANGE:
            yield Check(ref, analytic[ref], best, best, verdict)
            continue
        shown = probe.quotient(ref, epsilon, best)
        if verdict is Verdict.AGREES and _compare(analytic[ref], shown) is not Verdict.DIFFERS:
            verdict = _compare(analytic[ref], shown)  # an eps may show less, but never more
        yield Check(ref, analytic[ref], shown, best, verdict)


def _compare(analytic: float, numeric: Slope) -> Verdict:
    if numeric.obstacle is not None:
        return numeric.obstacle
    if not np.isfinite(numeric.error):
        return Verdict.RANGE
    if not abs(analytic - numeric.value) <= numeric.error:  # so that NaN differs
        return Verdict.DIFFERS
    return Verdict.SMALL if numeric.error > 0.1 * max(abs(analytic), abs(numeric.value)) > 0.0 else Verdict.AGREES


def _unit(ref: ParameterRef) -> int:
    return ref.target if isinstance(ref, WeightRef) else ref.unit


def _move(layer: Layer, a: Floats) -> Floats:
    """Return how far eps may move pre-activations a (units,): as activations are smooth on the scale of 1.

    Large ones of a function without bounds, such as ReLU, move in proportion, to be more than their own rounding.
    """
    bounded = all(map(math.isfinite, layer.activation.limits))
    return np.full_like(a, _MOVE) if bounded else _MOVE * np.maximum(1.0, np.abs(a) * 2.0**-16)


def _crosses(values: Floats, kinks: tuple[float, ...]) -> bool:
    return any(bool((np.sign(values[1:] - kink) != np.sign(values[0] - kink)).any()) for kink in kinks)
