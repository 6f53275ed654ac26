"""Weights in: JSON, NPZ, CSV, safetensors, ONNX; what the network is to be shaped like comes with them."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, SIGMOID, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Layer, Network, Parameters, describe
from backprop_gui.exchange.onnx_file import read_onnx
from backprop_gui.exchange.safetensors_file import read_safetensors
from backprop_gui.storage import FileError


@dataclass(frozen=True, slots=True)
class Imported:
    """Weights from a file. ``remarks`` tell what had to be guessed or left out, a sentence each."""

    network: Network
    parameters: Parameters
    remarks: tuple[str, ...] = ()


def read_weights(path: Path, present: Network) -> Imported:
    """Return the weights in a file; where it does not name activations, ``present`` lends its own.

    Raises:
        FieldError: an unknown ending, or content that is not what the ending says.
        FileError: the file cannot be read.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FieldError("file", str(path), "let the name end in " + ", ".join(READERS))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}.") from error
    return reader(path, content, present)


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


def _json(path: Path, content: bytes, present: Network) -> Imported:
    del present
    try:
        document: Any = msgspec.json.decode(content)
        layers = document["layers"]
        activations = [ACTIVATIONS.read(f"layers[{k}].activation", one["activation"]) for k, one in enumerate(layers)]
        weights = [np.array(layer["weights"], dtype=float) for layer in layers]
        biases = [np.array(layer["biases"], dtype=float) for layer in layers]
    except FieldError:
        raise
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        told = "it must be weights as this program exports them, with layers of activation, weights and biases"
        raise FieldError("file", path.name, told) from error
    return _made(path, weights, biases, activations)


def _npz(path: Path, content: bytes, present: Network) -> Imported:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise FieldError("file", path.name, f"it must be a NumPy archive of arrays ({error})") from error
    names = [str(one) for one in arrays.pop("activations", np.array([]))]
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
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        entries = [
            (int(row["layer"]), row["kind"], int(row["from"] or 0), int(row["to"]), float(row["value"])) for row in rows
        ]
    except (KeyError, TypeError, ValueError) as error:
        told = "it must be a table with the columns layer, kind, from, to, name, value"
        raise FieldError("file", path.name, told) from error
    weights: list[Floats] = []
    biases: list[Floats] = []
    for layer in range(1, max((one[0] for one in entries), default=0) + 1):
        mine = [one for one in entries if one[0] == layer]
        before, after = max((one[2] for one in mine), default=0), max((one[3] for one in mine), default=0)
        w, b = np.full((before, after), np.nan), np.full(after, np.nan)
        for _, kind, source, target, value in mine:
            if kind == "weight":
                w[source - 1, target - 1] = value
            else:
                b[target - 1] = value
        weights.append(w)
        biases.append(b)
    return _made(path, weights, biases, [], present)


def _named(path: Path, arrays: dict[str, Floats], activations: Sequence[Activation], present: Network) -> Imported:
    """Pair arrays by their names: W1 and b1, or PyTorch's ``*.weight`` (outputs, inputs) and ``*.bias``."""
    if all(re.fullmatch(r"[Wb]\d+", name) for name in arrays):
        count = sum(name.startswith("W") for name in arrays)
        pairs = [(arrays.get(f"W{k}"), arrays.get(f"b{k}")) for k in range(1, count + 1)]
        remarks: tuple[str, ...] = ()
    else:
        stems = sorted((name[:-7] for name in arrays if name.endswith(".weight")), key=_natural)
        pairs = [(arrays[f"{stem}.weight"].T, arrays.get(f"{stem}.bias")) for stem in stems]
        remarks = ("Read as PyTorch keeps weights: (outputs, inputs).",) if stems else ()
    weights, biases = [w for w, _ in pairs if w is not None], [b for _, b in pairs if b is not None]
    if not weights or len(weights) != len(pairs) or len(biases) != len(pairs):
        raise FieldError("file", path.name, "it must hold arrays W1, b1, W2, b2, ... or pairs of .weight and .bias")
    return _made(path, weights, biases, activations, present, remarks)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _made(
    path: Path,
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    activations: Sequence[Activation],
    present: Network | None = None,
    remarks: tuple[str, ...] = (),
) -> Imported:
    if not weights or any(w.ndim != 2 for w in weights) or any(b.ndim != 1 for b in biases):
        raise FieldError("file", path.name, "weights must be tables and biases rows, one of each per layer")
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
