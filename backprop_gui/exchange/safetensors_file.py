"""Safetensors: arrays W1, b1, W2, b2, ... in float64, the activations in the header."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_PARAMETERS, Network, Parameters
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
        FieldError: not a safetensors file, more numbers than a network has, or none.
    """
    loader = need("safetensors.numpy", path)
    try:
        loaded: dict[str, NDArray[Any]] = loader.load(content)
        length = int.from_bytes(content[:8], "little")
        notes: dict[str, str] = msgspec.json.decode(content[8 : 8 + length]).get("__metadata__") or {}
    except Exception as error:  # its own error type is not public
        told = " ".join(str(error).split())[:100]
        raise FieldError("file", path.name, f"it must be a safetensors file ({told})") from error
    count = sum(one.size for one in loaded.values())
    if count > MOST_PARAMETERS:
        raise FieldError("file", f"{count:,} numbers", f"use at most {MOST_PARAMETERS:,}")
    for name, array in loaded.items():
        if array.dtype.kind not in "fiu":
            raise FieldError(name, f"an array of {array.dtype}", "use real numbers")
    arrays = {name: np.asarray(array, dtype=np.float64) for name, array in loaded.items()}
    return arrays, tuple(spelled_apart(notes.get(NOTE, "")))
