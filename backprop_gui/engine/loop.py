"""The training loop: batches of one epoch after another, with records on the way and an end."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Batch, Kernel, blocks
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

    def record(self, running_loss: float, parameters: bool) -> Record:
        """Return a record of the present state, with its parameters or without."""
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

    @cached_property
    def _same(self) -> list[Batch]:
        """The batches of every epoch; empty where epochs differ in order, masks or rate."""
        settings = self._settings
        changing = settings.shuffle or settings.dropout or settings.schedule != "constant"
        return [] if changing else list(self._epochs.between(0, 0, self._epochs.batches))

    def run(self, place: Place, steps: int, stopper: Stopper | None, watch: Watch | None) -> bool:
        """See ``Loop``."""
        count, samples, take = self._epochs.batches, self._epochs.samples, self._kernel.take
        self._kernel.set_rate(self._settings.rate(place.epoch))
        with np.errstate(all="ignore"):
            while steps > 0:
                stop = min(place.batch + steps, count)
                total = place.epoch_loss
                for batch in self._batches(place, stop):
                    total += take(batch)
                taken = stop - place.batch
                steps -= taken
                place.batch, place.step, place.epoch_loss = stop, place.step + taken, total
                if stop < count:
                    continue
                running_loss = total / samples
                place.overflowed |= not math.isfinite(running_loss)
                place.epoch, place.batch, place.epoch_loss = place.epoch + 1, 0, 0.0
                if watch and watch.wants(place.epoch, running_loss):
                    watch.records.append(self._recorder.record(running_loss, watch.parameters))
                if stopper and stopper.is_reached():
                    return True
        return False

    def _batches(self, place: Place, stop: int) -> Iterable[Batch]:
        """Return the batches from ``place`` up to ``stop`` of its epoch, which has its own order, masks and rate."""
        if self._same:
            return self._same if stop - place.batch == len(self._same) else self._same[place.batch : stop]
        self._kernel.set_rate(self._settings.rate(place.epoch))
        return self._epochs.between(place.epoch, place.batch, stop)

    def loss(self, tests: bool) -> float:
        """See ``Loop``."""
        x, t = self._tests if tests and self._tests else self._epochs.columns
        with np.errstate(all="ignore"):
            return sum(map(self._kernel.loss, blocks(x, t))) / x.shape[1]
