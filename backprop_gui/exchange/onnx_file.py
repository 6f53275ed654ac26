"""ONNX: written in double precision as Gemm and activation; read from Gemm or MatMul + Add chains."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import LEAK
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.exchange.extras import need

OPSET, IR_VERSION = 17, 9
_OPERATORS = {
    "linear": "Identity",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "softmax": "Softmax",
}
_ACTIVATIONS = {operator: name for name, operator in _OPERATORS.items()} | {"Softplus": "softplus"}
_PASSED_OVER = ("Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout")
_NOTE = "backprop-gui.activations"
_SOFTPLUS = "softplus of layer"
"""Begins the names of the nodes that together compute softplus."""
_Dense = tuple[Floats, Floats, str]
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
        nodes += _activation(h, layer.activation, f"a{k}", after, k)
        before = after
    if any(layer.activation == "softplus" for layer in network.layers):
        tensors += [
            onnx.numpy_helper.from_array(np.zeros(()), "zero"),
            onnx.numpy_helper.from_array(np.ones(()), "one"),
        ]
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
    h.set_model_props(model, {_NOTE: ",".join(layer.activation for layer in network.layers)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _activation(h: Any, name: str, a: str, y: str, k: int) -> list[Any]:
    if name == "softplus":  # runtimes have no Softplus in double: max(a, 0) + ln(1 + exp(-|a|)), which cannot overflow
        steps = (
            ("Abs", [a], f"abs{k}"),
            ("Neg", [f"abs{k}"], f"neg{k}"),
            ("Exp", [f"neg{k}"], f"exp{k}"),
            ("Add", [f"exp{k}", "one"], f"sum{k}"),
            ("Log", [f"sum{k}"], f"log{k}"),
            ("Max", [a, "zero"], f"max{k}"),
            ("Add", [f"max{k}", f"log{k}"], y),
        )
        return [h.make_node(name, given, [made], name=f"{_SOFTPLUS} {k}: {made}") for name, given, made in steps]
    options = {"alpha": LEAK} if name == "leaky_relu" else {"axis": -1} if name == "softmax" else {}
    return [h.make_node(_OPERATORS[name], [a], [y], **options)]


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
    noted = {prop.key: prop.value for prop in model.metadata_props}.get(_NOTE, "")
    layers, remarks = _chain(path, graph, values)
    if noted and noted.count(",") + 1 == len(layers):
        activations = noted.split(",")
    else:
        activations = [activation for _, _, activation in layers]
    network = Network(
        len(layers[0][0]), tuple(Layer(len(b), name) for (_, b, _), name in zip(layers, activations, strict=True))
    )
    parameters = Parameters.of([w for w, _, _ in layers], [b for _, b, _ in layers])
    parameters.check_fits(network)
    return network, parameters, remarks


def _chain(path: Path, graph: Any, values: dict[str, Floats]) -> tuple[list[_Dense], tuple[str, ...]]:
    """Follow the graph from its input through dense layers; what comes after the last one is passed over."""
    layers: list[_Dense] = []
    left_out: list[str] = []
    for node, constants in _line(graph, values):
        operator = node.op_type
        options = {one.name: one for one in node.attribute}
        if left_out and operator in ("Gemm", "MatMul"):
            raise FieldError("file", path.name, f"the operator {left_out[-1]} before a dense layer is not known here")
        if operator == "Gemm":
            layers.append((*_gemm(node, constants, values, options), "linear"))
        elif operator == "MatMul" and constants:
            w: Floats = values[constants[0]]
            layers.append((w, np.zeros(len(w.T)), "linear"))
        elif operator == "Add" and constants and layers and layers[-1][2] == "linear":
            w, b, _ = layers[-1]
            layers[-1] = (w, b + values[constants[0]].ravel(), "linear")
        elif operator in _ACTIVATIONS and layers and operator != "Identity":
            _check_options(path, operator, options)
            layers[-1] = (*layers[-1][:2], _ACTIVATIONS[operator])
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
        if node.op_type != "Constant" and not node.name.startswith(_SOFTPLUS):
            yield node, [name for name in node.input if name in values]


def _gemm(node: Any, constants: list[str], values: dict[str, Floats], options: dict[str, Any]) -> tuple[Floats, Floats]:
    w = values[constants[0]]
    if "transB" in options and options["transB"].i:
        w = w.T
    alpha = options["alpha"].f if "alpha" in options else 1.0
    beta = options["beta"].f if "beta" in options else 1.0
    b = values[node.input[2]].ravel() if len(node.input) > 2 and node.input[2] in values else np.zeros(w.shape[1])
    return alpha * w, beta * np.broadcast_to(b, (w.shape[1],))


def _check_options(path: Path, operator: str, options: dict[str, Any]) -> None:
    if operator == "LeakyRelu" and abs((options["alpha"].f if "alpha" in options else LEAK) - LEAK) > 1e-6:
        raise FieldError("file", path.name, f"LeakyRelu must have the slope {LEAK}")
