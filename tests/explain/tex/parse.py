"""The reader: a formula as LaTeX to a tree, as a mathematician reads it. What it does not know, it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.explain.tex.atoms import Atoms, Condition
from tests.explain.tex.cursor import CONDITIONS, RELATIONS, Misread
from tests.explain.tex.quantity import Quantity
from tests.explain.tex.tokens import Token, tokens
from tests.explain.tex.tree import Add, Cases, Divide, Node, Times

_BLIND = frozenset(("\\,", "\\;", "\\:", "\\!", "\\ ", "\\displaystyle"))


@dataclass(frozen=True, slots=True)
class Statement:
    """Sides with the signs between them: one sign fewer than sides. The first side is None where a line goes on
    from the one above; ``label`` are words in front.
    """

    sides: tuple[Node | None, ...]
    signs: tuple[str, ...]
    label: str = ""


def read(latex: str, alphabet: Mapping[str, Quantity]) -> list[Statement]:
    """Return the statements of a line; \\quad stands between them.

    Raises:
        Unknown: a symbol that is not in the alphabet, or a function or control word the reader does not know.
        Misread: anything that cannot be read, or that nobody would write, such as a sign after a sign.
    """
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens(latex):
        depth += (token.text in ("{", "\\begin")) - (token.text in ("}", "\\end"))
        if depth == 0 and token.text in ("\\quad", "\\qquad"):
            parts.append([])
        elif not token.space and token.text not in _BLIND:
            parts[-1].append(token)
    label, found = "", list[Statement]()
    for part in parts:
        if part and part[-1].text == ",":
            part.pop()
        reader = _Reader(part, alphabet, latex)
        words = reader.words()
        label = f"{label} {words}".strip()
        if reader.peek():
            sides, signs = reader.statement()
            found.append(Statement(sides, signs, label))
            label = ""
    if label or not found:
        raise Misread(f"words without a formula: {label!r}")
    return found


class _Reader(Atoms):
    def statement(self) -> tuple[tuple[Node | None, ...], tuple[str, ...]]:
        sides: list[Node | None] = [None if self.peek() in ("=", "\\approx") else self.side()]
        signs: list[str] = []
        while self.peek():
            if self.peek() not in RELATIONS:
                raise self.wrong(f"{self.peek()} cannot be read here")
            signs.append(self.next())
            sides.append(self.side())
        return tuple(sides), tuple(signs)

    def side(self) -> Node:
        """Return an expression, or several with their conditions: 1 if a > 0, 0 else."""
        value = self.expression()
        if self.peek() != "\\text":
            return value
        cases: list[tuple[Node, Condition | None]] = []
        while True:
            condition = self.condition()
            cases.append((value, condition))
            if condition is None or self.peek() not in (",", ";"):
                return Cases(tuple(cases))
            self.next()
            value = self.expression()

    def condition(self) -> Condition | None:
        words = self.words().strip(" ,")
        if words in ("else", "otherwise"):
            return None
        if words not in ("if", "for", "where"):
            raise self.wrong(f"the words {words!r}")
        left = self.expression()
        sign = self.next()
        if sign not in CONDITIONS:
            raise self.wrong("a condition without its sign")
        return left, sign, self.expression()

    def expression(self) -> Node:
        sign = 1
        if self.peek() in ("-", "+"):
            sign = -1 if self.next() == "-" else 1
            if self.peek() in ("-", "+"):
                raise self.wrong("a sign after a sign")
        terms = [(sign, self.term())]
        while self.peek() in ("+", "-"):
            sign = 1 if self.next() == "+" else -1
            if self.peek() in ("+", "-"):
                raise self.wrong("a sign after an operator, without brackets")
            terms.append((sign, self.term()))
        return terms[0][1] if len(terms) == 1 and terms[0][0] > 0 else Add(tuple(terms))

    def term(self) -> Node:
        left = self.factor()
        while True:
            sign = self.peek()
            if sign in ("\\cdot", "\\times", "/"):
                self.next()
                if self.peek() in ("+", "-"):
                    raise self.wrong("a sign after an operator, without brackets")
                right = self.factor()
            elif self.begins_a_factor():
                if sign.isdigit():
                    raise self.wrong("a number straight after a factor")
                right = self.factor()
            else:
                return left
            left = Divide(left, right) if sign == "/" else self._times(left, right)

    @staticmethod
    def _times(left: Node, right: Node) -> Node:
        return Times((*left.factors, right)) if isinstance(left, Times) else Times((left, right))
