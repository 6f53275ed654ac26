"""Training steps at full speed: the mathematics of ``backprop.py`` over preallocated arrays.

What makes it fast: all parameters are views of one flat vector, so an update is one operation; biases are folded
into the weights through a row of ones; arrays are features x batch and C-contiguous; each product is a bound
``ndarray.dot`` with a positional output, which also lets other threads run; neighbouring layers with one
activation share their slope computation; common activations have twins that write in place (``twins.py``).
Pre-activations are kept only where a card asks for them. Tests hold it to ``backprop.py``.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Batch
from backprop_gui.engine.descent import Descent
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.twins import Elementwise, is_straight, slope_of, value_of

Dot = Callable[[Floats, Floats], Floats]
"""``dot(right, out)``: a bound ``ndarray.dot``."""


class FlatParameters:
    """One flat vector, seen as a matrix per layer: (units after, units before + 1), the last column the biases."""

    def __init__(self, network: Network) -> None:
        self.flat: Floats = np.zeros(network.parameter_count)
        self.matrices: list[Floats] = []
        start = 0
        for before, after in pairwise(network.sizes):
            stop = start + after * (before + 1)
            self.matrices.append(self.flat[start:stop].reshape(after, before + 1))
            start = stop

    def load(self, parameters: Parameters) -> None:
        """Copy ``parameters`` in."""
        for matrix, w, b in zip(self.matrices, parameters.weights, parameters.biases, strict=True):
            matrix[:, :-1] = w.T
            matrix[:, -1] = b

    def parameters(self) -> Parameters:
        """Return read-only copies in the article's layout."""
        return Parameters.of([m[:, :-1].T for m in self.matrices], [m[:, -1] for m in self.matrices])


