"""What other packages add: activations, losses, optimizers, generators and exporters, by entry points."""

from backprop_gui.data.generators import GENERATORS
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.exchange.weights import EXPORTERS


def unusable() -> list[str]:
    """Return a sentence for each thing of another package that was looked for so far and cannot be used."""
    return [told for known in (ACTIVATIONS, LOSSES, OPTIMIZERS, GENERATORS, EXPORTERS) for told in known.problems]
