"""The alphabets of the notations: the published examples' symbols, and one symbol for each thing."""

import pytest

from tests.explain.tex.alphabet import NOTATIONS, alphabet, wholes
from tests.explain.tex.quantity import Quantity
from tests.explain.tex.words import strangers, text_of


def weight(layer: int, source: int, unit: int) -> Quantity:
    return Quantity("weight", layer, unit - 1, source - 1)


@pytest.mark.parametrize(
    ("notation", "sizes", "symbol", "quantity"),
    [
        ("article", (2, 3, 2), "w_{23}", weight(1, 2, 3)),
        ("article", (2, 3, 2), "u_{31}", weight(2, 3, 1)),
        ("article", (2, 12, 2), "u_{12,1}", weight(2, 12, 1)),
        ("article", (2, 3, 3, 2), "w^{(2)}_{31}", weight(2, 3, 1)),
        ("article", (2, 3, 3, 2), "h^{(2)}_{3}", Quantity("output", 2, 2)),
        ("article", (2, 2), "w_{21}", weight(1, 2, 1)),
        ("layers", (2, 3, 2), "a^{(0)}_{2}", Quantity("output", 0, 1)),
        ("layers", (2, 3, 2), "W^{(2)}_{31}", weight(2, 3, 1)),
        # Nielsen, chapter 2: w^3_{24} leads from the fourth neuron of the second layer to the second of the third.
        ("nielsen", (3, 4, 2), "w^{3}_{24}", weight(2, 4, 2)),
        ("nielsen", (3, 4, 2), "b^{2}_{3}", Quantity("bias", 1, 2)),
        ("nielsen", (3, 4, 2), "a^{3}_{1}", Quantity("output", 2, 0)),
        ("nielsen", (3, 4, 2), "y_{1}", Quantity("target", 2, 0)),
        # Mazur: w1 and w2 lead from i1 and i2 to h1, w5 and w6 from h1 and h2 to o1, w7 and w8 to o2.
        ("mazur", (2, 2, 2), "w_{2}", weight(1, 2, 1)),
        ("mazur", (2, 2, 2), "w_{3}", weight(1, 1, 2)),
        ("mazur", (2, 2, 2), "w_{6}", weight(2, 2, 1)),
        ("mazur", (2, 2, 2), "w_{7}", weight(2, 1, 2)),
        ("mazur", (2, 2, 2), r"\mathrm{net}_{h1}", Quantity("pre", 1, 0)),
        ("mazur", (2, 2, 2), r"\mathrm{target}_{o2}", Quantity("target", 2, 1)),
        ("mazur", (2, 2, 2), r"\mathrm{out}_{ok}", Quantity("output", 2, "k")),
        ("mazur", (2, 2, 3, 2), r"\mathrm{out}_{h2,3}", Quantity("output", 2, 2)),
    ],
)
def test_a_symbol_stands_for_what_its_author_says(
    notation: str, sizes: tuple[int, ...], symbol: str, quantity: Quantity
) -> None:
    assert alphabet(notation, sizes)[symbol] == quantity


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("sizes", [(1, 1), (2, 3, 2), (3, 12, 2), (2, 3, 2, 11, 2)])
def test_no_two_symbols_stand_for_one_thing(notation: str, sizes: tuple[int, ...]) -> None:
    found = alphabet(notation, sizes)
    quantities = [q for symbol, q in found.items() if symbol not in (r"\rho",)]
    assert len(set(quantities)) == len(quantities)


@pytest.mark.parametrize(
    ("notation", "foreign"),
    [
        ("article", ["z^{(1)}_{1}", "W^{(1)}_{11}", "C", "E", r"\mathrm{net}_{o1}", "i_{1}", "a^{2}_{1}", "h_{9}"]),
        ("layers", ["x_{1}", "h_{1}", "y_{1}", "w_{11}", "u_{11}", "C"]),
        ("nielsen", ["t_{1}", "x_{1}", "h_{1}", "L", "a^{0}_{1}", "w_{11}", r"\delta^{(2)}_{1}"]),
        ("mazur", ["x_{1}", "y_{1}", "h_{1}", "t_{1}", "L", "u_{11}", "w_{9}", "w_{ij}", r"\mathrm{out}_{1}"]),
    ],
)
def test_the_symbols_of_others_are_not_in_it(notation: str, foreign: list[str]) -> None:
    assert not set(foreign) & set(alphabet(notation, (2, 2, 2)))


@pytest.mark.parametrize(
    ("notation", "sizes", "expected"),
    [
        ("article", (2, 3, 2), "x a^{(1)} b^{(1)} \\delta^{(1)} w h r^{(1)} t y u a^{(2)} b^{(2)} \\delta^{(2)}"),
        ("nielsen", (2, 2), "a^{1} a^{2} z^{2} b^{2} \\delta^{2} w^{2} y"),
        ("mazur", (2, 2), "i \\mathrm{out}_{o} \\mathrm{net}_{o} b_{o} \\delta_{o} w_{1\\ldots4} \\mathrm{target}_{o}"),
    ],
)
def test_whole_layers_have_symbols_too(notation: str, sizes: tuple[int, ...], expected: str) -> None:
    assert set(wholes(notation, sizes)) == set(expected.split())


@pytest.mark.parametrize(
    ("notation", "text", "expected"),
    [
        ("article", "h₁: gradient and update of u₁₂, with ∂L/∂u₁₂ = δ⁽²⁾₂ h₁", []),
        ("article", "It is a sum of 2 terms; a unit of a layer (a row).", []),
        ("article", "a is below 0", ["a"]),
        ("article", "The largest a of the layer", ["a"]),
        ("article", "leave y − t", ["y", "t"]),
        ("nielsen", "At y₁ = t₁", ["t₁"]),
        ("nielsen", "y₁ is the target, a³₁ the output; a²₁² its square", []),
        ("nielsen", "that of the sigmoid, y(1 − y), cancel", ["y", "y"]),
        ("mazur", "netₒ₁ and outₕ₂, ∂E/∂w₅, but not w₁₁", ["w₁₁"]),
        ("mazur", "yₖ outₒₖ", ["yₖ"]),
        ("layers", "xᵢ belongs to the gradient, ∂L/∂wᵢⱼ = δⱼ xᵢ", ["xᵢ", "wᵢⱼ", "δⱼ", "xᵢ"]),
        ("layers", "e⁻² + 1.5·10⁻⁷ = η m̂ / √(ŝ) + λ₂", []),
        ("article", "Σₖ tₖ ln yₖ", []),
    ],
)
def test_strangers_in_a_text_are_found(notation: str, text: str, expected: list[str]) -> None:
    assert strangers(text, notation, (2, 2, 2)) == expected


def test_whole_letters_stand_where_whole_layers_are_spoken_of() -> None:
    assert strangers("a⁽¹⁾ = x w + b⁽¹⁾, h = f(a⁽¹⁾), ∂L/∂w = xᵀ δ⁽¹⁾", "article", (2, 2, 2), whole_letters=True) == []
    assert strangers("netₕ₁,₁", "mazur", (2, 2, 2), whole_letters=True) == ["netₕ₁,₁"]
    assert strangers("netₕ = w₁…₄ i + bₕ", "mazur", (2, 2, 2), whole_letters=True) == []


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\mathrm{out}_{h1,2}", "outₕ₁,₂"),
        ("a^{(2)}_{11}", "a⁽²⁾₁₁"),
        (r"\delta^{3}_{k}", "δ³ₖ"),
        (r"w_{5\ldots8}", "w₅…₈"),
    ],
)
def test_a_symbol_has_a_text(latex: str, text: str) -> None:
    assert text_of(latex) == text
