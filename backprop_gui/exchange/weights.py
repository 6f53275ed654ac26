"""Weights out: JSON by the public contract, NumPy archives, tables, safetensors, ONNX, and programs."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from backprop_gui.data.cells import table_of
from backprop_gui.data.samples import Column
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.extensible import Extensible
from backprop_gui.engine.network import BiasRef, Network, Parameters, WeightRef
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.onnx_file import write_onnx
from backprop_gui.exchange.safetensors_file import write_safetensors
from backprop_gui.exchange.scripts import keras_script, numpy_script, sklearn_script, torch_script
from backprop_gui.explain.names import name
from backprop_gui.storage import write_whole


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves: a trained network and the samples' inputs, (samples, network.inputs); the file it leaves to.

    ``columns`` are empty, or tell of every input and target how it was scaled.
    """

    path: Path
    network: Network
    parameters: Parameters
    inputs: Floats
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format weights leave in. ``name`` is the ending of its files, with the dot, ``title`` what a dialog calls it.

    ``write`` returns the file's content, or raises ``FieldError`` where the format cannot say the network. ``needs``
    is a package that only the extra ``exchange`` brings.
    """

    name: str
    title: str
    write: Callable[[Export], bytes]
    needs: str = ""


def export_weights(
    path: Path, network: Network, parameters: Parameters, inputs: Floats, columns: tuple[Column, ...] = ()
) -> None:
    """Write the weights to ``path`` in the format its ending names (see ``EXPORTERS``), all or nothing.

    ``.json``: the contract's ``backprop-gui/weights``. ``.npz``: arrays ``W1, b1, W2, b2, ...``, ``W`` being
    (units before, units after), and ``activations``, a list of names. ``.csv``: a row per parameter with
    layer, kind, from, to (counting from 1), name and value. ``.py`` and its like are programs that check themselves
    on the first of ``inputs``, (samples, network.inputs); where ``columns`` were scaled they also have
    ``predict_measured``. Weights are those of the network itself, which sees scaled numbers.

    Raises:
        FieldError: an ending no format has, a missing extra, or a network the format cannot say.
        FileError: the file cannot be written.
    """
    write_whole(path, exported(Export(path, network, parameters, inputs, columns)))


def exported(one: Export) -> bytes:
    """Return what ``export_weights`` writes; it also tells before a long training what could not be written after it.

    Raises:
        FieldError: an ending no format has, a missing extra, or a network the format cannot say.
    """
    fitting = [each for each in EXPORTERS.values() if one.path.name.lower().endswith(each.name)]
    if not fitting:
        raise FieldError("export", str(one.path), "let the name end in " + ", ".join(EXPORTERS))
    exporter = max(fitting, key=lambda each: len(each.name))  # net.torch.py ends in .py, too
    if exporter.needs:
        need(exporter.needs, one.path)
    return exporter.write(one)


def _program(script: Callable[[Network, Parameters, Floats, tuple[Column, ...]], bytes]) -> Callable[[Export], bytes]:
    return lambda one: script(one.network, one.parameters, one.inputs, one.columns)


def _json(one: Export) -> bytes:
    layers = [
        {"activation": layer.activation.written, "weights": w.tolist(), "biases": b.tolist()}
        for layer, w, b in zip(one.network.layers, one.parameters.weights, one.parameters.biases, strict=True)
    ]
    document = {"format": "backprop-gui/weights", "version": 1, "layers": layers}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _npz(one: Export) -> bytes:
    buffer = io.BytesIO()
    arrays = {f"W{k}": w for k, w in enumerate(one.parameters.weights, start=1)}
    arrays |= {f"b{k}": b for k, b in enumerate(one.parameters.biases, start=1)}
    activations = np.array([layer.activation.spelled for layer in one.network.layers])
    np.savez(buffer, allow_pickle=False, activations=activations, **arrays)
    return buffer.getvalue()


def _csv(one: Export) -> bytes:
    rows: list[tuple[object, ...]] = [("layer", "kind", "from", "to", "name", "value")]
    for ref in one.network.parameter_refs():
        match ref:
            case WeightRef(_, source, target):
                place = "weight", source + 1, target + 1
            case BiasRef(_, unit):
                place = "bias", "", unit + 1
        rows.append((ref.layer + 1, *place, name(one.network, ref, "article"), repr(one.parameters[ref])))
    return table_of(rows)


EXPORTERS = Extensible(
    "backprop_gui.exporters",
    Exporter,
    (
        Exporter(".json", "JSON", _json),
        Exporter(".npz", "NumPy archive", _npz),
        Exporter(".csv", "Table", _csv),
        Exporter(
            ".safetensors",
            "Safetensors",
            lambda one: write_safetensors(one.path, one.network, one.parameters),
            "safetensors",
        ),
        Exporter(".onnx", "ONNX", lambda one: write_onnx(one.path, one.network, one.parameters), "onnx"),
        Exporter(".py", "NumPy program", _program(numpy_script)),
        Exporter(".torch.py", "PyTorch program", _program(torch_script)),
        Exporter(".keras.py", "Keras program", _program(keras_script)),
        Exporter(".sklearn.py", "scikit-learn program", _program(sklearn_script)),
    ),
)
"""Every format weights can be exported to, by the ending of its files."""
