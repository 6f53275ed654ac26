"""Tables that are no CSV text: each kind of file is known by what is in it, and read exactly or refused."""

import builtins
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest

from backprop_gui.data.tables import xlsx_source
from backprop_gui.engine.errors import FieldError
from tests.tabling import names, read, roles_of, whole

SNNS = (
    "SNNS pattern definition file V3.2\ngenerated at Mon Jan 01 00:00:00 2001\n\n\n"
    "No. of patterns : {count}\nNo. of input units : 2\nNo. of output units : 1\n\n"
    "# Input 1:\n0 0.5\n# Output 1:\n0\n# Input 2:\n0\n1\n# Output 2:\n1\n"
)


def workbook(*sheets: list[list[object]]) -> bytes:
    """Return an Excel workbook with these sheets."""
    book: Any = openpyxl.Workbook()
    for place, rows in enumerate(sheets):
        sheet = book.active if place == 0 else book.create_sheet(f"sheet <{place}>")
        for row in rows:
            sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_is_read_with_its_own_numbers() -> None:
    content = workbook([["x", "on", "kind"], [1.1, True, "cat"], [None, False, "dog"], [0.3, True, "cat"]])
    found = read(content, missing="mean")
    assert names(found) == ["x", "on", "kind=cat", "kind=dog"]
    assert found.samples.inputs[:, 0].tolist() == [1.1, (1.1 + 0.3) / 2, 0.3]
    assert found.samples.inputs[:, 1].tolist() == [1, 0, 1]


def test_the_first_sheet_with_a_table_is_taken_and_titles_above_it_are_none_of_it() -> None:
    content = workbook([["A note"]], [["Measured"], [], ["x", "t"], [1, 0.5], [2, 1.5]])
    table = whole(content)
    assert table.source.why[0] == "Excel workbook, sheet “sheet <1>”."
    assert table.source.names == ("x", "t")
    assert table.columns.columns[1].values.tolist() == [0.5, 1.5]
    assert table.columns.line(0) == 4


def test_a_workbook_without_openpyxl_gives_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content, real = workbook([["x", "t"], [1, 2]]), builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FieldError, match=r"needs the package openpyxl: pip install 'backprop-gui\[tables\]'"):
        whole(content)


def test_a_workbook_that_grows_when_it_is_unpacked_is_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_source, "_MOST_UNPACKED", 1000)
    with pytest.raises(FieldError, match="too large to unpack"):
        whole(workbook([["x", "t"], [1, 2]]))


@pytest.mark.parametrize(
    ("member", "words"), [("content.xml", "OpenDocument"), ("a.npy", "NumPy"), ("a.txt", "unpack")]
)
def test_other_packed_files_are_told_apart(member: str, words: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr(member, "x")
    with pytest.raises(FieldError, match=words):
        whole(made.getvalue())


def test_arff_has_names_kinds_gaps_and_comments() -> None:
    content = (
        "% made by hand\n@RELATION tiny\n@attribute 'a b' numeric\n@ATTRIBUTE colour {red, 'light blue'}\n"
        "@attribute class {p,q,r}\n\n@DATA\n1,'light blue',p\n% between\n2.5,red,q\n?,red,p\n"
    )
    found = read(content)
    assert names(found) == ["a b", "colour=red", "colour=light blue", "class=p", "class=q", "class=r"]
    assert found.samples.inputs.tolist() == [[1, 0, 1], [2.5, 1, 0]]
    assert found.samples.targets.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert [str(bad) for bad in found.bad] == ["line 11, a b: the value is missing (“?”)"]


def test_sparse_arff_is_filled_with_zeros_and_first_classes() -> None:
    found = read("@relation r\n@attribute a real\n@attribute b real\n@attribute k {0,1}\n@data\n{1 2.5}\n{0 3,2 1}\n")
    assert found.samples.inputs.tolist() == [[0, 2.5], [3, 0]]
    assert found.samples.targets.tolist() == [[1, 0], [0, 1]]


def test_snns_patterns_are_numbers_one_after_the_other() -> None:
    found = read(SNNS.format(count=2))
    assert roles_of(SNNS.format(count=2)) == "iit"
    assert found.samples.inputs.tolist() == [[0, 0.5], [0, 1]]
    assert found.samples.targets.tolist() == [[0], [1]]
    with pytest.raises(FieldError, match=r"2 patterns of 3 numbers.*the file says that there are 3"):
        whole(SNNS.format(count=3))
    with pytest.raises(FieldError, match="patterns of changing size"):
        whole(SNNS.format(count=2).replace("0 0.5", "[ 2 ] 0 0.5"))


def test_fann_pairs_are_told_from_a_table_of_three_columns() -> None:
    found = read("2 2 1\n0 1\n1\n1 0.5\n0\n")
    assert found.samples.inputs.tolist() == [[0, 1], [1, 0.5]]
    assert found.samples.targets.tolist() == [[1], [0]]
    assert read("2 3 1\n0 1 1\n1 0 5\n").samples.inputs.tolist() == [[2, 3], [0, 1], [1, 0]]


def test_libsvm_rows_leave_out_zeros() -> None:
    found = read("+1 1:0.5 3:-1 # a remark\n-1 2:0.25\n+1 1:1 2:3\n-1 3:2\n")
    assert names(found) == ["x1", "x2", "x3", "label=-1", "label=1"]
    assert found.samples.inputs.tolist() == [[0.5, 0, -1], [0, 0.25, 0], [1, 3, 0], [0, 0, 2]]
    assert found.samples.targets[:2].tolist() == [[0, 1], [1, 0]]
    assert read("2.5 0:1 1:2\n3.5 0:3\n").samples.inputs.tolist() == [[1, 2], [3, 0]]


@pytest.mark.parametrize(
    "content",
    [
        [{"x": 1, "y": 2.5, "t": 0}, {"x": 3, "y": -1e-7, "t": 1}],
        {"x": [1, 3], "y": [2.5, -1e-7], "t": [0, 1]},
        {"x": {"0": 1, "1": 3}, "y": {"0": 2.5, "1": -1e-7}, "t": {"0": 0, "1": 1}},
        {"columns": ["x", "y", "t"], "index": [0, 1], "data": [[1, 2.5, 0], [3, -1e-7, 1]]},
        {"about": "made by hand", "rows": [{"x": 1, "y": 2.5, "t": 0}, {"x": 3, "y": -1e-7, "t": 1}]},
        [["x", "y", "t"], [1, 2.5, 0], [3, -1e-7, 1]],
        '{"x": 1, "y": 2.5, "t": 0}\r\n{"x": 3, "y": -1e-7, "t": 1}\r\n',
    ],
)
def test_json_is_read_by_records_columns_or_rows(content: object) -> None:
    found = read(content if isinstance(content, str) else json.dumps(content))
    assert names(found) == ["x", "y", "t"]
    assert found.samples.inputs.tolist() == [[1, 2.5], [3, -1e-7]]
    assert found.samples.targets.tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"x": 1}, 2]', "JSON without a table"),
        ("[[]]", "no rows"),
        ('{"x": [1, 2], "t": [1]}', "columns of different lengths"),
        ('[{"x": 1,}]', "text that is no JSON"),
        ('{"format": "backprop-gui/session", "version": 1}', "open it instead"),
    ],
)
def test_json_without_a_table_is_refused(content: str, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        whole(content)
