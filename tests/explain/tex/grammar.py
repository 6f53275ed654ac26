"""What TeX would refuse in a formula, found without TeX.

``problems`` walks a formula the way TeX's mathematics does (The TeXbook, chapters 17 and 26): nuclei, superscripts
and subscripts, groups, \\left and \\right, alignments; with LaTeX's and amsmath's control words and no others.
"""

import re
from dataclasses import dataclass

from tests.explain.tex.tokens import Token, tokens
from tests.explain.tex.vocabulary import ARGUMENTS, DELIMITERS, ENVIRONMENTS, LENGTHS, SPACES, SYMBOLS, WORDS

_LENGTH = re.compile(r"-?\d*\.?\d+\s*(em|ex|pt|mm|cm|in|mu)")
_NO_TEXT = re.compile(r"(?<!\\)[_^&#%$]")


class Broken(ValueError):  # noqa: N818
    """The walk cannot go on; says why."""


@dataclass(slots=True)
class _Nucleus:
    """What scripts are attached to: whether there is something, and which scripts it has."""

    there: bool = False
    above: bool = False
    below: bool = False
    primed: bool = False


def problems(latex: str) -> list[str]:
    """Return what TeX refuses (or would set as nobody means it), in words; nothing for a sound formula."""
    walk = _Walk(latex)
    try:
        walk.formula()
    except Broken as broken:
        walk.found.append(str(broken))
    return walk.found


