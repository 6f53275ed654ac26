"""Worked sheets in a fresh process: PDF pages, HTML, LaTeX; teacher's and student's copies; explain in the terminal."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.session.edits import set_layer, set_parameter, set_setting, set_training
from backprop_gui.session.files import write_session
from tests.e2e.test_command_line import run
from tests.shapes import dense


def test_a_pdf_has_pages_and_fonts(tmp_path: Path) -> None:
    done = run("explain", "article", "--sheet", "s.pdf", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "s.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    pages = re.findall(rb"/Type\s*/Page\b", data)
    assert 4 <= len(pages) <= 7


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.count: dict[str, int] = {}
        self.labels: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self.labels += [value for key, value in attrs if key == "aria-label" and value]

    def handle_data(self, data: str) -> None:
        self.words += data


def html(tmp_path: Path, *options: str) -> Tags:
    done = run("explain", "mazur", "--notation", "mazur", "--sheet", "s.html", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    parser = Tags()
    parser.feed((tmp_path / "s.html").read_text(encoding="utf-8"))
    return parser


def test_the_teachers_html_has_every_number_and_the_students_has_not(tmp_path: Path) -> None:
    complete = html(tmp_path)
    formulas = "\n".join(complete.labels)
    for number in ("0.593", "0.751365", "0.298371", "0.138499", "0.082167", "0.358916", "0.000438568"):
        assert number in formulas
    assert complete.count["figure"] == 1
    blank = html(
        tmp_path,
        *(part for name in ("forward", "loss", "deltas", "gradients", "updates") for part in ("--blank", name)),
    )
    formulas = "\n".join(blank.labels)
    for number in ("0.593", "0.751365", "0.298371", "0.138499", "0.082167", "0.358916", "0.3775", "0.0363503"):
        assert number not in formulas
    assert "0.15" in formulas
    assert "0.7514" not in blank.words


def test_latex_is_balanced_and_draws_the_network(tmp_path: Path) -> None:
    done = run("explain", "xor", "--sample", "3", "--sheet", "s.tex", "--blank", "deltas", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "s.tex").read_text(encoding="utf-8")
    assert source.count("{") == source.count("}")
    assert source.count("$") % 2 == 0
    opened, closed = re.findall(r"\\begin\{(\w+)\}", source), re.findall(r"\\end\{(\w+)\}", source)
    assert sorted(opened) == sorted(closed)
    assert source.count(r"\draw[->]") == 2 * 2 + 2
    assert r"\underline{\hspace{6em}}" in source
    assert source.isascii()


def test_explain_in_json_and_text(tmp_path: Path) -> None:
    done = run("explain", "han-kamber", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["sample"] == 1
    assert data["layers"][1]["output"][0] == pytest.approx(0.4738888988, abs=1e-10)
    assert data["layers"][0]["delta"] == pytest.approx([0.0087245620, 0.0065420851], abs=1e-10)
    done = run("explain", "mazur", "--notation", "mazur")
    assert done.returncode == 0
    assert "= 0.4 − 0.5 · 0.0821670406 = 0.35891648" in done.stdout
    assert "misprint" not in done.stdout


def test_dropouts_mask_is_told_in_json_and_given_on_the_sheet(tmp_path: Path) -> None:
    session = problem("article")
    session = set_training(session, replace(session.training, dropout=0.5, seed=3))
    write_session(tmp_path / "d.json", session)
    done = run("explain", "d.json", "--json", "--sheet", "d.tex", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    hidden, output = json.loads(done.stdout)["layers"]
    assert set(hidden["mask"]) == {0.0, 2.0}
    assert "mask" not in output
    assert [value == 0.0 for value in hidden["output"]] == [mask == 0.0 for mask in hidden["mask"]]
    source = (tmp_path / "d.tex").read_text(encoding="utf-8")
    written = "&".join("0" if mask == 0.0 else "2" for mask in hidden["mask"])
    assert rf"r^{{(1)}} = \begin{{pmatrix}}{written}\end{{pmatrix}}" in source
    assert "dropout 0.5" in source


def test_nothing_is_written_where_json_is_refused(tmp_path: Path) -> None:
    rate = set_setting(problem("homework"), "optimizer.learning_rate", 1e308)
    for layer in range(2):
        rate = set_layer(rate, layer, dense(1, "linear"))
    write_session(tmp_path / "s.json", set_parameter(rate, WeightRef(0, 0, 0), 1e10))
    done = run("explain", "s.json", "--json", "--sheet", "s.tex", folder=tmp_path)
    assert done.returncode == 2
    assert "learning_rate" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["s.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sample", "0"], "use 1 to 4"),
        (["--sample", "5"], "use 1 to 4"),
        (["--sheet", "x.doc"], ".pdf, .html or .tex"),
        (["--blank", "loss"], "it needs --sheet"),
        (["--sheet", "/nowhere/x.pdf"], "/nowhere"),
        (["--blank", "everything", "--sheet", "x.pdf"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence_and_two(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run("explain", "xor", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
