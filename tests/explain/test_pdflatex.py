"""Worked sheets through pdflatex: they compile, and nothing runs off the page. Without it, by a parser of its rules.

A handful here; ``make sheets`` takes many (the variable SHEETS says how many).
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.sheet import BLANKS, make_sheet
from backprop_gui.explain.sheet_tex import as_tex, tikz
from backprop_gui.explain.situation import Style
from backprop_gui.resources import problem
from backprop_gui.session.microscope import Microscope
from tests.explain.tex.cases import SHAPES, sessions
from tests.explain.tex.document import document_problems

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

COUNT = int(os.environ.get("SHEETS", "4"))
FIRST = int(os.environ.get("SHEETS_FROM", "0"))
WIDE = ((12, 4, 2), (3, 10, 4), (2, 2, 12), (4, 6, 5, 4), (20, 1), (2, 30), (1, 70, 1))
MOST_OVER = 1.0
"""Points a line may run over; more is seen."""
FORMATS = (NumberFormat("significant", 6), NumberFormat("fixed", 4), NumberFormat("significant", 10))


def complaints(source: str, folder: Path) -> list[str]:
    """Return what pdflatex has to say against a document."""
    (folder / "sheet.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "sheet.tex"]
    environment = os.environ | {"max_print_line": "1000"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=60)
    said = done.stdout.decode(errors="replace")
    found = re.findall(r"^! .*(?:\n.*){0,4}", said, re.MULTILINE)
    for words, points, line in re.findall(r"(Overfull \\[hv]box \(([\d.]+)pt too \w+\))(?:.*?(\d+)--)?", said):
        if float(points) > MOST_OVER:
            found.append(f"{words}: {source.splitlines()[int(line) - 1] if line else 'a page'}")
    if done.returncode and not found:
        found.append(said[-500:])
    return found


def source(number: int) -> str:
    """Return one document out of all notations, cards, shapes, number formats and blanks."""
    session, sample = next(sessions(number, 1, WIDE if number % 2 else SHAPES))
    style = Style(list(NOTATIONS)[number % 4], FORMATS[number // 4 % 3])
    now = Microscope(session).situation(sample)
    blanks = frozenset(BLANKS[number % 5 : number % 5 + 2]) if number % 3 == 2 else frozenset[str]()
    return as_tex(make_sheet(now, style, blanks), tikz(now, style))


@pytest.mark.parametrize("number", range(FIRST, FIRST + COUNT))
def test_a_sheet_is_sound_by_the_rules_of_tex(number: int) -> None:
    assert document_problems(source(number)) == []


@needs_pdflatex
@pytest.mark.parametrize("number", range(FIRST, FIRST + COUNT))
def test_a_sheet_compiles_and_stays_on_the_page(number: int, tmp_path: Path) -> None:
    assert complaints(source(number), tmp_path) == []


@needs_pdflatex
@pytest.mark.parametrize(
    ("name", "notation"), list(zip(("article", "xor", "han-kamber", "mazur"), NOTATIONS, strict=True))
)
def test_the_built_in_problems_compile(name: str, notation: str, tmp_path: Path) -> None:
    style = Style(notation, FORMATS[0])
    now = Microscope(problem(name)).situation(0)
    assert complaints(as_tex(make_sheet(now, style), tikz(now, style)), tmp_path) == []


@needs_pdflatex
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (r"$x^{2}$", None),
        (r"\nothing", "Undefined control sequence"),
        (r"$x^{2}^{2}$", "Double superscript"),
        (r"\noindent\hbox to 50cm{x\hfil}", "pt too wide"),
        (r"\vbox to 50cm{x\vfil}", "pt too high"),
    ],
)
def test_complaints_are_heard(body: str, told: str | None, tmp_path: Path) -> None:
    document = f"\\documentclass{{article}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    found = complaints(document, tmp_path)
    assert (found == []) if told is None else any(told in one for one in found), found
