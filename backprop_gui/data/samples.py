"""The samples a network is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.checks import number, whole_number
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Network

Rows = Sequence[ArrayLike] | Floats
Rowset = NDArray[np.intp]
_Number = TypeVar("_Number", float, Floats)


@dataclass(frozen=True, slots=True)
class Split:
    """Which samples are kept for testing: a ``share`` of them (above 0, below 1), drawn from ``seed``.

    Raises:
        FieldError: a number outside its bounds.
    """

    share: float
    seed: int = 0

    def __post_init__(self) -> None:
        number("data.test.share", self.share, above=0.0, below=1.0)
        whole_number("data.test.seed", self.seed)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called, and how its numbers were scaled: value = (measured - shift) / scale.

    Raises:
        FieldError: a number that is not finite, or a scale of 0 or less.
    """

    name: str = ""
    shift: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        number("data.columns.shift", self.shift)
        number("data.columns.scale", self.scale, above=0.0)

    @property
    def short_name(self) -> str:
        """The name, or of an imported class column ("kind=cat") the class."""
        return self.name.rpartition("=")[2]

    @property
    def scaled(self) -> bool:
        """Whether the network sees other numbers than were measured."""
        return (self.shift, self.scale) != (0.0, 1.0)

    def measured(self, value: float) -> float:
        """Return what was measured, for a number as the network sees it, to 12 digits: scaling costs the last few."""
        return float(f"{value * self.scale + self.shift:.12g}") if self.scaled else value

    def value(self, measured: _Number) -> _Number:
        """Return the number the network sees, for one measured; or many, for many."""
        return (measured - self.shift) / self.scale if self.scaled else measured


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Inputs (samples, inputs) and targets (samples, outputs), row k of each being sample k; read-only.

    With a ``split`` some are for testing only; without, all are for training. Training has at least one.
    ``columns`` are empty or one per input, then one per target; ``names`` are empty or one per sample.
    """

    inputs: Floats
    targets: Floats
    split: Split | None = None
    columns: tuple[Column, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        width = self.inputs.shape[1] + self.targets.shape[1]
        for field, given, wanted in (("columns", self.columns, width), ("names", self.names, len(self))):
            if given and len(given) != wanted:
                raise FieldError(f"data.{field}", f"{len(given)} entries", f"give {wanted}, or none")

    @classmethod
    def of(cls, inputs: Rows, targets: Rows) -> "Samples":
        """Return samples holding copies of the rows given.

        Raises:
            FieldError: rows of different lengths, none at all, not one target row per input row, or a number
                that is not finite.
        """
        x, t = _table("data.inputs", inputs), _table("data.targets", targets)
        if len(x) != len(t):
            raise FieldError("data.targets", f"{len(t)} rows", f"give one row per row of inputs, {len(x)}")
        return cls(x, t)

    def __len__(self) -> int:
        return len(self.inputs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Samples):
            return NotImplemented
        same = np.array_equal(self.inputs, other.inputs) and np.array_equal(self.targets, other.targets)
        told = (self.split, self.columns, self.names) == (other.split, other.columns, other.names)
        return same and told

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def rows(self) -> tuple[Rowset, Rowset]:
        """Return the row numbers for training and for testing, each in order."""
        return _rows(self.split, len(self))

    def column(self, place: int) -> Column:
        """Return what is told of a column; targets count on after the inputs."""
        return self.columns[place] if place < len(self.columns) else Column()

    def told(self, place: int, value: float) -> str:
        """Return the name of a column, and what was measured for ``value`` where it is scaled, in words."""
        column = self.column(place)
        measured = f"measured {column.measured(value):.6g}" if column.scaled else ""
        return ", ".join(filter(None, (column.name, measured)))

    def name(self, sample: int) -> str:
        """Return a sample's name, or nothing."""
        return self.names[sample] if sample < len(self.names) else ""

    def with_rows(self, inputs: Rows, targets: Rows) -> "Samples":
        """Return samples of other rows under the same columns; raises ``FieldError`` as ``of`` does.

        Rows keep the name of the sample that was in their place.
        """
        made = Samples.of(inputs, targets)
        names = (*self.names, *[""] * len(made))[: len(made)] if self.names else ()
        return replace(made, split=self.split, columns=self.columns, names=names)

    def chosen(self, rows: Rowset) -> "Samples":
        """Return the samples of ``rows``, with their names."""
        names = tuple(self.names[int(row)] for row in rows) if self.names else ()
        return replace(self, inputs=frozen(self.inputs[rows]), targets=frozen(self.targets[rows]), names=names)

    def check_fits(self, network: Network) -> None:
        """Raise ``FieldError`` unless there is a column per input and output of ``network``."""
        for name, table, wanted, what in (
            ("inputs", self.inputs, network.inputs, "inputs"),
            ("targets", self.targets, network.outputs, "outputs"),
        ):
            if table.shape[1] != wanted:
                raise FieldError(
                    f"data.{name}",
                    f"rows of {table.shape[1]}",
                    f"the network has {wanted} {what}, so rows need {wanted}",
                )

    def reshaped(self, network: Network) -> "Samples":
        """Return samples with columns cut from the right, or added as 0, until they fit ``network``."""
        columns: tuple[Column, ...] = ()
        if self.columns:
            own = self.inputs.shape[1]
            columns = (
                *_fit_columns(self.columns[:own], network.inputs),
                *_fit_columns(self.columns[own:], network.outputs),
            )
        inputs, targets = _fit(self.inputs, network.inputs), _fit(self.targets, network.outputs)
        return replace(self, inputs=inputs, targets=targets, columns=columns)


@lru_cache(maxsize=8)  # views ask in every frame
def _rows(split: Split | None, count: int) -> tuple[Rowset, Rowset]:
    tests = 0 if split is None else min(round(split.share * count), count - 1)
    if split is None or tests == 0:
        found = np.arange(count), np.arange(0)
    else:
        order = np.random.Generator(np.random.PCG64(split.seed)).permutation(count)
        found = np.sort(order[tests:]), np.sort(order[:tests])
    for rows in found:
        rows.flags.writeable = False
    return found


def _fit_columns(columns: tuple[Column, ...], count: int) -> tuple[Column, ...]:
    return (*columns, *[Column()] * count)[:count]


def _fit(table: Floats, columns: int) -> Floats:
    if table.shape[1] == columns:
        return table
    fitted = np.zeros((len(table), columns))
    kept = min(columns, table.shape[1])
    fitted[:, :kept] = table[:, :kept]
    return frozen(fitted)


def _shape(row: ArrayLike) -> tuple[int, ...]:
    return (
        (len(cast("list[object]", row)),) if isinstance(row, list) else np.shape(row)
    )  # of lists NumPy takes much longer


def _table(field: str, rows: Rows) -> Floats:
    if len(rows) == 0:
        raise FieldError(field, [], "give at least one sample")
    first = _shape(rows[0])
    for k, row in enumerate(() if isinstance(rows, np.ndarray) else rows):
        if _shape(row) != first:
            raise FieldError(
                f"{field}[{k}]", f"{np.size(row)} values", f"every row needs as many as the first, {np.size(rows[0])}"
            )
    table = frozen(np.array(rows, dtype=np.float64))
    if not np.isfinite(table).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(table))[0])
        raise FieldError(f"{field}[{row}][{column}]", float(table[row, column]), "use a finite number")
    return table
