"""Ranges of numbers: a number written with six digits stands for every number that is written so.

Two sides of a formula agree where their ranges meet; with many digits that is equality.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    low: float
    high: float

    @classmethod
    def around(cls, *values: float) -> "Range":
        """Return the range of some values; where they are no numbers, everything."""
        return cls(-math.inf, math.inf) if any(map(math.isnan, values)) else cls(min(values), max(values))

    def rising(self, function: Callable[[float], float]) -> "Range":
        """Return what a function that never falls makes of the range."""
        return Range.around(function(self.low), function(self.high))

    def absolute(self) -> "Range":
        low, high = sorted((abs(self.low), abs(self.high)))
        return Range(0.0 if self.low <= 0.0 <= self.high else low, high)

    def meets(self, other: "Range", slack: float = 1e-9) -> bool:
        """Tell whether two ranges have a number in common, up to a relative ``slack``."""
        gap = max(self.low, other.low) - min(self.high, other.high)
        sizes = (abs(one) for one in (self.low, self.high, other.low, other.high))
        return gap <= 0.0 or gap <= slack * min(sizes) or gap < 1e-290

    @property
    def middle(self) -> float:
        return self.low if self.low == self.high else 0.5 * (self.low + self.high)


def compare(left: Range, sign: str, right: Range) -> bool | None:
    """Tell whether a condition holds; None where the ranges leave it open."""
    if sign in ("<", "\\leq", "\\le"):
        left, right, sign = right, left, ">" if sign == "<" else "\\geq"
    if sign == ">":
        return True if left.low > right.high else None if left.high > right.low else False
    if sign in ("\\geq", "\\ge"):
        return True if left.low >= right.high else None if left.high >= right.low else False
    apart = left.high < right.low or right.high < left.low
    same = left == right and left.low == left.high
    held = True if same else False if apart else None
    return held if sign == "=" or held is None else not held