class Workspace:
    """Buffers for batches of one length, and the forward and backward pass through them."""

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        theta: FlatParameters,
        gradient: FlatParameters,
        length: int,
    ) -> None:
        cards, loss = [layer.activation for layer in network.layers], settings.loss
        self._loss, self._output_activation = loss, cards[-1]
        self._share = np.array(1.0 / length) if settings.reduction == "mean" and length > 1 else None
        self._squares = loss.term is HALF_SSE.term and not cards[-1].whole_layer

        # All layers' outputs in one buffer: each hidden layer's units, then its row of ones.
        rows = [layer.units + 1 for layer in network.layers]
        buffer = np.ones((sum(rows), length))
        starts = np.cumsum([0, *rows])
        with_ones = [buffer[a:b] for a, b in pairwise(starts)]
        outputs = [block[:-1] for block in with_ones]
        slopes_buffer = np.ones_like(buffer)
        slopes = [slopes_buffer[a : b - 1] for a, b in pairwise(starts)]
        deltas = [np.zeros_like(block) for block in outputs]
        kept = [not card.from_output for card in cards]
        kept[-1] |= cards[-1].name in loss.pairs
        befores = [np.empty_like(out) if keep else out for out, keep in zip(outputs, kept, strict=True)]

        self._y, self._a = outputs[-1], befores[-1]
        self._output_slope = slopes[-1]
        self._output_delta = deltas[-1]
        self._first: Dot = theta.matrices[0].dot
        self._first_a, self._first_out = befores[0], outputs[0]
        values = [value_of(card) for card in cards]
        self._first_value = values[0]
        self._forward: list[tuple[Dot, Floats, Floats, Floats, Elementwise]] = [
            (theta.matrices[k].dot, with_ones[k - 1], befores[k], outputs[k], values[k]) for k in range(1, len(cards))
        ]
        own_slopes = [slope_of(card, a) for card, a in zip(cards, befores, strict=True)]
        self._slopes = [
            (own_slopes[layers[0]], buffer[start:stop], slopes_buffer[start:stop])
            for layers, start, stop in _slope_runs(cards, starts)
        ]
        self._masked = [(outputs[k], slopes[k], own_slopes[k]) for k in range(len(cards) - 1)]
        self._last_slope = own_slopes[-1]
        self._hidden: list[tuple[Dot, Floats, Floats, Floats]] = [
            (theta.matrices[k + 1][:, :-1].T.dot, deltas[k + 1], deltas[k], slopes[k])
            for k in reversed(range(len(network.layers) - 1))
        ]
        self._gradients: list[tuple[Dot, Floats, Floats]] = [
            (deltas[k].dot, with_ones[k - 1].T, gradient.matrices[k]) for k in range(1, len(network.layers))
        ]
        self._first_gradient: Dot = deltas[0].dot
        self._first_gradient_out = gradient.matrices[0]

    def forward(self, x: Floats) -> Floats:
        """Return the outputs (outputs, length) for x (inputs + 1, length), whose last row is ones."""
        self._first(x, self._first_a)
        self._first_value(self._first_a, self._first_out)
        for dot, before, a, out, value in self._forward:
            dot(before, a)
            value(a, out)
        return self._y

    def _forward_with_dropout(self, x: Floats, mask: Floats) -> Floats:
        """Return the outputs with hidden units masked, and leave every slope, times its mask, in its place."""
        self._first(x, self._first_a)
        self._first_value(self._first_a, self._first_out)
        start = 0
        for (out, slopes, slope), (dot, before, a, after, value) in zip(self._masked, self._forward, strict=True):
            stop = start + len(out)
            share = mask[:, start:stop].T
            slope(out, slopes)
            np.multiply(slopes, share, slopes)
            np.multiply(out, share, out)
            dot(before, a)
            value(a, after)
            start = stop
        if self._squares:
            self._last_slope(self._y, self._output_slope)
        return self._y

    def loss(self, t: Floats) -> float:
        """Return the summed loss of the batch last pushed forward; t is (outputs, length)."""
        return float(self._loss.terms(self._output_activation, self._a.T, self._y.T, t.T).sum())

    def step(self, x: Floats, t: Floats, mask: Floats | None) -> float:
        """Write the batch's gradient, mean or sum; return its summed loss. What goes in is that of ``batch.Batch``."""
        if mask is None:
            y = self.forward(x)
            for slope, values, out in self._slopes:
                slope(values, out)
        else:
            y = self._forward_with_dropout(x, mask)
        delta = self._output_delta
        if self._squares:
            np.subtract(y, t, delta)
            errors = delta.reshape(-1)
            total = 0.5 * float(errors.dot(errors))
            np.multiply(delta, self._output_slope, delta)
        else:
            total = self.loss(t)
            delta[...] = self._loss.output_delta(self._output_activation, self._a.T, y.T, t.T).T
        if self._share is not None:
            np.multiply(delta, self._share, delta)
        for dot, above, out, slope_values in self._hidden:
            dot(above, out)
            np.multiply(out, slope_values, out)
        self._first_gradient(x.T, self._first_gradient_out)
        for dot, before, out in self._gradients:
            dot(before, out)
        return total


