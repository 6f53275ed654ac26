"""Samples from the columns of a table: what each is for, what is missing, scaling."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from backprop_gui.data.samples import Column, Samples
from backprop_gui.data.tables.columns import MOST_BAD, CellColumn, Columns, missing_codes
from backprop_gui.data.tables.dialect import MOST_COLUMNS, BadRow, Role, one_line
from backprop_gui.data.tables.numerals import as_label
from backprop_gui.data.tables.roles import MOST_CLASSES, Facts, is_yes_no
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError

Scaling = Literal["none", "min-max", "standard"]
SCALINGS: tuple[Scaling, ...] = ("none", "min-max", "standard")
Missing = Literal["stop", "skip", "mean"]
MISSING_WAYS: tuple[Missing, ...] = ("stop", "skip", "mean")
_MOST_NUMBERS = 100_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What each column is for, how numbers are scaled, and what becomes of rows with a missing input.

    ``stop`` and ``skip`` leave them out (with ``stop`` the user must say so), ``mean`` puts the column's mean in their
    place. A target that is missing leaves its row out in any case. ``classes`` are words in an order of the file's own.
    """

    roles: tuple[Role, ...]
    scaling: Scaling = "none"
    target_scaling: Scaling = "none"
    missing: Missing = "stop"
    classes: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Reading:
    """Samples from a table, the rows that were left out, and how many cells a mean stands in.

    ``untold`` more are left out than are described.
    """

    samples: Samples
    bad: tuple[BadRow, ...]
    filled: int = 0
    untold: int = 0

    def in_the_way(self, missing: Missing) -> tuple[BadRow, ...]:
        """Return the rows that the user must agree to leave out."""
        return tuple(one for one in self.bad if not (one.missing and missing != "stop"))


def scaling_of(name: str, values: Floats, scaling: Scaling) -> Column:
    """Return what brings a column to 0 to 1 (``min-max``), or to mean 0 and deviation 1 (``standard``)."""
    if scaling == "none":
        return Column(name)
    if scaling == "min-max":
        shift, scale = float(values.min()), float(np.ptp(values))
    else:
        shift, scale = float(values.mean()), float(values.std())
    return Column(name, shift, scale if scale > 0.0 else 1.0)


def sampling(columns: Columns, facts: Sequence[Facts], plan: Plan) -> Generator[float, None, Reading]:
    """Make samples; yields the share done.

    Raises:
        FieldError: no input or target column, too many classes or columns, or no usable row.
    """
    used = [place for place, role in enumerate(plan.roles) if role in ("input", "target", "class")]
    roles = {plan.roles[place] for place in used}
    if len(plan.roles) == 1:
        raise FieldError("table", "a single column", "use one with inputs and targets; no delimiter parts its lines")
    if "input" not in roles or len(roles) < 2:
        raise FieldError("columns", "none", "choose at least one input and one target column")
    worded = {k: plan.roles[k] == "class" or facts[k].wordy or k in plan.classes for k in used}
    why_not = np.full(len(columns), -1, np.int32)
    for step, place in enumerate(used):
        _refuse(columns.columns[place], place, worded[place], plan, why_not)
        yield 0.4 * (step + 1) / len(used)
    kept = why_not < 0
    bad = yield from _bad_rows(columns, why_not)
    if not kept.any():
        advice = f"choose other columns or another decimal mark, or mend them, first {bad[0]}"
        raise FieldError("table", f"{int((~kept).sum()):,} rows that cannot be used", advice)
    whole = bool(kept.all())
    blocks: list[tuple[list[Column], Floats]] = []
    filled, numbers = 0, 0
    order = [place for place in used if plan.roles[place] == "input"]
    inputs = len(order)
    order += [place for place in used if plan.roles[place] != "input"]
    for step, place in enumerate(order):
        column, name, is_input = columns.columns[place], columns.names[place], step < inputs
        if worded[place]:
            block = _one_hot(column, name, is_input, plan.classes.get(place), kept)
        else:
            values = column.values if whole else column.values[kept]
            block = _scaled(name, values, plan.scaling if is_input else plan.target_scaling)
        filled += block[2]
        numbers += block[1].size
        if numbers > _MOST_NUMBERS or sum(len(one) for one, _ in blocks) + len(block[0]) > MOST_COLUMNS:
            raise FieldError("columns", f"more than {MOST_COLUMNS:,} numbers a row", "leave out columns of many words")
        blocks.append(block[:2])
        yield 0.4 + 0.3 * (step + 1) / len(order)
    x = yield from _joined([block for _, block in blocks[:inputs]], 0.7)
    t = yield from _joined([block for _, block in blocks[inputs:]], 0.9)
    described = tuple(column for found, _ in blocks for column in found)
    names = _names(columns, plan.roles, kept)
    untold = int((~kept).sum()) + len(columns.bad) - len(bad)
    return Reading(Samples(x, t, None, described, names), bad, filled, untold)


