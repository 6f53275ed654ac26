"""ONNX out: in double precision, as Gemm and activation."""

import ast
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.exchange.extras import need

OPSET, IR_VERSION = 17, 9
_SINGLE = ("Erf",)
"""What runtimes have in single precision only."""
_FLOAT, _DOUBLE = 1, 11
"""ONNX's numbers of the two types."""
NOTE = "backprop-gui.activations"


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
    h.set_model_props(model, {NOTE: ",".join(layer.activation.spelled for layer in network.layers)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _activation(h: Any, card: Activation, y: str, k: int) -> tuple[list[Any], dict[str, float]]:
    """Return the nodes that turn a{k} into ``y``, and the constants they use, by name."""
    said = ast.parse(card.said("onnx", "activation"), mode="eval").body
    nodes: list[Any] = []
    constants: dict[str, float] = {}

    def node(operator: str, given: list[str], made: str, **options: int) -> None:
        name = f"{card.spelled} of layer {k}: {made}"
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
