"""Numbers for people: as many digits as the user chose, always the same width for the same choice."""

import math
from dataclasses import dataclass
from typing import Literal

MOST_DIGITS = 17
"""So many significant digits tell any two float64 apart."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """``significant`` digits, or ``fixed`` decimals as in textbooks; very large and small ones in powers of ten."""

    style: Literal["significant", "fixed"] = "fixed"
    digits: int = 4

    @property
    def for_gradients(self) -> "NumberFormat":
        """The format of deltas and gradients: as many digits, but significant ones, for they are often small."""
        return NumberFormat("significant", self.digits)

    def longer(self, digits: int) -> "NumberFormat":
        """Return the format with that many digits more, up to what float64 can tell apart."""
        return NumberFormat(self.style, min(self.digits + digits, MOST_DIGITS))

    def __call__(self, value: float) -> str:
        """Return ``value`` as text with a true minus sign."""
        if not math.isfinite(value):
            return "∞" if value > 0 else "−∞" if value < 0 else "undefined"
        value += 0.0  # makes 0 of −0
        size = abs(value)
        if self.style == "fixed":
            tiny = 0 < size < 0.5 * 10**-self.digits
            text = f"{value:.{max(self.digits - 2, 1)}e}" if tiny or size >= 1e6 else f"{value:.{self.digits}f}"
        else:
            text = f"{value:#.{self.digits}g}".rstrip(".")
        mantissa, e, exponent = text.partition("e")
        if e:
            text = f"{mantissa}e{int(exponent)}"
        return text.replace("-", "−")


def exact(value: float) -> str:
    """Return the fewest digits that read back to the same float64."""
    return repr(float(value))
