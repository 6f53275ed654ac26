"""Many runs trained at once: the mathematics of ``backprop.py`` with one more axis, that of the runs.

All members have one shape of network and settings of one kind (``kind_of``); start weights, learning rate and momentum
are each member's own. Every array begins with the axis of the members, so that one NumPy call does for all of them
what ``kernel.py`` does for one, in the same order of operations: weights are (members, units after, units before + 1),
their last column the biases, outputs are (members, units + 1, samples), their last row ones. Tests hold every member
to its trainer.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Batch
from backprop_gui.engine.descent import memories_of
from backprop_gui.engine.epochs import Epochs
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.optimizers import Pace
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Progress

_OPTIMIZERS = ("sgd", "rmsprop", "adagrad", "adam", "adamw")  # others may ask for what is one run's alone
_EVALUATION_NUMBERS = 500_000
State = tuple[Parameters, Progress]


def kind_of(settings: TrainingSettings, samples: int) -> TrainingSettings | None:
    """Return what must be equal for runs on ``samples`` to be members of one population; None for a run alone.

    Shuffled samples and dropout are drawn for each run, so such runs have nothing to share.
    """
    optimizer = settings.optimizer
    if settings.shuffle or settings.dropout or optimizer.name not in _OPTIMIZERS:
        return None
    shared = replace(optimizer, learning_rate=1.0, momentum=0.5 if optimizer.momentum else 0.0)
    length = settings.batch_length(samples)
    return replace(settings, optimizer=shared, batch_size=length, initializer="zeros", seed=0)


class Population:
    """Trains its members; one whose numbers grow beyond what can be computed stops, the others go on.

    Args:
        network: the shape of all members.
        settings: one per member, all of one kind.
        starts: where each begins.
        inputs: one row per sample, (samples, network.inputs).
        targets: one row per sample, (samples, network.outputs).
    """

    def __init__(
        self,
        network: Network,
        settings: Sequence[TrainingSettings],
        starts: Sequence[Parameters],
        inputs: Floats,
        targets: Floats,
    ) -> None:
        self._network, self._shared = network, settings[0]
        self._x, self._t = np.vstack([inputs.T, np.ones(len(inputs))]), np.ascontiguousarray(targets.T)
        epochs = Epochs(self._shared, self._x, self._t, 0)
        self._batches = list(epochs.between(0, 0, epochs.batches))
        self._theta = np.empty((len(starts), network.parameter_count))
        for layer, rows in enumerate(self._layers(self._theta)):
            rows[:, :, :-1] = [one.weights[layer].T for one in starts]
            rows[:, :, -1] = [one.biases[layer] for one in starts]
        memories = memories_of(self._shared.optimizer)
        self._slots: tuple[Floats, ...] = tuple(np.zeros_like(self._theta) for _ in range(memories))
        biases = np.zeros((1, network.parameter_count))
        for rows in self._layers(biases):
            rows[:, :, -1] = 1.0
        self._weights: Floats = 1.0 - biases[0]  # 1 for a weight, 0 for a bias
        self._rules = list(dict.fromkeys(settings))
        self._rule_of = np.array([self._rules.index(one) for one in settings])
        self._momenta = np.array([[one.optimizer.momentum] for one in settings])
        self._running = np.arange(len(settings))  # which members the rows of the arrays are
        self._ended: dict[int, State] = {}
        self.epoch = self._step = 0

    @property
    def running(self) -> list[int]:
        """The members that still train, from 0, in order."""
        return [int(member) for member in self._running]

    def run(self, epochs: int) -> list[int]:
        """Train for so many epochs; return the members that stopped because their numbers did not hold.

        They stand where they were before, which was the last moment known to be healthy.
        """
        before = [part.copy() for part in (self._theta, *self._slots)], self.epoch, self._step
        finite = np.ones(len(self._running), bool)
        with np.errstate(all="ignore"):
            for _ in range(epochs if len(self._running) else 0):
                finite &= np.isfinite(self._one_epoch())
        for part in (self._theta, *self._slots):
            finite &= np.isfinite(part).all(axis=1)
        finite &= np.isfinite(self.losses())
        fallen = [int(member) for member in self._running[~finite]]
        for row in np.flatnonzero(~finite):
            self._ended[int(self._running[row])] = self._state(*before, int(row))
        if fallen:
            self._theta, self._running = self._theta[finite], self._running[finite]
            self._slots = tuple(one[finite] for one in self._slots)
        return fallen

    def losses(self) -> Floats:
        """Return the mean loss over all samples of those that still train, (running,)."""
        total = np.zeros(len(self._running))
        widest = max(self._network.sizes) * max(1, len(self._running))
        block = max(1, _EVALUATION_NUMBERS // widest)
        with np.errstate(all="ignore"):
            for start in range(0, self._x.shape[1], block):
                part = slice(start, start + block)
                outputs, a = self._forward(self._x[:, part])
                total += self._losses(a[-1], outputs[-1], self._t[:, part])
        return total / self._x.shape[1]

    def member(self, member: int) -> State:
        """Return where a member is, or where it stopped."""
        if member in self._ended:
            return self._ended[member]
        row = int(np.searchsorted(self._running, member))
        return self._state([self._theta, *self._slots], self.epoch, self._step, row)

    def _state(self, parts: Sequence[Floats], epoch: int, step: int, row: int) -> State:
        own, *slots = map(self._parameters, (part[row : row + 1] for part in parts))
        return own, Progress(epoch, 0, step, 0.0, tuple(slots), step)

    def _parameters(self, flat: Floats) -> Parameters:
        layers = self._layers(flat)
        return Parameters.of([w[0, :, :-1].T for w in layers], [w[0, :, -1] for w in layers])

    def _one_epoch(self) -> Floats:
        """Take all batches once; return every running member's loss on the way, summed."""
        rates = np.array([rule.rate(self.epoch) for rule in self._rules])
        rows = self._rule_of[self._running]
        eta, mu = rates[rows, None], self._momenta[self._running]
        total = np.zeros(len(self._running))
        gradient = np.empty_like(self._theta)
        for batch in self._batches:
            total += self._gradient(batch, gradient)
            self._step += 1
            self._move(gradient, eta, mu)
        self.epoch += 1
        return total

    def _forward(self, x: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return outputs, each but the last over a row of ones, the inputs first; and the pre-activations."""
        outputs, befores = [x], list[Floats]()
        for layer, w in zip(self._network.layers, self._layers(self._theta), strict=True):
            befores.append(w @ outputs[-1])
            y = _turned(layer.activation(_turned(befores[-1])))
            last = len(befores) == len(self._network.layers)
            outputs.append(y if last else np.concatenate([y, np.ones((len(y), 1, y.shape[-1]))], axis=1))
        return outputs, befores

    def _losses(self, a: Floats, y: Floats, t: Floats) -> Floats:
        terms = self._shared.loss.terms(self._network.layers[-1].activation, _turned(a), _turned(y), t.T)
        return terms.sum(axis=(1, 2))

    def _gradient(self, batch: Batch, gradient: Floats) -> Floats:
        """Write the batch's gradient, (running, parameters); return the batch's loss before, summed over samples."""
        layers, weights = self._network.layers, self._layers(self._theta)
        outputs, a = self._forward(batch.x)
        y = _turned(outputs[-1])
        delta = _turned(self._shared.loss.output_delta(layers[-1].activation, _turned(a[-1]), y, batch.t.T))
        if self._shared.reduction == "mean":
            delta = delta * (1.0 / batch.length)
        for k, into in reversed(list(enumerate(self._layers(gradient)))):
            np.matmul(delta, _turned(outputs[k]), into)
            if k:
                back = np.ascontiguousarray(_turned(weights[k][:, :, :-1]))  # a view would be summed in another order
                delta = back @ delta * layers[k - 1].activation.slopes(a[k - 1], outputs[k][:, :-1])
        return self._losses(a[-1], outputs[-1], batch.t)

    def _move(self, gradient: Floats, eta: Floats, mu: Floats) -> None:
        """Take one update; ``eta`` and ``mu`` are (running, 1)."""
        optimizer = self._shared.optimizer
        if not self._shared.train_biases:
            np.copyto(gradient, 0.0, where=self._weights == 0.0)
        signs = np.sign(self._theta) if optimizer.l1 else None
        if optimizer.weight_decay:
            decay = optimizer.weight_decay * self._theta * self._weights
            if optimizer.method.decoupled:
                self._theta -= eta * decay
            else:
                gradient += decay
        if signs is not None:
            gradient += optimizer.l1 * signs * self._weights
        pace = Pace(eta, self._step, mu, optimizer.nesterov)  # pyright: ignore[reportArgumentType] # one per member
        optimizer.method.update(self._theta, gradient, self._slots, pace, *optimizer.method.numbers)

    def _layers(self, flat: Floats) -> list[Floats]:
        """Return ``flat``, (members, parameters), as a view per layer: (members, units after, units before + 1)."""
        found: list[Floats] = []
        start = 0
        for before, after in pairwise(self._network.sizes):
            stop = start + (before + 1) * after
            found.append(flat[:, start:stop].reshape(len(flat), after, before + 1))
            start = stop
        return found


def _turned(values: Floats) -> Floats:
    """Return a view with the last two axes exchanged: cards take a layer's units as the last axis."""
    return values.swapaxes(-1, -2)
