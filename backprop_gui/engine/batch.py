"""The seam under the training loop: what it hands to whatever computes an update, and what it asks of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import Parameters

_BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Samples that are used together, features x samples.

    ``x`` is (inputs + 1, length), its last row ones, for the biases; ``t`` is (outputs, length). ``mask`` is what
    dropout multiplies hidden units by, (length, hidden units), or None.
    """

    x: Floats
    t: Floats
    length: int
    mask: Floats | None = None


def blocks(x: Floats, t: Floats) -> Iterator[Batch]:
    """Yield samples in the layout of ``Batch``, so many at a time that what they need stays small."""
    for start in range(0, x.shape[1], _BLOCK):
        part = slice(start, start + _BLOCK)
        yield Batch(x[:, part], t[:, part], x[:, part].shape[1])


class Kernel(Protocol):
    """Computes updates of one network by one optimizer. NumPy's (``kernel.py``) is the reference for any other."""

    @property
    def updates(self) -> int:
        """How many updates the optimizer's memories have seen."""
        ...

    def load(self, parameters: Parameters, memories: Sequence[Parameters] = (), updates: int = 0) -> None:
        """Go on from these parameters; memories that are not this optimizer's are left out, and it begins anew."""
        ...

    def parameters(self) -> Parameters:
        """Return the parameters as they are now, read-only."""
        ...

    def memories(self) -> tuple[Parameters, ...]:
        """Return what the optimizer remembers, each in the parameters' shape."""
        ...

    def is_finite(self) -> bool:
        """Tell whether all parameters, and all the optimizer remembers, are finite."""
        ...

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        ...

    def take(self, batch: Batch) -> float:
        """Update the parameters once; return the batch's loss before that, summed over its samples."""
        ...

    def gradient(self, batch: Batch) -> Parameters:
        """Return the gradient an update would start from: the batch's mean or sum, before penalties."""
        ...

    def update(self, gradient: Parameters) -> None:
        """Update the parameters once, from a gradient that may come from elsewhere."""
        ...

    def loss(self, batch: Batch) -> float:
        """Return the loss summed over the batch's samples, without dropout."""
        ...

    def outputs(self, batch: Batch) -> Floats:
        """Return the outputs, (outputs, length), without dropout; the next call may overwrite them."""
        ...
