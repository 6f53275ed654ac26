"""Cards: an activation, a loss or an optimizer as a value with everything that is known of it.

A card is named by its ``name`` in files and on the command line; there it is looked up once, in a ``Registry``, and
from then on the value itself is handed around. Two cards are equal where name and numbers are.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar, cast

from backprop_gui.engine.checks import number
from backprop_gui.engine.errors import MISSING, FieldError
from backprop_gui.engine.extensible import Extensible


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of a card: its key in files, its LaTeX symbol, the words beside its field, and its bounds."""

    name: str
    symbol: str
    label: str
    default: float
    above: float = -math.inf
    least: float = -math.inf
    below: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What all cards have. ``numbers`` go with ``settings``, their defaults where none are given.

    ``says`` tells how a format writes the function, by the format's name (see ``exchange``); a format that is not in
    it cannot say it.
    """

    name: str
    title: str = field(compare=False)
    settings: tuple[Setting, ...] = field(default=(), compare=False)
    numbers: tuple[float, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.numbers) != len(self.settings):
            object.__setattr__(self, "numbers", tuple(one.default for one in self.settings))

    def with_numbers(self, values: Mapping[str, object], where: str) -> Self:
        """Return the card with other numbers, by name; ``where`` is the field they come from.

        Raises:
            FieldError: a name the card has no number of, or a number outside its bounds.
        """
        known = {one.name: one for one in self.settings}
        for key, value in values.items():
            if key not in known:
                accepted = "use " + ", ".join(known) if known else f"{self.name} has no numbers"
                raise FieldError(f"{where}.{key}", value, accepted)
        numbers = [
            number(f"{where}.{one.name}", values.get(one.name, now), above=one.above, least=one.least, below=one.below)
            for one, now in zip(self.settings, self.numbers, strict=True)
        ]
        return self if tuple(numbers) == self.numbers else replace(self, numbers=tuple(numbers))

    @property
    def own_numbers(self) -> dict[str, float]:
        """The numbers that are not the defaults, by name."""
        pairs = zip(self.settings, self.numbers, strict=True)
        return {one.name: value for one, value in pairs if value != one.default}

    @property
    def spelled(self) -> str:
        """The card as one word, as files that hold only names have it: ``elu``, or ``elu(alpha=0.5)``."""
        inside = ", ".join(f"{name}={value!r}" for name, value in self.own_numbers.items())
        return f"{self.name}({inside})" if inside else self.name

    @property
    def written(self) -> str | dict[str, object]:
        """The card as session files have it: its name, or an object where a number is not the default."""
        return {"name": self.name, **self.own_numbers} if self.own_numbers else self.name

    def said(self, how: str, where: str) -> str:
        """Return how a format (a key of ``says``) writes the function; ``where`` is the field an error names.

        Raises:
            FieldError: the format cannot say it.
        """
        if how not in self.says:
            raise FieldError(where, self.spelled, f"{how} files cannot say it: choose another format")
        numbers = {one.name: value for one, value in zip(self.settings, self.numbers, strict=True)}
        return self.says[how].format(**numbers)

    @property
    def described(self) -> str:
        """The card in words: its title, with its numbers where they are not the defaults."""
        labels = {one.name: one.label for one in self.settings}
        inside = ", ".join(f"{labels[name]} {value:g}" for name, value in self.own_numbers.items())
        return f"{self.title} ({inside})" if inside else self.title


C = TypeVar("C", bound=Card)


class Registry(Extensible[C]):
    """Cards by name: our own, then those other packages add."""

    def read(self, where: str, spelled: object) -> C:
        """Return the card for what a file or argument says: a name, ``name(number=value)``, or an object.

        Raises:
            FieldError: an unknown name, or numbers that the card does not take.
        """
        given: dict[str, Any] = {}
        name = spelled
        if isinstance(spelled, Mapping):
            given = dict(cast("Mapping[str, Any]", spelled))
            if "name" not in given:
                raise FieldError(f"{where}.name", MISSING, "give this key")
            name = given.pop("name")
        elif isinstance(spelled, str) and (found := re.fullmatch(r"(\w+)\((.*)\)", spelled.strip())):
            name, given = found[1], _numbers(found[2], where)
        if not isinstance(name, str) or name not in self:
            raise FieldError(where, cast("object", spelled), "use one of " + ", ".join(self))
        return self[name].with_numbers(given, where)


def spelled_apart(text: str) -> list[str]:
    """Return the words of a list such as ``elu(alpha=0.5),softmax``: commas inside brackets do not part."""
    return re.findall(r"[^,()]+(?:\([^()]*\))?", text)


def _numbers(text: str, where: str) -> dict[str, object]:
    given: dict[str, object] = {}
    for piece in filter(None, (one.strip() for one in text.split(","))):
        key, _, value = map(str.strip, piece.partition("="))
        if key in given:
            raise FieldError(f"{where}.{key}", value, "give it once")
        try:
            given[key] = float(value)
        except ValueError:
            given[key] = value
    return given
