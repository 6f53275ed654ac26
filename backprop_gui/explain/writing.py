"""Writes expressions: as symbols, or with the numbers put in, and says whether the digits shown come out.

An equals sign between numbers stands only where what is shown on its left, computed with the digits shown, gives
what is shown on its right; elsewhere stands an approximately-equals sign.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from backprop_gui.engine.expression import (
    Add,
    Apply,
    Cases,
    Condition,
    Constant,
    Expression,
    Leaf,
    Negative,
    Over,
    Power,
    Times,
    evaluate,
    holds,
    leaves,
)
from backprop_gui.engine.network import Ref
from backprop_gui.explain.formula import Formula, Line, Part, Source, Tint, formula, text
from backprop_gui.explain.numbers import MOST_DIGITS, NumberFormat, exact

EQUALS, ABOUT = "=", r"\approx"
_SMALL = frozenset({Source.DELTA, Source.GRADIENT})
_ROUNDING = 1e-12
_ROUNDS = 4
_OTHERWISE = {">": "≤", "<": "≥"}
_NAMES = {
    **{name: rf"\{name}" for name in ("ln", "tanh", "sin", "cos", "max", "min")},
    "sign": r"\mathrm{{sign}}",
    "Phi": r"\Phi",
}


@dataclass(frozen=True, slots=True)
class Quantity(Leaf):
    """A number of the pass: its symbol, its value, the part of the network it lights, and where it comes from.

    ``chosen``: a setting, written just as it was chosen. ``small``: written with significant digits, as gradients are.
    """

    ref: Ref | None = None
    source: Source = Source.GIVEN
    tint: Tint = Tint.PLAIN
    chosen: bool = False
    small: bool = False

    def tinted(self, tint: Tint) -> "Quantity":
        """Return the quantity in another colour."""
        return replace(self, tint=tint)


@dataclass(slots=True)
class Lengths:
    """How many digits more than usual each value has on a page, so that every result of it comes out.

    A value has one length wherever it stands. ``claims`` are the results of the page, in the order of reading, each
    with what it is computed from; ``settle`` goes from the last to the first, for what a result is computed from must
    be longer than the result.
    """

    more: dict[float, int] = field(default_factory=dict[float, int])
    claims: list[tuple[Expression, Leaf]] = field(default_factory=list[tuple[Expression, Leaf]])

    def settle(self, number_format: NumberFormat) -> None:
        """Choose the fewest digits with which every claim comes out, as far as float64 has digits for it."""
        writer = Writer(number_format, self)
        claims, self.claims = self.claims, []
        for _ in range(_ROUNDS):
            before = dict(self.more)
            for expression, result in reversed(claims):
                if not writer.comes_out(expression, result):
                    self._lengthen(writer, expression, result)
            if self.more == before:
                return

    def _lengthen(self, writer: "Writer", expression: Expression, result: Leaf) -> None:
        rounded = {leaf.value for leaf in leaves(expression) if writer.shown(leaf) != leaf.value}
        before = {value: self.more.get(value, 0) for value in rounded}
        for digits in range(1, MOST_DIGITS):
            self.more |= {value: max(known, digits) for value, known in before.items()}
            if writer.comes_out(expression, result):
                return
        self.more |= before


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes numbers as the user wants to see them, with the lengths of a page that is to come out, if it is."""

    number_format: NumberFormat
    lengths: Lengths | None = None

    def number(self, quantity: Leaf) -> Part:
        """Return a quantity's number."""
        written = _latex(self._digits(quantity))
        if isinstance(quantity, Quantity):
            sources = frozenset({quantity.source})
            return Part(written, quantity.value, quantity.ref, quantity.tint, sources)
        return Part(written, quantity.value)

    def symbols(self, expression: Expression) -> Formula:
        """Return an expression in symbols; of a case distinction, the case that holds."""
        return tuple(self._write(expression, False, _SUM, first=True))

    def numbers(self, expression: Expression) -> Formula:
        """Return an expression with its numbers put in."""
        return tuple(self._write(expression, True, _SUM, first=True))

    def shown(self, quantity: Leaf) -> float:
        """Return the number that the digits shown of a quantity stand for."""
        return _read(self._digits(quantity))

    def comes_out(self, expression: Expression, result: Leaf) -> bool:
        """Tell whether the digits shown of the expression, computed with, give the digits shown of the result."""
        found, written = evaluate(expression, self.shown), self._format(result)
        return written(found) == written(result.value)

    def result(self, expression: Expression, result: Leaf, head: str = EQUALS) -> Formula:
        """Return ``head``, the expression in numbers, an honest sign, and the result."""
        sign = EQUALS if self._claims(expression, result) else ABOUT
        return formula(head, self.numbers(expression), sign, self.number(result))

    def value(self, head: str | Formula, result: Leaf, of: Expression | None = None) -> Formula:
        """Return ``head`` = number; ``of`` is what the lines before added up to it, where there are such."""
        whole = self._claims(of, result) if of is not None else self._is_exact(result)
        return formula(head, EQUALS if whole else ABOUT, self.number(result))

    def _is_exact(self, quantity: Leaf) -> bool:
        return _same(self.shown(quantity), quantity.value)

    def _claims(self, expression: Expression, result: Leaf) -> bool:
        if self.lengths is not None:
            self.lengths.claims.append((expression, result))
        return self.comes_out(expression, result)

    def _digits(self, quantity: Leaf) -> str:
        if isinstance(quantity, Quantity) and quantity.chosen:
            return _trimmed(exact(quantity.value)).replace("-", "−")
        number_format = self._format(quantity)
        written = number_format(quantity.value)
        if number_format.style == "fixed":
            return written
        short = _trimmed(written)
        return short if _same(_read(short), quantity.value) else written  # the zeros of a rounded number are digits

    def _format(self, quantity: Leaf) -> NumberFormat:
        number_format = self.number_format
        if isinstance(quantity, Quantity) and (quantity.small or quantity.source in _SMALL):
            number_format = number_format.for_gradients
        more = 0 if self.lengths is None else self.lengths.more.get(quantity.value, 0)
        return number_format.longer(more)

    def _write(self, one: Expression, numbers: bool, level: int, first: bool) -> list[Part]:
        """Return the parts of an expression where only what binds tighter than ``level`` needs no brackets.

        ``numbers``: with the numbers put in, not as symbols. ``first``: no sign or operator stands before, so a
        leading sign is plain.
        """
        match one:
            case Leaf():
                return [self._leaf(one, numbers, first)]
            case Constant(value):
                return [Part(_latex(_trimmed(exact(value))))]
            case Add(terms):
                return _bracketed(self._sum(terms, numbers), level > _SUM)
            case Negative(inner):
                return _bracketed(_signed(self._write(inner, numbers, _TIMES, first=False)), not first)
            case Times(factors):
                return self._product(factors, numbers, level, first)
            case Power(base, exponent):
                return self._power(base, exponent, numbers)
            case Over(above, below):
                return [self._joined(r"\frac{{{0}}}{{{1}}}", one, (above, below), numbers)]
            case Apply(function, arguments):
                return [
                    self._joined(_TEMPLATES.get(function, f"{_NAMES.get(function)}({{0}})"), one, arguments, numbers)
                ]
            case Cases(condition, then, otherwise):
                return self._write(then if holds(condition) else otherwise, numbers, level, first)
            case _:
                raise TypeError(type(one).__name__)

    def _leaf(self, leaf: Leaf, numbers: bool, first: bool) -> Part:
        if not numbers:
            ref, tint = (leaf.ref, leaf.tint) if isinstance(leaf, Quantity) else (None, Tint.PLAIN)
            return Part(leaf.latex, None, ref, tint)
        part = self.number(leaf)
        bare = first or not (part.latex.startswith("-") or "cdot" in part.latex)
        return part if bare else replace(part, latex=f"({part.latex})")

    def _sum(self, terms: Sequence[Expression], numbers: bool) -> list[Part]:
        parts: list[Part] = []
        for place, term in enumerate(terms):
            inner = term.of if isinstance(term, Negative) else term
            if place:
                parts.append(Part("+" if inner is term else "-"))
            written = self._write(inner, numbers, _TIMES, first=inner is term and not place)
            parts += written if place or inner is term else _signed(written)
        return parts

    def _product(self, factors: Sequence[Expression], numbers: bool, level: int, first: bool) -> list[Part]:
        parts: list[Part] = []
        for place, factor in enumerate(map(_case_that_holds, factors)):
            written = self._write(factor, numbers, _TIMES, first=first and place == 0)
            if place:
                begins_with_number = isinstance(factor.above if isinstance(factor, Over) else factor, Constant)
                parts.append(Part(r"\cdot" if numbers or begins_with_number else r"\,"))
            parts += written
        return _bracketed(parts, level > _TIMES)

    def _power(self, base: Expression, exponent: Expression, numbers: bool) -> list[Part]:
        raised = "".join(part.latex for part in self._write(exponent, numbers, _SUM, first=True))
        written = self._write(base, numbers, _ATOM, first=True)
        only = written[0]
        if len(written) == 1 and isinstance(base, Leaf | Constant):
            scripted = "^" in only.latex or "frac" in only.latex or only.latex[0] == "-" or "cdot" in only.latex
            wide = rf"\left({only.latex}\right)" if "frac" in only.latex else f"({only.latex})"
            return [replace(only, latex=f"{wide if scripted else only.latex}^{{{raised}}}")]
        if written[0].latex != "(":
            written = _bracketed(written, True)
        return [*written[:-1], replace(written[-1], latex=f"{written[-1].latex}^{{{raised}}}")]

    def _joined(self, template: str, whole: Expression, inner: Sequence[Expression], numbers: bool) -> Part:
        """Return one part out of several: a fraction or a function with its arguments."""
        pieces = [self._write(one, numbers, _SUM, first=True) for one in inner]
        written = [" ".join(part.latex for part in piece) for piece in pieces]
        if "{1}" not in template:
            written = [r",\,".join(written)]
        body = template.format(*written)
        found = [leaf for leaf in leaves(whole) if isinstance(leaf, Quantity)]
        refs, tints = {leaf.ref for leaf in found}, {leaf.tint for leaf in found}
        ref = refs.pop() if len(refs) == 1 else None
        tint = tints.pop() if len(tints) == 1 else Tint.PLAIN
        if not numbers:
            return Part(body, None, ref, tint)
        values = {leaf.value for leaf in found}
        value = values.pop() if len(values) == 1 else evaluate(whole)
        return Part(body, value if found else None, ref, tint, frozenset(leaf.source for leaf in found))


