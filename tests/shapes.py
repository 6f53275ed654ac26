"""Short ways to say layers in tests."""

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import Layer


def dense(units: int, spelled: str) -> Layer:
    """Return a layer with the activation of that name, or as files spell it: ``elu(alpha=0.5)``."""
    return Layer(units, ACTIVATIONS.read("activation", spelled))
