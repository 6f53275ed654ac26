"""Worked sheets in a fresh process: PDF pages, HTML, LaTeX; teacher's and student's copies; explain in the terminal."""

import json
import re
from html.parser import HTMLParser

import pytest

from tests.e2e.test_command_line import run


def test_a_pdf_has_pages_and_fonts(tmp_path):
    done = run("explain", "article", "--sheet", "s.pdf", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "s.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    pages = re.findall(rb"/Type\s*/Page\b", data)
    assert 4 <= len(pages) <= 7


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.count = {}
        self.labels = []
        self.words = ""

    def handle_starttag(self, tag, attributes):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.labels += [value for key, value in attributes if key == "aria-label"]

    def handle_data(self, data):
        self.words += data


def html(tmp_path, *options):
    done = run("explain", "mazur", "--notation", "mazur", "--sheet", "s.html", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    parser = Tags()
    parser.feed((tmp_path / "s.html").read_text(encoding="utf-8"))
    return parser


def test_the_teachers_html_has_every_number_and_the_students_has_not(tmp_path):
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


def test_latex_is_balanced_and_draws_the_network(tmp_path):
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


def test_explain_in_json_and_text(tmp_path):
    done = run("explain", "han-kamber", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["sample"] == 1
    assert data["layers"][1]["output"][0] == pytest.approx(0.4738888988, abs=1e-10)
    assert data["layers"][0]["delta"] == pytest.approx([0.0087245620, 0.0065420851], abs=1e-10)
    done = run("explain", "mazur", "--notation", "mazur")
    assert done.returncode == 0
    assert "w₅ ← 0.35891648" in done.stdout
    assert "misprint" in done.stdout


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
def test_bad_input_is_one_sentence_and_two(tmp_path, arguments, words):
    done = run("explain", "xor", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
