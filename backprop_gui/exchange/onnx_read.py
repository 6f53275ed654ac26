"""ONNX in: the graph is followed by its names, from the output back to the input, and is a chain or refused."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, Layer, Network, Parameters
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.onnx_file import NOTE
from backprop_gui.exchange.onnx_graph import OnnxGraph, options, plain

_NUMBERS = (1, 10, 11, 16)
"""ONNX's types of floating point."""
_EXTERNAL = 1


@dataclass(frozen=True, slots=True)
class _Dense:
    weights: Floats
    biases: Floats
    activation: Activation


def read_onnx(path: Path, content: bytes) -> tuple[Network, Parameters, tuple[str, ...]]:
    """Return network, parameters and remarks of an ONNX model.

    What the output does not need is passed over, with a remark.

    Raises:
        FieldError: not an ONNX model, or one that is no chain of dense layers with known activations.
    """
    onnx = need("onnx", path)
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf has many
        raise _no_model(path, error) from error
    if any(one.data_location == _EXTERNAL for one in model.graph.initializer):
        raise FieldError("file", path.name, "it keeps weights in another file; save the model as one file")
    try:
        onnx.checker.check_model(model)
        with np.errstate(all="ignore"):  # what is not finite is refused in the end, by its place
            return _read(onnx, model)
    except FieldError:
        raise
    except Exception as error:  # what passes the checker can still be damaged in any way, names that are no text say
        raise _no_model(path, error) from error


def _read(onnx: Any, model: Any) -> tuple[Network, Parameters, tuple[str, ...]]:
    graph = OnnxGraph(onnx, model.graph)
    output = _output(model.graph)
    inside, peeled = _peeled(graph, output)
    layers = _chain(graph, inside)
    for before, after in pairwise(layers):
        if before.weights.shape[1] != after.weights.shape[0]:
            raise FieldError("graph", output, "each dense layer must take as many numbers as the one before it gives")
    network = Network(
        len(layers[0].weights),
        tuple(
            Layer(len(one.biases), card) for one, card in zip(layers, _cards(model.metadata_props, layers), strict=True)
        ),
    )
    parameters = Parameters.of([one.weights for one in layers], [one.biases for one in layers])
    parameters.check_fits(network)
    return network, parameters, (*peeled, *_remarks(model.graph, graph, output))


def _no_model(path: Path, error: Exception) -> FieldError:
    told = " ".join(str(error).split())[:100]
    return FieldError("file", path.name, f"it must be an ONNX model ({told})")


def _output(graph: Any) -> str:
    """Return the one output of numbers: labels are passed over."""
    numbers = [
        one.name
        for one in graph.output
        if one.type.tensor_type.elem_type in _NUMBERS or one.type.HasField("sequence_type")
    ]
    if len(numbers) != 1:
        raise FieldError("graph", f"{len(numbers)} outputs of numbers", "a network has one")
    return numbers[0]


