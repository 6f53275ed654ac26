"""A formula as plain text read back as LaTeX, so that it is held to what it says as text, brackets and all."""

import re

from tests.explain.tex.words import GREEK, HATS, HIGH, SMALL

_SIGNS = {
    "·": r"\cdot ",
    "−": "-",
    "≈": r"\approx ",
    "←": r"\leftarrow ",
    "→": r"\to ",
    "∞": r"\infty ",
    "…": r"\ldots ",
    "≠": r"\neq ",
    "Σ": r"\sum ",
    "π": r"\pi ",
}
_FUNCTIONS = ("ln", "tanh", "sin", "cos", "max", "min", "exp")
_SYMBOL = r"(?:\\[a-z]+\{\w+\}|\\[a-z]+ ?|[A-Za-z])(?:\^\{[^{}]*\})?(?:_\{[^{}]*\})?"
_PARTIAL = re.compile(rf"(?:∂({_SYMBOL})|\(∂({_SYMBOL})\))/(?:∂({_SYMBOL})|\(∂({_SYMBOL})\))")
_WORD = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}")


def _script(mark: str, small: dict[str, str]) -> tuple[re.Pattern[str], dict[str, str], str]:
    inside = "".join(small)
    return re.compile(rf"[{inside}]+(?:[,…][{inside}]+)*"), small, mark


_SCRIPTS = (_script("_", SMALL), _script("^", HIGH))


def as_latex(text: str) -> str:
    """Return the formula a line of text is, as LaTeX for the reader."""
    found = re.sub("(.)([\u0302\u0304])", lambda one: f"{HATS[one[2]]}{{{one[1]}}}", text)
    for pattern, small, mark in _SCRIPTS:
        found = pattern.sub(lambda one, s=small, m=mark: f"{m}{{{''.join(s.get(c, c) for c in one[0])}}}", found)
    found = re.sub(rf"([{''.join(GREEK)}])", lambda one: GREEK[one[1]] + " ", found)
    found = _WORD.sub(_word, found)
    for opening, command in (("√", r"\sqrt"), ("^", "^"), ("_", "_")):
        found = _braced(found, f"{opening}(", command)
    found = _PARTIAL.sub(lambda one: rf"\frac{{\partial {one[1] or one[2]}}}{{\partial {one[3] or one[4]}}}", found)
    return re.sub("|".join(_SIGNS), lambda one: _SIGNS[one[0]], found).strip()


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if word in _FUNCTIONS:
        return rf"\{word} "
    return rf"\text{{ {word} }}" if word in ("if", "else", "sample") else rf"\mathrm{{{word}}}"


def _braced(text: str, opening: str, command: str) -> str:
    """Return the text with brackets after ``opening`` as braces."""
    while (start := text.find(opening)) >= 0:
        depth, end = 1, start + len(opening)
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = f"{text[:start]}{command}{{{text[start + len(opening) : end - 1]}}}{text[end:]}"
    return text
