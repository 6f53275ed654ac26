"""Weights as a function for GNU Octave: ``y = net(x)``, a sample in each row of x."""

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.exchange.weights import Export, Exporter

_SAID = {"linear": "a", "sigmoid": "1 ./ (1 + exp(-a))", "tanh": "tanh(a)", "relu": "max(a, 0)"}
"""Our own words for the activations of Backprop GUI; others may bring theirs under the key ``octave``."""


def _said(activation: Activation) -> str:
    return _SAID.get(activation.name) or activation.said("octave", "activation")


def _matrix(rows: Floats) -> str:
    return "[" + "; ".join(" ".join(repr(float(value)) for value in row) for row in rows) + "]"


def _octave(one: Export) -> bytes:
    steps = "".join(
        f"  a = y * {_matrix(w)} + {_matrix(b[None])};\n  y = {_said(layer.activation)};\n"
        for layer, w, b in zip(one.network.layers, one.parameters.weights, one.parameters.biases, strict=True)
    )
    return f"function y = net(x)\n  y = x;\n{steps}end\n".encode()


OCTAVE = Exporter(".m", "Octave function", _octave)