def _peeled(graph: OnnxGraph, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the value behind what only arranges the output's numbers in another way, and what that is, told."""
    passed: list[str] = []
    while (node := graph.made.get(name)) is not None:
        inside = node.input[0] if len(node.input) else ""
        if node.op_type == "Concat" and plain(node):
            inside = _of_two_classes(graph, node) or ""
        elif (node.domain, node.op_type) != ("ai.onnx.ml", "ZipMap"):
            inside = inside if node.op_type in ("Squeeze", "Reshape") and plain(node) else ""
        if not inside:
            break
        graph.used.append(node)
        passed.append(node.op_type)
        name = inside
    return name, (f"Read before {', '.join(passed[::-1])} at the end.",) if passed else ()


def _of_two_classes(graph: OnnxGraph, node: Any) -> str | None:
    """Return p where a node joins 1 - p and p, as classifiers of two classes end."""
    if len(node.input) != 2 or options(node)["axis"].i not in (1, -1):
        return None
    other = graph.made.get(node.input[0])
    if other is None or other.op_type != "Sub" or not plain(other) or other.input[1] != node.input[1]:
        return None
    graph.used.append(other)
    return node.input[1] if graph.single(other.input[0]) == 1.0 else None


def _chain(graph: OnnxGraph, output: str) -> list[_Dense]:
    """Return the layers, first to last, by which ``output`` follows from the graph's one input."""
    if len(graph.inputs) != 1:
        told = "a network has one, and its weights are constants: export the model with its parameters"
        raise FieldError("graph", f"{len(graph.inputs)} inputs", told)
    layers: list[_Dense] = []
    name, width = _through(graph, output)
    while name != graph.inputs[0]:
        card = ACTIVATIONS["linear"]
        if found := graph.activation(name):
            card = found[0]
            name, inside = _through(graph, found[1])
            if width and inside and width != inside:
                raise _reshaped(name, inside)
            width = width or inside
        weights, biases, before = _dense(graph, name)
        if width and width != weights.shape[1]:
            raise _reshaped(name, width)
        layers.append(_Dense(weights, biases, card))
        if len(layers) > MOST_LAYERS:
            raise FieldError("graph", f"more than {MOST_LAYERS} layers", f"use at most {MOST_LAYERS}")
        name, width = _through(graph, before)
    if not layers:
        raise FieldError("graph", "no dense layers", "it must hold some: Gemm, or MatMul and Add")
    if width and width != len(layers[-1].weights):
        raise _reshaped(name, width)
    return layers[::-1]


def _reshaped(name: str, width: int) -> FieldError:
    return FieldError("graph", name, f"a Reshape to {width} columns must leave the columns as they are")


def _through(graph: OnnxGraph, name: str) -> tuple[str, int]:
    """Return the value ``name`` has its numbers from, unchanged, and how many columns it must have (0: any)."""
    width = 0
    while True:
        name = graph.straight(name)
        node = graph.made.get(name)
        if node is None or not plain(node) or not node.input[0]:
            return name, width
        match node.op_type:
            case "Dropout":
                on = len(node.input) > 2 and node.input[2] and graph.single(node.input[2]) != 0.0
                if on or name != node.output[0]:
                    raise _unknown(node, name, "let dropout be off, as after training")
            case "Flatten":
                if "axis" in options(node) and options(node)["axis"].i != 1:
                    return name, width
            case "Reshape":
                found = graph.width(node.input[1])
                if found is None or (width and found and width != found):
                    return name, width
                width = width or found
            case _:
                return name, width
        graph.used.append(node)
        name = node.input[0]


def _dense(graph: OnnxGraph, name: str) -> tuple[Floats, Floats, str]:
    """Return weights and biases of the layer that makes ``name``, and the value it is computed from."""
    added: list[Floats] = []
    while (node := graph.follow(name)) is not None and node.op_type == "Add" and plain(node):
        found = [(one, graph.constant(one)) for one in node.input]
        constants = [value for _, value in found if value is not None]
        if len(constants) != 1:
            raise _unknown(node, name, "no results may be added up: dense layers must follow one another in a chain")
        added += constants
        name, _ = _through(graph, next(one for one, value in found if value is None))
    if node is None:
        raise FieldError("graph", name, "it must come from a dense layer: Gemm, or MatMul and Add")
    if node.op_type == "Gemm" and plain(node):
        weights, biases = _gemm(graph, node)
    elif node.op_type == "MatMul" and plain(node):
        weights, biases = _weights(graph, node), np.zeros(())
    elif graph.activation(name):
        raise _unknown(node, name, "one activation must follow on a dense layer, not two")
    else:
        raise _unknown(node, name, "use dense layers (Gemm, or MatMul and Add) with an activation each")
    row = _row(node, biases, weights.shape[1])
    for one in added:
        row = row + _row(node, one, weights.shape[1])
    return weights, row, node.input[0]


def _weights(graph: OnnxGraph, node: Any) -> Floats:
    weights = graph.constant(node.input[1])
    if weights is None or weights.ndim != 2 or not weights.size:
        told = "its second input must be a constant table of weights, and its first the layer before"
        raise _unknown(node, node.output[0], told)
    return weights


def _gemm(graph: OnnxGraph, node: Any) -> tuple[Floats, Floats]:
    given, weights = options(node), _weights(graph, node)
    if "transA" in given and given["transA"].i:
        raise _unknown(node, node.output[0], "transA must be 0")
    if "transB" in given and given["transB"].i:
        weights = weights.T
    alpha, beta = (float(given[one].f) if one in given else 1.0 for one in ("alpha", "beta"))
    if len(node.input) < 3 or not node.input[2]:
        return alpha * weights, np.zeros(())
    biases = graph.constant(node.input[2])
    if biases is None:
        raise _unknown(node, node.output[0], "its third input must be constant biases")
    return alpha * weights, beta * biases


def _row(node: Any, biases: Floats, units: int) -> Floats:
    """Return biases as a row, one per unit."""
    if biases.size == 1 and biases.ndim < 3:
        return np.full(units, biases.ravel()[0])
    if biases.shape not in ((units,), (1, units)):
        raise _unknown(node, node.output[0], f"its biases must be a row of {units}, not of shape {biases.shape}")
    return biases.ravel()


def _unknown(node: Any, name: str, accepted: str) -> FieldError:
    return FieldError("graph", f"{node.op_type} (makes {name})", accepted)


def _cards(props: Any, layers: list[_Dense]) -> list[Activation]:
    """Return the activations; a note of ours must agree with the operators, and tells apart what computes the same."""
    noted = {prop.key: prop.value for prop in props}.get(NOTE)
    cards = [one.activation for one in layers]
    if noted is None:
        return cards
    spelled = spelled_apart(noted)
    if len(spelled) != len(layers):
        raise FieldError(NOTE, noted, f"it must name {len(layers)}, one per layer")
    read = [ACTIVATIONS.read(f"{NOTE}[{k}]", one) for k, one in enumerate(spelled)]
    for k, (own, found) in enumerate(zip(read, cards, strict=True)):
        if own != found and own.said("onnx", NOTE) != found.said("onnx", NOTE):
            raise FieldError(f"{NOTE}[{k}]", own.spelled, f"the operators compute {found.spelled}: both must agree")
    return read


def _remarks(graph: Any, followed: OnnxGraph, output: str) -> tuple[str, ...]:
    used = {tuple(one.output) for one in followed.used}
    rest = [one.op_type for one in graph.node if tuple(one.output) not in used and one.op_type != "Constant"]
    if not rest:
        return ()
    return (f"Passed over, as the output {output} does not need it: {', '.join(dict.fromkeys(rest))}.",)
