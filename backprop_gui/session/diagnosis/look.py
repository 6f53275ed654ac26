"""One pass of a session's samples through its network, and how much of the loss is still to go."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.session.diagnosis.floor import Floors, floors_of
from backprop_gui.session.document import Session

MOST_ROWS = 500
MOST_WORK = 20_000_000
"""Rows times parameters of one pass: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a session's samples do in its network.

    ``rows`` are the samples looked at, evenly spread over those for training. ``outputs[l]`` and ``slopes[l]`` are
    (rows, units) of ``network.layers[l]``, ``deltas[l]`` dL/da; a whole layer has no slopes, NaN. ``errors`` is
    every output's part of the loss, (rows, outputs).
    """

    session: Session
    rows: NDArray[np.intp]
    outputs: tuple[Floats, ...]
    slopes: tuple[Floats, ...]
    deltas: tuple[Floats, ...]
    errors: Floats
    floors: Floors

    @property
    def loss(self) -> float:
        """The mean loss of the rows."""
        return float(self.errors.sum()) / len(self.rows)

    @property
    def to_go(self) -> float:
        """Which share of what could be learnt is still to go: 1 where one output for all would do as well."""
        range_ = self.floors.constant - self.floors.equal
        return (self.loss - self.floors.equal) / range_ if range_ > 0 else 0.0

    @property
    def every(self) -> str:
        """How many samples have been looked at, in words."""
        train, _ = self.session.samples.rows()
        if len(self.rows) == len(train):
            return "every sample"
        return f"all {len(self.rows):,} of {len(train):,} samples looked at"


def look_at_samples(session: Session) -> Look:
    """Return a look at a session."""
    network, parameters, loss = session.network, session.parameters, session.training.loss
    train, _ = session.samples.rows()
    most = max(20, min(MOST_ROWS, MOST_WORK // network.parameter_count))
    rows = train[np.unique(np.linspace(0, len(train) - 1, min(len(train), most)).round().astype(np.intp))]
    x, t = session.samples.inputs[rows], session.samples.targets[rows]
    outputs: list[Floats] = [x]
    before: list[Floats] = []
    with np.errstate(all="ignore"):
        for layer, w, b in zip(network.layers, parameters.weights, parameters.biases, strict=True):
            before.append(outputs[-1] @ w + b)
            outputs.append(layer.activation(before[-1]))
        slopes = [
            np.full_like(a, np.nan) if layer.activation.whole_layer else layer.activation.slopes(a, y)
            for layer, a, y in zip(network.layers, before, outputs[1:], strict=True)
        ]
        output = network.layers[-1].activation
        deltas = [loss.output_delta(output, before[-1], outputs[-1], t)]
        for k in reversed(range(len(network.layers) - 1)):
            deltas.insert(0, (deltas[0] @ parameters.weights[k + 1].T) * slopes[k])
        errors = loss.terms(output, before[-1], outputs[-1], t)
    floors = floors_of(output, loss, x, t)
    return Look(session, rows, tuple(outputs[1:]), tuple(slopes), tuple(deltas), errors, floors)
