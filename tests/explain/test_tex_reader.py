"""The reader of formulas: it reads as a mathematician does, and refuses what it does not know."""

import math
from collections.abc import Mapping

import pytest

from tests.explain.tex.cursor import Misread
from tests.explain.tex.evaluation import evaluate
from tests.explain.tex.parse import read
from tests.explain.tex.plain_text import as_latex
from tests.explain.tex.quantity import Quantity
from tests.explain.tex.tree import Grid, Node, Open, Unevaluable, Unknown

NUMBERS = {
    "t": 1.0,
    "y": 0.25,
    "a": -2.0,
    r"a^{2}_{1}": 3.0,
    "h_{1}": 0.5,
    r"\delta^{(2)}_{1}": 0.125,
    "w_{5}": 0.4,
    r"\mathrm{net}_{o1}": 1.5,
    r"\hat{m}": 0.09,
    r"\frac{\partial L}{\partial w_{5}}": 7.0,
    "f'(a)": 11.0,
    "L": 2.0,
}
ALPHABET = {latex: Quantity(latex) for latex in NUMBERS} | {
    "x_{k}": Quantity("x", unit="k"),
    "x_{1}": Quantity("x", unit=0),
}
VALUES = {Quantity(latex): value for latex, value in NUMBERS.items()} | {
    Quantity("x", unit=k): float(value) for k, value in enumerate((2, 3, 5))
}


def side(latex: str, place: int = 0, alphabet: Mapping[str, Quantity] = ALPHABET) -> Node:
    """Return one side of the one statement there is."""
    (one,) = read(latex, alphabet)
    found = one.sides[place]
    assert found is not None
    return found


def value(latex: str) -> float | None:
    (one,) = read(latex, ALPHABET)
    assert len(one.sides) == 1
    return evaluate(side(latex), VALUES).middle


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{1}{2}-(t\ln y+(1-t)\ln(1-y))", 0.5 - math.log(0.25)),
        (r"\frac{1}{2}(t-y)", 0.375),
        (r"2-3-4", -5),
        (r"2 - 3\cdot4 + 1", -9),
        (r"-2^{2}", -4),
        (r"(-2)^{2}", 4),
        (r"-a^{2}", -4),
        (r"1-h_{1}^{2}", 0.75),
        (r"(a^{2}_{1})^{2}", 9),
        (r"a^{2}_{1}", 3),
        (r"{a^{2}_{1}}^{2}", 9),
        (r"\frac{1}{1+e^{-a}}", 1 / (1 + math.exp(2))),
        (r"e^{-(-1)}", math.e),
        (r"\max(0.01\cdot a,\,a)", -0.02),
        (r"\left(1+y\right)^{2}", 1.5625),
        (r"|a-t|", 3),
        (r"\frac{1}{2}|a|", 1),
        (r"\left|a\right|\cdot|t|", 2),
        (r"\mathrm{sign}(a)", -1),
        (r"\sqrt{h_{1}}+10^{-8}", math.sqrt(0.5) + 1e-8),
        (r"1.5\cdot10^{-7}", 1.5e-7),
        (r"2\cdot1.5\cdot10^{3}\cdot2", 6000),
        (r"\tanh(h_{1})", math.tanh(0.5)),
        (r"\tanh^{2}(h_{1})", math.tanh(0.5) ** 2),
        (r"\delta^{(2)}_{1}\,h_{1}", 0.0625),
        (r"h_{1} \, (1-h_{1})", 0.25),
        (r"0.9\,y+0.1\cdot(-2)", 0.025),
        (r"\frac{\hat{m}}{1-0.9^{2}}", 0.09 / 0.19),
        (r"\frac{\partial L}{\partial w_{5}}", 7),
        (r"2f'(a)", 22),
        (r"\sum_{k}x_{k}", 10),
        (r"\sum_{k}x_{k}^{2}-1", 37),
        (r"\ln\sum_{k\neq 2}e^{x_{k}}-1", math.log(math.exp(2) + math.exp(5)) - 1),
        (r"t\,(\ln\sum_{k}e^{x_{k}}-x_{1})", math.log(math.exp(2) + math.exp(3) + math.exp(5)) - 2),
        (r"\sqrt{2\pi}", math.sqrt(2 * math.pi)),
        (r"t\sum_{k}2\,x_{k}\,y+1", 6),
        (r"\frac{e^{x_{1}}}{\sum_{k}e^{x_{k}}}", math.exp(2) / (math.exp(2) + math.exp(3) + math.exp(5))),
        (r"\ln\sum_{k}e^{x_{k}}", math.log(math.exp(2) + math.exp(3) + math.exp(5))),
        (r"1\text{ if }a>0,\ 0.01\text{ else}", 0.01),
        (r"1\text{ if }t>0,\ 0.01\text{ else}", 1),
        (r"\begin{cases}1&\text{if }a>0\\0.5&\text{otherwise}\end{cases}", 0.5),
        (r"\begin{cases}a,&a\leq0\\0.5&\text{else}\end{cases}", -2),
        (r"\begin{cases}\frac{1}{2}a^{2}&|a|\leq1\\|a|-\frac{1}{2}&\text{else}\end{cases}", 1.5),
        (r"w_5", 0.4),
        (r"1/2+y/h_{1}", 1),
        (r"y \cdot \ln y", 0.25 * math.log(0.25)),
        (r"\Phi(0)", 0.5),
        (r"\sin(0)+\cos(0)", 1),
        (r"\mathrm{net}_{o1}^{2}", 2.25),
    ],
)
def test_a_formula_comes_to_what_a_mathematician_reads(latex: str, expected: float) -> None:
    assert value(latex) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    "latex",
    [
        r"a + -y",
        r"2\cdot-3",
        r"--2",
        r"2 - + 3",
        r"\sum + y",
        r"\sum_{k}",
        r"\sum_{}x_{1}",
        r"y\,0.5",
        r"(1-y)0.5",
        r"1.",
        r"\ln",
        r"\ln y\,t",
        r"1-\tanh(y)^{2}",
        r"(1-y",
        r"1-y)",
        r"|y",
        r"\frac{1}{}",
        r"y+",
        r"y\cdot",
        r"1.5\cdot10^{-7}^{2}",
        r"1\text{ when }a>0",
        r"1\text{ if }a",
        r"(1-y)_{2}",
        r"\text{sample 1}",
        "",
        r"y =",
        r"\max\,y",
    ],
)
def test_what_nobody_would_write_is_refused(latex: str) -> None:
    with pytest.raises((Misread, Unknown)):
        read(latex, ALPHABET)


