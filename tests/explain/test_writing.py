"""Expressions are written as symbols and numbers that read back to their value, and signs tell the truth."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.expression import Constant, Expression, Leaf, evaluate, exp, largest
from backprop_gui.explain.formula import Source, latex, text
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.situation import Style
from backprop_gui.explain.writing import Quantity, Writer, equation

ELEMENTWISE = [card for card in ACTIVATIONS.values() if not card.whole_layer]
FOUR = Writer(NumberFormat("fixed", 4))


def quantity(latex_symbol: str, value: float, source: Source = Source.FORWARD) -> Quantity:
    return Quantity(latex_symbol, value, source=source)


A, B = quantity("a", -0.5), quantity("b", 0.25)


@pytest.mark.parametrize(
    ("expression", "symbols", "numbers"),
    [
        (A * B, r"a \, b", r"-0.5000 \cdot 0.2500"),
        (B * A, r"b \, a", r"0.2500 \cdot (-0.5000)"),
        (B - A, "b - a", "0.2500 - (-0.5000)"),
        (-(A - B), "-( a - b )", "-( -0.5000 - 0.2500 )"),
        (B * (1 - A) ** 2, r"b \, ( 1 - a )^{2}", r"0.2500 \cdot ( 1 - (-0.5000) )^{2}"),
        (A**2, "a^{2}", "(-0.5000)^{2}"),
        (1 / (1 + exp(-A)), r"\frac{1}{1 + e^{-a}}", r"\frac{1}{1 + e^{-(-0.5000)}}"),
        (largest(B * A, A), r"\max(b \, a,\,a)", r"\max(0.2500 \cdot (-0.5000),\,-0.5000)"),
        (-(A * B), r"-a \, b", r"-(-0.5000) \cdot 0.2500"),
    ],
)
def test_brackets_stand_where_they_are_needed_and_nowhere_else(
    expression: Expression, symbols: str, numbers: str
) -> None:
    assert latex(FOUR.symbols(expression)) == symbols
    assert latex(FOUR.numbers(expression)) == numbers


def test_a_symbol_that_has_a_superscript_is_raised_in_brackets() -> None:
    assert latex(FOUR.symbols(quantity("a^{2}_{1}", 0.5) ** 2)) == "(a^{2}_{1})^{2}"
    gradient = quantity(r"\frac{\partial L}{\partial w_{1}}", 0.5)
    assert latex(FOUR.symbols(gradient**2)) == r"\left(\frac{\partial L}{\partial w_{1}}\right)^{2}"


def exactly(value: float, number_format: NumberFormat) -> Fraction:
    return Fraction(number_format(value).replace("−", "-"))


numbers_of_a_pass = st.floats(-50, 50).filter(lambda x: x == 0 or abs(x) > 1e-3)
formats = st.builds(NumberFormat, st.sampled_from(["fixed", "significant"]), st.integers(2, 9))


@given(numbers_of_a_pass, numbers_of_a_pass, numbers_of_a_pass, formats)
@settings(max_examples=300, deadline=None)
def test_an_equals_sign_stands_exactly_where_the_digits_shown_come_out(
    x: float, w: float, b: float, number_format: NumberFormat
) -> None:
    writer = Writer(number_format)
    result = quantity("a", x * w + b)
    written = latex(writer.result(quantity("x", x) * quantity("w", w) + quantity("b", b), result))
    by_hand = exactly(x, number_format) * exactly(w, number_format) + exactly(b, number_format)
    assume(number_format(float(by_hand) * (1 - 1e-12)) == number_format(float(by_hand) * (1 + 1e-12)))  # no tie
    comes_out = number_format(float(by_hand)) == number_format(result.value)
    assert (r"\approx" in written) is not comes_out
    assert written.count("=") == (2 if comes_out else 1)


@given(numbers_of_a_pass, numbers_of_a_pass, formats)
@settings(max_examples=200, deadline=None)
def test_with_enough_digits_every_product_comes_out(x: float, w: float, number_format: NumberFormat) -> None:
    product, a = quantity("x", x) * quantity("w", w), quantity("a", x * w)
    page = Style(number_format=number_format, long=True).whole_page(lambda style: style.writer.result(product, a))
    assert r"\approx" not in latex(page)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.237, "0.237"),
        (0.23700001, "0.2370"),
        (0.1 + 0.2, "0.3"),
        (2.0, "2"),
        (1.99999, "2.000"),
        (3e-9, r"3\cdot10^{-9}"),
    ],
)
def test_the_zeros_of_a_rounded_number_are_digits(value: float, shown: str) -> None:
    assert Writer(NumberFormat("significant", 4)).number(quantity("y", value)).latex == shown


def test_a_result_comes_out_though_it_is_shorter_than_what_was_computed() -> None:
    writer = Writer(NumberFormat("significant", 4))
    expression = quantity("x", 0.23699) * quantity("w", 1.0)
    assert latex(writer.result(expression, quantity("a", 0.237))) == r"= 0.2370 \cdot 1 = 0.237"


def test_a_number_that_was_rounded_is_not_called_equal() -> None:
    assert text(FOUR.value("y", quantity("y", 0.5))) == "y = 0.5000"
    assert text(FOUR.value("y", quantity("y", 0.50001))) == "y ≈ 0.5000"


def test_a_number_out_of_range_is_said_to_be_so() -> None:
    assert FOUR.number(quantity("y", math.nan)).latex == r"\text{undefined}"
    assert FOUR.number(quantity("y", -math.inf)).latex == r"-\infty"


def test_gradients_have_significant_digits_where_values_have_decimals() -> None:
    assert FOUR.number(quantity("d", 0.00043856, Source.GRADIENT)).latex == "0.0004386"
    assert FOUR.number(quantity("y", 0.00043856)).latex == "0.0004"


@pytest.mark.parametrize("card", ELEMENTWISE, ids=lambda card: card.name)
@given(a=st.floats(-30, 30))
@settings(max_examples=60, deadline=None)
def test_a_cards_formulas_are_its_functions(card: Activation, a: float) -> None:
    numbers = [Constant(value) for value in card.numbers]
    y = float(card(np.array([a]))[0])
    slope = float(card.slopes(np.array([a]), np.array([y]))[0])
    assert math.isclose(evaluate(card.value(Leaf("a", a), *numbers)), y, rel_tol=1e-9, abs_tol=1e-15)
    found = evaluate(card.slope(Leaf("a", a), Leaf("y", y), *numbers))
    assert math.isclose(found, slope, rel_tol=1e-7, abs_tol=1e-12)


def test_a_case_distinction_is_told_whole_and_then_the_case_that_holds() -> None:
    elu = ACTIVATIONS["elu"]
    a, alpha = quantity("a", -1.0), Quantity(r"\alpha", 1.0, chosen=True)
    lines = [text(line.formula) for line in equation(FOUR, "h", elu.value(a, alpha), quantity("h", math.expm1(-1)))]
    assert lines == ["h = a if a>0, α (e^(a) − 1) else", "= 1 · (e^(−1.0000) − 1) = −0.6321"]
