"""Weights out: JSON by the public contract, NumPy archives, tables, safetensors, ONNX, and programs."""

import csv
import io
from pathlib import Path

import msgspec
import numpy as np

from backprop_gui.data.samples import Column
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import BiasRef, Network, Parameters, WeightRef
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.onnx_file import write_onnx
from backprop_gui.exchange.safetensors_file import write_safetensors
from backprop_gui.exchange.scripts import keras_script, numpy_script, sklearn_script, torch_script
from backprop_gui.explain.names import name
from backprop_gui.session.files import write_whole


def export_weights(
    path: Path, network: Network, parameters: Parameters, inputs: Floats, columns: tuple[Column, ...] = ()
) -> None:
    """Write the weights to ``path`` in the format its ending names, all or nothing.

    ``.json``: the contract's ``backprop-gui/weights``. ``.npz``: arrays ``W1, b1, W2, b2, ...``, ``W`` being
    (units before, units after), and ``activations``, a list of names. ``.csv``: a row per parameter with
    layer, kind, from, to (counting from 1), name and value. ``.safetensors`` and ``.onnx`` need the extra
    ``exchange``. ``.py`` (or ``.numpy.py``), ``.torch.py``, ``.keras.py`` and ``.sklearn.py`` are programs that
    check themselves on the first of ``inputs``, (samples, network.inputs); where ``columns`` were scaled they also
    have ``predict_measured``. Weights are those of the network itself, which sees scaled numbers.

    Raises:
        FieldError: an ending that is none of these, or a missing extra.
        FileError: the file cannot be written.
    """
    ending = check_ending(path)
    if ending in _SCRIPTS:
        content = _SCRIPTS[ending](network, parameters, inputs, columns)
    elif ending in _EXTRAS:
        content = _EXTRAS[ending](path, network, parameters)
    else:
        content = _WRITERS[ending](network, parameters)
    write_whole(path, content)


def check_ending(path: Path) -> str:
    """Return the ending of ``path`` where weights can be exported to it, else raise ``FieldError``.

    A missing extra counts too: it is better told before a long training than after it.
    """
    name = path.name.lower()
    ending = next((one for one in ENDINGS if name.endswith(one)), None)
    if ending is None:
        raise FieldError("export", str(path), "let the name end in " + ", ".join(ENDINGS))
    if ending in _EXTRAS:
        need(ending.lstrip("."), path)
    return ending


def _json(network: Network, parameters: Parameters) -> bytes:
    layers = [
        {"activation": layer.activation.written, "weights": w.tolist(), "biases": b.tolist()}
        for layer, w, b in zip(network.layers, parameters.weights, parameters.biases, strict=True)
    ]
    document = {"format": "backprop-gui/weights", "version": 1, "layers": layers}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _npz(network: Network, parameters: Parameters) -> bytes:
    buffer = io.BytesIO()
    arrays = {f"W{k}": w for k, w in enumerate(parameters.weights, start=1)}
    arrays |= {f"b{k}": b for k, b in enumerate(parameters.biases, start=1)}
    activations = np.array([layer.activation.spelled for layer in network.layers])
    np.savez(buffer, allow_pickle=False, activations=activations, **arrays)
    return buffer.getvalue()


def _csv(network: Network, parameters: Parameters) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["layer", "kind", "from", "to", "name", "value"])
    for ref in network.parameter_refs():
        match ref:
            case WeightRef(_, source, target):
                place = "weight", source + 1, target + 1
            case BiasRef(_, unit):
                place = "bias", "", unit + 1
        table.writerow([ref.layer + 1, *place, name(network, ref, "article"), repr(parameters[ref])])
    return text.getvalue().encode()


_WRITERS = {".json": _json, ".npz": _npz, ".csv": _csv}
_EXTRAS = {".safetensors": write_safetensors, ".onnx": write_onnx}
_SCRIPTS = {
    ".numpy.py": numpy_script,
    ".torch.py": torch_script,
    ".keras.py": keras_script,
    ".sklearn.py": sklearn_script,
    ".py": numpy_script,
}
ENDINGS = (*_WRITERS, *_EXTRAS, *_SCRIPTS)
"""Every ending weights can be exported to; longer ones come before those they end in."""
