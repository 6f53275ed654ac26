"""Formulas as parts: each part is LaTeX, may carry a value and the place in the network it speaks of."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Ref
from backprop_gui.explain.plain import to_text


class Tint(Enum):
    """What a part is tinted as: the three factors of the chain rule, so that symbol and number are seen to match."""

    PLAIN = auto()
    LOSS = auto()  # dL/dy, the error that comes from behind
    SLOPE = auto()  # dy/da
    INPUT = auto()  # da/dw


class Source(Enum):
    """Which part of a pass a number comes from; a worked sheet may leave it blank."""

    GIVEN = "given"
    FORWARD = "forward"
    LOSS = "loss"
    DELTA = "deltas"
    GRADIENT = "gradients"
    UPDATE = "updates"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula: its LaTeX; the exact number it stands for, if any; what it lights up when hovered.

    ``sources`` tells of a number, or of a fraction of numbers, which parts of the pass it gives away.
    """

    latex: str
    value: float | None = None
    ref: Ref | None = None
    tint: Tint = Tint.PLAIN
    sources: frozenset[Source] = frozenset()


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


class Topic(Enum):
    """What a section of a derivation tells."""

    GIVEN = auto()
    PRE_ACTIVATION = auto()
    ACTIVATION = auto()
    LOSS = auto()
    CHAIN = auto()  # the product of partial derivatives
    ERROR = auto()  # dL/dy
    SLOPE = auto()  # dy/da
    DELTA = auto()
    INPUT = auto()  # da/dw
    TOGETHER = auto()  # the gradient
    BATCH = auto()  # the gradient of the samples that the next update uses
    UPDATE = auto()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of lines, with a remark in words, or a graph, where one helps."""

    topic: Topic
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

    def lines(self, *topics: Topic) -> Iterator[Line]:
        """Yield the lines of the sections of these topics, of all without any."""
        for section in self.sections:
            if not topics or section.topic in topics:
                yield from section.lines


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
