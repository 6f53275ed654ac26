"""Formulas as trees, and what they come to.

A tree is evaluated in ranges: a number written with six digits stands for every number that is written so, and a
formula for all that it can come to. Two sides agree where their ranges meet; with many digits that is equality.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.explain.tex.quantity import Quantity


class Unevaluable(ValueError):  # noqa: N818
    """A formula that is left open, by dots or a blank."""


class Unknown(ValueError):  # noqa: N818
    """A symbol or function the reader does not know."""


@dataclass(frozen=True, slots=True)
class Number:
    """Digits as they stand; ``unit`` is what one more in the last of them adds."""

    text: str
    value: float
    unit: float


@dataclass(frozen=True, slots=True)
class Symbol:
    latex: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Add:
    terms: tuple[tuple[int, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Times:
    factors: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Divide:
    above: "Node"
    below: "Node"


@dataclass(frozen=True, slots=True)
class Power:
    base: "Node"
    exponent: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A sum of ``body`` over all that the letter can stand for, ``without`` one of them."""

    letter: str
    body: "Node"
    without: int | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """Values, each with its condition (left, sign, right); None: in every other case."""

    cases: tuple[tuple["Node", tuple["Node", str, "Node"] | None], ...]


@dataclass(frozen=True, slots=True)
class Open:
    """Dots or a blank."""


@dataclass(frozen=True, slots=True)
class Grid:
    rows: tuple[tuple["Node", ...], ...]


Node = Number | Symbol | Add | Times | Divide | Power | Call | Running | Cases | Open | Grid


@dataclass(frozen=True, slots=True)
class Range:
    low: float
    high: float

    @classmethod
    def around(cls, *values: float) -> "Range":
        """Return the range of some values; where they are no numbers, everything."""
        return cls(-math.inf, math.inf) if any(map(math.isnan, values)) else cls(min(values), max(values))

    def rising(self, function: Callable[[float], float]) -> "Range":
        """Return what a function that never falls makes of the range."""
        return Range.around(function(self.low), function(self.high))

    def absolute(self) -> "Range":
        low, high = sorted((abs(self.low), abs(self.high)))
        return Range(0.0 if self.low <= 0.0 <= self.high else low, high)

    def meets(self, other: "Range", slack: float = 1e-9) -> bool:
        """Tell whether two ranges have a number in common, up to a relative ``slack``."""
        gap = max(self.low, other.low) - min(self.high, other.high)
        sizes = (abs(one) for one in (self.low, self.high, other.low, other.high))
        return gap <= 0.0 or gap <= slack * min(sizes) or gap < 1e-290

    @property
    def middle(self) -> float:
        return self.low if self.low == self.high else 0.5 * (self.low + self.high)


def _safe(function: Callable[[float], float], beyond: float) -> Callable[[float], float]:
    """Return the function with ``beyond`` where Python raises OverflowError or ValueError."""

    def safe(x: float) -> float:
        try:
            return function(x)
        except (OverflowError, ValueError):
            return beyond

    return safe


def _huber(x: float) -> float:
    return 0.5 * x * x if abs(x) <= 1 else abs(x) - 0.5


def _ln(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


RISING: dict[str, Callable[[float], float]] = {
    "exp": _safe(math.exp, math.inf),
    "ln": _ln,
    "tanh": math.tanh,
    "arctan": math.atan,
    "sinh": _safe(math.sinh, math.inf),
    "sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "sign": lambda x: float((x > 0) - (x < 0)),
    "sigma": lambda x: 1 / (1 + _safe(math.exp, math.inf)(-x)),
    "erf": math.erf,
    "Phi": lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
}
"""Functions of one argument that never fall."""
_STEADY: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "varphi": lambda x: math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi),
}
"""Functions whose slope stays between −1 and 1."""


def evaluate(node: Node, numbers: Mapping[Quantity, float], spread: Callable[[Number], float] | None = None) -> Range:
    """Return what the tree comes to.

    ``spread`` says how far a number as written may be from the one meant; without it all is taken as it stands.

    Raises:
        Unknown: a symbol without a number, or a function we do not know.
        Unevaluable: dots, a blank, a grid.
    """
    return _Evaluation(numbers, spread).of(node)


