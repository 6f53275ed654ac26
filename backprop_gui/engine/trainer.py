"""The training loop: batches in order, epochs, goals, and a state that can be taken out and put back."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.dropout import Masks
from backprop_gui.engine.evaluate import accuracy
from backprop_gui.engine.history import Record
from backprop_gui.engine.kernel import FlatParameters, Kernel, Workspace
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings

_EVALUATION_BLOCK = 1024
_ROUNDING = 1e-9

_Order = NDArray[np.int64]
_Blocks = tuple[Workspace, list[Floats], list[Floats], list[Floats], Floats | None]
"""A workspace, x per batch, its transpose, t per batch, and what multiplies the gradient."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is.

    ``epoch`` counts finished epochs, ``batch`` the batches used of the current one, ``step`` all updates.
    ``epoch_loss`` is the summed loss of the samples used in this epoch. ``slots`` is what the optimizer remembers
    (velocity, or its moments), each in the parameters' shape, ``slot_steps`` the updates since it began.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    epoch_loss: float = 0.0
    slots: tuple[Parameters, ...] = ()
    slot_steps: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: at the end of epoch ``epoch``, once the loss is below ``loss_below``, once ``accuracy`` of the
    samples (a share) have the right class, or once the loss has not become smaller for ``patience`` epochs. To count
    as smaller it must have fallen by more than the share ``least_gain``: above 0 it is a plateau that ends the run.
    Loss and accuracy are those over the test samples where there are any, else over all.
    """

    epoch: int | None = None
    loss_below: float | None = None
    patience: int | None = None
    least_gain: float = 0.0
    accuracy: float | None = None


class Trainer:
    """Trains one network on one set of samples; deterministic, and the same in any chunks of steps.

    Args:
        network: the shape.
        parameters: where to start.
        settings: loss, optimizer, batches.
        inputs: one row per sample, (samples, network.inputs).
        targets: one row per sample, (samples, network.outputs).
        progress: where an earlier run stopped, to go on exactly there.
        tests: inputs and targets kept for testing; they do not change the run.
    """

    def __init__(
        self,
        network: Network,
        parameters: Parameters,
        settings: TrainingSettings,
        inputs: Floats,
        targets: Floats,
        progress: Progress | None = None,
        tests: tuple[Floats, Floats] | None = None,
    ) -> None:
        self._samples = len(inputs)
        self._inputs = np.vstack([inputs.T, np.ones(self._samples)])
        self._targets = np.ascontiguousarray(targets.T)
        self._tests = None if tests is None else (np.vstack([tests[0].T, np.ones(len(tests[0]))]), tests[1].T)
        self._settings = settings
        self._kernel = Kernel(network, settings)
        self._kernel.theta.load(parameters)
        self._length = settings.batch_length(self._samples)
        progress = progress or Progress()
        self.epoch, self.step = progress.epoch, progress.step
        self.batches = math.ceil(self._samples / self._length)
        self.batch = min(progress.batch, self.batches - 1)
        self._epoch_loss = progress.epoch_loss if progress.batch == self.batch else 0.0
        self._slot_steps = 0
        self._load_slots(progress)
        self._arranged_epoch = self._masks_epoch = -1
        self._masks: Masks | None = None
        self._order: tuple[int, _Order] | None = None  # of which epoch
        self.begin_run()

    def parameters(self) -> Parameters:
        """Return the parameters as they are now, read-only."""
        return self._kernel.theta.parameters()

    def progress(self) -> Progress:
        """Return where the run is now, for a later ``Trainer`` to go on from."""
        slots: list[Parameters] = []
        for slot in self._kernel.optimizer.slots:
            flat = FlatParameters(self._kernel.network)
            flat.flat[:] = slot
            slots.append(flat.parameters())
        return Progress(self.epoch, self.batch, self.step, self._epoch_loss, tuple(slots), self._slot_steps)

    def is_finite(self) -> bool:
        """Tell whether parameters and loss are still numbers to go on with."""
        return math.isfinite(self._epoch_loss) and bool(np.isfinite(self._kernel.theta.flat).all())

    def loss(self) -> float:
        """Return the mean loss over all samples with the parameters as they are now."""
        return self._mean_loss(self._inputs, self._targets)

    def test_loss(self) -> float:
        """Return the mean loss over the samples kept for testing, NaN where there are none."""
        return math.nan if self._tests is None else self._mean_loss(*self._tests)

    def accuracy(self) -> float:
        """Return the share of right classes over the test samples where there are any, else over all."""
        inputs, targets = (self._inputs, self._targets) if self._tests is None else self._tests
        with np.errstate(all="ignore"):
            right = sum(accuracy(y.T, t.T) * t.shape[1] for _, y, t in self._passes(inputs, targets))
        return right / inputs.shape[1]

    def _mean_loss(self, inputs: Floats, targets: Floats) -> float:
        with np.errstate(all="ignore"):
            return sum(work.loss(t) for work, _, t in self._passes(inputs, targets)) / inputs.shape[1]

    def _passes(self, inputs: Floats, targets: Floats) -> Iterator[tuple[Workspace, Floats, Floats]]:
        """Yield workspace, outputs and targets of one block of samples after the other, without dropout."""
        for start in range(0, inputs.shape[1], _EVALUATION_BLOCK):
            x = inputs[:, start : start + _EVALUATION_BLOCK]
            work = self._kernel.workspace(x.shape[1])
            yield work, work.forward(x), targets[:, start : start + _EVALUATION_BLOCK]

    def record(self, running_loss: float = math.nan) -> Record:
        """Return a record of the present state."""
        return Record(self.epoch, self.loss(), running_loss, self.parameters().flat(), self.test_loss())

    def batch_samples(self, batch: int) -> tuple[int, ...]:
        """Return the indices of the samples in ``batch`` of the current epoch, in the order they are used."""
        order = self._epoch_order()
        return tuple(int(k) for k in order[batch * self._length : (batch + 1) * self._length])

    def masks(self, row: int) -> tuple[Floats, ...]:
        """Return what the current epoch's dropout multiplies each hidden layer by for sample ``row``, (units,) each.

        Empty without dropout.
        """
        self._arrange()
        if self._masks is None:
            return ()
        place = int(np.flatnonzero(self._epoch_order() == row)[0])
        hidden = self._kernel.network.sizes[1:-1]
        return tuple(np.split(self._masks.take(place, 1)[0], np.cumsum(hidden)[:-1]))

    def next_gradient(self) -> Parameters:
        """Return the gradient the next update starts from: its batch's mean or sum, before penalties."""
        self._arrange()
        work, xs, x_transposed, ts, share = self._whole
        k = self.batch
        if k >= len(xs):
            (work, xs, x_transposed, ts, share), k = self._rest, 0
        mask = self._mask(self.batch, xs[k].shape[1])
        with np.errstate(all="ignore"):
            work.step(xs[k], x_transposed[k], ts[k], share, mask)
        return self._kernel.gradient()

    def update_from(self, gradient: Parameters) -> None:
        """Take one update from ``gradient``, whatever batch is next; only parameters and memory move."""
        self._kernel.load_gradient(gradient)
        self._kernel.optimizer.set_rate(self._settings.rate(self.epoch))
        self._slot_steps += 1
        with np.errstate(all="ignore"):
            self._kernel.update(self._slot_steps)

    def run(
        self,
        steps: int,
        goal: Goal | None = None,
        on_epoch: Callable[[float], None] | None = None,
    ) -> bool:
        """Take up to ``steps`` updates; return whether ``goal`` was reached, which ends the run at once.

        ``on_epoch(running_loss)`` is called after each epoch, when the counters already show it as finished.
        """
        goal = goal or Goal()
        with np.errstate(all="ignore"):
            while steps > 0:
                taken = min(steps, self.batches - self.batch)
                self._run_in_epoch(taken)
                steps -= taken
                if self.batch == self.batches:
                    running_loss = self._epoch_loss / self._samples
                    self.epoch, self.batch, self._epoch_loss = self.epoch + 1, 0, 0.0
                    if on_epoch:
                        on_epoch(running_loss)
                    if goal.epoch is not None and self.epoch >= goal.epoch:
                        return True
                    if self._is_good_enough(goal):
                        return True
        return False

    def _is_good_enough(self, goal: Goal) -> bool:
        """Tell at the end of an epoch whether accuracy or loss end the run."""
        if goal.accuracy is not None and self.accuracy() >= goal.accuracy - _ROUNDING:
            return True
        if goal.loss_below is None and goal.patience is None:
            return False
        loss = self.loss() if self._tests is None else self.test_loss()
        if loss < self._best[0] * (1.0 - goal.least_gain) or math.isinf(self._best[0]):
            self._best = loss, self.epoch
        stale = goal.patience is not None and self.epoch - self._best[1] >= goal.patience
        return stale or (goal.loss_below is not None and loss < goal.loss_below)

    def begin_run(self) -> None:
        """Forget the best loss of an earlier run."""
        self._best = math.inf, self.epoch

    def _run_in_epoch(self, steps: int) -> None:
        self._arrange()
        kernel = self._kernel
        kernel.optimizer.set_rate(self._settings.rate(self.epoch))
        work, xs, x_transposed, ts, share = self._whole
        whole = len(xs)
        take_step, update = work.step, kernel.update
        total, counter = self._epoch_loss, self._slot_steps
        for k in range(self.batch, min(self.batch + steps, whole)):
            total += take_step(xs[k], x_transposed[k], ts[k], share, self._mask(k, self._length))
            counter += 1
            update(counter)
        if self.batch + steps > whole:
            work, xs, x_transposed, ts, share = self._rest
            total += work.step(xs[0], x_transposed[0], ts[0], share, self._mask(whole, xs[0].shape[1]))
            counter += 1
            update(counter)
        self._epoch_loss, self._slot_steps = total, counter
        self.batch += steps
        self.step += steps

    def _epoch_order(self) -> _Order:
        """Return the order of the samples in the current epoch, the same whenever it is asked for."""
        if self._order is None or (self._settings.shuffle and self._order[0] != self.epoch):
            order = np.arange(self._samples)
            if self._settings.shuffle:
                draw = np.random.Generator(np.random.PCG64([self._settings.seed, self.epoch]))
                order = draw.permutation(self._samples)
            self._order = self.epoch, order
        return self._order[1]

    def _mask(self, batch: int, length: int) -> Floats | None:
        return None if self._masks is None else self._masks.take(batch * self._length, length)

    def _arrange(self) -> None:
        """Lay the samples out batch by batch in the epoch's order: contiguous (features, length) blocks."""
        settings, hidden = self._settings, sum(self._kernel.network.sizes[1:-1])
        if settings.dropout and hidden and self._masks_epoch != self.epoch:
            self._masks = Masks(settings.dropout, hidden, settings.seed, self.epoch)
            self._masks_epoch = self.epoch
        if self._arranged_epoch == self.epoch or (self._arranged_epoch >= 0 and not self._settings.shuffle):
            return
        order = self._epoch_order()
        whole = self._samples // self._length
        cut = whole * self._length
        self._whole = self._blocks(order[:cut], self._length)
        self._rest = self._blocks(order[cut:], self._samples - cut) if cut < self._samples else self._whole
        self._arranged_epoch = self.epoch

    def _blocks(self, order: _Order, length: int) -> _Blocks:
        def split(columns: Floats) -> list[Floats]:
            rows = columns.T[order]
            return list(np.ascontiguousarray(rows.reshape(-1, length, rows.shape[1]).transpose(0, 2, 1)))

        xs = split(self._inputs)
        mean = self._settings.reduction == "mean" and length > 1
        share = np.array(1.0 / length) if mean else None
        return self._kernel.workspace(length), xs, [x.T for x in xs], split(self._targets), share

    def _load_slots(self, progress: Progress) -> None:
        own = self._kernel.optimizer.slots
        if len(own) == len(progress.slots):
            self._slot_steps = progress.slot_steps
            for slot, saved in zip(own, progress.slots, strict=True):
                flat = FlatParameters(self._kernel.network)
                flat.load(saved)
                slot[:] = flat.flat
