"""Session files are JSON that people can read: a row of numbers a line, and whatever is in it comes back."""

import json
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.session.json_text import json_lines, matrix_of

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
ROWS = st.lists(st.lists(NUMBERS, max_size=3), max_size=4)
LEAVES = st.text() | NUMBERS | st.none() | st.booleans() | ROWS
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


PARTS = cast("st.SearchStrategy[Any]", st.lists(st.text(), max_size=4) | ROWS | st.dictionaries(st.text(), LEAVES))


@given(st.dictionaries(st.text(), PARTS))
def test_what_is_written_reads_back(value: Any) -> None:
    assert json.loads(json_lines(value)) == value


def test_a_row_of_numbers_is_a_line_and_words_stay_as_they_are() -> None:
    value: dict[str, Any] = {
        "names": ["a],[b", "c, d", ", \n"],
        "rows": [[1.5, -2.0], [0.0, 1e-9]],
        "row": [1, 2],
        "one": {"x": []},
    }
    assert json_lines(value).decode().splitlines() == [
        "{",
        '  "names": [',
        '    "a],[b",',
        '    "c, d",',
        '    ", \\n"',
        "  ],",
        '  "rows": [',
        "    [1.5, -2.0],",
        "    [0.0, 1e-9]",
        "  ],",
        '  "row": [1, 2],',
        '  "one": {',
        '    "x": []',
        "  }",
        "}",
    ]


def test_a_long_table_reads_back_bit_for_bit() -> None:
    table = np.random.default_rng(0).normal(size=(20_000, 3)).tolist()
    assert json.loads(json_lines({"data": table})) == {"data": table}


@given(VALUES)
def test_only_rows_of_numbers_of_one_length_are_a_matrix(value: Any) -> None:
    found = matrix_of(value)
    rows = cast("list[list[object]]", value if isinstance(value, list) else [])
    good = bool(rows) and all(type(row) is list for row in rows) and len(rows[0]) > 0
    good = good and all(len(row) == len(rows[0]) and {int, float} >= set(map(type, row)) for row in rows)
    assert (found is not None) == good
    if found is not None:
        assert found.tolist() == [[float(cast("float", one)) for one in row] for row in rows]
    assert matrix_of([[10**400]]) is None
