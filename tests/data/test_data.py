"""Tables with every defect, and generators."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.data import tables
from backprop_gui.data.generators import GENERATORS, generate
from backprop_gui.data.tables import (
    HEAD_BYTES,
    Choice,
    Reading,
    Scaling,
    TableFormat,
    encoding_of,
    guess_format,
    head_of,
    read_table,
    reading,
    scaling_of,
)
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.evaluate import accuracy, confusion, has_classes

PLAIN = "x1,x2,t\n0.5,1,0\n-2,3e-1,1\n"


def read(
    content: str | bytes, inputs: tuple[int, ...] = (0, 1), targets: tuple[int, ...] = (2,), **choice: Any
) -> Reading:
    """Return what a file is read as, in the format guessed."""
    content = content if isinstance(content, bytes) else content.encode()
    encoding = encoding_of(content)
    head = head_of(content, encoding)
    table_format = guess_format(head)
    work = reading(content, encoding, table_format, read_table(head, table_format), Choice(inputs, targets, **choice))
    while True:
        try:
            share = next(work)
            assert 0.0 < share <= 1.0
        except StopIteration as done:
            return done.value


def names(reading: Reading) -> list[str]:
    return [column.name for column in reading.samples.columns]


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
def test_one_table_written_in_many_ways_is_one_table(content: str | bytes) -> None:
    found = read(content)
    assert found.samples.inputs.tolist() == [[0.5, 1.0], [-2.0, 0.3]]
    assert found.samples.targets.tolist() == [[0.0], [1.0]]
    assert names(found)[:2] == ["x1", "x2"]
    assert found.bad == ()


def test_latin_1_names_are_read() -> None:
    assert names(read("größe,b,t\n1,2,0\n".encode("latin-1")))[:2] == ["größe", "b"]


def test_without_names_columns_are_numbered() -> None:
    found = read("1,2,0\n3,4,1\n")
    assert len(found.samples) == 2
    assert names(found)[:2] == ["column 1", "column 2"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,,0", "line 3, x2: the cell is empty"),
        ("1,nan,0", "line 3, x2: “nan” is not a finite number"),
        ("1,two,0", "line 3, x2: “two” is not a number"),
        ("1,2", "line 3, row: 2 cells where the first row has 3"),
        ("1,2,0,9", "line 3, row: 4 cells where the first row has 3"),
        ("inf,2,0", "line 3, x1: “inf” is not a finite number"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column_and_the_rest_is_kept(row: str, told: str) -> None:
    lines = PLAIN.splitlines()
    found = read("\n".join([*lines[:2], row, *lines[2:]]))
    assert [str(bad) for bad in found.bad] == [told]
    assert len(found.samples) == 2


def test_words_become_a_target_per_class() -> None:
    found = read("a,b,kind\n1,2,cat\n3,4,dog\n5,6,cat\n7,8,\n")
    assert names(found)[2:] == ["kind=cat", "kind=dog"]
    assert found.samples.targets.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert str(found.bad[0]) == "line 5, kind: the cell is empty"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"  \n\n", "an empty file"),
        (b"\x89PNG\0\0", "a file that is not text"),
        (b"a,b,c\n", "no rows"),
        (b"a,b,t\nx,y,z\n1,y,2\n", "2 rows that cannot be used.*line 2, a: “x” is not a number"),
    ],
)
def test_what_holds_no_samples_is_told(content: bytes, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        read(content)


def test_a_quote_that_never_ends_spoils_its_own_row_only() -> None:
    found = read_table('a,b\n1,2\n"3,4\n', TableFormat())
    assert found.rows == (("1", "2"),)
    assert [str(bad) for bad in found.ragged] == ["line 3, row: 1 cells where the first row has 2"]


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
    assert [str(bad) for bad in found.bad] == [f"line {5000 * times + 2}, x2: “two” is not a number"]


def test_a_file_larger_than_its_preview_is_read_beyond_it() -> None:
    line = "1,2,x\n"
    content = "a,b,t\n" + line * (HEAD_BYTES // len(line)) + "3,4,late\n"
    found = read(content)
    assert names(found)[2:] == ["t=late", "t=x"]
    assert found.samples.targets[-1].tolist() == [1.0, 0.0]


def test_a_file_of_nothing_but_bad_rows_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MOST_BAD", 100)
    with pytest.raises(FieldError, match=r"998 rows that cannot be used.* line 2, a: “x” is not a number"):
        read("a,t\n" + "x,1\n" * 5000, (0,), (1,))


def test_no_column_chosen_is_told() -> None:
    with pytest.raises(FieldError, match="at least one input"):
        read(PLAIN, inputs=())


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), min_size=2, max_size=20))
def test_scaling_has_the_range_or_spread_it_promises(rows: list[list[float]]) -> None:
    values = np.array(rows)
    written = "a,b,t\n" + "".join(f"{a!r},{b!r},{a!r}\n" for a, b in rows)
    low_high = read(written, scaling="min-max").samples.inputs
    assert low_high.min() >= 0
    assert low_high.max() <= 1
    standard = read(written, scaling="standard").samples.inputs
    spread = values.std(axis=0) > 1e-6 * (1 + np.abs(values).max())
    assert np.abs(standard.mean(axis=0)[spread]).max(initial=0) < 1e-6
    assert np.abs(standard.std(axis=0)[spread] - 1).max(initial=0) < 1e-6


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=20),
    st.sampled_from(["none", "min-max", "standard"]),
)
def test_scaling_is_undone_to_what_the_file_says(values: list[float], scaling: Scaling) -> None:
    written = "a,t\n" + "".join(f"{value!r},{2 * value!r}\n" for value in values)
    samples = read(written, (0,), (1,), scaling=scaling, target_scaling=scaling).samples
    if scaling == "none":
        assert not samples.column(0).scaled
    for row, value in enumerate(values):
        tolerance = 1e-9 * max(map(abs, [*values, 1e-3]))
        assert samples.column(0).measured(samples.inputs[row, 0]) == pytest.approx(value, abs=tolerance)
        assert samples.column(1).measured(samples.targets[row, 0]) == pytest.approx(2 * value, abs=2 * tolerance)


def test_constant_columns_do_not_divide_by_zero() -> None:
    assert scaling_of("a", np.ones(3), "standard").scale == 1.0
    assert scaling_of("a", np.ones(3), "min-max").value(1.0) == 0.0


def test_a_column_of_names_names_the_samples_that_can_be_used() -> None:
    found = read("who,x,t\nAda,1,0\nBob,?,1\nCleo,3,1\n", (1,), (2,), name=0)
    assert found.samples.names == ("Ada", "Cleo")
    assert [str(bad) for bad in found.bad] == ["line 3, x: “?” is not a number"]


def test_classes_are_not_scaled() -> None:
    found = read("x,kind\n10,a\n20,b\n", (0,), (1,), scaling="min-max", target_scaling="standard")
    assert found.samples.inputs.tolist() == [[0.0], [1.0]]
    assert found.samples.targets.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert [column.scaled for column in found.samples.columns] == [True, False, False]


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_generators_are_reproducible_and_fit_together(name: str, noise: float) -> None:
    size = GENERATORS[name].default_size
    first, again = generate(name, size, noise, 3), generate(name, size, noise, 3)
    assert first == again
    if noise:
        assert first != generate(name, size, noise, 4)
    assert len(first.inputs) == len(first.targets)


def test_known_patterns() -> None:
    parity = generate("parity", 3, 0.0, 0)
    assert len(parity) == 8
    assert (parity.targets[:, 0] == parity.inputs.sum(axis=1) % 2).all()
    assert (generate("encoder", 5, 0.0, 0).inputs == np.eye(5)).all()
    symmetry = generate("symmetry", 6, 0.0, 0)
    assert len(symmetry) == 64
    assert symmetry.targets.sum() == 8
    segments = generate("segments", 10, 0.0, 0)
    assert len({tuple(row) for row in segments.inputs}) == 10
    assert segments.inputs[8].all()
    assert generate("xor", 4, 0.0, 0).targets.ravel().tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("name", "size", "noise", "words"),
    [
        ("xor", 0, 0.0, "size: 0 .* from 1 to 100,000"),
        ("parity", 13, 0.0, "size: 13 .* from 1 to 12"),
        ("moons", 10, -1.0, "noise: -1.0 .* at least 0"),
        ("moon", 10, 0.0, "generator: 'moon' .* moons"),
    ],
)
def test_bad_wishes_are_told(name: str, size: int, noise: float, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        generate(name, size, noise, 0)


def test_classes_accuracy_and_confusion() -> None:
    targets = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    outputs = np.array([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]])
    assert has_classes(targets)
    assert not has_classes(np.array([[0.5]]))
    assert accuracy(outputs, targets) == 0.75
    assert confusion(outputs, targets).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 2]]
    assert confusion(np.array([[0.7], [0.2]]), np.array([[1.0], [1.0]])).tolist() == [[0, 0], [1, 1]]


def test_more_columns_than_a_layer_has_units_are_refused() -> None:
    row = ",".join(["1"] * 2049)
    with pytest.raises(FieldError, match="'2,049 columns' is not accepted; use at most 2,048"):
        read_table(f"{row}\n{row}\n", TableFormat(header=False))
