"""Names of units, weights and biases as plain text with Unicode sub- and superscripts, in any notation."""

from functools import lru_cache

from backprop_gui.engine.network import Network, ParameterRef, Ref
from backprop_gui.explain.notation import symbols
from backprop_gui.explain.plain import to_text


def name(network: Network, ref: Ref, notation: str) -> str:
    """Return the name of a unit, weight or bias of ``network``: ``h₁``, ``u₁₂``, ``b⁽¹⁾₂``."""
    return _name(network.sizes, ref, notation)


@lru_cache(maxsize=32_768)  # the canvas asks for every name in every frame
def _name(sizes: tuple[int, ...], ref: Ref, notation: str) -> str:
    return to_text(symbols(notation, sizes).of(ref))


def target_name(network: Network, unit: int, notation: str) -> str:
    """Return the name of an output's target: ``t₁``."""
    return to_text(symbols(notation, network.sizes).target(unit))


def layer_title(network: Network, layer: int) -> str:
    """Return what a layer is called, counting the inputs as layer 0: ``input``, ``hidden 1``, ``output``."""
    if layer == 0:
        return "input"
    if layer == len(network.layers):
        return "output"
    return "hidden" if len(network.layers) == 2 else f"hidden {layer}"


def between_title(network: Network, ref: ParameterRef) -> str:
    """Return between which layers a parameter stands: ``input → hidden``."""
    return f"{layer_title(network, ref.layer)} → {layer_title(network, ref.layer + 1)}"
