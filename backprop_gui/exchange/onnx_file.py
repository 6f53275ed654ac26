"""ONNX: written in double precision as Gemm and activation; read from Gemm or MatMul + Add chains."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.exchange.extras import need

OPSET, IR_VERSION = 17, 9
_PASSED_OVER = ("Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout")
_SINGLE = ("Erf",)
"""What runtimes have in single precision only."""
_FLOAT, _DOUBLE = 1, 11
"""ONNX's numbers of the two types."""
_NOTE = "backprop-gui.activations"
_OF_LAYER = " of layer "
"""Stands in the names of nodes that compute an activation together, after the activation."""
_NUMBERED: dict[str, tuple[str, dict[str, tuple[str, float]]]] = {
    "LeakyRelu": ("leaky_relu", {"alpha": ("slope", 0.01)}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
}
"""Operators we read but do not write: the card, and which of its numbers an attribute is, with the default there."""
_Dense = tuple[Floats, Floats, Activation]
"""Weights, biases, activation."""


def write_onnx(path: Path, network: Network, parameters: Parameters) -> bytes:
    """Return the network as an ONNX model with input ``x`` (n, inputs) and output ``y`` (n, outputs), float64."""
    onnx = need("onnx", path)
    h, double = onnx.helper, onnx.TensorProto.DOUBLE
    nodes: list[Any] = []
    tensors: list[Any] = []
    before = "x"
    for k, (layer, w, b) in enumerate(zip(network.layers, parameters.weights, parameters.biases, strict=True), 1):
        tensors += [onnx.numpy_helper.from_array(w, f"W{k}"), onnx.numpy_helper.from_array(b, f"b{k}")]
        nodes.append(h.make_node("Gemm", [before, f"W{k}", f"b{k}"], [f"a{k}"], name=f"layer{k}"))
        after = "y" if k == len(network.layers) else f"h{k}"
        made, constants = _activation(h, layer.activation, after, k)
        nodes += made
        tensors += [onnx.numpy_helper.from_array(np.array(value), name) for name, value in constants.items()]
        before = after
    graph = h.make_graph(
        nodes,
        "network",
        [h.make_tensor_value_info("x", double, ["n", network.inputs])],
        [h.make_tensor_value_info("y", double, ["n", network.outputs])],
        tensors,
    )
    model = h.make_model(
        graph, producer_name="Backprop GUI", opset_imports=[h.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    h.set_model_props(model, {_NOTE: ",".join(layer.activation.spelled for layer in network.layers)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _activation(h: Any, card: Activation, y: str, k: int) -> tuple[list[Any], dict[str, float]]:
    """Return the nodes that turn a{k} into ``y``, and the constants they use, by name."""
    said = ast.parse(card.said("onnx", "activation"), mode="eval").body
    nodes: list[Any] = []
    constants: dict[str, float] = {}

    def node(operator: str, given: list[str], made: str, **options: int) -> None:
        name = f"{card.spelled}{_OF_LAYER}{k}: {made}"
        nodes.append(h.make_node(operator, given, [made], name=name, **options))

    def add(call: ast.expr, made: str) -> str:
        match call:
            case ast.Call(ast.Name(operator), arguments):
                given = [add(one, f"{made}_{place}") for place, one in enumerate(arguments)]
                if operator in _SINGLE:
                    node("Cast", given, f"{made}_single", to=_FLOAT)
                    node(operator, [f"{made}_single"], f"{made}_found")
                    node("Cast", [f"{made}_found"], made, to=_DOUBLE)
                else:
                    node(operator, given, made)
                return made
            case ast.Name():
                return f"a{k}"
            case _:
                constants[made] = float(ast.literal_eval(call))
                return made

    add(said, y)
    return nodes, constants


def read_onnx(path: Path, content: bytes) -> tuple[Network, Parameters, tuple[str, ...]]:
    """Return network, parameters and remarks of an ONNX model.

    Raises:
        FieldError: not an ONNX model, or one that is no chain of dense layers with known activations.
    """
    onnx = need("onnx", path)
    try:
        model = onnx.load_from_string(content)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf and the checker have many
        raise FieldError("file", path.name, f"it must be an ONNX model ({str(error).splitlines()[0]})") from error
    graph = model.graph
    values = {one.name: np.asarray(onnx.numpy_helper.to_array(one), dtype=float) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            values[node.output[0]] = np.asarray(onnx.numpy_helper.to_array(node.attribute[0].t), dtype=float)
    noted = spelled_apart({prop.key: prop.value for prop in model.metadata_props}.get(_NOTE, ""))
    layers, remarks = _chain(path, graph, values)
    if len(noted) == len(layers):
        cards = [ACTIVATIONS.read(f"{_NOTE}[{k}]", one) for k, one in enumerate(noted)]
    else:
        cards = [card for _, _, card in layers]
    network = Network(len(layers[0][0]), tuple(Layer(len(b), c) for (_, b, _), c in zip(layers, cards, strict=True)))
    parameters = Parameters.of([w for w, _, _ in layers], [b for _, b, _ in layers])
    parameters.check_fits(network)
    return network, parameters, remarks


def _chain(path: Path, graph: Any, values: dict[str, Floats]) -> tuple[list[_Dense], tuple[str, ...]]:
    """Follow the graph from its input through dense layers; what comes after the last one is passed over."""
    layers: list[_Dense] = []
    straight = _plain()["Identity"]
    left_out: list[str] = []
    for node, constants in _line(graph, values):
        operator = node.op_type
        options = {one.name: one for one in node.attribute}
        if left_out and operator in ("Gemm", "MatMul"):
            raise FieldError("file", path.name, f"the operator {left_out[-1]} before a dense layer is not known here")
        if operator == "Gemm":
            layers.append((*_gemm(node, constants, values, options), straight))
        elif operator == "MatMul" and constants:
            w: Floats = values[constants[0]]
            layers.append((w, np.zeros(len(w.T)), straight))
        elif operator == "Add" and constants and layers and layers[-1][2] == straight:
            w, b, _ = layers[-1]
            layers[-1] = (w, b + values[constants[0]].ravel(), straight)
        elif layers and (card := _card(node, options)):
            layers[-1] = (*layers[-1][:2], card)
        elif operator not in _PASSED_OVER:
            left_out.append(operator)
    if not layers:
        raise FieldError("file", path.name, "it must hold dense layers: Gemm, or MatMul and Add")
    for (before, _, _), (after, _, _) in pairwise(layers):
        if before.shape[1] != after.shape[0]:
            raise FieldError("file", path.name, "its dense layers must follow one another in a chain")
    remarks = (f"Passed over: {', '.join(dict.fromkeys(left_out))}.",) if left_out else ()
    return layers, remarks


def _line(graph: Any, values: dict[str, Floats]) -> Iterator[tuple[Any, list[str]]]:
    """Yield the nodes in order with the names of their constant inputs."""
    for node in graph.node:
        if node.op_type != "Constant":
            yield node, [name for name in node.input if name in values]


def _gemm(node: Any, constants: list[str], values: dict[str, Floats], options: dict[str, Any]) -> tuple[Floats, Floats]:
    w = values[constants[0]]
    if "transB" in options and options["transB"].i:
        w = w.T
    alpha = options["alpha"].f if "alpha" in options else 1.0
    beta = options["beta"].f if "beta" in options else 1.0
    b = values[node.input[2]].ravel() if len(node.input) > 2 and node.input[2] in values else np.zeros(w.shape[1])
    return alpha * w, beta * np.broadcast_to(b, (w.shape[1],))


def _card(node: Any, options: dict[str, Any]) -> Activation | None:
    """Return the activation a node is, or is a part of; none where it is something else."""
    spelled, of_layer, _ = node.name.partition(_OF_LAYER)
    if of_layer:
        return ACTIVATIONS.read(f"{node.op_type}.name", spelled)
    if node.op_type in _NUMBERED:
        name, numbers = _NUMBERED[node.op_type]
        given = {
            own: float(str(np.float32(options[theirs].f))) if theirs in options else default
            for theirs, (own, default) in numbers.items()
        }
        return ACTIVATIONS[name].with_numbers(given, node.op_type)
    return None if node.op_type == "Identity" else _plain().get(node.op_type)


@cache
def _plain() -> dict[str, Activation]:
    """Return the activations that are one operator, by its name."""
    said = {card.says.get("onnx", ""): card for card in ACTIVATIONS.values()}
    return {one.removesuffix("(a)"): card for one, card in said.items() if re.fullmatch(r"\w+\(a\)", one)}
