"""What a formula is made of: numbers, symbols, functions, brackets, fractions, sums, cases."""

import math
import re
from abc import ABC, abstractmethod

from tests.explain.tex.cursor import CONDITIONS, Cursor
from tests.explain.tex.tree import Call, Cases, Divide, Grid, Node, Number, Open, Power, Running, Symbol, Unknown
from tests.explain.tex.vocabulary import GREEK

_FUNCTIONS = {f"\\{one}": one for one in ("ln", "tanh", "arctan", "sinh", "sin", "cos", "exp", "max", "min")} | {
    "\\sigma": "sigma",
    "\\Phi": "Phi",
    "\\varphi": "varphi",
}
_NAMED = ("sign", "huber", "erf", "max", "min")
_OVER = re.compile(r"([a-z])(?:\\neq?(\d+))?")
_WRAPS = ("\\mathrm", "\\mathbf", "\\hat", "\\bar", "\\tilde", "\\mathit")
_CLOSING = {"(": ")", "[": "]", "\\{": "\\}", "|": "|", "\\lvert": "\\rvert"}

Condition = tuple[Node, str, Node]


class Atoms(Cursor, ABC):
    """Reads everything that binds more tightly than a product."""

    @abstractmethod
    def side(self) -> Node:
        """Return an expression, or several with their conditions."""

    @abstractmethod
    def expression(self) -> Node:
        """Return a sum."""

    @abstractmethod
    def term(self) -> Node:
        """Return a product."""

    @abstractmethod
    def condition(self) -> Condition | None:
        """Return what stands after the value of a case."""

    def factor(self) -> Node:
        """Return one factor of a product, with its scripts."""
        text = self.peek()
        if text.isdigit() or text == ".":
            return self._number()
        if text == "\\sum":
            return self._sum()
        if _FUNCTIONS.get(text):
            return self._function(_FUNCTIONS[self.next()])
        if text in ("\\mathrm", "\\operatorname"):
            start = self.at
            self.next()
            name = self.raw()
            if name in _NAMED:
                return self._function(name)
            self.at = start
        if text == "e" and self.peek(1) == "^":
            self.next()
            self.next()
            return Call("exp", (self._group(),))
        if text == "f":
            return self._general()
        return self._scripted()

    # Numbers

    def _number(self) -> Node:
        digits = ""
        while self.peek().isdigit() or (self.peek() == "." and "." not in digits):
            digits += self.next()
        if digits.endswith(".") or digits.startswith("."):
            raise self.wrong("half a number")
        places = len(digits.partition(".")[2])
        scale = ""
        if self.peek() == "\\cdot" and [self.peek(k) for k in (1, 2, 3, 4)] == ["1", "0", "^", "{"]:
            start = self.at
            self.at += 4
            scale = self.raw()
            if not scale.lstrip("-").isdigit():
                self.at, scale = start, ""
        power = int(scale or 0)
        number = Number(f"{digits}e{power}" if scale else digits, float(f"{digits}e{power}"), 10.0 ** (power - places))
        if self.peek() == "^":
            if scale:
                raise self.wrong("a power of a power of ten without brackets")
            self.next()
            return Power(number, self._group())
        return number

    # Functions

    def _function(self, name: str) -> Node:
        power: Node | None = None
        if self.peek() == "^":
            self.next()
            power = self._group()
        arguments = self._arguments(name)
        if self.peek() == "^":
            raise self.wrong(f"it cannot be told whether {name} or what it is taken of has the power")
        node: Node = Call(name, arguments)
        return node if power is None else Power(node, power)

    def _arguments(self, name: str) -> tuple[Node, ...]:
        fenced = self.peek() == "\\left"
        if self.peek() == "(" or (fenced and self.peek(1) == "("):
            self.at += 2 if fenced else 1
            found = [self.expression()]
            while self.peek() == ",":
                self.next()
                found.append(self.expression())
            if fenced:
                self.expect("\\right")
            self.expect(")")
            return tuple(found)
        if not self.begins_a_factor() or name in ("max", "min"):
            raise self.wrong(f"{name} of nothing")
        bracketed = self.peek() in ("\\frac", "|", "\\sum")
        found = [self.factor()]
        if self.begins_a_factor() and not bracketed and self.peek() not in _FUNCTIONS:
            raise self.wrong(f"it cannot be told where {name} ends")
        return tuple(found)

    def _general(self) -> Node:
        """Return f or f' of a pre-activation: it is looked up as a whole."""
        start = self.at
        self.next()
        name = "f"
        if self.peek() == "'":
            name += self.next()
        if self.peek() != "(":
            self.at = start
            return self._scripted()
        self.next()
        inner = self._scripted()
        self.expect(")")
        if not isinstance(inner, Symbol):
            raise self.wrong(f"{name} of something that is no symbol")
        latex = f"{name}({inner.latex})"
        return self._powered(self._known(latex))

    def _sum(self) -> Node:
        self.next()
        if self.peek() != "_":
            raise self.wrong("a sum that does not say over what")
        self.next()
        over = _OVER.fullmatch(self.raw())
        if over is None:
            raise self.wrong("a sum over something that is no letter")
        if not self.begins_a_factor():
            raise self.wrong("a sum of nothing")
        return Running(over[1], self.term(), int(over[2]) - 1 if over[2] else None)

    # Atoms

    def _group(self) -> Node:
        """Return what stands in braces, or a single digit or letter."""
        if self.peek() != "{":
            text = self.next()
            return Number(text, float(text), 1.0) if text.isdigit() else self._known(text)
        self.next()
        node = self.side()
        self.expect("}")
        return node

    def _fraction(self) -> Node:
        self.next()
        if self.peek() == "{" and self.peek(1) == "\\partial":
            above, below = self._partial(), self._partial()
            return self._known(rf"\frac{{\partial {above}}}{{\partial {below}}}")
        return Divide(self._group(), self._group())

    def _partial(self) -> str:
        self.expect("{")
        self.expect("\\partial")
        node = self._scripted()
        if not isinstance(node, Symbol):
            raise self.wrong("a partial derivative of something that is no symbol")
        self.expect("}")
        return node.latex

    def _scripted(self) -> Node:
        """Return an atom with its scripts: a symbol of the alphabet, or a power."""
        text = self.peek()
        if text == "\\frac":
            return self._powered(self._fraction())
        if text == "\\sqrt":
            self.next()
            return self._powered(Call("sqrt", (self._group(),)))
        if text in ("\\ldots", "\\cdots", "\\dots"):
            self.next()
            return Open()
        if text == "\\underline":
            self.next()
            self.raw()
            return Open()
        if text in ("\\infty", "\\pi"):
            self.next()
            return self._powered(Number(text, math.inf if text == "\\infty" else math.pi, 0.0))
        if text == "\\begin":
            return self._environment()
        if text == "{":
            return self._powered(self._group())
        if text in _CLOSING or text == "\\left":
            return self._powered(self._bracketed())
        return self._symbol()

    def _bracketed(self) -> Node:
        fenced = self.peek() == "\\left"
        if fenced:
            self.next()
        opened = self.next()
        if opened not in _CLOSING:
            raise self.wrong(f"the bracket {opened}")
        self.bars += opened == "|"
        node = self.side()
        if fenced:
            self.expect("\\right")
        self.expect(_CLOSING[opened])
        self.bars -= opened == "|"
        return Call("abs", (node,)) if opened in ("|", "\\lvert") else node

    def _powered(self, node: Node) -> Node:
        if self.peek() == "_":
            raise self.wrong("an index on something that is no symbol")
        if self.peek() != "^":
            return node
        self.next()
        return Power(node, self._group())

    def _symbol(self) -> Node:
        text = self.next()
        if text in _WRAPS:
            base = f"{text}{{{self.raw()}}}"
        elif text in GREEK or (len(text) == 1 and text.isalpha()):
            base = text
        else:
            self.at -= 1
            raise self.wrong("nothing to read") if not text else Unknown(f"{text} in {self.latex}")
        while self.peek() == "'":
            base += self.next()
        above = below = ""
        power_at = 0
        while self.peek() in ("^", "_"):
            if self.next() == "_":
                below = f"_{{{self.raw()}}}"
            else:
                power_at = self.at
                above = f"^{{{self.raw()}}}"
        if above and f"{base}{above}{below}" not in self.alphabet and f"{base}{below}" in self.alphabet:
            end, self.at = self.at, power_at  # the superscript is a power
            power = self._group()
            self.at = max(end, self.at)
            return Power(self._known(f"{base}{below}"), power)
        return self._known(f"{base}{above}{below}")

    def _known(self, latex: str) -> Symbol:
        if latex not in self.alphabet:
            raise Unknown(f"{latex} is no symbol here")
        return Symbol(latex, self.alphabet[latex])

    def _environment(self) -> Node:
        self.next()
        name = self.raw()
        rows: list[tuple[Node, ...]] = []
        cases: list[tuple[Node, Condition | None]] = []
        while self.peek() != "\\end":
            if name == "cases":
                value = self.expression()
                while self.peek() in ("&", ","):
                    self.next()
                cases.append((value, self.condition() if self.peek() == "\\text" else self._bare_condition()))
            else:
                row = [self.side()]
                while self.peek() == "&":
                    self.next()
                    row.append(self.side())
                rows.append(tuple(row))
            if self.peek() == "\\\\":
                self.next()
        self.next()
        if self.raw() != name:
            raise self.wrong(f"\\end of something other than {name}")
        return Cases(tuple(cases)) if name == "cases" else Grid(tuple(rows))

    def _bare_condition(self) -> Condition:
        left, sign, right = self.expression(), self.next(), self.expression()
        if sign not in CONDITIONS:
            raise self.wrong("a condition without its sign")
        return left, sign, right