def _refuse(column: CellColumn, place: int, worded: bool, plan: Plan, why_not: NDArray[np.int32]) -> None:
    """Note the rows that a column makes unusable."""
    rows, codes = column.worded
    if not len(rows):
        return
    lost = missing_codes(column)
    fill = plan.missing == "mean" and plan.roles[place] == "input"
    refused = lost & (not fill) if worded else ~lost | (not fill)
    spoilt = rows[refused[codes]]
    why_not[spoilt[why_not[spoilt] < 0]] = place


def _bad_rows(columns: Columns, why_not: NDArray[np.int32]) -> Generator[float, None, tuple[BadRow, ...]]:
    """Describe the rows that cannot be used, in the order of the file; yields now and then."""
    found = list(columns.bad)
    for place in cast("list[int]", np.unique(why_not[why_not >= 0][: 10 * MOST_BAD]).tolist()):
        column, name = columns.columns[place], columns.names[place]
        rows, codes = column.worded
        missing = missing_codes(column)
        spoilt = why_not[rows] == place
        pairs = zip(rows[spoilt][:MOST_BAD].tolist(), codes[spoilt][:MOST_BAD].tolist(), strict=True)
        for step, (row, code) in enumerate(cast("Iterator[tuple[int, int]]", pairs)):
            lost = bool(missing[code])
            found.append(BadRow(columns.line(row), name, _reason(column.words[code], lost), lost))
            if step % 2000 == 0:
                yield 0.4
    return tuple(sorted(found, key=attrgetter("line")))


def _reason(word: str, missing: bool) -> str:
    shown = one_line(word)[:20]
    if missing:
        return f"the value is missing (“{shown}”)" if shown else "the cell is empty"
    try:
        float(word)
    except ValueError:
        return f"“{shown}” is not a number"
    return f"“{shown}” is not a finite number" if "_" not in word else f"“{shown}” is not a number"


def _scaled(name: str, values: Floats, scaling: Scaling) -> tuple[list[Column], Floats, int]:
    """Return a column of numbers, scaled, its gaps filled with the mean; and how many those were."""
    gaps = np.isnan(values)
    count = int(gaps.sum())
    with np.errstate(all="ignore"):
        if count:
            if count == len(values):
                raise FieldError(name, "no number at all", "choose another role for this column")
            mean = values[~gaps].mean()
            if not np.isfinite(mean):
                raise FieldError(name, "numbers too large to have a mean", "skip the rows with gaps instead")
            values = np.where(gaps, mean, values)
        try:
            column = scaling_of(name, values, scaling)
        except FieldError as error:
            accepted = "leave them as they are, or leave the column out"
            raise FieldError(name, "numbers too large to scale", accepted) from error
        return [column], column.value(values)[:, None], count


