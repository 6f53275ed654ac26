"""Formulas as parts: each part is LaTeX, may carry a value and the place in the network it speaks of."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Ref
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.plain import to_text


class Tint(Enum):
    """What a part is tinted as: the three factors of the chain rule, so that symbol and number are seen to match."""

    PLAIN = auto()
    LOSS = auto()  # dL/dy, the error that comes from behind
    SLOPE = auto()  # dy/da
    INPUT = auto()  # da/dw
    QUIET = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula: its LaTeX; the exact number it stands for, if any; what it lights up when hovered."""

    latex: str
    value: float | None = None
    ref: Ref | None = None
    tint: Tint = Tint.PLAIN


Formula = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation. ``value`` is what its right side comes to, where it comes to a number."""

    formula: Formula
    value: float | None = None
    indent: int = 0
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A small picture of a function and its slope, with the place ``at`` on it.

    An activation, or with a ``target`` one output's part of a loss, over the output.
    """

    function: Activation | Loss
    at: float
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of lines, with a remark in words, or a graph, where one helps."""

    title: str
    lines: tuple[Line, ...]
    remark: str = ""
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """Everything about one part of the network: ``value`` is the gradient of a parameter, the delta of a unit
    (the input of an input), or the loss. ``factors`` multiply to a parameter's gradient; ``terms`` add up to the
    error of a hidden unit, one per unit it feeds.
    """

    title: str
    sections: tuple[Section, ...]
    value: float
    factors: tuple[float, ...] = ()
    terms: tuple[float, ...] = ()
    new_value: float | None = None


def latex(formula: Formula) -> str:
    """Return the formula as one LaTeX string."""
    return " ".join(part.latex for part in formula)


def text(formula: Formula) -> str:
    """Return the formula as plain text."""
    return to_text(latex(formula))


def formula(*pieces: "str | Part | Formula") -> Formula:
    """Return the pieces as one formula; strings are LaTeX without value, empty ones are left out."""
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts += [Part(piece)] if piece else []
        elif isinstance(piece, Part):
            parts.append(piece)
        else:
            parts.extend(piece)
    return tuple(parts)


def added(terms: Sequence[str], count: int) -> Formula:
    """Return the first terms of a sum of ``count``, with dots for those left out."""
    pieces = [piece for term in terms for piece in ("+", term)][1:]
    return formula(*pieces, *(("+", r"\ldots") if count > len(terms) else ()))


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes numbers into formulas as the user wants to see them."""

    number_format: NumberFormat

    def number(self, value: float, ref: Ref | None = None, tint: Tint = Tint.PLAIN) -> Part:
        """Return a number."""
        return Part(self._latex(value), value, ref, tint)

    def factor(self, value: float, ref: Ref | None = None, tint: Tint = Tint.PLAIN) -> Part:
        """Return a number that follows an operator: in brackets where it has a sign or a power of ten."""
        written = self._latex(value)
        if written.startswith("-") or "cdot" in written:
            written = rf"({written})"
        return Part(written, value, ref, tint)

    def _latex(self, value: float) -> str:
        written = self.number_format(value).replace("−", "-")
        if self.number_format.style == "significant":
            written = _without_trailing_zeros(written)
        mantissa, e, exponent = written.partition("e")
        if e:
            return rf"{mantissa}\cdot10^{{{exponent}}}"
        return written.replace("∞", r"\infty").replace("undefined", r"\text{undefined}")


def _without_trailing_zeros(written: str) -> str:
    mantissa, e, exponent = written.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + e + exponent
