"""A run's history in bounded memory: the whole run at a coarser grain, with its extremes, never only its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backprop_gui.engine.arrays import Floats

MOST_ROWS = 2000
MOST_NUMBERS = 8_000_000
SPIKE = 1.25
"""A loss so many times that of the row before is kept whatever its epoch."""
MOST_EARLY = 16
"""Rows that are kept of each stretch from an epoch to twice it, so that a long run does not lose how it began."""
_BUCKET = 16


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


@dataclass(slots=True)
class Watch:
    """Which epochs of a run get a record: every ``stride``-th, and with ``leaps`` those between whose running loss is
    above ``SPIKE`` times the ``highest`` since the last of them. ``records`` holds what came of it, without
    ``parameters`` where only losses are wanted.
    """

    stride: int = 1
    leaps: bool = True
    parameters: bool = True
    highest: float = math.inf
    records: list[Record] = field(default_factory=list[Record])

    def wants(self, epoch: int, running_loss: float) -> bool:
        """Tell whether an epoch that has just ended gets a record."""
        wanted = epoch % self.stride == 0
        leapt = self.leaps and running_loss > SPIKE * self.highest
        self.highest = running_loss if wanted or running_loss > self.highest else self.highest
        return wanted or leapt


class History:
    """Records of one run in columns, thinned to every ``stride``-th epoch; the stride doubles when rows run out.

    Beside those it keeps rows between them where the loss leaps, of every 16 rows the one of the greatest and the one
    of the smallest loss, and some of every octave of epochs: what stood out, and the beginning, go on being seen.
    Holds at most ``MOST_ROWS`` rows, fewer for networks of many parameters.
    """

    def __init__(self, parameter_count: int) -> None:
        self._most = max(64, min(MOST_ROWS, MOST_NUMBERS // parameter_count))
        self._columns: Floats = np.empty((min(256, self._most), 4 + parameter_count))
        self._length = 0
        self.stride = 1

    @classmethod
    def joined(cls, parameter_count: int, parts: Sequence[tuple["History", int]]) -> "History":
        """Return one history of several in a row, of each the rows before the epoch that stands beside it."""
        joined = cls(parameter_count)
        rows: list[Floats] = []
        for part, until in parts:
            kept = part._columns[: int(np.searchsorted(part.epochs, until))]
            missing = joined._columns.shape[1] - kept.shape[1]
            rows.append(np.pad(kept, ((0, 0), (0, missing)), constant_values=np.nan) if missing else kept)
        if rows:
            joined._columns = np.concatenate(rows)
            joined._length = len(joined._columns)
            joined.stride = max(part.stride for part, _ in parts)
            while joined._length >= joined._most:
                joined._thin()
        return joined

    def __len__(self) -> int:
        return self._length

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return self._columns.nbytes

    def forget_parameters(self) -> None:
        """Keep the losses alone: of the parameters there are no rows any more."""
        self._columns = self._columns[: self._length, :4].copy()

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
        """One row of ``Parameters.flat()`` per record, (rows, parameters); NaN or no columns where forgotten."""
        return self._columns[: self._length, 4:]

    @property
    def test_losses(self) -> Floats:
        """Loss over the test samples after each epoch, (rows,); NaN where there were none."""
        return self._columns[: self._length, 3]

    def add(self, record: Record) -> None:
        """Append ``record`` where the stride wants it or the loss leaps; rows of its epoch or later are replaced."""
        self.forget_from(record.epoch)
        if record.epoch % self.stride and not self._leaps(record):
            return
        if self._length == len(self._columns):
            grown = np.empty((min(max(256, 2 * self._length), self._most), self._columns.shape[1]))
            grown[: self._length] = self._columns
            self._columns = grown
        row = self._columns[self._length]
        row[:4] = record.epoch, record.loss, record.running_loss, record.test_loss
        row[4:] = record.parameters[: len(row) - 4]
        self._length += 1
        while self._length == self._most:  # rows may come at a wider stride than this one's
            self._thin()

    def _leaps(self, record: Record) -> bool:
        if not self._length:
            return True
        _, loss, running_loss = self._columns[self._length - 1, :3]
        return not (record.loss <= SPIKE * loss) or record.running_loss > SPIKE * running_loss

    def _thin(self) -> None:
        self.stride *= 2
        kept = self.epochs % self.stride == 0
        if early := min(MOST_EARLY, self._most // 128):  # never so many that they leave no room for what comes
            octave = np.ldexp(1.0, np.frexp(np.maximum(self.epochs, 1.0))[1] - 1)
            kept |= self.epochs % np.maximum(1.0, np.floor(octave / early)) == 0
        for start in range(0, self._length, _BUCKET):
            losses = self.losses[start : start + _BUCKET]
            if not np.isnan(losses).all():
                kept[start + int(np.nanargmax(losses))] = kept[start + int(np.nanargmin(losses))] = True
        rows = self._columns[: self._length][kept]
        self._columns[: len(rows)] = rows
        self._length = len(rows)

    def forget_from(self, epoch: int) -> None:
        """Drop the rows of ``epoch`` and later."""
        self._length = int(np.searchsorted(self.epochs, epoch))
