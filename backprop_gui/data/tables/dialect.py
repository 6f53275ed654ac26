"""How the text of a table is written."""

from dataclasses import dataclass
from typing import Literal

from backprop_gui.engine.errors import FieldError

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
"""A space stands for any run of blanks."""
Role = Literal["input", "target", "class", "name", "ignore"]
ROLES: tuple[Role, ...] = ("input", "target", "class", "name", "ignore")
DECIMALS: dict[str, Literal[".", ","]] = {"point": ".", "comma": ","}
MOST_COLUMNS = 2048
"""As many as a layer has units at most; each is asked for in the preview."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands between cells and before decimals, and where the table begins.

    The first ``skip`` lines are not part of its rows: titles, ``sep=``, comments, the header. Lines that begin with
    ``comment`` are left out. ``quote`` stands around cells that need it; with ``quoted`` every row stands in quotes as
    a whole. ``header`` tells that columns are named by the file. The delimiter is empty where cells come parted.
    """

    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    header: bool = True
    skip: int = 0
    comment: str = ""
    quoted: bool = False
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says of a table; what is None is guessed.

    Raises:
        FieldError: a delimiter that is not one character.
    """

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None

    def __post_init__(self) -> None:
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '\r\n"'):
            accepted = f"use one character, or {', '.join(DELIMITERS)}"
            raise FieldError("delimiter", self.delimiter, accepted)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line in the file (from 1), its column's name, and why, as a sentence.

    ``missing`` tells that nothing is wrong with it but a value that is not there.
    """

    line: int
    column: str
    reason: str
    missing: bool = False

    def __str__(self) -> str:
        return f"line {self.line:,}, {self.column}: {self.reason}"


def one_line(cell: str) -> str:
    """Return a cell as one line, without what cannot be printed."""
    return " ".join("".join(one if one.isprintable() else " " for one in cell).split())


def column_names(cells: list[str] | tuple[str, ...], header: bool) -> tuple[str, ...]:
    """Return a name for every column: the cell of the header, else its number; no name comes twice.

    Raises:
        FieldError: too many columns.
    """
    if len(cells) > MOST_COLUMNS:
        raise FieldError("table", f"{len(cells):,} columns", f"use at most {MOST_COLUMNS:,}")
    names: dict[str, None] = {}
    for place, cell in enumerate(cells, start=1):
        name = (one_line(cell)[:_LONGEST_NAME] if header else "") or f"column {place}"
        given, times = name, 1
        while name in names:
            times += 1
            name = f"{given} ({times})"
        names[name] = None
    return tuple(names)
