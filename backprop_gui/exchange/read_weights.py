"""Weights in: JSON, NPZ, CSV, safetensors, ONNX; what the network is to be shaped like comes with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, SIGMOID, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, Layer, Network, Parameters, describe
from backprop_gui.exchange.arrays import layers_among
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.npz_file import read_npz
from backprop_gui.exchange.onnx_read import read_onnx
from backprop_gui.exchange.safetensors_file import read_safetensors
from backprop_gui.exchange.torch_file import read_torch
from backprop_gui.exchange.weights_table import read_weights_table
from backprop_gui.session.file_errors import field_error
from backprop_gui.session.json_text import decode_json
from backprop_gui.storage import FileError, read_whole

FORMAT, VERSION = "backprop-gui/weights", 1
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """Weights from a file. ``remarks`` tell what had to be guessed or left out, a sentence each."""

    network: Network
    parameters: Parameters
    remarks: tuple[str, ...] = ()


def read_weights(path: Path, present: Network | None, order: Sequence[str] = ()) -> Imported:
    """Return the weights in a file; where it does not name activations, ``present`` lends its own.

    ``order`` names the layers of named arrays where neither names nor shapes tell it.

    Raises:
        FieldError: an unknown ending, or a missing extra.
        FileError: the file cannot be read, or its content is not what the ending says.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FieldError("file", str(path), "let the name end in " + ", ".join(ENDINGS))
    if order and ending in READERS:
        raise FieldError(
            "--order", ",".join(order), f"a file that ends in {ending} has an order of its own; leave it out"
        )
    for package in NEEDS.get(ending, ()):
        need(package, path)
    content = read_whole(path, MOST_BYTES)
    try:
        if ending in READERS:
            return READERS[ending](path, content, present)
        arrays, spelled = ARRAYS[ending](path, content)
        weights, biases, remarks = layers_among(arrays, order, present.sizes if present else (), ours=bool(spelled))
        return _made(weights, biases, _activations(spelled), present, tuple(remarks))
    except FieldError as error:
        raise FileError(f"{path}: {error}") from error


def changes(present: Network, imported: Imported) -> list[str]:
    """Return what taking the weights over would change, a sentence each; weights themselves always change."""
    new = imported.network
    told: list[str] = []
    if new.sizes != present.sizes:
        told.append(f"The network changes from {describe(present.sizes)} to {describe(new.sizes)}.")
    if new.inputs != present.inputs or new.outputs != present.outputs:
        told.append("Samples get columns of 0 or lose their last ones, to fit.")
    before = [layer.activation.described for layer in present.layers]
    after = [layer.activation.described for layer in new.layers]
    if before != after:
        told.append(f"Activations change from {', '.join(before)} to {', '.join(after)}.")
    return [*told, *imported.remarks]


class _Layer(msgspec.Struct, forbid_unknown_fields=True):
    activation: str | dict[str, Any]
    weights: list[list[float]]
    biases: list[float]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    layers: list[_Layer]


def _json(path: Path, content: bytes, present: Network | None) -> Imported:
    del path, present
    raw = decode_json(content)
    head: dict[str, Any] = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    if head.get("format") != FORMAT:
        raise FieldError("format", head.get("format"), f'a weights file has "{FORMAT}" here')
    if head.get("version") != VERSION:
        raise FieldError("version", head.get("version"), f"this program reads version {VERSION}")
    try:
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise field_error(str(error), cast("object", raw), _File) from error
    if len(file.layers) > MOST_LAYERS:
        raise FieldError("layers", f"{len(file.layers):,} layers", f"use at most {MOST_LAYERS}")
    for k, layer in enumerate(file.layers):
        if len({len(row) for row in layer.weights}) > 1:
            raise FieldError(f"layers[{k}].weights", "rows of several lengths", "let all rows be as long as the first")
    return _made(
        [np.array(layer.weights, dtype=float) for layer in file.layers],
        [np.array(layer.biases, dtype=float) for layer in file.layers],
        [ACTIVATIONS.read(f"layers[{k}].activation", layer.activation) for k, layer in enumerate(file.layers)],
    )


def _activations(spelled: Sequence[str]) -> list[Activation]:
    return [ACTIVATIONS.read(f"activations[{k}]", one) for k, one in enumerate(spelled)]


def _onnx(path: Path, content: bytes, present: Network | None) -> Imported:
    del present
    return Imported(*read_onnx(path, content))


def _csv(path: Path, content: bytes, present: Network | None) -> Imported:
    weights, biases = read_weights_table(path, content)
    return _made(weights, biases, [], present)


def _made(
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    activations: Sequence[Activation],
    present: Network | None = None,
    remarks: tuple[str, ...] = (),
) -> Imported:
    for k, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
        if w.ndim != 2 or not w.size:
            raise FieldError(f"weights of layer {k}", f"shape {w.shape}", "they must be a table of units x units")
        if b.ndim != 1:
            raise FieldError(f"biases of layer {k}", f"shape {b.shape}", "they must be a row")
    if not weights:
        raise FieldError("layers", "none", "give at least one")
    for before, after in pairwise(weights):
        if before.shape[1] != after.shape[0]:
            found = f"{before.shape[1]} units, then {after.shape[0]}"
            raise FieldError("file", found, "one layer must end with as many units as the next begins with")
    if not activations:
        kept = [layer.activation for layer in present.layers] if present else []
        same = len(kept) == len(weights)
        activations = kept if same else [*[SIGMOID] * (len(weights) - 1), kept[-1] if kept else SIGMOID]
        told = "those of the present network" if same else ", ".join(one.described for one in activations)
        remarks = (*remarks, f"The file names no activations; taken: {told}.")
    if len(activations) != len(weights):
        raise FieldError("file", f"{len(activations)} activations", f"give one per layer, {len(weights)}")
    layers = tuple(Layer(w.shape[1], one) for w, one in zip(weights, activations, strict=True))
    network, parameters = Network(len(weights[0]), layers), Parameters.of(weights, biases)
    parameters.check_fits(network)
    return Imported(network, parameters, remarks)


READERS: dict[str, Callable[[Path, bytes, Network | None], Imported]] = {".json": _json, ".csv": _csv, ".onnx": _onnx}
"""Formats that tell layers and their order themselves, by ending."""
ARRAYS: dict[str, Callable[[Path, bytes], tuple[dict[str, Floats], tuple[str, ...]]]] = {
    ".npz": read_npz,
    ".safetensors": read_safetensors,
    ".pt": read_torch,
    ".pth": read_torch,
}
"""Formats of named arrays, and of names of activations where they have them, by ending."""
ENDINGS = (*READERS, *ARRAYS)
"""Every format weights are read from."""
NEEDS = {".safetensors": ("safetensors",), ".onnx": ("onnx",)}
"""Packages that only the extra ``exchange`` brings, by ending."""
