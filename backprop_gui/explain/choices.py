"""What a card comes to, in a line of text, for whoever is about to choose it."""

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.cards import Card
from backprop_gui.engine.expression import Add, Cases, Expression, Leaf, Negative
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.optimizers import Optimizer
from backprop_gui.explain.formula import formula, text
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.writing import Quantity, Writer, equation

_WRITER = Writer(NumberFormat("significant", 6))


def formula_of(card: Card) -> str:
    """Return the formula of a card, in symbols: ``y = tanh(a)``, ``L = Σⱼ 1/2 (yⱼ − tⱼ)²``, ``w ← w − η g``."""
    if isinstance(card, Loss):
        return _loss(card)
    if isinstance(card, Optimizer):
        rule = _Rule(card)
        card.rule(rule)
        return "\n".join(rule.lines)
    assert isinstance(card, Activation)
    if card.whole_layer:
        return text(formula(r"y_{j} = \frac{e^{a_{j}}}{\sum_{k} e^{a_{k}}}"))
    return _written("y", card.value(Leaf("a", 1.0), *_numbers(card)))


def _loss(card: Loss) -> str:
    term, total = card.value(Leaf("y_{j}", 1.0), Leaf("t_{j}", 0.5), *_numbers(card)), r"\sum_{j}"
    if card.averaged:
        total = rf"\frac{{1}}{{n}} {total}"
    if isinstance(term, Cases):
        return f"{text(formula(rf'L = {total} L_{{j}}'))}, {_written('L_{j}', term)}"
    if not isinstance(term, Negative):
        return text(formula(f"L = {total}", _WRITER.symbols(term)))
    inside = _WRITER.symbols(term.of)
    return text(formula(f"L = -{total}", formula("(", inside, ")") if isinstance(term.of, Add) else inside))


def _numbers(card: Card) -> list[Leaf]:
    return [Leaf(one.symbol, value) for one, value in zip(card.settings, card.numbers, strict=True)]


def _written(head: str, expression: Expression) -> str:
    if not isinstance(expression, Cases):
        return text(formula(head, "=", _WRITER.symbols(expression)))
    all_cases, *_ = equation(_WRITER, head, expression, Quantity("", 1.0))
    return text(all_cases.formula)


class _Rule:
    """What an optimizer's card writes its rule with, see ``engine.optimizers.Update``: lines in symbols alone."""

    nesterov = False

    def __init__(self, card: Optimizer) -> None:
        self.lines: list[str] = []
        self.w, self.g, self.eta, self.step = Leaf("w", 1.0), Leaf("g", 1.0), Leaf(r"\eta", 1.0), Leaf("k", 1.0)
        self.momentum, self.decay = Leaf(r"\mu", 0.0), Leaf(r"\lambda", 1.0)
        self._numbers = dict(zip((one.name for one in card.settings), _numbers(card), strict=True))

    def number(self, name: str) -> Leaf:
        """Return one of the card's numbers."""
        return self._numbers[name]

    def memory(self, letter: str) -> Leaf:
        """Return what is remembered under a letter."""
        return Leaf(letter, 1.0)

    def assign(self, letter: str, expression: Expression) -> Leaf:
        """Write letter <- expression."""
        return self._write(letter, r"\leftarrow", expression)

    def define(self, latex: str, expression: Expression) -> Leaf:
        """Write latex = expression."""
        return self._write(latex, "=", expression)

    def move(self, expression: Expression) -> None:
        """Write w <- expression."""
        self._write("w", r"\leftarrow", expression)

    def _write(self, latex: str, sign: str, expression: Expression) -> Leaf:
        self.lines.append(text(formula(latex, sign, _WRITER.symbols(expression))))
        return Leaf(latex, 1.0)
