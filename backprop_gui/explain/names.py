"""Names of units, weights and biases in the article's notation, as plain text with Unicode sub- and superscripts.

Up to two weight layers they are the article's: x, h, y, t for units, w and u for weights, b⁽¹⁾ and b⁽²⁾ for biases.
Deeper networks number their layers: h⁽¹⁾, w⁽²⁾.
"""

from backprop_gui.engine.network import BiasRef, Network, ParameterRef, Ref, UnitRef, WeightRef

_SUBSCRIPTS = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,")
_SUPERSCRIPTS = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")


def subscript(*indices: int) -> str:
    """Return indices (from 0) as a subscript that counts from 1: ``₁₂``, or ``₁,₁₂`` where one has two digits."""
    separator = "," if len(indices) > 1 and any(k >= 9 for k in indices) else ""
    return separator.join(str(k + 1) for k in indices).translate(_SUBSCRIPTS)


def superscript(layer: int) -> str:
    """Return a layer's number in brackets as a superscript: ``⁽²⁾``."""
    return f"({layer})".translate(_SUPERSCRIPTS)


def name(network: Network, ref: Ref) -> str:
    """Return the name of a unit, weight or bias of ``network``: ``h₁``, ``u₁₂``, ``b⁽¹⁾₂``."""
    depth = len(network.layers)
    match ref:
        case WeightRef(layer, source, target):
            letter = ("w" if layer == 0 else "u") if depth <= 2 else "w" + superscript(layer + 1)
            return letter + subscript(source, target)
        case BiasRef(layer, unit):
            return "b" + superscript(layer + 1) + subscript(unit)
        case UnitRef(0, unit):
            return "x" + subscript(unit)
        case UnitRef(layer, unit):
            if layer == depth:
                return "y" + subscript(unit)
            return ("h" if depth <= 2 else "h" + superscript(layer)) + subscript(unit)


def target_name(unit: int) -> str:
    """Return the name of an output's target: ``t₁``."""
    return "t" + subscript(unit)


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
