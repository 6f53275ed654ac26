"""What a symbol stands for, apart from how it is written."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a network or its update.

    ``kind`` says which (``output``, ``weight``, ``delta``, ...); ``layer`` counts the inputs as 0, and parameters
    under the layer they lead to; ``unit`` and, of a weight, ``source`` count from 0, or are a running letter. A
    ``partial`` is of one quantity ``by`` another; ``f`` and ``slope`` have what they are taken of in ``of``.
    """

    kind: str
    layer: int = 0
    unit: int | str | None = None
    source: int | str | None = None
    of: "Quantity | None" = None
    by: "Quantity | None" = None

    def runs(self, letter: str) -> bool:
        """Tell whether a running letter stands in it."""
        inner = [one for one in (self.of, self.by) if one is not None]
        return letter in (self.unit, self.source) or any(one.runs(letter) for one in inner)

    def at(self, letter: str, index: int) -> "Quantity":
        """Return it with a number in place of a running letter."""
        return replace(
            self,
            unit=index if self.unit == letter else self.unit,
            source=index if self.source == letter else self.source,
            of=self.of and self.of.at(letter, index),
            by=self.by and self.by.at(letter, index),
        )

    def letters(self) -> tuple[str, ...]:
        """Return every running letter in it."""
        own = tuple(one for one in (self.unit, self.source) if isinstance(one, str))
        return own + tuple(letter for one in (self.of, self.by) if one is not None for letter in one.letters())
