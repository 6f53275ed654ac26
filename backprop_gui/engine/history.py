"""A run's history in bounded memory: the whole run at a coarser grain, never only its end."""

import math
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats

MOST_ROWS = 2000
MOST_NUMBERS = 8_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """The state after ``epoch`` epochs.

    ``loss`` is the mean over all samples with the parameters as they are then; ``running_loss`` the mean over the
    epoch's samples of the loss when each was used, NaN in row 0. ``parameters`` is ``Parameters.flat()``;
    ``test_loss`` the mean over the samples kept for testing, NaN without any.
    """

    epoch: int
    loss: float
    running_loss: float
    parameters: Floats
    test_loss: float = math.nan


class History:
    """Records of one run in columns, thinned to every ``stride``-th epoch; the stride doubles when rows run out.

    Holds at most ``MOST_ROWS`` rows, fewer for networks of many parameters.
    """

    def __init__(self, parameter_count: int) -> None:
        self._most = max(64, min(MOST_ROWS, MOST_NUMBERS // parameter_count))
        self._columns: Floats = np.empty((min(256, self._most), 4 + parameter_count))
        self._length = 0
        self.stride = 1

    def __len__(self) -> int:
        return self._length

    @property
    def epochs(self) -> Floats:
        """Epochs of the rows, (rows,)."""
        return self._columns[: self._length, 0]

    @property
    def losses(self) -> Floats:
        """Loss over all samples after each epoch, (rows,)."""
        return self._columns[: self._length, 1]

    @property
    def running_losses(self) -> Floats:
        """Mean loss during each epoch, (rows,); NaN where there was none."""
        return self._columns[: self._length, 2]

    @property
    def parameters(self) -> Floats:
        """One row of ``Parameters.flat()`` per record, (rows, parameters)."""
        return self._columns[: self._length, 4:]

    @property
    def test_losses(self) -> Floats:
        """Loss over the test samples after each epoch, (rows,); NaN where there were none."""
        return self._columns[: self._length, 3]

    def add(self, record: Record) -> None:
        """Append ``record`` where the stride wants it; rows of its epoch or later are replaced."""
        if record.epoch % self.stride:
            return
        self.forget_from(record.epoch)
        if self._length == len(self._columns):
            grown = np.empty((min(2 * self._length, self._most), self._columns.shape[1]))
            grown[: self._length] = self._columns
            self._columns = grown
        row = self._columns[self._length]
        row[:4] = record.epoch, record.loss, record.running_loss, record.test_loss
        row[4:] = record.parameters
        self._length += 1
        if self._length == self._most:
            self.stride *= 2
            kept = self._columns[: self._length][self.epochs % self.stride == 0]
            self._columns[: len(kept)] = kept
            self._length = len(kept)

    def forget_from(self, epoch: int) -> None:
        """Drop the rows of ``epoch`` and later."""
        self._length = int(np.searchsorted(self.epochs, epoch))
