"""Checks that several settings share; each returns the value or raises ``FieldError``."""

import math
import sys
from collections.abc import Collection

from backprop_gui.engine.errors import FieldError

_LARGEST = sys.float_info.max


def whole_number(field: str, value: object, least: int = 0, most: int | None = None) -> int:
    """Return ``value`` where it is an integer from ``least`` up to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most:,}"
        raise FieldError(field, value, f"use a whole number {bounds}")
    return value


def number(
    field: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return ``value`` as a float where it is finite and inside the bounds."""
    inside = (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -_LARGEST <= value <= _LARGEST  # of whole numbers and of fractions alike; not NaN
        and above < value < below
        and value >= least
    )
    if not inside:
        raise FieldError(field, value, f"use a {_range(above, least, below)}")
    assert isinstance(value, int | float)
    return float(value)


def one_of(field: str, value: object, names: Collection[str]) -> str:
    """Return ``value`` where it is one of ``names``."""
    if not isinstance(value, str) or value not in names:
        raise FieldError(field, value, "use one of " + ", ".join(names))
    return value


def _range(above: float, least: float, below: float) -> str:
    low = "positive number" if above == 0 else "number"
    if math.isfinite(least):
        low += f" of at least {least:g}"
    if math.isfinite(below):
        low += (" and" if math.isfinite(least) else "") + f" below {below:g}"
    return low