class _Walk:
    def __init__(self, latex: str) -> None:
        self.latex, self.tokens, self.at, self.found = latex, tokens(latex), 0, list[str]()

    def formula(self) -> None:
        self._list(until=None)
        if (token := self._next()) is not None:
            raise Broken(f"{token.text!r} closes nothing: {self._near(token)}")

    def _near(self, token: Token | None) -> str:
        at = len(self.latex) if token is None else token.at
        return f"…{self.latex[max(0, at - 12) : at + 12]}…"

    def _peek(self) -> Token | None:
        while self.at < len(self.tokens) and self.tokens[self.at].space:
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _next(self) -> Token | None:
        token = self._peek()
        self.at += token is not None
        return token

    def _say(self, words: str, token: Token | None) -> None:
        self.found.append(f"{words}: {self._near(token)}")

    def _list(self, until: str | None, cells: bool = False) -> None:
        """Walk to the closing ``until`` without taking it (None: to the end); ``cells``: & and \\\\ may stand here."""
        nucleus = _Nucleus()
        while (token := self._peek()) is not None:
            text = token.text
            if text == until or text in ("}", "\\right", "\\end"):
                return
            self._next()
            if text in ("^", "_"):
                self._script(token, nucleus)
                continue
            if text == "'":
                if nucleus.above and not nucleus.primed:
                    self._say("double superscript", token)
                nucleus.above = nucleus.primed = True
                continue
            if text in ("&", "\\\\"):
                if not cells:
                    self._say(f"misplaced {text}", token)
                nucleus = _Nucleus()
                continue
            nucleus = _Nucleus(there=self._atom(token))
        if until is not None:
            raise Broken(f"{until} is missing at the end")

    def _script(self, mark: Token, nucleus: _Nucleus) -> None:
        if not nucleus.there:
            self._say(f"{mark.text} on nothing", mark)
        if mark.text == "^":
            if nucleus.above and not nucleus.primed:
                self._say("double superscript", mark)
            nucleus.above, nucleus.primed = True, False
        else:
            if nucleus.below:
                self._say("double subscript", mark)
            nucleus.below = True
        self._argument(mark)

    def _argument(self, what: Token, words: bool = False) -> None:
        """Walk one argument: a group, or for a script a single token."""
        token = self._peek()
        if token is None or token.text in ("}", "&", "^", "_", "\\right", "\\end", "\\\\"):
            raise Broken(f"{what.text} has no argument: {self._near(token)}")
        if token.text == "{":
            self._next()
            if words:
                self._words()
            else:
                self._list(until="}")
            if self._next() is None:
                raise Broken("} is missing at the end")
            return
        if what.text not in ("^", "_"):
            self._say(f"{what.text} without braces", token)
        self._next()
        if token.text in ARGUMENTS or token.text in WORDS or token.text == "\\left":
            raise Broken(f"{what.text} needs braces before {token.text}: {self._near(token)}")
        self._known(token)

    def _words(self) -> None:
        """Walk text up to the brace that ends it."""
        depth = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.text == "}" and depth == 0:
                return
            depth += (token.text == "{") - (token.text == "}")
            if _NO_TEXT.match(token.text):
                self._say(f"{token.text} in text", token)
            elif not token.command:
                self._known(token)
            self.at += 1
        raise Broken("} is missing at the end")

    def _known(self, token: Token) -> None:
        text = token.text
        if token.command:
            if text not in SYMBOLS and text not in SPACES:
                self._say(f"undefined control sequence {text}", token)
        elif text in "#%$~":
            self._say(f"{text} in a formula", token)
        elif not text.isascii():
            self._say(f"{text!r} is no character of TeX's mathematics", token)

    def _atom(self, token: Token) -> bool:
        """Walk one atom; tell whether scripts can attach to it."""
        text = token.text
        if text == "{":
            self._list(until="}")
            if self._next() is None:
                raise Broken("} is missing at the end")
        elif text in ARGUMENTS:
            if text == "\\sqrt" and (after := self._peek()) is not None and after.text == "[":
                self._next()
                self._list(until="]")
                self._next()
            for _ in range(ARGUMENTS[text]):
                self._argument(token)
        elif text in WORDS:
            self._argument(token, words=True)
        elif text in LENGTHS:
            self._length(token)
            return False
        elif text == "\\left":
            self._fence(token)
        elif text == "\\begin":
            self._environment(token)
        else:
            self._known(token)
            return text not in SPACES
        return True

    def _length(self, token: Token) -> None:
        opened = self._next()
        found = re.compile(r"[^{}]*\}").match(self.latex, opened.at + 1) if opened and opened.text == "{" else None
        if found is None or not _LENGTH.fullmatch(found[0][:-1].strip()):
            raise Broken(f"{token.text} without a length: {self._near(token)}")
        while self.at < len(self.tokens) and self.tokens[self.at].at < found.end():
            self.at += 1

    def _delimiter(self, token: Token) -> None:
        found = self._next()
        if found is None or found.text not in DELIMITERS:
            raise Broken(f"{token.text} without a delimiter: {self._near(token)}")

    def _fence(self, token: Token) -> None:
        self._delimiter(token)
        self._list(until="\\right")
        closed = self._next()
        if closed is None or closed.text != "\\right":
            raise Broken(f"\\left without \\right: {self._near(token)}")
        self._delimiter(closed)

    def _name(self, token: Token) -> str:
        found = re.compile(r"\s*\{([a-z*]+)\}").match(self.latex, token.at + len(token.text))
        if found is None:
            raise Broken(f"{token.text} without a name: {self._near(token)}")
        while self.at < len(self.tokens) and self.tokens[self.at].at < found.end():
            self.at += 1
        return found[1]

    def _environment(self, token: Token) -> None:
        name = self._name(token)
        if name not in ENVIRONMENTS:
            self._say(f"undefined environment {name}", token)
        if name == "array":
            found = re.compile(r"\{[lcr|]+\}").match(self.latex, self.tokens[self.at].at)
            if found is None:
                raise Broken(f"array without columns: {self._near(token)}")
            while self.at < len(self.tokens) and self.tokens[self.at].at < found.end():
                self.at += 1
        self._list(until="\\end", cells=True)
        closed = self._next()
        if closed is None or closed.text != "\\end" or self._name(closed) != name:
            raise Broken(f"\\begin{{{name}}} without its \\end: {self._near(token)}")
