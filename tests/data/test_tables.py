"""Tables with every defect: what cannot be used is named, the rest is read."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.data.tables import columns, text
from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.kinds import open_table
from backprop_gui.data.tables.sampling import Plan, Scaling, sampling, scaling_of
from backprop_gui.data.tables.whole import at_once, read_whole_table
from backprop_gui.engine.errors import FieldError
from tests.tabling import names, read, reading, whole

PLAIN = "x1,x2,t\n0.5,1,0\n-2,3e-1,1\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace("x1", '"x1"').replace("0.5", '"0.5"'),
        PLAIN.replace(",", ";").replace("0.5", "0,5").replace("3e-1", "0,3"),
        PLAIN.replace("\n", "\n\n") + " , , \n",
        PLAIN.replace(",", ", "),
    ],
)
def test_one_table_written_in_many_ways_is_one_table(content: str) -> None:
    found = read(content)
    assert found.samples.inputs.tolist() == [[0.5, 1.0], [-2.0, 0.3]]
    assert found.samples.targets.tolist() == [[0.0], [1.0]]
    assert names(found)[:2] == ["x1", "x2"]
    assert found.bad == ()


def test_without_names_columns_are_numbered() -> None:
    assert names(read("1,2,0\n3,4,1\n"))[:2] == ["column 1", "column 2"]


def test_names_that_come_twice_are_told_apart() -> None:
    assert whole("x,x,t\n1,2,3\n").source.names == ("x", "x (2)", "t")


@pytest.mark.parametrize(
    ("row", "told", "missing"),
    [
        ("1,,0", "line 3, x2: the cell is empty", True),
        ("1,nan,0", "line 3, x2: the value is missing (“nan”)", True),
        ("1,?,0", "line 3, x2: the value is missing (“?”)", True),
        ("1,two,0", "line 3, x2: “two” is not a number", False),
        ("1,1_0,0", "line 3, x2: “1_0” is not a number", False),
        ("1,2", "line 3, row: 2 cells where the table has 3 columns", False),
        ("1,2,0,9", "line 3, row: 4 cells where the table has 3 columns", False),
        ("inf,2,0", "line 3, x1: “inf” is not a finite number", False),
        ("1e999,2,0", "line 3, x1: “1e999” is not a finite number", False),
    ],
)
def test_a_bad_row_is_named_by_line_and_column_and_the_rest_is_kept(row: str, told: str, missing: bool) -> None:
    lines = PLAIN.splitlines()
    found = read("\n".join([*lines[:2], row, *lines[2:]]))
    assert [str(bad) for bad in found.bad] == [told]
    assert found.bad[0].missing is missing
    assert len(found.samples) == 2
    assert len(found.in_the_way("stop")) == 1
    assert len(found.in_the_way("skip")) == (not missing)


def test_a_mean_stands_in_for_a_missing_input_but_never_for_a_target() -> None:
    found = read("a,b,t\n1,x,0\n,y,1\n5,?,2\n7,y,?\n", missing="mean")
    assert found.samples.inputs.tolist() == [[1, 1, 0], [3, 0, 1], [5, 0.5, 0.5]]
    assert found.filled == 2
    assert [str(bad) for bad in found.bad] == ["line 5, t: the value is missing (“?”)"]


def test_none_is_a_gap_among_numbers_and_a_word_among_words() -> None:
    found = read("a,b,t\n1,none,0.5\nNone,some,1.5\n3,none,2.5\n", missing="mean")
    assert names(found) == ["a", "b=none", "b=some", "t"]
    assert found.samples.inputs[:, 0].tolist() == [1, 2, 3]


def test_words_become_a_target_per_class() -> None:
    found = read("a,b,kind\n1,2,cat\n3,4,dog\n5,6,cat\n7,8,\n")
    assert names(found)[2:] == ["kind=cat", "kind=dog"]
    assert found.samples.targets.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert str(found.bad[0]) == "line 5, kind: the cell is empty"


def test_a_class_of_numbers_is_in_their_order_and_may_hold_words_too() -> None:
    assert names(read("a,class\n1,10\n2,9\n3,10\n4,9\n"))[1:] == ["class=9", "class=10"]
    assert names(read("a,class\n1,10\n2,9\n3,10\n4,x\n", {1: "class"}))[1:] == ["class=9", "class=10", "class=x"]


def test_a_class_is_judged_by_the_whole_file() -> None:
    late = "a,kind\n" + "1.5,0\n2.5,1\n" * 20_000 + "3.5,2.25\n"
    assert read(late).samples.targets.shape == (40_001, 1)
    assert read(late.replace("2.25", "2")).samples.targets.shape == (40_001, 3)
    words = "a,b\n" + "1.5,0\n" * 20_000 + "2.5,later\n" * 20_001
    assert names(read(words))[1:] == ["b=0", "b=later"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "an empty file"),
        (b"  \n\n", "an empty file"),
        (b"\x89PNG\0\0", "a file that is not text"),
        (b"a,b,c\n", "no rows"),
        (b"# a b\n", "no rows"),
        (b"a,b,t\n1,2,?\n3,x,\n", "2 rows that cannot be used.*line 2, t: the value is missing"),
        (b"a\n1\n2\n", "a single column"),
        (b"PK\x03\x04 damaged", "a packed file that is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"an old Excel workbook .* save it as .xlsx or CSV"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a web page"),
        (b"x" * 140_000 + b",1\n2,3\n", "use a table of short cells"),
        (b"SNNS network definition file V1.4\n", "a network, not a table"),
    ],
)
def test_what_holds_no_samples_is_told(content: bytes, told: str) -> None:
    with pytest.raises(FieldError, match=told):
        read(content, {0: "input", 1: "input", 2: "target"} if content.startswith(b"a,b,t") else None)


def test_a_quote_that_never_ends_spoils_what_comes_near_it_only() -> None:
    found = whole('a,b\n1,2\n"3,4\n')
    assert found.columns.columns[0].values.tolist() == [1.0]
    assert [str(bad) for bad in found.columns.bad] == ["line 3, row: 1 cell where the table has 2 columns"]
    rows = "1,2,3\n" * 100_000
    found = whole(f'a,b,c\n{rows}"4,5,6\n{rows}')
    assert len(found.columns) > 170_000
    assert len(found.columns.bad) >= 1


@pytest.mark.timeout(600)
def test_100_megabytes_are_read_to_the_last_line() -> None:
    rows = "".join(f"{k % 97}.5,{k % 89},{'abc'[k % 3]}{' ' * 12}\r\n" for k in range(5000)).encode()
    times = 100_000_000 // len(rows) + 1
    content = b"\xef\xbb\xbfx1,x2,kind\r\n" + rows * times + b"1,two,a\r\n"
    assert len(content) > 100_000_000
    found = read(content)
    assert found.samples.inputs.shape == (5000 * times, 2)
    assert found.samples.inputs[-1].tolist() == [4999 % 97 + 0.5, 4999 % 89]
    assert found.samples.targets.sum(axis=0).sum() == 5000 * times
    assert names(found) == ["x1", "x2", "kind=a", "kind=b", "kind=c"]
    assert [str(bad) for bad in found.bad] == [f"line {5000 * times + 2:,}, x2: “two” is not a number"]


class Endless(io.RawIOBase):
    """A file of one row over and over, never held in memory; notes the most that was asked for at once."""

    def __init__(self, head: bytes, row: bytes, size: int) -> None:
        self._head, self._row, self._size, self._at, self.most = head, row * 10_000, size, 0, 0

    def seek(self, place: int, whence: int = 0) -> int:
        self._at = place if whence == 0 else self._size
        return self._at

    def read(self, count: int = -1) -> bytes:
        self.most = max(self.most, count)
        assert count > 0, "the whole file was asked for"
        left = min(count, self._size - self._at)
        made, at = b"", self._at
        if at < len(self._head):
            made = self._head[at : at + left]
        while len(made) < left:
            place = (self._at + len(made) - len(self._head)) % len(self._row)
            made += self._row[place : place + left - len(made)]
        self._at += len(made)
        return made


def test_more_than_200_megabytes_are_read_a_stretch_at_a_time() -> None:
    row = b"1.2345678901234567890123456789012345,0.25,2.000000000000000000000000000000000000000000\n"
    size = 8 + len(row) * 2_600_000
    assert size > 200_000_000
    file: Any = Endless(b"x1,x2,t\n", row, size)
    table = at_once(read_whole_table(open_table(file, size, Wishes())))
    assert len(table.columns) == 2_600_000
    assert set(table.columns.columns[0].values.tolist()) == {1.2345678901234567}
    assert file.most <= 1_000_000


def test_more_cells_than_can_be_kept_are_refused_before_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_CELLS", 50_000)
    with pytest.raises(FieldError, match="use at most 50,000 cells"):
        read("a,t\n" + "1,2\n" * 100_000)


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_LONGEST_LINE", 500_000)
    with pytest.raises(FieldError, match="a line without end"):
        read("a,t\n" + "1,2\n" * 60_000 + "1," * 1_000_000)


def test_a_file_of_nothing_but_rows_of_other_lengths_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_BAD", 100)
    with pytest.raises(FieldError, match=r"rows that cannot be used.* line 61,002, row: 3 cells"):
        read("a,t\n" + "1,2\n" * 61_000 + "1,2,3\n" * 5000)


def test_no_column_chosen_is_told() -> None:
    with pytest.raises(FieldError, match="at least one input"):
        read(PLAIN, {0: "ignore", 1: "ignore", 2: "target"})


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), min_size=2, max_size=20))
def test_scaling_has_the_range_or_spread_it_promises(rows: list[list[float]]) -> None:
    values = np.array(rows)
    table = whole("a,b,t\n" + "".join(f"{a!r},{b!r},{a!r}\n" for a, b in rows))
    low_high = reading(table, {2: "target"}, scaling="min-max").samples.inputs
    assert low_high.min() >= 0
    assert low_high.max() <= 1
    standard = reading(table, {2: "target"}, scaling="standard").samples.inputs
    spread = values.std(axis=0) > 1e-6 * (1 + np.abs(values).max())
    assert np.abs(standard.mean(axis=0)[spread]).max(initial=0) < 1e-6
    assert np.abs(standard.std(axis=0)[spread] - 1).max(initial=0) < 1e-6


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=20),
    st.sampled_from(["none", "min-max", "standard"]),
)
def test_scaling_is_undone_to_what_the_file_says(values: list[float], scaling: Scaling) -> None:
    table = whole("a,t\n" + "".join(f"{value!r},{2 * value!r}\n" for value in values))
    samples = reading(table, {1: "target"}, scaling=scaling, target_scaling=scaling).samples
    if scaling == "none":
        assert not samples.column(0).scaled
    for row, value in enumerate(values):
        tolerance = 1e-9 * max(map(abs, [*values, 1e-3]))
        assert samples.column(0).measured(samples.inputs[row, 0]) == pytest.approx(value, abs=tolerance)
        assert samples.column(1).measured(samples.targets[row, 0]) == pytest.approx(2 * value, abs=2 * tolerance)


def test_constant_columns_do_not_divide_by_zero() -> None:
    assert scaling_of("a", np.ones(3), "standard").scale == 1.0
    assert scaling_of("a", np.ones(3), "min-max").value(1.0) == 0.0


def test_numbers_too_large_to_scale_are_told() -> None:
    with pytest.raises(FieldError, match="too large to scale"):
        read("a,t\n1e308,0\n1.5e308,1\n-1.7e308,2.5\n", scaling="standard")


def test_numbers_too_large_to_have_a_mean_are_told() -> None:
    with pytest.raises(FieldError, match="too large to have a mean"):
        read("a,t\n1e308,0.5\n,1\n1.5e308,2.5\n", missing="mean")


def test_a_column_of_names_names_the_samples_that_can_be_used() -> None:
    found = read("who,x,t\nAda,1,0\nBob,?,1\nCleo,3,1\n")
    assert found.samples.names == ("Ada", "Cleo")
    assert [str(bad) for bad in found.bad] == ["line 3, x: the value is missing (“?”)"]


def test_classes_are_not_scaled() -> None:
    found = read("x,kind\n10,a\n20,b\n", {1: "class"}, scaling="min-max", target_scaling="standard")
    assert found.samples.inputs.tolist() == [[0.0], [1.0]]
    assert found.samples.targets.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert [column.scaled for column in found.samples.columns] == [True, False, False]


def test_too_many_classes_are_told_by_the_columns_name() -> None:
    with pytest.raises(FieldError, match="more than 100 different words"):
        read("x,kind\n" + "".join(f"1,w{k}\n2,w{k}\n" for k in range(101)), {1: "class"})
    with pytest.raises(FieldError, match="more than 100 different numbers"):
        read("x,kind\n" + "".join(f"1,{k}.5\n" for k in range(101)), {1: "class"})


def test_more_columns_than_a_layer_has_units_are_refused() -> None:
    row = ",".join(["1"] * 2049)
    with pytest.raises(FieldError, match="'2,049 columns' is not accepted; use at most 2,048"):
        whole(f"{row}\n{row}\n")


def test_samples_come_in_pieces_none_of_which_takes_long() -> None:
    table = whole("a,b,t\n" + "1.5,2.5,3.5\n" * 300_000)
    roles, _ = table.roles({})
    shares = list(sampling(table.columns, table.facts, Plan(roles)))
    assert len(shares) > 6
    assert shares == sorted(shares)
