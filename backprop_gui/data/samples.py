"""The samples a network is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.checks import number, whole_number
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Network

Rows = Sequence[ArrayLike] | Floats
Rowset = NDArray[np.intp]


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


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Inputs (samples, inputs) and targets (samples, outputs), row k of each being sample k; read-only.

    With a ``split`` some are for testing only; without, all are for training. Training has at least one.
    """

    inputs: Floats
    targets: Floats
    split: Split | None = None

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
        return same and self.split == other.split

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def rows(self) -> tuple[Rowset, Rowset]:
        """Return the row numbers for training and for testing, each in order."""
        count = len(self)
        tests = 0 if self.split is None else min(round(self.split.share * count), count - 1)
        if self.split is None or tests == 0:
            return np.arange(count), np.arange(0)
        order = np.random.Generator(np.random.PCG64(self.split.seed)).permutation(count)
        return np.sort(order[tests:]), np.sort(order[:tests])

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
        return Samples(_fit(self.inputs, network.inputs), _fit(self.targets, network.outputs), self.split)


def _fit(table: Floats, columns: int) -> Floats:
    if table.shape[1] == columns:
        return table
    fitted = np.zeros((len(table), columns))
    kept = min(columns, table.shape[1])
    fitted[:, :kept] = table[:, :kept]
    return frozen(fitted)


def _table(field: str, rows: Rows) -> Floats:
    if len(rows) == 0:
        raise FieldError(field, [], "give at least one sample")
    first = np.shape(rows[0])
    for k, row in enumerate(() if isinstance(rows, np.ndarray) else rows):
        if np.shape(row) != first:
            raise FieldError(
                f"{field}[{k}]", f"{np.size(row)} values", f"every row needs as many as the first, {np.size(rows[0])}"
            )
    table = frozen(np.array(rows, dtype=np.float64))
    if not np.isfinite(table).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(table))[0])
        raise FieldError(f"{field}[{row}][{column}]", float(table[row, column]), "use a finite number")
    return table
