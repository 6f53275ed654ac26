"""Safetensors: arrays W1, b1, W2, b2, ... in float64, the activations in the header."""

from pathlib import Path

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.exchange.extras import need

NOTE = "activations"


def write_safetensors(path: Path, network: Network, parameters: Parameters) -> bytes:
    """Return the weights; ``W`` is (units before, units after)."""
    arrays = {f"W{k}": np.ascontiguousarray(w) for k, w in enumerate(parameters.weights, start=1)}
    arrays |= {f"b{k}": np.ascontiguousarray(b) for k, b in enumerate(parameters.biases, start=1)}
    notes = {"format": "backprop-gui/weights", NOTE: ",".join(layer.activation.spelled for layer in network.layers)}
    return bytes(need("safetensors.numpy", path).save(arrays, metadata=notes))


def read_safetensors(path: Path, content: bytes) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the arrays by name, and the activations where the file names them.

    Raises:
        FieldError: not a safetensors file.
    """
    safetensors = need("safetensors", path)
    loader = need("safetensors.numpy", path)
    try:
        loaded = loader.load(content)
        with safetensors.safe_open(path, framework="numpy") as file:
            notes = dict(file.metadata() or {})
    except Exception as error:  # its own error type is not public
        raise FieldError("file", path.name, f"it must be a safetensors file ({error})") from error
    for name, array in loaded.items():
        if array.dtype.kind not in "fiu":
            raise FieldError(name, f"an array of {array.dtype}", "use real numbers")
    arrays = {name: np.asarray(array, dtype=float) for name, array in loaded.items()}
    named = notes.get(NOTE, "")
    return arrays, tuple(spelled_apart(named))
