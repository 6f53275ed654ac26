"""Symbols in plain text: titles, remarks, the text of a pass. Each must be one that the notation can produce."""

import re
from functools import lru_cache

from tests.explain.tex.alphabet import LOSS, alphabet, wholes

SMALL = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789aehijklmnoprstuvx", strict=True))
HIGH = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁻⁺ˡᴸ", "0123456789()-+lL", strict=True))
GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "κ": r"\kappa",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ρ": r"\rho",
    "τ": r"\tau",
    "φ": r"\varphi",
    "Φ": r"\Phi",
}
HATS = {"\u0302": r"\hat", "\u0304": r"\bar"}
_SYMBOL = re.compile(
    rf"(?<![A-Za-z])(?P<base>[A-Za-z]+|[{''.join(GREEK)}Σ])(?P<hat>[\u0302\u0304]?)"
    rf"(?P<above>[{''.join(HIGH)}]*)(?P<below>(?:[{''.join(SMALL)}]+(?:,(?=[{''.join(SMALL)}]))?)*(?:…[₀-₉]+)?)"
)
_MATHEMATICS = frozenset(("e", "f", "k", "i", "j", "n", "N", "r", "Φ"))
_SINGLE_WORDS = frozenset(("a", "A", "I"))
_AFTER_A_SYMBOL = re.compile(r"\s*(?:[=<>≤≥≈+·⊙,.;:)−]|(?:is|are|of|and|or|below|above|to)\b|$)")


@lru_cache(maxsize=64)
def _known(notation: str, sizes: tuple[int, ...]) -> frozenset[str]:
    return frozenset({*alphabet(notation, sizes), *wholes(notation, sizes)})


def _latex(base: str, hat: str, above: str, below: str) -> str:
    letter = GREEK.get(base, base if len(base) == 1 else rf"\mathrm{{{base}}}")
    letter = f"{HATS[hat]}{{{letter}}}" if hat else letter
    if above:
        letter += "^{" + "".join(HIGH[one] for one in above) + "}"
    if below:
        letter += "_{" + "".join(SMALL.get(one, r"\ldots" if one == "…" else one) for one in below) + "}"
    return letter


def strangers(text: str, notation: str, sizes: tuple[int, ...], whole_letters: bool = False) -> list[str]:
    """Return what looks like a symbol in a text and is none of the notation.

    A letter alone is a symbol only for a whole layer, so only where ``whole_letters`` may stand.
    """
    known = _known(notation, sizes)
    found: list[str] = []
    for match in _SYMBOL.finditer(text):
        base, hat, above, below = match["base"], match["hat"], match["above"], match["below"]
        if not (above or below or hat):
            if not _stranger_alone(base, text, match.end(), notation, sizes, whole_letters):
                continue
        else:
            powered = above and not below and (base in _MATHEMATICS or (base in known and set(above) <= set("²³")))
            if powered or base == "Σ" or _latex(base, hat, above, below) in known:
                continue
        found.append(match[0])
    return found


def _stranger_alone(base: str, text: str, end: int, notation: str, sizes: tuple[int, ...], whole: bool) -> bool:
    if len(base) > 1 or base == "Σ":
        return False
    known = _known(notation, sizes)
    letter = GREEK.get(base, base)
    if base in _MATHEMATICS or base == LOSS[notation] or (letter in known and base in GREEK):
        return False
    if letter in wholes(notation, sizes):
        return not whole
    if letter in alphabet(notation, sizes):
        return False
    if base in _SINGLE_WORDS:
        return _AFTER_A_SYMBOL.match(text, end) is not None
    return True


def text_of(latex: str) -> str:
    """Return a symbol as text."""
    found = re.sub(r"\\mathrm\{(\w+)\}", r"\1", latex).replace(r"\ldots", "…")
    for letter, command in GREEK.items():
        found = found.replace(command, letter)
    for mark, small in (("_", SMALL), ("^", HIGH)):
        turned = {letter: one for one, letter in small.items()}
        found = re.sub(rf"\{mark}\{{([^}}]*)\}}", lambda one, t=turned: "".join(t.get(c, c) for c in one[1]), found)
    return found