_SUM, _TIMES, _ATOM = 0, 1, 2
_TEMPLATES = {"exp": "e^{{{0}}}", "sqrt": r"\sqrt{{{0}}}", "abs": "|{0}|"}


def _case_that_holds(one: Expression) -> Expression:
    while isinstance(one, Cases):
        one = one.then if holds(one.condition) else one.otherwise
    return one


def equation(
    writer: Writer,
    head: str,
    expression: Expression,
    result: Quantity,
    indent: int = 0,
    ref: Ref | None = None,
) -> list[Line]:
    """Return head = symbols, and below it the numbers and what they come to; one line where nothing is computed."""
    ref = ref or result.ref
    start = formula(head, EQUALS)
    if isinstance(expression, Cases):
        symbols = Line(formula(start, _all_cases(expression, writer)), indent=indent, ref=ref)
        expression = expression.then if holds(expression.condition) else expression.otherwise
        if isinstance(expression, Constant | Leaf):
            return [symbols, Line(writer.value("", result), result.value, indent + 1, ref)]
    else:
        symbols = Line(formula(start, writer.symbols(expression)), indent=indent, ref=ref)
    if isinstance(expression, Constant):
        return [Line(writer.value(head, result), result.value, indent, ref)]
    if isinstance(expression, Leaf) and expression.value == result.value:
        return [Line(writer.value(symbols.formula, result), result.value, indent, ref)]
    return [symbols, Line(writer.result(expression, result), result.value, indent + 1, ref)]


