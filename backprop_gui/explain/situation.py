"""What a derivation is told of: one sample's pass, and the update that comes next."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import Trace
from backprop_gui.explain.notation import Notation, symbols_of
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.writing import Lengths, Writer

Page = TypeVar("Page")


@dataclass(frozen=True, slots=True)
class Situation:
    """A network with ``sample`` (from 0) pushed through it, and its next update.

    ``batch`` are the samples of the next update, ``batch_traces`` the passes of the first few of them;
    ``gradient`` is the batch's, before penalties; ``slots`` is what the optimizer remembers (empty: nothing yet)
    after ``slot_steps`` updates; ``after`` are the parameters the update leads to, ``rate`` is its learning rate.
    """

    network: Network
    parameters: Parameters
    trace: Trace
    sample: int
    training: TrainingSettings
    batch: tuple[int, ...]
    batch_traces: tuple[Trace, ...]
    gradient: Parameters
    slots: tuple[Parameters, ...]
    slot_steps: int
    after: Parameters
    rate: float


@dataclass(frozen=True, slots=True)
class Style:
    """How formulas are written: notation, number format, and whether numbers get enough digits to come out.

    ``lengths`` are those of the page being written, where they do.
    """

    notation: str = "article"
    number_format: NumberFormat = field(default_factory=NumberFormat)
    long: bool = False
    lengths: Lengths | None = field(default=None, compare=False, repr=False)

    def symbols(self, network: Network) -> Notation:
        """Return the notation's symbols for a network."""
        return symbols_of(self.notation, network)

    @property
    def writer(self) -> Writer:
        """Return what writes the numbers."""
        return Writer(self.number_format, self.lengths)

    def whole_page(self, write: "Callable[[Style], Page]") -> Page:
        """Return what ``write`` makes of the style; a number of it has one length, with which results come out."""
        if not self.long or self.lengths is not None:  # or the page is part of a larger one
            return write(self)
        lengths = Lengths()
        style = replace(self, lengths=lengths)
        write(style)
        lengths.settle(self.number_format)
        return write(style)