def _one_hot(
    column: CellColumn, name: str, is_input: bool, declared: tuple[str, ...] | None, kept: NDArray[np.bool_]
) -> tuple[list[Column], Floats, int]:
    """Return a column per word, 1 where it stands; of an input of yes and no one column. Gaps get the mean."""
    labels, codes = _labels(column)
    codes = codes[kept]
    yes_no = is_yes_no(column) if is_input else None
    if yes_no is not None:
        table = np.array([yes_no.get(label, np.nan) for label in labels] or [np.nan])
        values = np.where(codes < 0, np.nan, table[codes])
        return _scaled(name, values, "none")
    there = sorted({labels[code] for code in np.flatnonzero(np.bincount(codes[codes >= 0])).tolist()}, key=_by_number)
    order = [one for one in declared if one in there or len(declared) <= MOST_CLASSES] if declared else there
    order += [one for one in there if one not in order]
    if len(order) > MOST_CLASSES:
        accepted = f"use at most {MOST_CLASSES}, or choose another role for this column"
        raise FieldError(one_line(name), f"more than {MOST_CLASSES} different words", accepted)
    place = {label: at for at, label in enumerate(order)}
    found = np.array([place.get(label, -1) for label in labels] + [-1])[codes]
    block = np.zeros((len(codes), len(order)))
    known = np.flatnonzero(found >= 0)
    block[known, found[known]] = 1.0
    gaps = len(codes) - len(known)
    if gaps:
        block[found < 0] = block[known].mean(axis=0) if len(known) else 0.0
    return [Column(f"{name}={one_line(label)[:60]}") for label in order], block, gaps


def _labels(column: CellColumn) -> tuple[list[str], NDArray[np.int64]]:
    """Return the classes of a column, and for each row which it is, -1 where the value is missing."""
    values = column.values
    rows, codes = column.worded
    lost = missing_codes(column)
    labels = list(column.words)
    found = np.full(len(values), -1, np.int64)
    found[rows] = np.where(lost[codes], -1, codes) if len(rows) else -1
    numbered = np.flatnonzero(~np.isnan(values))
    if len(numbered):
        different, places = _different(values[numbered])
        if len(different) > MOST_CLASSES:
            accepted = f"use at most {MOST_CLASSES} classes, or make it a target"
            raise FieldError("class", f"more than {MOST_CLASSES} different numbers", accepted)
        found[numbered] = len(labels) + places
        labels += [as_label(float(one)) for one in different]
    return labels, found


def _different(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the different values, in order, and which of them each is; quick where they all come early."""
    early = np.unique(values[:20_000])
    places = np.minimum(np.searchsorted(early, values), len(early) - 1)
    if (early[places] == values).all():
        return early, places
    different, found = np.unique(values, return_inverse=True)
    return different, found.astype(np.int64)


def _by_number(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _joined(blocks: list[Floats], share: float) -> Generator[float, None, Floats]:
    """Put blocks side by side, a stretch of rows at a time; the result is read-only."""
    made = np.empty((len(blocks[0]), sum(block.shape[1] for block in blocks)))
    for begin in range(0, len(made), 40_000):
        at, end = 0, begin + 40_000
        for block in blocks:
            made[begin:end, at : at + block.shape[1]] = block[begin:end]
            at += block.shape[1]
        yield share + 0.1 * begin / len(made)
    made.flags.writeable = False
    return made


def _names(columns: Columns, roles: Sequence[Role], kept: NDArray[np.bool_]) -> tuple[str, ...]:
    if "name" not in roles:
        return ()
    column = columns.columns[roles.index("name")]
    labels = [as_label(float(one)) if one == one else "" for one in column.values]
    rows, codes = column.worded
    for row, code in zip(cast("list[int]", rows.tolist()), cast("list[int]", codes.tolist()), strict=True):
        labels[row] = one_line(column.words[code])
    return tuple(label for label, keep in zip(labels, kept.tolist(), strict=True) if keep)
