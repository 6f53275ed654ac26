"""Formulas as trees, built with ordinary operators: ``1 / (1 + exp(-a))``.

A card writes its formula once, as a function of expressions; from it come the symbols, the numbers put in, and the
value that both stand for (``explain.writing``).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


class Expression:
    """A formula; operators and the functions of this module build larger ones out of it."""

    __slots__ = ()

    def __add__(self, other: "Expression | float") -> "Expression":
        return Add((*_terms(self), *_terms(wrap(other))))

    def __radd__(self, other: float) -> "Expression":
        return wrap(other) + self

    def __sub__(self, other: "Expression | float") -> "Expression":
        return Add((*_terms(self), Negative(wrap(other))))

    def __rsub__(self, other: float) -> "Expression":
        return wrap(other) - self

    def __mul__(self, other: "Expression | float") -> "Expression":
        return Times((*_factors(self), *_factors(wrap(other))))

    def __rmul__(self, other: float) -> "Expression":
        return wrap(other) * self

    def __truediv__(self, other: "Expression | float") -> "Expression":
        return Over(self, wrap(other))

    def __rtruediv__(self, other: float) -> "Expression":
        return Over(wrap(other), self)

    def __pow__(self, exponent: "Expression | float") -> "Expression":
        return Power(self, wrap(exponent))

    def __neg__(self) -> "Expression":
        return Negative(self)

    def __gt__(self, other: "Expression | float") -> "Condition":
        return Condition(self, ">", wrap(other))

    def __lt__(self, other: "Expression | float") -> "Condition":
        return Condition(self, "<", wrap(other))


@dataclass(frozen=True, slots=True)
class Constant(Expression):
    """A number of the formula itself, such as the 1 in 1 - y."""

    value: float


@dataclass(frozen=True, slots=True)
class Leaf(Expression):
    """A quantity: its symbol as LaTeX, and its value."""

    latex: str
    value: float


@dataclass(frozen=True, slots=True)
class Add(Expression):
    """A sum; a term taken off is ``Negative``."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Times(Expression):
    """A product."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Over(Expression):
    """A fraction."""

    above: Expression
    below: Expression


@dataclass(frozen=True, slots=True)
class Power(Expression):
    """A power."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    """A sign."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Apply(Expression):
    """A function of ``FUNCTIONS`` applied."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """``left`` > or < ``right``."""

    left: Expression
    sign: str
    right: Expression


@dataclass(frozen=True, slots=True)
class Cases(Expression):
    """``then`` where the condition holds, else ``otherwise``."""

    condition: Condition
    then: Expression
    otherwise: Expression


def wrap(value: Expression | float) -> Expression:
    """Return a number as an expression."""
    return value if isinstance(value, Expression) else Constant(float(value))


def _terms(one: Expression) -> tuple[Expression, ...]:
    return one.terms if isinstance(one, Add) else (one,)


def _factors(one: Expression) -> tuple[Expression, ...]:
    return one.factors if isinstance(one, Times) else (one,)


def total(terms: "list[Expression] | tuple[Expression, ...]") -> Expression:
    """Return the sum of the terms."""
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _hyperbolic(x: float) -> float:
    return math.tanh(x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "ln": np.log,
    "tanh": _hyperbolic,
    "sin": np.sin,
    "cos": np.cos,
    "sqrt": np.sqrt,
    "abs": abs,
    "max": max,
    "min": min,
    "sign": np.sign,
    "Phi": _normal,
}
"""What a formula may apply, by name."""


def exp(x: Expression) -> Expression:
    """Return e to the power of x."""
    return Apply("exp", (x,))


def ln(x: Expression) -> Expression:
    """Return the natural logarithm."""
    return Apply("ln", (x,))


def tanh(x: Expression) -> Expression:
    """Return the hyperbolic tangent."""
    return Apply("tanh", (x,))


def sin(x: Expression) -> Expression:
    """Return the sine."""
    return Apply("sin", (x,))


def cos(x: Expression) -> Expression:
    """Return the cosine."""
    return Apply("cos", (x,))


def sqrt(x: Expression) -> Expression:
    """Return the square root."""
    return Apply("sqrt", (x,))


def absolute(x: Expression) -> Expression:
    """Return |x|."""
    return Apply("abs", (x,))


def sign(x: Expression) -> Expression:
    """Return the sign, 0 at 0."""
    return Apply("sign", (x,))


def largest(*arguments: Expression | float) -> Expression:
    """Return the largest argument."""
    return Apply("max", tuple(wrap(one) for one in arguments))


def smallest(*arguments: Expression | float) -> Expression:
    """Return the smallest argument."""
    return Apply("min", tuple(wrap(one) for one in arguments))


def normal(x: Expression) -> Expression:
    """Return the distribution function of the standard normal distribution."""
    return Apply("Phi", (x,))


def evaluate(expression: Expression, value_of: Callable[[Leaf], float] = lambda leaf: leaf.value) -> float:
    """Return what an expression comes to in float64, for the values ``value_of`` gives its leaves."""

    def of(one: Expression) -> float:
        match one:
            case Constant(value):
                return value
            case Leaf():
                return value_of(one)
            case Add(terms):
                return math.fsum(found) if all(map(math.isfinite, found := [of(t) for t in terms])) else sum(found)
            case Times(factors):
                return math.prod([of(factor) for factor in factors])
            case Over(above, below):
                return float(np.divide(of(above), of(below)))
            case Power(base, exponent):
                return float(np.float64(of(base)) ** of(exponent))
            case Negative(inner):
                return -of(inner)
            case Apply(function, arguments):
                return float(FUNCTIONS[function](*[of(argument) for argument in arguments]))
            case Cases(condition, then, otherwise):
                return of(then if holds(condition, value_of) else otherwise)
            case _:
                raise TypeError(type(one).__name__)

    with np.errstate(all="ignore"):
        return of(expression)


def holds(condition: Condition, value_of: Callable[[Leaf], float] = lambda leaf: leaf.value) -> bool:
    """Tell whether a condition is true for the values ``value_of`` gives its leaves."""
    left, right = evaluate(condition.left, value_of), evaluate(condition.right, value_of)
    return left > right if condition.sign == ">" else left < right


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Yield every leaf, from left to right."""
    match expression:
        case Leaf():
            yield expression
        case Add(parts) | Times(parts) | Apply(_, parts):
            for part in parts:
                yield from leaves(part)
        case Over(first, second) | Power(first, second):
            yield from leaves(first)
            yield from leaves(second)
        case Negative(inner):
            yield from leaves(inner)
        case Cases(condition, then, otherwise):
            for part in (then, condition.left, condition.right, otherwise):
                yield from leaves(part)
        case _:
            return
