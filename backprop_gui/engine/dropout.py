"""Dropout: hidden units left out at random, one draw per sample and epoch.

Source: N. Srivastava et al., Dropout (JMLR 15, 2014), in the inverted form that frameworks use: what stays is
multiplied by 1 / (1 - rate), so that nothing has to change where the network is used.
"""

import numpy as np

from backprop_gui.engine.arrays import Floats


class Masks:
    """The masks of one epoch: row k belongs to the k-th sample used in it, with one column per hidden unit.

    A mask holds 0 for a unit left out and 1 / (1 - rate) for one that stays.
    """

    def __init__(self, rate: float, units: int, seed: int, epoch: int) -> None:
        self._rate, self._units = rate, units
        self._source = [seed, epoch, 1]  # [seed, epoch] orders the samples
        self._start_at(0)

    def take(self, start: int, count: int) -> Floats:
        """Return rows ``start`` to ``start + count``, (count, units); the same whenever they are asked for."""
        if start != self._place:
            self._start_at(start)
        self._place = start + count
        drawn = self._generator.random((count, self._units))
        return (drawn >= self._rate) / (1.0 - self._rate)

    def _start_at(self, start: int) -> None:
        bits = np.random.PCG64(self._source)
        bits.advance(start * self._units)  # one draw per number
        self._generator, self._place = np.random.Generator(bits), start
