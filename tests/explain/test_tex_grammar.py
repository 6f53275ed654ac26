"""The formulas' grammar, without TeX: what TeX refuses is found, what it takes is let through."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.explain.tex.document import document_problems
from tests.explain.tex.grammar import problems

SOUND = [
    r"a^{(1)}_{1} = x_{1}\,w_{11} + x_{2}\,w_{21} + b^{(1)}_{1}",
    r"\frac{1}{1+e^{-a^{(1)}_{1}}}",
    r"(a^{2}_{1})^{2}",
    r"{a^{2}_{1}}^{2}",
    r"\frac{\partial L}{\partial w_{11}}",
    r"\left(1+e^{-a}\right)^{2}",
    r"f'(a)",
    r"f'^{2}",
    r"f'_{1}",
    r"\hat{m}^{2}",
    r"\sum_{k}^{n}x_{k}",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    r"\begin{cases}1&\text{if }a>0\\0&\text{else}\end{cases}",
    r"\begin{array}{lr}1&2\end{array}",
    r"1\text{ if }a>0,\ 0\text{ else}",
    r"\underline{\hspace{6em}}",
    r"x^2_1",
    r"\sqrt[3]{x}",
    r"\left\lvert x\right\rvert",
    r"1.5\cdot10^{-7}",
]
BROKEN = [
    (r"\max(0.01\cdota^{(1)}_{1},\,0)", r"undefined control sequence \cdota"),
    (r"1-a^{2}_{1}^{2}", "double superscript"),
    (r"1-h^{(1)}_{1}^{2}", "double superscript"),
    (r"a_{1}_{2}", "double subscript"),
    (r"f^{2}'", "double superscript"),
    (r"\frac{1}{2", "} is missing"),
    (r"\frac{1}2}", "without braces"),
    (r"x}", "closes nothing"),
    (r"{x", "} is missing"),
    (r"\left(x", r"\right is missing"),
    (r"\left(x}", r"\left without \right"),
    (r"x\right)", "closes nothing"),
    (r"\left x\right)", "without a delimiter"),
    (r"a & b", "misplaced &"),
    (r"\begin{cases}\frac{a & b}{c}\end{cases}", "misplaced &"),
    (r"a \\ b", r"misplaced \\"),
    (r"\begin{cases}1\end{pmatrix}", "without its"),
    (r"\begin{case}1\end{case}", "undefined environment"),
    (r"\frac{1}", "no argument"),
    (r"x^", "no argument"),
    (r"x^_1", "no argument"),
    (r"^{2}", "on nothing"),
    (r"{}+\,_{2}", "on nothing"),
    (r"x^\frac{1}{2}", "needs braces"),
    (r"50%", "in a formula"),
    (r"\text{leaky_relu}", "_ in text"),
    (r"δ_{1}", "no character of TeX"),
    (r"\text{1 − 2}", "no character of TeX"),
    (r"\hspace{six}", "without a length"),
    (r"\sum_{k}\_k", None),
    (r"\deltas", "undefined control sequence"),
]


@pytest.mark.parametrize("formula", SOUND)
def test_a_sound_formula_has_no_problems(formula: str) -> None:
    assert problems(formula) == []


@pytest.mark.parametrize(("formula", "told"), [one for one in BROKEN if one[1]])
def test_a_broken_formula_is_found(formula: str, told: str) -> None:
    assert any(told in one for one in problems(formula)), problems(formula)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed; the rules stand on their own")
def test_tex_agrees_on_what_is_sound(tmp_path: Path) -> None:
    body = "\n\n".join(f"${one}$" for one in SOUND)
    source = f"\\documentclass{{article}}\\usepackage{{amsmath}}\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "a.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]


HEAD = "\\documentclass{article}\n\\newcommand{\\own}[1]{#1}\n"


def document(body: str, head: str = HEAD) -> str:
    return f"{head}\\begin{{document}}{body}\\end{{document}}\n"


@pytest.mark.parametrize(
    "body",
    [
        r"\section*{A \& B}\own{$x^{2}$}\par\smallskip",
        r"\begin{center}\begin{tikzpicture}\draw[->] (n0-1) -- (n1-1);\end{tikzpicture}\end{center}",
        r"$\begin{pmatrix}1&2&3&4&5&6&7&8&9&10\end{pmatrix}$",
    ],
)
def test_a_sound_document_has_no_problems(body: str) -> None:
    assert document_problems(document(body)) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (r"leaky_relu", "_ in text"),
        (r"50% of it", "% in text"),
        (r"\unknown", "undefined control sequence"),
        (r"$x", "$ is missing"),
        (r"a {b", "} is missing"),
        (r"a }b{", "closes nothing"),
        (r"\begin{center}", "without its"),
        (r"\begin{center}\begin{tikzpicture}\end{center}", "closes nothing"),
        (r"$1-a^{2}_{1}^{2}$", "double superscript"),
        (r"$\begin{pmatrix}1&2&3&4&5&6&7&8&9&10&11\end{pmatrix}$", "more than 10 columns"),
        ("δ", "ASCII"),
    ],
)
def test_a_broken_document_is_found(body: str, told: str) -> None:
    assert any(told in one for one in document_problems(document(body))), document_problems(document(body))


def test_a_preamble_may_allow_wider_matrices() -> None:
    wide = r"$\begin{pmatrix}1&2&3&4&5&6&7&8&9&10&11\end{pmatrix}$"
    assert document_problems(document(wide, HEAD + r"\setcounter{MaxMatrixCols}{20}")) == []
