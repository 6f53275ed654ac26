"""The training loop: batches of one epoch after another, with records on the way and an end."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Kernel, blocks
from backprop_gui.engine.epochs import Epochs
from backprop_gui.engine.goals import Stopper
from backprop_gui.engine.history import Record, Watch
from backprop_gui.engine.settings import TrainingSettings


@dataclass(slots=True)
class Place:
    """Where a run is: finished epochs, batches used of the current one, all updates, and the summed loss of the
    samples used in this epoch. ``overflowed`` tells that the loss of an epoch that is over was not finite.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    epoch_loss: float = 0.0
    overflowed: bool = False


class Recorder(Protocol):
    """What makes a record of the present: a trainer."""

    def record(self, running_loss: float) -> Record:
        """Return a record of the present state."""
        ...


class Loop(Protocol):
    """Takes many updates. ``ByBatch`` is the reference for any other."""

    engine: str
    """Its name on the command line and in the window."""

    def run(self, place: Place, steps: int, stopper: Stopper | None, watch: Watch | None) -> bool:
        """Take up to ``steps`` updates from ``place`` on, which moves with them; return whether ``stopper``'s goal
        was reached, which ends the run at once. Records go to ``watch``.
        """
        ...

    def loss(self, tests: bool) -> float:
        """Return the mean loss over the samples for training, or over those for testing."""
        ...


class ByBatch:
    """Hands one batch after another to a kernel."""

    engine = "numpy"

    def __init__(
        self,
        settings: TrainingSettings,
        kernel: Kernel,
        epochs: Epochs,
        tests: tuple[Floats, Floats] | None,
        recorder: Recorder,
    ) -> None:
        self._settings, self._kernel, self._epochs, self._tests = settings, kernel, epochs, tests
        self._recorder = recorder

    def run(self, place: Place, steps: int, stopper: Stopper | None, watch: Watch | None) -> bool:
        """See ``Loop``."""
        batches, samples = self._epochs.batches, self._epochs.samples
        with np.errstate(all="ignore"):
            while steps > 0:
                taken = min(steps, batches - place.batch)
                self._run_in_epoch(place, taken)
                steps -= taken
                if place.batch < batches:
                    continue
                running_loss = place.epoch_loss / samples
                place.overflowed |= not math.isfinite(running_loss)
                place.epoch, place.batch, place.epoch_loss = place.epoch + 1, 0, 0.0
                if watch and watch.wants(place.epoch, running_loss):
                    watch.records.append(self._recorder.record(running_loss))
                if stopper and stopper.is_reached():
                    return True
        return False

    def loss(self, tests: bool) -> float:
        """See ``Loop``."""
        x, t = self._tests if tests and self._tests else self._epochs.columns
        with np.errstate(all="ignore"):
            return sum(map(self._kernel.loss, blocks(x, t))) / x.shape[1]

    def _run_in_epoch(self, place: Place, steps: int) -> None:
        self._kernel.set_rate(self._settings.rate(place.epoch))
        take, total = self._kernel.take, place.epoch_loss
        for batch in self._epochs.between(place.epoch, place.batch, place.batch + steps):
            total += take(batch)
        place.epoch_loss = total
        place.batch += steps
        place.step += steps
