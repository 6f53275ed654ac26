"""Contrast of the palette, and numbers as people read them."""

import pytest
from PySide6.QtGui import QColor

from backprop_gui.engine.network import BiasRef, Network, UnitRef, WeightRef
from backprop_gui.explain.names import name
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.ui.theme import DARK, LIGHT, Roles
from tests.shapes import dense


def luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(first: QColor, second: QColor) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("roles", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["text", "muted", "problem"])
def test_text_reads_on_every_background(roles: Roles, role: str) -> None:
    for ground in (roles.window, roles.surface, roles.raised):
        assert contrast(getattr(roles, role), ground) >= 4.5  # WCAG 2, level AA


@pytest.mark.parametrize("roles", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["positive", "negative", "accent", "error"])
def test_signs_stand_out_from_the_canvas(roles: Roles, role: str) -> None:
    assert contrast(getattr(roles, role), roles.surface) >= 3.0  # WCAG 2, graphics


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.291027773, "0.2910"),
        (-0.5, "−0.5000"),
        (0.0, "0.0000"),
        (1e-9, "1.00e−9"),
        (123456.0, "123456.0000"),
        (1e6, "1.00e6"),
        (float("inf"), "∞"),
        (float("nan"), "undefined"),
    ],
)
def test_fixed_decimals_give_way_to_powers_of_ten(value: float, text: str) -> None:
    assert NumberFormat("fixed", 4)(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.291027773, "0.291028"), (-1234567.0, "−1.23457e6"), (1e-9, "1.00000e−9"), (2.0, "2.00000")]
)
def test_significant_digits(value: float, text: str) -> None:
    assert NumberFormat("significant", 6)(value) == text


def test_names_are_the_articles_up_to_two_weight_layers_and_numbered_beyond() -> None:
    article = Network(2, (dense(3, "sigmoid"), dense(2, "sigmoid")))
    deep = Network(12, (dense(3, "tanh"), dense(3, "tanh"), dense(2, "sigmoid")))
    assert name(article, WeightRef(0, 1, 2), "article") == "w₂₃"
    assert name(article, WeightRef(1, 0, 1), "article") == "u₁₂"
    assert name(article, BiasRef(1, 0), "article") == "b⁽²⁾₁"
    assert [name(article, UnitRef(layer, 0), "article") for layer in range(3)] == ["x₁", "h₁", "y₁"]
    assert name(deep, WeightRef(0, 10, 1), "article") == "w⁽¹⁾₁₁,₂"
    assert name(deep, UnitRef(2, 1), "article") == "h⁽²⁾₂"


def test_minus_zero_is_zero() -> None:
    assert NumberFormat("fixed", 2)(-0.0) == "0.00"
    assert NumberFormat("significant", 2)(-0.0) == NumberFormat("significant", 2)(0.0)
