"""What a formula comes to, as a range: all that its numbers, as they are written, can stand for."""

import math
from collections.abc import Callable, Mapping

from tests.explain.tex.quantity import Quantity
from tests.explain.tex.ranges import Range, compare
from tests.explain.tex.tree import (
    Add,
    Call,
    Cases,
    Divide,
    Node,
    Number,
    Power,
    Running,
    Symbol,
    Times,
    Unevaluable,
    Unknown,
    put,
    symbols,
)


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
