"""A run of training: its loop, and a state that can be taken out and put back."""

import math
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import blocks
from backprop_gui.engine.choose import choose_kernel, choose_loop
from backprop_gui.engine.epochs import Epochs
from backprop_gui.engine.evaluate import accuracy
from backprop_gui.engine.goals import Stopper
from backprop_gui.engine.history import Record, Watch
from backprop_gui.engine.loop import Place
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings


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
        engine: which loop trains, one of ``choose.ENGINES``.
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
        engine: str = "auto",
    ) -> None:
        self._hidden = network.sizes[1:-1]
        self._all = _columns(inputs, targets)
        self._tests = None if tests is None else _columns(*tests)
        self._settings = settings
        self._epochs = Epochs(settings, *self._all, sum(self._hidden))
        progress = progress or Progress()
        self._kernel = choose_kernel(network, settings)
        self._loop = choose_loop(engine, network, settings, self._kernel, self._epochs, self._tests, self)
        self._load(parameters, progress)

    def _load(self, parameters: Parameters, progress: Progress) -> None:
        self._kernel.load(parameters, progress.slots, progress.slot_steps)
        batch = min(progress.batch, self.batches - 1)
        epoch_loss = progress.epoch_loss if progress.batch == batch else 0.0
        self._place = Place(progress.epoch, batch, progress.step, epoch_loss)

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return self._place.epoch

    @property
    def batch(self) -> int:
        """How many batches of the current epoch have been used."""
        return self._place.batch

    @property
    def step(self) -> int:
        """How many updates there have been."""
        return self._place.step

    @property
    def engine(self) -> str:
        """Which loop trains: "numpy" or "compiled"."""
        return self._loop.engine

    @property
    def batches(self) -> int:
        """How many batches an epoch has."""
        return self._epochs.batches

    def parameters(self) -> Parameters:
        """Return the parameters as they are now, read-only."""
        return self._kernel.parameters()

    def progress(self) -> Progress:
        """Return where the run is now, for a later ``Trainer`` to go on from."""
        kernel, place = self._kernel, self._place
        return Progress(place.epoch, place.batch, place.step, place.epoch_loss, kernel.memories(), kernel.updates)

    def is_finite(self) -> bool:
        """Tell whether parameters, the optimizer's memories and the losses met are still numbers to go on with."""
        place = self._place
        return not place.overflowed and math.isfinite(place.epoch_loss) and self._kernel.is_finite()

    def is_healthy(self) -> bool:
        """Tell whether the loss over all samples is finite as well; that takes a pass through all of them."""
        return self.is_finite() and math.isfinite(self.loss())

    def go_back_to_health(self, parameters: Parameters, progress: Progress) -> None:
        """Stand at the last healthy moment after an earlier one of this run; what came later is dropped."""
        unknown = self.step - progress.step
        while unknown > 0:
            half = (unknown + 1) // 2
            self._load(parameters, progress)
            self.run(half)
            if self.is_healthy():
                parameters, progress = self.parameters(), self.progress()
                unknown -= half
            else:
                unknown = half - 1
        self._load(parameters, progress)

    def loss(self) -> float:
        """Return the mean loss over all samples with the parameters as they are now."""
        return self._loop.loss(tests=False)

    def test_loss(self) -> float:
        """Return the mean loss over the samples kept for testing, NaN where there are none."""
        return math.nan if self._tests is None else self._loop.loss(tests=True)

    def judged_loss(self) -> float:
        """Return the mean loss over the test samples where there are any, else over all."""
        return self._loop.loss(tests=self._tests is not None)

    def accuracy(self) -> float:
        """Return the share of right classes over the test samples where there are any, else over all."""
        x, t = self._tests or self._all
        with np.errstate(all="ignore"):
            right = sum(accuracy(self._kernel.outputs(one).T, one.t.T) * one.length for one in blocks(x, t))
        return right / x.shape[1]

    def record(self, running_loss: float = math.nan, parameters: bool = True) -> Record:
        """Return a record of the present state, with its parameters or without."""
        flat = self.parameters().flat() if parameters else np.empty(0)
        return Record(self.epoch, self.loss(), running_loss, flat, self.test_loss())

    def batch_samples(self, batch: int) -> tuple[int, ...]:
        """Return the indices of the samples in ``batch`` of the current epoch, in the order they are used."""
        return self._epochs.rows(self.epoch, batch)

    def masks(self, row: int) -> tuple[Floats, ...]:
        """Return what the current epoch's dropout multiplies each hidden layer by for sample ``row``, (units,) each.

        Empty without dropout.
        """
        mask = self._epochs.mask(self.epoch, row)
        return () if mask is None else tuple(np.split(mask, np.cumsum(self._hidden)[:-1]))

    def next_gradient(self) -> Parameters:
        """Return the gradient the next update starts from: its batch's mean or sum, before penalties."""
        (batch,) = self._epochs.between(self.epoch, self.batch, self.batch + 1)
        with np.errstate(all="ignore"):
            return self._kernel.gradient(batch)

    def update_from(self, gradient: Parameters) -> None:
        """Take one update from ``gradient``, whatever batch is next; only parameters and memory move."""
        self._kernel.set_rate(self._settings.rate(self.epoch))
        with np.errstate(all="ignore"):
            self._kernel.update(gradient)

    def run(self, steps: int, stopper: Stopper | None = None, watch: Watch | None = None) -> bool:
        """Take up to ``steps`` updates; return whether ``stopper``'s goal was reached, which ends the run at once.

        Records of the epochs ``watch`` wants go to it.
        """
        return self._loop.run(self._place, steps, stopper, watch)


def _columns(inputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Return samples as columns: inputs over a row of ones, and targets."""
    return np.vstack([inputs.T, np.ones(len(inputs))]), np.ascontiguousarray(targets.T)
