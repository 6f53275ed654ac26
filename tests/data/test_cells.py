"""No cell that we write is a formula to a spreadsheet, and no number becomes a word."""

import pytest

from backprop_gui.data.cells import plain_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-x",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "＝1+1",
        "-1e5x",
        "+",
        "--1",
    ],
)
def test_what_would_be_computed_is_words(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+2.5", "-.5", "-1e-300", "3", "", "a=b", "x-y", "'=1", " a"])
def test_numbers_and_other_words_are_left_alone(text: str) -> None:
    assert plain_cell(text) == text