@pytest.mark.parametrize(
    "latex",
    [
        r"z",
        r"a^{3}_{1}",
        r"h_{2}",
        r"\mathrm{softmax}",
        r"\gamma",
        r"\nabla",
        r"\hat{s}",
        r"f'",
        r"f(y)",
        r"\cdota",
        r"t_{k}",
        r"\mathrm{softmax}(a)",
        r"x_{2}",
        r"\frac{\partial L}{\partial h_{1}}",
    ],
)
def test_what_is_not_in_the_alphabet_is_refused(latex: str) -> None:
    with pytest.raises((Unknown, Misread)):
        read(latex, ALPHABET)


def test_a_line_is_cut_into_its_sides_and_statements() -> None:
    (one,) = read(r"y = 1-h_{1} \approx 0.5", ALPHABET)
    assert one.signs == ("=", r"\approx")
    assert len(one.sides) == 3
    (one,) = read(r"= 0.5\cdot0.5 = 0.25", ALPHABET)
    assert one.sides[0] is None
    first, second = read(r"h_{1} = 0.5,\quad w_{5} = 0.4", ALPHABET)
    assert first.signs == second.signs == ("=",)
    (one,) = read(r"\text{sample 3:}\quad 0.5", ALPHABET)
    assert one.label == "sample 3"


def test_a_number_stands_for_all_that_are_written_so() -> None:
    found = evaluate(side(r"1-0.999", alphabet={}), {}, lambda number: number.unit / 2 if number.unit < 1 else 0.0)
    assert found.low == pytest.approx(0.0005)
    assert found.high == pytest.approx(0.0015)


def test_dots_and_blanks_come_to_nothing() -> None:
    with pytest.raises(Unevaluable):
        evaluate(side(r"y+\ldots+t"), VALUES)
    assert side(r"y = \underline{\hspace{6em}}", 1) == Open()


def test_a_matrix_is_a_grid_of_numbers() -> None:
    matrix = side(r"y = \begin{pmatrix}1&-2.5\\3\cdot10^{2}&4\end{pmatrix}", 1)
    assert isinstance(matrix, Grid)
    assert [[evaluate(cell, {}).middle for cell in row] for row in matrix.rows] == [[1, -2.5], [300, 4]]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("∂E/∂w₅ = δₒ₁ outₕ₁", r"\frac{\partial E}{\partial w_{5}} = \delta _{o1} \mathrm{out}_{h1}"),
        ("y₁ = 1/(1+e^(−a⁽²⁾₁)) ≈ 0.5", r"y_{1} = 1/(1+e^{-a^{(2)}_{1}}) \approx  0.5"),
        (
            "w₁ ← w₁ − η m\u0302/(√(s\u0302)+ε)",
            r"w_{1} \leftarrow  w_{1} - \eta  \hat{m}/(\sqrt{\hat{s}}+\varepsilon )",
        ),
        ("0.3·10⁻⁷ ln (1 − a²₁)", r"0.3\cdot 10^{-7} \ln  (1 - a^{2}_{1})"),
        ("1 if a₁>0, 0 else", r"1 \text{ if } a_{1}>0, 0 \text{ else }"),
    ],
)
def test_text_is_read_back_as_the_formula_it_is(text: str, latex: str) -> None:
    assert as_latex(text) == latex


@pytest.mark.parametrize(
    ("text", "expected"), [("1/2 (t − y)", 0.375), ("1/2·y", 0.125), ("1/(2·y)", 2), ("1/y/y", 16)]
)
def test_a_stroke_divides_by_what_comes_next_alone(text: str, expected: float) -> None:
    assert value(as_latex(text)) == expected
