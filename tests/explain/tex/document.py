"""What TeX would refuse in a whole document of ours, found without TeX: its text here, its formulas by the grammar."""

import re

from tests.explain.tex.grammar import problems
from tests.explain.tex.tokens import tokens
from tests.explain.tex.vocabulary import LENGTHS, SPACES, WORDS, names

COMMANDS = (
    names(
        """begin end section* subsection* section subsection par medskip smallskip bigskip noindent node draw fit
        leftskip hfill newpage pagebreak centering raggedright small footnotesize scriptsize normalsize underline
        textbackslash textasciitilde textasciicircum ldots & % # _ $ { } textwidth linewidth hsize resizebox path"""
    )
    | names("\\")
    | SPACES
    | WORDS
    | LENGTHS
)
"""What the text of our documents is made with; what the preamble defines is added."""
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-z*]+)\}")
_MATRIX = re.compile(r"\\begin\{[pbv]?matrix\}(.*?)\\end\{[pbv]?matrix\}", re.DOTALL)
_COLUMNS = re.compile(r"\\setcounter\{MaxMatrixCols\}\{(\d+)\}")


def document_problems(source: str) -> list[str]:
    """Return what TeX refuses in a document, in words; nothing for a sound one."""
    preamble, opened, rest = source.partition("\\begin{document}")
    body, closed, after = rest.partition("\\end{document}")
    if not opened or not closed or after.strip():
        return ["no document"]
    found: list[str] = []
    own = frozenset(re.findall(r"\\newcommand\{(\\[A-Za-z]+)\}", preamble))
    pieces = re.split(r"(?<!\\)\$", body)
    if len(pieces) % 2 == 0:
        return ["a $ is missing"]
    for formula in pieces[1::2]:
        found += [f"{words} in ${formula}$" for words in problems(formula)]
    found += _text("\x00".join(pieces[::2]), COMMANDS | own)
    found += _environments(body)
    most = int(_COLUMNS.search(preamble)[1]) if _COLUMNS.search(preamble) else 10  # pyright: ignore
    wide = (row for matrix in _MATRIX.findall(body) for row in matrix.split(r"\\") if row.count("&") >= most)
    found += [f"more than {most} columns: {row[:40]}" for row in wide]
    if not body.isascii() and "inputenc" not in preamble:
        found.append(f"no ASCII: {next(one for one in body if not one.isascii())!r}")
    return found


def _text(text: str, known: frozenset[str]) -> list[str]:
    found: list[str] = []
    depth = 0
    for token in tokens(text):
        near = f"…{text[max(0, token.at - 12) : token.at + 12]}…"
        if token.command and token.text not in known:
            found.append(f"undefined control sequence {token.text}: {near}")
        elif token.text in ("_", "^", "&", "#", "%"):
            found.append(f"{token.text} in text: {near}")
        elif not token.text.isascii():
            found.append(f"{token.text!r} is not ASCII: {near}")
        depth += (token.text == "{") - (token.text == "}")
        if depth < 0:
            return [*found, f"}} closes nothing: {near}"]
    return [*found, *(["} is missing"] if depth else [])]


def _environments(body: str) -> list[str]:
    open_ones: list[str] = []
    for kind, name in _ENVIRONMENT.findall(body):
        if kind == "begin":
            open_ones.append(name)
        elif not open_ones or open_ones.pop() != name:
            return [f"\\end{{{name}}} closes nothing"]
    return [f"\\begin{{{name}}} without its \\end" for name in open_ones]
