"""Tables written in any locale and dialect are read back equal, number for number."""

import csv
import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tabling import whole

GROUPS = {".": (",", "'", "’", "\u202f", "\u00a0"), ",": (".", "'", "\u202f", "\u00a0", "\u2009")}


@dataclass(frozen=True)
class Way:
    """How a table is written."""

    delimiter: str
    decimal: str
    grouping: str
    minus: str
    header: bool
    quoting: Literal[0, 1]
    ending: str
    trailing: bool
    frame: str
    encoding: str

    def number(self, value: float) -> str:
        """Write a number: its shortest digits, or grouped in thousands where it has enough before the mark."""
        text = repr(abs(value))
        if "e" in text:
            text = text.replace(".", self.decimal)
        else:
            whole, _, rest = text.partition(".")
            if self.grouping:
                whole = f"{int(whole):,}".replace(",", self.grouping)
            text = whole + (f"{self.decimal}{rest}" if rest != "0" else "")
        return (self.minus if value < 0 else "") + text

    def table(self, names: list[str], rows: list[list[float]], words: list[str]) -> bytes:
        """Write a table of numbers, and a last column of words where there are any."""
        text = io.StringIO(newline="")
        blank = self.delimiter == " "
        writer = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.ending)
        head = [*names, *(["kind"] if words else [])]
        if self.frame == "comment":
            text.write(f"# a, b, c, d, e, f, g: all of it was made by hand{self.ending}")
        if self.frame == "title" and self.header:
            text.write(f"What was measured{self.ending}{self.ending}")
        if self.frame == "sep" and not blank:
            text.write(f"sep={self.delimiter}{self.ending}")
        if self.header:
            writer.writerow(head)
        for place, row in enumerate(rows):
            cells = [self.number(value) for value in row] + ([words[place]] if words else [])
            writer.writerow([*cells, *([""] if self.trailing and not blank else [])])
        made = text.getvalue()
        return (made.replace(" ", "   ") if blank and "big dog" not in words else made).encode(self.encoding)


@st.composite
def ways(draw: st.DrawFn) -> Way:
    delimiter, decimal = draw(st.sampled_from(",;\t| ")), draw(st.sampled_from(".,"))
    quoting: Literal[0, 1] = draw(st.sampled_from((0, 1)))  # csv.QUOTE_MINIMAL, csv.QUOTE_ALL
    allowed = ["", *(one for one in GROUPS[decimal] if not (delimiter == " " and one in "\u202f\u00a0\u2009"))]
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
    if encoding in ("utf-16-le", "utf-16-be"):
        allowed, minus = allowed[:1], "-"  # without a mark text is known by its plain letters
    else:
        minus = draw(st.sampled_from(["-", "−"]))
    return Way(
        delimiter,
        decimal,
        draw(st.sampled_from(allowed)),
        minus,
        draw(st.booleans()),
        quoting,
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.booleans()),
        draw(st.sampled_from(["", "comment", "title", "sep"])),
        encoding,
    )


NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-99_999, 99_999).map(float),
    st.integers(-9_999_999, 9_999_999).map(lambda value: value / 100),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[float]], list[str]]:
    width, count = draw(st.integers(2, 5)), draw(st.integers(3, 12))
    rows = draw(st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=count, max_size=count))
    rows[0][0], rows[1][0] = 0.25, 1234.5  # which leave no doubt about the decimal mark
    words = draw(
        st.one_of(st.just([]), st.lists(st.sampled_from(["cat", "dog", "big dog"]), min_size=count, max_size=count))
    )
    return rows, words


@settings(max_examples=400)
@given(ways(), tables())
def test_a_table_written_in_any_way_is_read_back_equal(way: Way, given: tuple[list[list[float]], list[str]]) -> None:
    rows, words = given
    content = way.table([f"x{k}" for k in range(len(rows[0]))], rows, words)
    found = whole(content)
    assert found.source.dialect is not None
    assert found.columns.bad == []
    assert len(found.columns) == len(rows)
    values = [column.values for column in found.columns.columns[: len(rows[0])]]
    assert np.array_equal(np.column_stack(values), np.array(rows))
    assert found.source.dialect.decimal == way.decimal
    assert found.source.dialect.header == way.header
    if words:
        _, codes = found.columns.columns[-1].worded
        assert [found.columns.columns[-1].words[code] for code in codes.tolist()] == words


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=20))
def test_what_numpy_and_pandas_write_is_read_back_equal(rows: list[list[float]]) -> None:
    values = np.array(rows)
    for content in (
        "# x1 x2 t\n" + "\n".join(" ".join(f"{one:.18e}" for one in row) for row in rows),
        "x1,x2,t\n" + "\n".join(",".join(repr(one) for one in row) for row in rows),
        ",x1,x2,t\n" + "\n".join(f"{place}," + ",".join(map(repr, row)) for place, row in enumerate(rows)),
    ):
        table = whole(content)
        assert table.source.names[-3:] == ("x1", "x2", "t")
        assert np.array_equal(np.column_stack([one.values for one in table.columns.columns[-3:]]), values)