def case_that_holds(writer: Writer, expression: Expression) -> str:
    """Return a sentence on which case of a case distinction these numbers are in; of anything else nothing."""
    inner = expression.factors[-1] if isinstance(expression, Times) else expression
    if not isinstance(inner, Cases):
        return ""
    left, right = (text(writer.symbols(side)) for side in (inner.condition.left, inner.condition.right))
    sign = inner.condition.sign if holds(inner.condition) else _OTHERWISE[inner.condition.sign]
    return f"Here {left} {sign} {right}."


def _all_cases(cases: Cases, writer: Writer) -> str:
    def write(one: Expression) -> str:
        return " ".join(part.latex for part in writer.symbols(one))

    condition: Condition = cases.condition
    when = f"{write(condition.left)}{condition.sign}{write(condition.right)}"
    return rf"{write(cases.then)}\text{{ if }}{when},\ {write(cases.otherwise)}\text{{ else}}"


def _bracketed(parts: list[Part], needed: bool) -> list[Part]:
    return [Part("("), *parts, Part(")")] if needed else parts


def _signed(parts: list[Part]) -> list[Part]:
    """Return the parts with a minus that belongs to the first of them."""
    return [replace(parts[0], latex=f"-{parts[0].latex}"), *parts[1:]]


def _read(written: str) -> float:
    return float(written.replace("−", "-").replace("∞", "inf").replace("undefined", "nan"))


def _same(shown: float, value: float) -> bool:
    return not math.isfinite(shown) or abs(shown - value) <= _ROUNDING * abs(value)


def _trimmed(written: str) -> str:
    mantissa, e, exponent = written.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + e + exponent


def _latex(written: str) -> str:
    if written == "undefined":
        return r"\text{undefined}"
    mantissa, e, exponent = written.replace("−", "-").partition("e")
    return rf"{mantissa}\cdot10^{{{int(exponent)}}}" if e else mantissa.replace("∞", r"\infty")
