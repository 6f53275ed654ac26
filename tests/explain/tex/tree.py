"""Formulas as trees."""

from collections.abc import Sequence
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
