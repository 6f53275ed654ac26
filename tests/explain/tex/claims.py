"""Holds what formulas say against the numbers: every line of a page, in the order of reading.

Two sides joined by a sign must meet: a symbol is the engine's number, digits are every number written so. Between
digits the sign must be honest: "=" where what stands on its left, computed with the digits shown, gives the digits
on its right, "≈" where it does not, and no "≈" where it is exactly so.
"""

import math
import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backprop_gui.engine.network import ParameterRef
from backprop_gui.explain.numbers import NumberFormat
from tests.explain.tex.alphabet import alphabet, memories, wholes
from tests.explain.tex.cursor import Misread
from tests.explain.tex.evaluation import evaluate
from tests.explain.tex.grammar import problems
from tests.explain.tex.parse import Statement, read
from tests.explain.tex.quantity import Quantity
from tests.explain.tex.ranges import Range
from tests.explain.tex.tree import Add, Grid, Node, Number, Symbol, Unevaluable, Unknown, symbols
from tests.explain.tex.values import Pass, ref_of

_LETTER = re.compile(r"\\(?:mathrm|hat)\{[^}]*\}|\\[a-zA-Z]+|[A-Za-z]")
_MEANING = {"loss of": "loss", "loss of batch": "loss", "l1": "penalty", "l2": "penalty"}
_TELLING = 14
"""From so many digits on, what is exact cannot be told from what has been rounded."""
_SAMPLE = re.compile(r"sample (\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line; ``kind`` is one of grammar, reading, alphabet, value, sign."""

    kind: str
    latex: str
    words: str

    def __str__(self) -> str:
        return f"[{self.kind}] {self.latex}   <- {self.words}"


def spread(number: Number, number_format: NumberFormat) -> float:
    """Return how far a number written in this format may be from the one meant."""
    if not math.isfinite(number.value) or number.value == 0:
        return 0.0
    digits = max(number_format.digits, 1)
    decimals = len(number.text.partition(".")[2])
    if number_format.style == "fixed" and ("e" in number.text or decimals >= digits):  # more, where more are asked for
        return 0.5 * number.unit
    last = 10.0 ** (math.floor(math.log10(abs(number.value))) - digits + 1)
    return 0.5 * min(number.unit, last)


def _single(node: Node | None) -> Number | None:
    """Return the number a side is, where it is nothing more."""
    if isinstance(node, Add) and len(node.terms) == 1:
        sign, inner = node.terms[0]
        return Number(inner.text, sign * inner.value, inner.unit) if isinstance(inner, Number) else None
    return node if isinstance(node, Number) else None


@lru_cache(maxsize=256)
def _alphabet(notation: str, sizes: tuple[int, ...]) -> dict[str, Quantity]:
    return wholes(notation, sizes) | memories(notation, sizes) | alphabet(notation, sizes)


@lru_cache(maxsize=4096)  # pages repeat each other
def _read(latex: str, notation: str, sizes: tuple[int, ...]) -> list[Statement]:
    return read(latex, _alphabet(notation, sizes))


@lru_cache(maxsize=4096)
def _problems(latex: str) -> list[str]:
    return problems(latex)


class Page:
    """Reads lines about one pass; what a symbol was assigned or defined to be holds from there on."""

    def __init__(
        self,
        of: Pass,
        notation: str,
        number_format: NumberFormat,
        ref: ParameterRef | None = None,
    ) -> None:
        sizes = of.network.sizes
        self.of, self.format, self.columns = of, number_format, notation == "nielsen"
        self.notation, self.sizes = notation, sizes
        self.alphabet = _alphabet(notation, sizes)
        self.faults: list[Fault] = []
        self.seen: dict[Quantity, str] = {}
        self.rounded: list[str] = []  # lines in which ≈ stands behind digits
        self._latex = ""
        self._head: tuple[Node, Range] | None = None  # what a line that begins with = goes on from
        self._fixed = ref is not None
        self.turn_to(ref)

    def turn_to(self, ref: ParameterRef | None) -> None:
        """From here on the memory and gradient of an update are those of ``ref``."""
        self.ref = ref
        self._extra, self._after = self.of.update(ref) if ref is not None else ({}, {})
        self._defined: dict[Quantity, float] = {}
        self._now: dict[Quantity, float] = {}

    @property
    def numbers(self) -> Mapping[Quantity, float]:
        return ChainMap(self._now, self._defined, self._extra, self.of.numbers)

    def lines(self, formulas: Iterable[str]) -> None:
        """Check the lines of one section."""
        self._head = None
        written = list(formulas)
        for place, latex in enumerate(written):
            self._find_ref(written[place:])
            self.line(latex)

    def _find_ref(self, rest: list[str]) -> None:
        """Turn to the parameter that the update here is of: the next one that is assigned."""
        if self._fixed:
            return
        for latex in rest:
            left, arrow, _ = latex.partition(r"\leftarrow")
            quantity = self.alphabet.get(left.strip())
            if arrow and quantity is not None and quantity.kind in ("weight", "bias"):
                if self.ref != ref_of(quantity):
                    self.turn_to(ref_of(quantity))
                return

    def line(self, latex: str) -> None:
        """Check one line."""
        self._latex = latex
        found = _problems(latex)
        for words in found:
            self._fault("grammar", words)
        if not found:
            try:
                for statement in _read(latex, self.notation, self.sizes):
                    self._statement(statement)
                return
            except Unknown as unknown:
                self._fault("alphabet", str(unknown))
            except Misread as misread:
                self._fault("reading", str(misread))
        self._head = None

    def _fault(self, kind: str, words: str) -> None:
        self.faults.append(Fault(kind, self._latex, words))

    def one_letter_one_meaning(self) -> list[Fault]:
        """Return a fault for each letter that stood for two different things; a layer's letters are one thing."""
        meanings: dict[str, dict[str, str]] = {}
        for quantity, latex in self.seen.items():
            kind = _MEANING.get(quantity.kind, quantity.kind)
            if kind not in ("partial", "f", "slope", "loss number"):
                meanings.setdefault(_LETTER.match(latex)[0], {}).setdefault(kind, latex)  # pyright: ignore
        return [
            Fault("alphabet", " and ".join(found.values()), f"{letter} means {' and '.join(found)}")
            for letter, found in meanings.items()
            if len(found) > 1
        ]

    # One statement

    def _statement(self, statement: Statement) -> None:
        for side in statement.sides:
            if side is not None:
                self.seen |= {one.quantity: one.latex for one in symbols(side)}
        if any(isinstance(side, Grid) for side in statement.sides):
            self._head = None
            return self._grid(statement)
        try:
            if statement.signs[:1] == (":",):
                self._change(statement)
            elif statement.signs[:1] == (r"\leftarrow",):
                self._assign(statement)
            else:
                self._chain(statement)
        except Unevaluable:
            self._head = None
        except Unknown as unknown:
            self._head = None
            self._fault("value", str(unknown))

    def _grid(self, statement: Statement) -> None:
        """Check a table: cell by cell what the symbol, or the table of symbols, on its left says."""
        left, right = (*statement.sides, None)[:2]
        cells = left.rows if isinstance(left, Grid) else self._cells(left)
        if not isinstance(right, Grid) or [len(row) for row in cells] != [len(row) for row in right.rows]:
            return self._fault("value", "a table of another shape")
        for symbol, number in (
            (s, n) for row, others in zip(cells, right.rows, strict=True) for s, n in zip(row, others, strict=True)
        ):
            if not self._value(symbol).meets(self._value(number)):
                self._fault("value", f"{_said(self._value(symbol))} is meant, not {_said(self._value(number))}")
        return None

    def _cells(self, whole: Node | None) -> tuple[tuple[Node, ...], ...]:
        """Return the cells a vector's or matrix's symbol stands for, in the notation's layout."""
        if not isinstance(whole, Symbol):
            return ()
        memory, of = whole.quantity, whole.quantity.of or whole.quantity
        kind, layer, sizes = of.kind, of.layer, self.of.network.sizes
        sources = [*range(sizes[layer - 1])] if kind == "weight" else [None]
        rows = [[Quantity(kind, layer, unit, source) for unit in range(sizes[layer])] for source in sources]
        if memory is not of:
            rows = [[Quantity(memory.kind, of=q) for q in row] for row in rows]
        rows = [[Symbol("", q) for q in row] for row in rows]
        return tuple(zip(*rows, strict=True)) if self.columns else tuple(map(tuple, rows))

    def _value(self, node: Node, widened: bool = True) -> Range:
        return evaluate(node, self.numbers, (lambda one: spread(one, self.format)) if widened else None)

    def _chain(self, statement: Statement) -> None:
        sides, signs = list(statement.sides), list(statement.signs)
        if sides[0] is None:
            if self._head is None:
                return self._fault("reading", "goes on from nothing that can be computed")
            head, value = self._head
        else:
            head = sides[0]
            value = self._head_value(head, sides)
        if not signs:
            return self._listed(statement)
        self._head = (head, value)
        return self._sides([head, *sides[1:]], signs, value)

    def _head_value(self, head: Node, sides: list[Node | None]) -> Range:
        """Return what the first side is: for a symbol the update introduces, what it is defined as here."""
        if isinstance(head, Symbol) and head.quantity.kind == "g":
            return self._define(head, sides[1:])
        return self._value(head)

    def _define(self, symbol: Symbol, others: list[Node | None]) -> Range:
        if self.ref is None:
            raise Unknown(f"{symbol.latex}, but of no parameter")
        known = self._defined.get(symbol.quantity)
        if known is None:
            possible = self.of.gradients_of_update(self.ref)
            told = next((one for one in others if one is not None and symbols(one)), None)
            for value in possible.values():
                if told is None or self._value(told).meets(Range.around(value)):
                    self._defined[symbol.quantity] = known = value
        if known is None:
            raise Unknown(f"{symbol.latex} is defined as none of {self.of.gradients_of_update(self.ref)}")
        return Range.around(known)

    def _listed(self, statement: Statement) -> None:
        """Check a number with words in front: the gradient of one sample of the batch."""
        found, (side,) = _SAMPLE.search(statement.label), statement.sides
        number = _single(side)
        if found is None or side is None or number is None or self.ref is None:
            return self._fault("reading", "says nothing")
        value = self._extra.get(Quantity("partial", of=Quantity("loss of", unit=int(found[1]) - 1), by=self._by()))
        if value is None or not self._value(side).meets(Range.around(value)):
            self._fault("value", f"the gradient of sample {found[1]} is {value!r}")
        return None

    def _by(self) -> Quantity:
        return next(q for q in self._after if q.kind in ("weight", "bias"))

    def _assign(self, statement: Statement) -> None:
        left, *others = statement.sides
        if not isinstance(left, Symbol) or left.quantity not in self._after:
            raise Unknown("something is assigned that the update does not change")
        value = Range.around(self._after[left.quantity])
        self._head = (left, value)
        self._sides([left, *others], list(statement.signs), value)
        self._now[left.quantity] = self._after[left.quantity]

    def _change(self, statement: Statement) -> None:
        """Check a caption's ``w : old → new``."""
        symbol, *sides = statement.sides
        if statement.signs != (":", r"\to") or not isinstance(symbol, Symbol):
            return self._fault("reading", "a colon")
        old, new = sides
        self.turn_to(ref_of(symbol.quantity))
        for side, value in ((old, self._value(symbol)), (new, Range.around(self._after[symbol.quantity]))):
            if side is None or not self._value(side).meets(value):
                self._fault("value", f"{self._value(side) if side else None} is not {value}")
        return None

    # Signs

    def _sides(self, sides: list[Node | None], signs: list[str], value: Range) -> None:
        """Check every side against the value of the first, and every sign against its neighbours."""
        for left, sign, right in zip(sides[:-1], signs, sides[1:], strict=True):
            assert right is not None
            try:
                found = self._value(right)
            except Unevaluable:
                return
            if not found.meets(value):
                self._fault("value", f"comes to {_said(found)} where {_said(value)} is meant")
                continue
            self._sign(sign, *self._exactly(left, value), right)
            if sign == r"\approx" and left is not None and not symbols(left):
                self.rounded.append(self._latex)

    def _exactly(self, side: Node | None, value: Range) -> tuple[float, bool]:
        """Return what a side comes to, of digits with just the digits shown, and whether all of it is known exactly.

        A computed quantity may stand for the sum of the lines above, of which only digits are shown.
        """
        if side is None or (isinstance(side, Symbol) and side.quantity not in self.numbers):
            return value.middle, False
        given = isinstance(side, Symbol) and side.quantity.kind in ("weight", "bias", "target")
        return self._value(side, widened=False).middle, given or not symbols(side)

    def _sign(self, sign: str, left: float, sure: bool, right: Node) -> None:
        result = _single(right)
        if result is None:
            if sign == r"\approx" and symbols(right):
                self._fault("sign", "≈ between symbols")
            return
        if not math.isfinite(result.value) or not math.isfinite(left):
            return
        away, rounding = abs(left - result.value), 5e-16 * abs(result.value)
        if sign == r"\approx":
            if sure and away <= rounding and self.format.digits < _TELLING:
                self._fault("sign", f"≈ where {left!r} is exactly {result.text}")
        elif away > spread(result, self.format) + (1e-13 if sure else 1e-9) * abs(left) + 1e-15:
            self._fault("sign", f"= where the digits shown give {left!r}, not {result.text}")


def _said(found: Range) -> str:
    return repr(found.low) if found.low == found.high else f"{found.low!r} to {found.high!r}"
