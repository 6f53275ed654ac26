"""Where the runs of a sweep end, in words, and over the settings that were varied."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Row

_SOLVED = 0.05
"""Runs whose loss fell below this share of where runs usually end, if they learn nothing, have learnt it."""
_APART = 1.1
_NEAR = 0.01
_MOST_GROUPS = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that ended alike: how, and which (their numbers)."""

    end: str
    runs: tuple[int, ...]

    def told(self, of: int, what: str) -> str:
        """Return the group as a sentence: 5 of 12 seeds end at 1/16."""
        return f"{len(self.runs):,} of {of:,} {what}{'' if of == 1 else 's'} {self.end}"


def groups_of(rows: Sequence[Row]) -> list[Group]:
    """Return the runs grouped by where they end, the lowest loss first, those that diverged last.

    Losses belong together as long as there is no gap of more than a tenth between two neighbours. Those far below
    the largest are near 0, whatever their own size.
    """
    done = sorted((row for row in rows if row.outcome == "done"), key=lambda row: (row.judged, row.run))
    low = _SOLVED * done[-1].judged if done else 0.0
    parts: list[list[Row]] = []
    for row in done:
        last = parts[-1][-1].judged if parts else math.inf
        alike = row.judged <= low or (last > low and row.judged <= _APART * last)
        if parts and (alike or len(parts) == _MOST_GROUPS):
            parts[-1].append(row)
        else:
            parts.append([row])
    found = [Group(_end_of(part, low), tuple(sorted(row.run for row in part))) for part in parts]
    diverged = tuple(row.run for row in rows if row.outcome == "diverged")
    return [*found, Group("diverge", diverged)] if diverged else found


def fraction_or_number(value: float) -> str:
    """Return a number as the simple fraction it is near to, such as 1/16, or to three digits."""
    near = Fraction(value).limit_denominator(32) if 0.0 < value < 1.0 else Fraction(0)
    if near and near.numerator <= 3 and abs(float(near) - value) <= _NEAR * value:
        return f"{near.numerator}/{near.denominator}"
    return f"{value:.3g}"


def over_two(plan: Plan, rows: Sequence[Row], across: str, up: str, what: str) -> Floats:
    """Return a number for each pair of values of two keys, (values of ``up``, values of ``across``), over all else.

    ``what``: ``median`` or ``best`` loss of the runs, or the share that ``done`` without diverging. NaN: none yet.
    """
    keys, words = plan.keys, dict(plan.axes)
    cells: dict[tuple[int, int], list[Row]] = {}
    places = {key: {plan.written(key, word): place for place, word in enumerate(words[key])} for key in (across, up)}
    first, second = keys.index(across), keys.index(up)
    for row in rows:
        at = places[up][row.values[second]], places[across][row.values[first]]
        cells.setdefault(at, []).append(row)
    found = np.full((len(words[up]), len(words[across])), np.nan)
    for at, inside in cells.items():
        losses = [row.judged for row in inside if row.outcome == "done"]
        if what == "done":
            found[at] = len(losses) / len(inside)
        elif losses:
            found[at] = min(losses) if what == "best" else float(np.median(losses))
    return found


def bands_of(curves: Sequence[Floats], shares: Sequence[float]) -> tuple[Floats, Floats]:
    """Return epochs and quantiles of the losses there, (shares, epochs), of curves (2, points) that share their epochs.

    A curve that ended early counts as long as it lasts.
    """
    longest = max(curves, key=lambda curve: curve.shape[1])
    values = np.full((len(curves), longest.shape[1]), np.nan)
    for place, curve in enumerate(curves):
        values[place, : curve.shape[1]] = curve[1]
    return longest[0], np.nanquantile(values, shares, axis=0)


def _end_of(part: Sequence[Row], low: float) -> str:
    losses = [row.judged for row in part]
    if losses[-1] <= low:
        return f"end near 0, below {losses[-1]:.2g}" if losses[-1] else "end at 0"
    middle = float(np.median(losses))
    if losses[-1] <= (1.0 + 2 * _NEAR) * losses[0]:
        return f"end at {fraction_or_number(middle)}"
    return f"end between {losses[0]:.3g} and {losses[-1]:.3g}"