class _Evaluation:
    def __init__(self, numbers: Mapping[Quantity, float], spread: Callable[[Number], float] | None) -> None:
        self.numbers, self.spread = numbers, spread

    def of(self, node: Node) -> Range:
        match node:
            case Number():
                by = self.spread(node) if self.spread else 0.0
                return Range(node.value - by, node.value + by)
            case Symbol(latex, quantity):
                if quantity not in self.numbers:
                    raise Unknown(f"{latex} has no number here")
                value = self.numbers[quantity]
                by = 2e-15 * abs(value) if self.spread else 0.0  # the engine rounds too
                return Range(value - by, value + by)
            case Add(terms):
                low = high = 0.0
                for sign, term in terms:
                    one = self.of(term)
                    one = one if sign > 0 else Range(-one.high, -one.low)
                    low, high = low + one.low, high + one.high
                return Range.around(low, high)
            case Times(factors):
                return self._product(factors)
            case Divide(above, below):
                return self._quotient(self.of(above), self.of(below))
            case Power(base, exponent):
                return self._power(base, exponent)
            case Call(name, arguments):
                return self._call(name, [self.of(one) for one in arguments])
            case Running():
                return self._running(node)
            case Cases(cases):
                return self._cases(cases)
            case _:
                raise Unevaluable("left open")

    def _product(self, factors: tuple[Node, ...]) -> Range:
        whole = Range(1.0, 1.0)
        for factor in factors:
            one = self.of(factor)
            pairs = [x * y for x in (whole.low, whole.high) for y in (one.low, one.high)]
            whole = Range.around(*pairs)
        return whole

    @staticmethod
    def _quotient(above: Range, below: Range) -> Range:
        if below.low <= 0.0 <= below.high:
            return Range(-math.inf, math.inf)
        return Range.around(*(x / y for x in (above.low, above.high) for y in (below.low, below.high)))

    def _power(self, base: Node, exponent: Node) -> Range:
        if isinstance(exponent, Number) and exponent.value.is_integer():
            power, of = int(exponent.value), self.of(base)
            of = of.absolute() if power % 2 == 0 else of
            raised = Range.around(*(_safe(lambda x: x ** abs(power), math.inf)(one) for one in (of.low, of.high)))
            return raised if power >= 0 else self._quotient(Range(1.0, 1.0), raised)
        of, by = self.of(base), self.of(exponent)
        if of.low <= 0:
            return Range(-math.inf, math.inf)
        return Range.around(*(x**y for x in (of.low, of.high) for y in (by.low, by.high)))

    @staticmethod
    def _call(name: str, arguments: list[Range]) -> Range:
        if name in ("max", "min"):
            best = max if name == "max" else min
            return Range(best(one.low for one in arguments), best(one.high for one in arguments))
        if len(arguments) != 1:
            raise Unknown(f"{name} of {len(arguments)} numbers")
        (of,) = arguments
        if name in RISING:
            return of.rising(RISING[name])
        if name in _STEADY:
            value, by = _STEADY[name](of.middle), 0.5 * (of.high - of.low)
            return Range(value - by, value + by)
        if name == "abs":
            return of.absolute()
        if name == "huber":
            return of.absolute().rising(_huber)
        raise Unknown(f"the function {name}")

    def _running(self, node: Running) -> Range:
        letter, body = node.letter, node.body
        found = [one for one in symbols(body) if one.quantity.runs(letter)]
        if not found:
            raise Unknown(f"a sum over {letter} of something without {letter}")
        spans = {tuple(self._spans(one.quantity, letter)) for one in found}
        if len(spans) != 1 or not next(iter(spans)):
            raise Unknown(f"a sum over {letter} whose symbols have different or no numbers: {found[0].latex}")
        terms = tuple((1, put(body, letter, index)) for index in next(iter(spans)) if index != node.without)
        return self.of(Add(terms))

    def _spans(self, quantity: Quantity, letter: str) -> list[int]:
        return [index for index in range(120) if quantity.at(letter, index) in self.numbers]

    def _cases(self, cases: tuple[tuple[Node, tuple[Node, str, Node] | None], ...]) -> Range:
        possible: list[Range] = []
        for value, condition in cases:
            if condition is None:
                certain: bool | None = True
            else:
                left, sign, right = condition
                certain = compare(self.of(left), sign, self.of(right))
            if certain is not False:
                possible.append(self.of(value))
            if certain is True:
                break
        else:
            if not possible:
                raise Unknown("none of the cases")
        return Range(min(one.low for one in possible), max(one.high for one in possible))


def compare(left: Range, sign: str, right: Range) -> bool | None:
    """Tell whether a condition holds; None where the ranges leave it open."""
    if sign in ("<", "\\leq", "\\le"):
        left, right, sign = right, left, ">" if sign == "<" else "\\geq"
    if sign == ">":
        return True if left.low > right.high else None if left.high > right.low else False
    if sign in ("\\geq", "\\ge"):
        return True if left.low >= right.high else None if left.high >= right.low else False
    apart = left.high < right.low or right.high < left.low
    same = left == right and left.low == left.high
    held = True if same else False if apart else None
    return held if sign == "=" or held is None else not held


def symbols(node: Node) -> list[Symbol]:
    """Return every symbol of a tree, in the order of reading."""
    match node:
        case Symbol():
            return [node]
        case Add(terms):
            parts: Sequence[Node] = [one for _, one in terms]
        case Times(parts) | Call(_, parts):
            pass
        case Divide(one, two) | Power(one, two):
            parts = [one, two]
        case Running(_, body, _):
            parts = [body]
        case Cases(cases):
            parts = [
                part for value, condition in cases for part in (value, *(condition or ())) if not isinstance(part, str)
            ]
        case Grid(rows):
            parts = [cell for row in rows for cell in row]
        case _:
            return []
    return [found for part in parts for found in symbols(part)]


def put(node: Node, letter: str, index: int) -> Node:
    """Return the tree with a running letter replaced by a number (from 0)."""
    match node:
        case Symbol(latex, quantity):
            return Symbol(latex, quantity.at(letter, index))
        case Add(terms):
            return Add(tuple((sign, put(one, letter, index)) for sign, one in terms))
        case Times(factors):
            return Times(tuple(put(one, letter, index) for one in factors))
        case Call(name, arguments):
            return Call(name, tuple(put(one, letter, index) for one in arguments))
        case Divide(one, two):
            return Divide(put(one, letter, index), put(two, letter, index))
        case Power(one, two):
            return Power(put(one, letter, index), put(two, letter, index))
        case Running(own, body, _):
            return node if own == letter else replace(node, body=put(body, letter, index))
        case Cases(cases):
            return Cases(
                tuple(
                    (put(v, letter, index), c and (put(c[0], letter, index), c[1], put(c[2], letter, index)))
                    for v, c in cases
                )
            )
        case _:
            return node