class NumpyKernel:
    """NumPy's kernel (see ``batch.Kernel``): everything in flat form, with a workspace per batch length."""

    def __init__(self, network: Network, settings: TrainingSettings) -> None:
        self._network, self._settings = network, settings
        self._theta, self._gradient, biases = (FlatParameters(network) for _ in range(3))
        for matrix in biases.matrices:
            matrix[:, -1] = 1.0
        self._descent = Descent(settings, biases.flat == 1.0)
        self._workspaces: dict[int, Workspace] = {}
        self.updates = 0

    @property
    def theta(self) -> Floats:
        """All parameters, as ``FlatParameters`` lays them out; who writes into it trains this kernel."""
        return self._theta.flat

    @property
    def gradient_vector(self) -> Floats:
        """Where a gradient is written, laid out alike."""
        return self._gradient.flat

    @property
    def slots(self) -> tuple[Floats, ...]:
        """What the optimizer remembers, laid out alike."""
        return self._descent.slots

    def article_order(self) -> NDArray[np.intp]:
        """Return where in ``theta`` each number of ``Parameters.flat()`` stands, (parameters,)."""
        seen = FlatParameters(self._network)
        seen.flat[:] = np.arange(len(seen.flat))
        return seen.parameters().flat().astype(np.intp)

    def load(self, parameters: Parameters, memories: Sequence[Parameters] = (), updates: int = 0) -> None:
        """Go on from these parameters; memories that are not this optimizer's are left out, and it begins anew."""
        self._theta.load(parameters)
        own = self._descent.slots
        known = len(memories) == len(own)
        self.updates = updates if known else 0
        for place, slot in enumerate(own):
            slot[:] = self._flat(memories[place]) if known else 0.0

    def parameters(self) -> Parameters:
        """Return the parameters as they are now, read-only."""
        return self._theta.parameters()

    def memories(self) -> tuple[Parameters, ...]:
        """Return what the optimizer remembers, each in the parameters' shape."""
        seen = FlatParameters(self._network)
        found: list[Parameters] = []
        for slot in self._descent.slots:
            seen.flat[:] = slot
            found.append(seen.parameters())
        return tuple(found)

    def is_finite(self) -> bool:
        """Tell whether all parameters, and all the optimizer remembers, are finite."""
        return all(bool(np.isfinite(one).all()) for one in (self._theta.flat, *self._descent.slots))

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self._descent.set_rate(rate)

    def take(self, batch: Batch) -> float:
        """Update the parameters once; return the batch's loss before that, summed over its samples."""
        total = self._workspace(batch.length).step(batch.x, batch.t, batch.mask)
        self._move()
        return total

    def gradient(self, batch: Batch) -> Parameters:
        """Return the gradient an update would start from: the batch's mean or sum, before penalties."""
        self._workspace(batch.length).step(batch.x, batch.t, batch.mask)
        return self._gradient.parameters()

    def update(self, gradient: Parameters) -> None:
        """Update the parameters once, from a gradient that may come from elsewhere."""
        self._gradient.load(gradient)
        self._move()

    def loss(self, batch: Batch) -> float:
        """Return the loss summed over the batch's samples, without dropout."""
        work = self._workspace(batch.length)
        work.forward(batch.x)
        return work.loss(batch.t)

    def outputs(self, batch: Batch) -> Floats:
        """Return the outputs, (outputs, length), without dropout; the next call may overwrite them."""
        return self._workspace(batch.length).forward(batch.x)

    def _workspace(self, length: int) -> Workspace:
        if length not in self._workspaces:
            parts = self._network, self._settings, self._theta, self._gradient
            self._workspaces[length] = Workspace(*parts, length)
        return self._workspaces[length]

    def _move(self) -> None:
        self.updates += 1
        self._descent.update(self._theta.flat, self._gradient.flat, self.updates)

    def _flat(self, parameters: Parameters) -> Floats:
        seen = FlatParameters(self._network)
        seen.load(parameters)
        return seen.flat


def _slope_runs(cards: list[Activation], starts: NDArray[np.int64]) -> Iterator[tuple[list[int], int, int]]:
    """Yield (layers, first row, last row + 1) of what takes its slopes in one go: neighbours with one activation.

    Rows of ones inside a run get a slope too, which nothing reads. A layer whose slopes need its pre-activations is
    alone; straight lines keep the buffer's ones, and a whole layer has no slopes.
    """

    def one_run(layer: int) -> object:
        return cards[layer] if cards[layer].from_output else layer

    for _, run in groupby(range(len(cards)), key=one_run):
        layers = list(run)
        if not (cards[layers[0]].whole_layer or is_straight(cards[layers[0]])):
            yield layers, int(starts[layers[0]]), int(starts[layers[-1] + 1]) - 1
