"""LaTeX cut into the tokens TeX itself would see in mathematics."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A control word or symbol (with its backslash), one character, or a run of spaces; ``at`` is its place."""

    text: str
    at: int

    @property
    def command(self) -> bool:
        """Whether it is a control word or symbol."""
        return len(self.text) > 1 and self.text[0] == "\\"

    @property
    def space(self) -> bool:
        """Whether it is white space, which mathematics does not see."""
        return self.text.isspace()


def tokens(latex: str) -> list[Token]:
    """Return every token, spaces included: a control word takes all the letters that follow, as in TeX."""
    return [Token(found[0], found.start()) for found in _TOKEN.finditer(latex)]
