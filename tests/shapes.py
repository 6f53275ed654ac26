"""Short ways to say layers and optimizers in tests."""

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import Layer
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings


def dense(units: int, spelled: str) -> Layer:
    """Return a layer with the activation of that name, or as files spell it: ``elu(alpha=0.5)``."""
    return Layer(units, ACTIVATIONS.read("activation", spelled))


def by(spelled: str, learning_rate: float = 0.5, **more: float) -> OptimizerSettings:
    """Return the settings of the optimizer of that name, or as files spell it: ``adam(beta1=0.8)``."""
    return OptimizerSettings(OPTIMIZERS.read("optimizer", spelled), learning_rate, **more)  # pyright: ignore[reportArgumentType]
