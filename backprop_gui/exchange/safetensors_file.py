"""Safetensors: arrays W1, b1, W2, b2, ... in float64, the activations in the header."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_PARAMETERS, Network, Parameters
from backprop_gui.exchange.extras import need

NOTE = "activations"
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"}


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
    reader = need("safetensors", path)
    try:
        loaded: dict[str, dict[str, Any]] = dict(reader.deserialize(content))
        length = int.from_bytes(content[:8], "little")
        notes: dict[str, str] = msgspec.json.decode(content[8 : 8 + length]).get("__metadata__") or {}
    except Exception as error:  # its own error type is not public
        told = " ".join(str(error).split())[:100]
        raise FieldError("file", path.name, f"it must be a safetensors file ({told})") from error
    arrays: dict[str, Floats] = {}
    count = 0
    for name, one in loaded.items():
        if (code := _TYPES.get(one["dtype"])) is None:
            raise FieldError(name, f"an array of {one['dtype']}", "use real numbers")
        raw = np.frombuffer(one["data"], dtype=code)
        count += raw.size
        if count > MOST_PARAMETERS:
            raise FieldError("file", f"{count:,} numbers", f"use at most {MOST_PARAMETERS:,}")
        if one["dtype"] == "BF16":  # the upper half of a float32
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = raw.astype(np.float64).reshape(one["shape"])
    return arrays, tuple(spelled_apart(notes.get(NOTE, "")))
