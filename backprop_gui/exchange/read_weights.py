"""Weights in: JSON, NPZ, CSV, safetensors, ONNX; what the network is to be shaped like comes with them."""

import re
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
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.npz_file import read_npz
from backprop_gui.exchange.onnx_read import read_onnx
from backprop_gui.exchange.safetensors_file import read_safetensors
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


def read_weights(path: Path, present: Network) -> Imported:
    """Return the weights in a file; where it does not name activations, ``present`` lends its own.

    Raises:
        FieldError: an unknown ending, or a missing extra.
        FileError: the file cannot be read, or its content is not what the ending says.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FieldError("file", str(path), "let the name end in " + ", ".join(READERS))
    for package in NEEDS.get(path.suffix.lower(), ()):
        need(package, path)
    content = read_whole(path, MOST_BYTES)
    try:
        return reader(path, content, present)
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


def _json(path: Path, content: bytes, present: Network) -> Imported:
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


def _npz(path: Path, content: bytes, present: Network) -> Imported:
    arrays, names = read_npz(path, content)
    return _named(path, arrays, _activations(names), present)


def _safetensors(path: Path, content: bytes, present: Network) -> Imported:
    arrays, names = read_safetensors(path, content)
    return _named(path, arrays, _activations(names), present)


def _activations(spelled: Sequence[str]) -> list[Activation]:
    return [ACTIVATIONS.read(f"activations[{k}]", one) for k, one in enumerate(spelled)]


def _onnx(path: Path, content: bytes, present: Network) -> Imported:
    del present
    return Imported(*read_onnx(path, content))


def _csv(path: Path, content: bytes, present: Network) -> Imported:
    weights, biases = read_weights_table(path, content)
    return _made(weights, biases, [], present)


def _named(path: Path, arrays: dict[str, Floats], activations: Sequence[Activation], present: Network) -> Imported:
    """Pair arrays by their names: W1 and b1, or PyTorch's ``*.weight`` (outputs, inputs) and ``*.bias``."""
    if all(re.fullmatch(r"[Wb][1-9]\d*", name) for name in arrays):
        pairs = [(arrays.get(f"W{k}"), arrays.get(f"b{k}")) for k in range(1, 1 + max(1, (len(arrays) + 1) // 2))]
        remarks: tuple[str, ...] = ()
    else:
        stems = sorted((name[:-7] for name in arrays if name.endswith(".weight")), key=_natural)
        others = set(arrays) - {f"{stem}.{part}" for stem in stems for part in ("weight", "bias")}
        if others:
            raise FieldError(
                "file", sorted(others)[0], "it must hold W1, b1, W2, b2, ... or pairs of .weight and .bias only"
            )
        pairs = [(arrays[f"{stem}.weight"].T, arrays.get(f"{stem}.bias")) for stem in stems]
        remarks = ("Read as PyTorch keeps weights: (outputs, inputs).",) if stems else ()
    weights, biases = [w for w, _ in pairs if w is not None], [b for _, b in pairs if b is not None]
    if not weights or len(weights) != len(pairs) or len(biases) != len(pairs):
        raise FieldError("file", path.name, "it must hold arrays W1, b1, W2, b2, ... or pairs of .weight and .bias")
    return _made(weights, biases, activations, present, remarks)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


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


READERS: dict[str, Callable[[Path, bytes, Network], Imported]] = {
    ".json": _json,
    ".npz": _npz,
    ".csv": _csv,
    ".safetensors": _safetensors,
    ".onnx": _onnx,
}
"""Every format weights are read from, by ending."""
NEEDS = {".safetensors": ("safetensors",), ".onnx": ("onnx",)}
"""Packages that only the extra ``exchange`` brings, by ending."""
