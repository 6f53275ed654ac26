"""``backprop-gui import``: a table into a session, as scripts rely on it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backprop_gui.cli import main
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session

CARS = (
    "id;brand;power;doors;price\n"
    "1;Audi;1,5;four;20.500\n2;Seat;0,9;two;12.000\n3;Audi;;two;15.250\n4;Seat;1,1;x y;9.750\n"
)
Run = Callable[..., tuple[dict[str, Any], Session]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def go(content: str | bytes, *options: str) -> tuple[dict[str, Any], Session]:
        table, save = tmp_path / "t.csv", tmp_path / "s.json"
        table.write_bytes(content.encode() if isinstance(content, str) else content)
        assert main(["import", str(table), "--save", str(save), "--json", *options]) == 0
        return json.loads(capsys.readouterr().out), read_session(save)

    return go


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def go(content: str, *options: str) -> str:
        table, save = tmp_path / "t.csv", tmp_path / "s.json"
        table.write_text(content, encoding="utf-8")
        assert main(["import", str(table), "--save", str(save), *options]) == 2
        assert not save.exists()
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        return told.err

    return go


def test_what_was_guessed_is_printed_as_data(run: Run) -> None:
    told, session = run(CARS, "--skip-bad")
    assert told == {
        "delimiter": ";",
        "decimal": "comma",
        "header": True,
        "columns": [
            {"name": "id", "role": "ignore"},
            {"name": "brand", "role": "input"},
            {"name": "power", "role": "input"},
            {"name": "doors", "role": "input"},
            {"name": "price", "role": "target"},
        ],
        "samples": 3,
        "skipped": [{"line": 4, "reason": "power: the cell is empty"}],
    }
    columns = [column.name for column in session.samples.columns]
    assert columns == ["brand=Audi", "brand=Seat", "power", "doors=four", "doors=two", "doors=x y", "price"]
    assert session.samples.inputs[0].tolist() == [1, 0, 1.5, 1, 0, 0]
    assert session.samples.targets.ravel().tolist() == [20500, 12000, 9750]


def test_everything_can_be_said(run: Run) -> None:
    told, session = run(
        "p,q,r,s,u\n1,200,x,5,a\n3,400,y,6,b\n5,600,x,7,c\n",
        *("--inputs", "q,1", "--targets", "s", "--class", "r", "--name", "u", "--scale", "min-max"),
        *("--scale-targets", "standard", "--layers", "5:relu,4:elu(alpha=0.5)", "--delimiter", "comma"),
        *("--decimal", "point", "--header", "yes"),
    )
    assert [one["role"] for one in told["columns"]] == ["input", "input", "class", "target", "name"]
    assert session.samples.inputs.tolist() == [[0, 0], [0.5, 0.5], [1, 1]]
    assert session.samples.targets[:, :2].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert session.samples.targets[1, 2] == 0.0
    assert session.samples.names == ("a", "b", "c")
    assert session.network.sizes == (2, 5, 4, 3)
    assert [layer.activation.spelled for layer in session.network.layers] == ["relu", "elu(alpha=0.5)", "linear"]


def test_what_is_not_said_is_guessed_around_what_is(run: Run) -> None:
    told, _ = run("a,b,kind\n1,2,x\n3,4,y\n1,1,x\n", "--inputs", "b")
    assert [one["role"] for one in told["columns"]] == ["ignore", "input", "class"]
    told, _ = run("a,b,kind\n1,2,x\n3,4,y\n1,1,x\n", "--targets", "a")
    assert [one["role"] for one in told["columns"]] == ["target", "input", "input"]
    told, _ = run("a;b\n1,200;2\n2,300;3\n", "--decimal", "comma")
    assert told["decimal"] == "comma"
    told, session = run("1|2\n3|4\n", "--header", "yes", "--delimiter", "|")
    assert (told["header"], told["samples"]) == (True, 1)
    assert [column.name for column in session.samples.columns] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "layers", "output", "loss", "sizes"),
    [
        ("a,k\n1,x\n2,y\n3,x\n", "6:tanh", "softmax", "cross_entropy", (1, 6, 2)),
        ("a,t\n1,0\n2,1\n", "6:tanh", "sigmoid", "binary_cross_entropy", (1, 6, 1)),
        ("a,t\n1,0.5\n2,7\n", "6:tanh", "linear", "half_sse", (1, 6, 1)),
        ("a,t\n1,0.5\n2,7\n", "4:relu,1:tanh", "tanh", "half_sse", (1, 4, 1)),
        ("a,k\n1,x\n2,y\n3,x\n", "2:softmax", "softmax", "cross_entropy", (1, 2)),
        ("a,k\n1,x\n2,y\n3,x\n", "3:sigmoid,2:sigmoid", "sigmoid", "binary_cross_entropy", (1, 3, 2)),
        ("a,t\n1,0\n2,1\n", "3", "sigmoid", "binary_cross_entropy", (1, 3, 1)),
    ],
)
def test_output_and_loss_suit_the_targets(
    run: Run, content: str, layers: str, output: str, loss: str, sizes: tuple[int, ...]
) -> None:
    _, session = run(content, "--layers", layers)
    assert session.network.layers[-1].activation.name == output
    assert session.training.loss.name == loss
    assert session.network.sizes == sizes


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("a,t\n1,2\nx,3\n4,?\n", (), "2 rows cannot be used, first line 3, a: “x” is not a number; .* --skip-bad"),
        ("a,t\n1,2\n?,3\n", (), "1 row cannot be used, first line 3, a: the value is missing"),
        ("a,t\n1,2\n", ("--inputs", "b"), "--inputs: 'b' is not accepted; use the columns of the table: a, t"),
        ("a,t\n1,2\n", ("--inputs", "a", "--targets", "a"), "--targets: 'a' is not accepted; give every column one"),
        ("a,t\n1,2\n", ("--delimiter", "ab"), "delimiter: 'ab' is not accepted; use one character, or comma"),
        ("a,t\n1,2\n", ("--layers", "6-tanh"), "--layers: '6-tanh' is not accepted; write units and activation"),
        ("a,t\n1,2\n", ("--layers", "6:tann"), "--layers: 'tann' is not accepted; use one of linear"),
        ("a,t\n1,2\n", ("--layers", "5:softmax"), "softmax is for the output layer only, which has 1 units"),
        ("a,t\n1,2\n", ("--ignore", "a"), "t.csv: columns: 'none' is not accepted; choose at least one input"),
        ("", (), "t.csv: table: 'an empty file' is not accepted"),
        ("SNNS network definition file V1.4\n", (), "t.csv: table: 'a network, not a table'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    refused: Callable[..., str], content: str, options: tuple[str, ...], words: str
) -> None:
    told = refused(content, *options)
    assert told.startswith("backprop-gui: ")
    assert re.search(words, told), told


def test_gaps_can_be_filled_or_skipped_without_leaving_out_what_is_wrong(run: Run, refused: Callable[..., str]) -> None:
    gaps = "a,b,t\n1,5,0.5\n?,7,1.5\n3,9,2.5\n"
    told, session = run(gaps, "--missing", "mean")
    assert session.samples.inputs[1].tolist() == [2, 7]
    assert told["skipped"] == []
    told, session = run(gaps, "--missing", "skip")
    assert len(session.samples) == 2
    assert told["skipped"] == [{"line": 3, "reason": "a: the value is missing (“?”)"}]


def test_the_table_is_not_overwritten_by_the_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"a": 1, "t": 2}]')
    assert main(["import", str(path), "--save", str(path)]) == 2
    assert "give the session a file of its own" in capsys.readouterr().err
    assert path.read_text() == '[{"a": 1, "t": 2}]'


def test_without_json_the_guesses_and_what_is_left_out_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, save = tmp_path / "t.csv", tmp_path / "s.json"
    table.write_text("x;y\n0,1;0,01\n0,2;0,04\nbad;1\n", encoding="utf-8")
    assert main(["import", str(table), "--save", str(save), "--skip-bad"]) == 0
    told = capsys.readouterr()
    assert "Delimiter semicolon: parts 4 of 4 lines into 2 columns." in told.out
    assert "2 samples, inputs 1, targets 1" in told.out
    assert told.err == "left out: line 4, x: “bad” is not a number\n"


def test_an_imported_session_trains(run: Run, tmp_path: Path) -> None:
    run("x1,x2,t\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    trained = tmp_path / "u.json"
    assert main(["train", str(tmp_path / "s.json"), "--epochs", "1500", "--quiet", "--save", str(trained)]) == 0
    session = read_session(trained)
    assert session.trainer().loss() < 0.3
