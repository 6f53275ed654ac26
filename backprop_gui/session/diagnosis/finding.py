"""What a diagnosis says, and the words its parts are told in."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import ParameterRef, UnitRef
from backprop_gui.explain.names import layer_title, name
from backprop_gui.session.advice import Remedy
from backprop_gui.session.document import Session

MOST_NAMED = 4
"""Units or samples told one by one; of more only how many there are."""


class Kind(Enum):
    """What goes wrong."""

    DIVERGED = "diverged"
    DEAD = "dead units"
    SATURATED = "saturated units"
    EQUAL = "equal units"
    VANISHING = "vanishing gradient"
    UNREACHABLE = "unreachable targets"
    PLATEAU = "plateau"
    OSCILLATING = "oscillation"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What goes wrong in a run.

    ``sentence`` is plain text; ``parts`` are where it shows, first the one to look at; every remedy has been tried in
    a short run. ``field``, ``value`` and ``advice`` name the setting it comes from as files spell it, what it is, and
    what to do there, as far as it is one.
    """

    kind: Kind
    sentence: str
    parts: tuple[UnitRef | ParameterRef, ...]
    remedies: tuple[Remedy, ...] = ()
    field: str = ""
    value: float = math.nan
    advice: str = ""

    def as_error(self) -> FieldError:
        """Return it as the command line says what is wrong: the setting it comes from, why, and what to do there."""
        return FieldError(self.field, self.value, f"{self.sentence[0].lower()}{self.sentence[1:-1]}; {self.advice}")


Work = Generator[None, None, Diagnosis | None]
"""A diagnosis at work: yields after every few milliseconds, returns what it found."""


def listed(words: Sequence[str]) -> str:
    """Return words as a list to be read: ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def units_told(session: Session, units: Sequence[UnitRef]) -> str:
    """Return units in words, layer by layer: ``h₁ and h₂ of hidden``."""
    told: list[str] = []
    for layer in sorted({unit.layer for unit in units}):
        own = [unit for unit in units if unit.layer == layer]
        title = layer_title(session.network, layer)
        if len(own) <= MOST_NAMED:
            told.append(f"{listed([name(session.network, one, 'article') for one in own])} of {title}")
        else:
            most = session.network.sizes[layer]
            told.append(f"{'the' if len(own) == most else f'{len(own):,} of the'} {most:,} units of {title}")
    return listed(told)


def samples_told(rows: Sequence[int]) -> str:
    """Return samples (from 0) in words, counting from 1: ``samples 2 and 4``."""
    if len(rows) > MOST_NAMED:
        return f"{len(rows):,} samples"
    return f"sample{'s' * (len(rows) > 1)} {listed([f'{row + 1:,}' for row in rows])}"


def capital(sentence: str) -> str:
    """Return a sentence with a capital where it begins with a word; names of units stay as they are."""
    return sentence[0].upper() + sentence[1:] if sentence.startswith(("the ", "sample")) else sentence
