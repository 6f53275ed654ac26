"""ONNX in: the graph is followed by its names, from the output back to the input, and is a chain or refused."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, Layer, Network, Parameters
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.onnx_dense import Dense, Step, after, before, dense_of, step_of, unknown
from backprop_gui.exchange.onnx_external import take_in_external
from backprop_gui.exchange.onnx_file import NOTE
from backprop_gui.exchange.onnx_graph import OnnxGraph, options, plain

_NUMBERS = (1, 10, 11, 16)
"""ONNX's types of floating point."""
_MIXING = ("Softmax", "LogSoftmax", "Reshape", "Flatten")
"""What treats rows and columns differently."""
_OLDEST = 7
"""Before this set of operators, Add and Dropout meant other things."""


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
    try:
        take_in_external(path, model.graph)
        onnx.checker.check_model(model)
        with np.errstate(all="ignore"):  # what is not finite is refused in the end, by its place
            return _read(onnx, model)
    except FieldError:
        raise
    except Exception as error:  # what passes the checker can still be damaged in any way, names that are no text say
        raise _no_model(path, error) from error


def _read(onnx: Any, model: Any) -> tuple[Network, Parameters, tuple[str, ...]]:
    graph = OnnxGraph(onnx, model.graph)
    for one in model.opset_import:
        if one.domain in ("", "ai.onnx") and one.version < _OLDEST:
            raise FieldError("opset", one.version, f"save the model with opset {_OLDEST} or newer")
    output = _output(model.graph)
    inside, peeled = _peeled(graph, output)
    layers, folded = _chain(graph, inside)
    _check_columns(graph, layers, peeled)
    for one, following in pairwise(layers):
        if one.weights.shape[1] != following.weights.shape[0]:
            raise FieldError("graph", output, "each dense layer must take as many numbers as the one before it gives")
    network = Network(
        len(layers[0].weights),
        tuple(
            Layer(len(one.biases), card) for one, card in zip(layers, _cards(model.metadata_props, layers), strict=True)
        ),
    )
    parameters = Parameters.of([one.weights for one in layers], [one.biases for one in layers])
    parameters.check_fits(network)
    return network, parameters, (*folded, *peeled, *_remarks(model.graph, graph, output))


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
        raise FieldError(
            "graph",
            f"{len(numbers)} outputs of numbers ({', '.join(numbers[:5])})",
            "a network has one head: export it alone",
        )
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


def _chain(graph: OnnxGraph, output: str) -> tuple[list[Dense], tuple[str, ...]]:
    """Return the layers, first to last, by which ``output`` follows from the graph's one input; and remarks."""
    _check_inputs(graph)
    layers: list[Dense] = []
    folded: list[str] = []
    name, width = _through(graph, output)
    while name != graph.inputs[0]:
        card = None
        if found := graph.activation(name):
            card, inside = found
            name, other = _through(graph, inside)
            width = _same(name, width, other)
        steps, name, other = _steps(graph, name)
        width = _same(name, width, other)
        if steps and (name in graph.inputs or graph.activation(name)):
            told = "a shift or scale must stand before a dense layer or after a linear one"
            raise unknown(steps[0].node, steps[0].node.output[0], told)
        dense, name = dense_of(graph, name, card)
        if steps and dense.node.op_type == "FusedGemm":
            raise unknown(steps[0].node, steps[0].node.output[0], "no shift or scale may follow on an activation")
        dense = after(graph, dense, steps)
        _same(name, width, dense.weights.shape[1])
        ahead, rest, width = _steps(graph, name)
        if rest == graph.inputs[0] or graph.activation(rest):  # else they belong to the layer before
            _same(rest, width, len(dense.weights))
            dense, name, steps = before(graph, dense, ahead), rest, steps + ahead
        else:
            name, width = _through(graph, name)
        folded += [one.node.op_type for one in steps if one.node.op_type != "Add"]
        layers.append(dense)
        if len(layers) > MOST_LAYERS:
            raise FieldError("graph", f"more than {MOST_LAYERS} layers", f"use at most {MOST_LAYERS}")
    if not layers:
        raise FieldError("graph", "no dense layers", "it must hold some: Gemm, or MatMul and Add")
    _same(name, width, len(layers[-1].weights))
    told = ", ".join(dict.fromkeys(folded[::-1]))
    return layers[::-1], (f"Folded into the layers' weights, exactly: {told}.",) if told else ()


def _steps(graph: OnnxGraph, name: str) -> tuple[list[Step], str, int]:
    """Return the constant shifts and scales that make ``name``, last first, from which value, and its width."""
    steps: list[Step] = []
    name, width = _through(graph, name)
    while not graph.activation(name) and (step := step_of(graph, name)):
        steps.append(step)
        graph.used.append(step.node)
        name, other = _through(graph, step.before)
        width = _same(name, width, other)
    return steps, name, width


def _same(name: str, width: int, other: int) -> int:
    if width and other and width != other:
        raise _reshaped(name, width)
    return width or other


def _check_inputs(graph: OnnxGraph) -> None:
    if len(graph.inputs) == 1:
        return
    told = "a network has one, and its weights are constants: export the model with its parameters"
    if len(graph.inputs) > 1 and not graph.weights_wanted():
        told = "a network has one: a second input cannot be read"
    raise FieldError("graph", f"{len(graph.inputs)} inputs", told)


def _check_rows(graph: OnnxGraph, inputs: int) -> None:
    """Refuse an input that only a constant's shape spreads over as many columns as the first layer takes."""
    wanted = {graph.shape[-1] if graph.shape else 1, math.prod(graph.shape[1:])}
    if any(one.op_type == "Reshape" for one in graph.used):
        wanted.add(math.prod(graph.shape))
    if all(graph.shape[1:]) and not wanted & {0, inputs}:
        told = f"the first layer takes {inputs} numbers, and these are of shape {graph.shape}".replace("[0,", "[n,")
        raise FieldError("graph", graph.inputs[0], told)


def _check_columns(graph: OnnxGraph, layers: list[Dense], peeled: tuple[str, ...]) -> None:
    """Refuse weights on the left where samples do not stand in columns all the way."""
    left = [one for one in layers if one.columns]
    if not left:
        _check_rows(graph, len(layers[0].weights))
        return
    node, shape = left[0].node, graph.shape
    if graph.rank not in (1, 2) or (graph.rank == 2 and len(left) != len(layers)):
        raise unknown(node, node.output[0], "weights must stand on one side of all layers")
    if shape[0] != len(layers[0].weights) and (shape[0] or shape[-1] > 1):
        told = f"weights on the left take columns of {len(layers[0].weights)}, and the input is {shape}"
        raise unknown(node, node.output[0], told.replace("0", "n") if 0 in shape else told)
    mixed = [one for one in graph.used if one.op_type in _MIXING]
    mixing = next((one for one in mixed if graph.flows(one.input[0])), None)
    if graph.rank == 2 and mixing is not None:
        raise unknown(mixing, mixing.output[0], "it must work on one column, and weights stand on the left here")
    if peeled:
        raise unknown(node, node.output[0], "with weights on the left the output must stay as it is")


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
                    raise unknown(node, name, "let dropout be off, as after training")
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


def _cards(props: Any, layers: list[Dense]) -> list[Activation]:
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
