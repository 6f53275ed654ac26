"""A formula's tokens one after the other, and the words for what cannot be read."""

from collections.abc import Mapping

from tests.explain.tex.quantity import Quantity
from tests.explain.tex.tokens import Token

RELATIONS = ("=", "\\approx", "\\leftarrow", "\\to", ":")
CONDITIONS = (">", "<", "=", "\\geq", "\\leq", "\\ge", "\\le", "\\ne", "\\neq")
_ENDS = {*RELATIONS, *CONDITIONS, *")]},;+-&", "\\rvert", "\\right", "\\}", "\\\\", "\\end", "\\text"}


class Misread(ValueError):  # noqa: N818
    """Not a formula as one is written."""


class Cursor:
    """Tokens without white space; ``alphabet`` are the symbols that may stand in them."""

    def __init__(self, found: list[Token], alphabet: Mapping[str, Quantity], latex: str) -> None:
        self.tokens, self.alphabet, self.latex, self.at = found, alphabet, latex, 0
        self.bars = 0  # open |

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead].text if self.at + ahead < len(self.tokens) else ""

    def next(self) -> str:
        text = self.peek()
        self.at += 1
        return text

    def wrong(self, words: str) -> Misread:
        at = self.tokens[self.at].at if self.at < len(self.tokens) else len(self.latex)
        return Misread(f"{words}: …{self.latex[max(0, at - 14) : at + 14]}…")

    def expect(self, text: str) -> None:
        if self.peek() != text:
            raise self.wrong(f"{text} is missing")
        self.next()

    def raw(self) -> str:
        """Return a group's or single token's text, without white space."""
        if self.peek() != "{":
            return self.next()
        start, depth = self.at + 1, 0
        while self.at < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.next(), 0)
            if depth == 0:
                return "".join(one.text for one in self.tokens[start : self.at - 1])
        raise self.wrong("} is missing")

    def words(self) -> str:
        """Return the words a part begins with, or that stand here."""
        if self.peek() != "\\text":
            return ""
        start = self.tokens[self.at].at
        self.next()
        self.raw()
        end = self.tokens[self.at].at if self.at < len(self.tokens) else len(self.latex)
        said = self.latex[start:end].split("{", 1)[1].rsplit("}", 1)[0].strip()
        return said.rstrip(":")

    def begins_a_factor(self) -> bool:
        """Tell whether what comes next can be multiplied by what was before."""
        text = self.peek()
        return bool(text) and text not in _ENDS and not (text == "|" and self.bars)
