"""The samples of each epoch in the order they are used, laid out batch by batch."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Batch
from backprop_gui.engine.dropout import Masks
from backprop_gui.engine.settings import TrainingSettings


class Epochs:
    """Order, batches and dropout's masks of any epoch, the same whenever they are asked for.

    Args:
        settings: batch size, shuffling, dropout and the seed of both.
        x: (inputs + 1, samples), the last row ones.
        t: (outputs, samples).
        hidden: how many hidden units there are in all.
    """

    def __init__(self, settings: TrainingSettings, x: Floats, t: Floats, hidden: int) -> None:
        self._settings, self._x, self._t, self._hidden = settings, x, t, hidden
        self.samples: int = x.shape[1]
        self.length = settings.batch_length(self.samples)
        self.batches = math.ceil(self.samples / self.length)
        self._order: tuple[int, NDArray[np.int64]] | None = None  # of which epoch
        self._laid_out: tuple[int, list[Batch]] | None = None
        self._masks: tuple[int, Masks] | None = None

    @property
    def columns(self) -> tuple[Floats, Floats]:
        """All samples: inputs over a row of ones (inputs + 1, samples), and targets (outputs, samples)."""
        return self._x, self._t

    def rows(self, epoch: int, batch: int) -> tuple[int, ...]:
        """Return the indices of the samples in a batch, in the order they are used."""
        order = self._order_of(epoch)
        return tuple(int(k) for k in order[batch * self.length : (batch + 1) * self.length])

    def mask(self, epoch: int, row: int) -> Floats | None:
        """Return what dropout multiplies each hidden unit by for sample ``row``, (hidden,); None without dropout."""
        masks = self._masks_of(epoch)
        return None if masks is None else masks.take(int(np.flatnonzero(self._order_of(epoch) == row)[0]), 1)[0]

    def between(self, epoch: int, start: int, stop: int) -> Iterable[Batch]:
        """Return the batches from ``start`` up to ``stop`` of an epoch, in order."""
        if self._laid_out is None or (self._settings.shuffle and self._laid_out[0] != epoch):
            self._laid_out = epoch, list(self._lay_out(self._order_of(epoch)))
        chosen = self._laid_out[1][start:stop]
        masks = self._masks_of(epoch)
        if masks is None:
            return chosen
        places = range(start * self.length, stop * self.length, self.length)
        return (replace(one, mask=masks.take(place, one.length)) for place, one in zip(places, chosen, strict=True))

    def in_a_row(self) -> tuple[Floats, Floats]:
        """Return inputs and targets of the first epoch batch after batch, each (inputs, its length), in one piece."""
        parts = list(self._parts(self._order_of(0)))
        columns = self._x[:-1], self._t
        x, t = (np.concatenate([_blocks(one, *part).reshape(-1) for part in parts]) for one in columns)
        return x, t

    def _order_of(self, epoch: int) -> NDArray[np.int64]:
        if self._order is None or (self._settings.shuffle and self._order[0] != epoch):
            order = np.arange(self.samples, dtype=np.int64)
            if self._settings.shuffle:
                order = np.random.Generator(np.random.PCG64([self._settings.seed, epoch])).permutation(order)
            self._order = epoch, order
        return self._order[1]

    def _masks_of(self, epoch: int) -> Masks | None:
        if not (self._settings.dropout and self._hidden):
            return None
        if self._masks is None or self._masks[0] != epoch:
            self._masks = epoch, Masks(self._settings.dropout, self._hidden, self._settings.seed, epoch)
        return self._masks[1]

    def _lay_out(self, order: NDArray[np.int64]) -> Iterator[Batch]:
        """Yield whole batches, then what is left over, each contiguous."""
        for part, length in self._parts(order):
            for x, t in zip(_blocks(self._x, part, length), _blocks(self._t, part, length), strict=True):
                yield Batch(x, t, length)

    def _parts(self, order: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Yield the samples of whole batches and those left over, with how many make a batch."""
        cut = self.samples // self.length * self.length
        for part, length in ((order[:cut], self.length), (order[cut:], self.samples - cut)):
            if length:
                yield part, length


def _blocks(columns: Floats, order: NDArray[np.int64], length: int) -> Floats:
    """Return samples as batches, (batches, features, length) in one piece."""
    rows = columns.T[order]
    return np.ascontiguousarray(rows.reshape(-1, length, rows.shape[1]).transpose(0, 2, 1))
