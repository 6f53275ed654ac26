"""One dense layer of an ONNX graph: weights on either side, and the constant shifts and scales around it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.onnx_graph import OnnxGraph, options, plain

_FUSED = {"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "LeakyRelu": "leaky_relu"}
_JOINS = ("Add", "Sub", "Mul", "Div", "Concat", "Sum", "MatMul", "Gemm")
_EPSILON = 1e-5
"""ONNX's default of BatchNormalization."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer: ``weights`` (units before, units), ``biases`` (units). ``columns``: samples stand in columns."""

    node: Any
    weights: Floats
    biases: Floats
    activation: Activation
    columns: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A value of the graph times ``scale`` plus ``shift``, of whatever shape they have there."""

    node: Any
    before: str
    scale: Floats
    shift: Floats


def step_of(graph: OnnxGraph, name: str) -> Step | None:
    """Return the constant shift or scale that makes ``name``; None where another operator does."""
    node = graph.made.get(name)
    if node is None:
        return None
    kind, zero, one = node.op_type, np.zeros(()), np.ones(())
    if (node.domain, kind) == ("ai.onnx.ml", "Scaler"):
        given = options(node)
        scale, offset = (
            np.array(given[key].floats if key in given else default, dtype=np.float64)
            for key, default in (("scale", [1.0]), ("offset", [0.0]))
        )
        return Step(node, node.input[0], scale, -offset * scale)
    if not plain(node):
        return None
    if kind == "Neg":
        return Step(node, node.input[0], -one, zero)
    if kind == "BatchNormalization":
        return _normalization(graph, node)
    if kind not in ("Add", "Sub", "Mul", "Div") or len(node.input) != 2 or node.attribute:
        return None
    constants = [graph.constant(each) for each in node.input]
    if (constants[0] is None) == (constants[1] is None):
        return None
    first = constants[1] is None
    value = constants[0] if constants[1] is None else constants[1]
    assert value is not None
    before = node.input[1 if first else 0]
    match kind:
        case "Add":
            return Step(node, before, one, value)
        case "Sub":
            return Step(node, before, -one, value) if first else Step(node, before, one, -value)
        case "Mul":
            return Step(node, before, value, zero)
        case _:  # whole numbers are divided without a rest
            return None if first or graph.whole(node.input[1]) else Step(node, before, 1.0 / value, zero)


def _normalization(graph: OnnxGraph, node: Any) -> Step | None:
    given = options(node)
    if len(node.input) != 5 or sum(one != "" for one in node.output) != 1:
        return None
    if "training_mode" in given and given["training_mode"].i:
        return None
    found = [value for value in map(graph.constant, node.input[1:]) if value is not None]
    if len(found) != 4:
        return None
    gamma, beta, mean, variance = found
    scale = gamma / np.sqrt(variance + (float(given["epsilon"].f) if "epsilon" in given else _EPSILON))
    return Step(node, node.input[0], scale, beta - mean * scale)


def dense_of(graph: OnnxGraph, name: str, activation: Activation | None) -> tuple[Dense, str]:
    """Return the layer that makes ``name``, without what is around it, and the value it is computed from.

    Raises:
        FieldError: another operator makes it, or its weights are no constants.
    """
    node = graph.follow(name)
    if node is None:
        raise FieldError("graph", name, "it must come from a dense layer: Gemm, or MatMul and Add")
    fused = (node.domain, node.op_type) == ("com.microsoft", "FusedGemm")
    if fused and activation is None:
        activation = _fused(node)
    elif fused:
        raise unknown(node, name, "one activation must follow on a dense layer, not two")
    elif not plain(node) or node.op_type not in ("Gemm", "MatMul"):
        raise _other(graph, node, name)
    given = options(node)
    left = graph.constant(node.input[0])
    weights = graph.constant(node.input[1]) if left is None else left
    before = node.input[0] if left is None else node.input[1]
    if weights is None or weights.ndim != 2 or not weights.size or (left is not None and not graph.flows(before)):
        told = "it must multiply the layer before with a constant table of weights"
        raise unknown(node, name, _joined(graph, node) or told)
    biases: Floats = np.zeros(())
    if node.op_type != "MatMul":
        turned = [bool(key in given and given[key].i) for key in ("transA", "transB")]
        data, table = turned if left is None else turned[::-1]
        if data:
            raise unknown(node, name, f"{'transA' if left is None else 'transB'} must be 0")
        weights = weights.T if table else weights
        alpha, beta = (float(given[key].f) if key in given else 1.0 for key in ("alpha", "beta"))
        weights = alpha * weights
        if len(node.input) > 2 and node.input[2]:
            found = graph.constant(node.input[2])
            if found is None:
                raise unknown(node, name, "its third input must be constant biases")
            biases = beta * found
    weights = weights if left is None else weights.T
    dense = Dense(node, weights, np.zeros(()), activation or ACTIVATIONS["linear"], left is not None)
    return replace(dense, biases=_row(graph, dense, node, biases, weights.shape[1])), before


def _fused(node: Any) -> Activation:
    given = options(node)
    kind = given["activation"].s.decode("utf-8", "replace") if "activation" in given else ""
    if kind not in _FUSED:
        raise unknown(node, node.output[0], f"its activation must be one of {', '.join(_FUSED)}")
    card = ACTIVATIONS[_FUSED[kind]]
    if kind != "LeakyRelu":
        return card
    slope = float(str(np.float32(given["activation_alpha"].f))) if "activation_alpha" in given else 0.01
    return card.with_numbers({"slope": slope}, node.op_type)


def after(graph: OnnxGraph, dense: Dense, steps: list[Step]) -> Dense:
    """Return the layer with the shifts and scales that follow on it (the last one first) folded into it."""
    for step in reversed(steps):
        units = dense.weights.shape[1]
        scale, shift = (_row(graph, dense, step.node, one, units) for one in (step.scale, step.shift))
        dense = replace(dense, weights=dense.weights * scale, biases=dense.biases * scale + shift)
    return dense


def before(graph: OnnxGraph, dense: Dense, steps: list[Step]) -> Dense:
    """Return the layer with the shifts and scales in front of it (the last one first) folded into it."""
    for step in steps:
        units = len(dense.weights)
        scale, shift = (_row(graph, dense, step.node, one, units) for one in (step.scale, step.shift))
        biases = dense.biases + shift @ dense.weights if shift.any() else dense.biases
        dense = replace(dense, weights=dense.weights * scale[:, None], biases=biases)
    return dense


def _row(graph: OnnxGraph, dense: Dense, node: Any, given: Floats, units: int) -> Floats:
    """Return biases, shifts or scales as a row, one per unit."""
    flat = dense.columns and graph.rank == 1
    if given.size == 1 and given.ndim < (2 if flat else 3):
        return np.full(units, given.ravel()[0])
    fitting = ((units,),) if flat else ((units, 1),) if dense.columns else ((units,), (1, units))
    if given.shape not in fitting:
        told = f"its biases must be a {'column' if dense.columns else 'row'} of {units}, not of shape {given.shape}"
        raise unknown(node, node.output[0], told)
    return given.ravel()


def _other(graph: OnnxGraph, node: Any, name: str) -> FieldError:
    if "Quantize" in node.op_type or "Integer" in node.op_type or "QLinear" in node.op_type:
        return unknown(node, name, "the model is quantized: export it before its quantization, in floating point")
    for made in graph.ancestors(name):
        if "Integer" in made.op_type or "QLinear" in made.op_type or made.op_type == "DynamicQuantizeLinear":
            return unknown(made, made.output[0], "the model is quantized: export it before, in floating point")
    if joined := _joined(graph, node):
        return unknown(node, name, joined)
    if graph.activation(name):
        return unknown(node, name, "one activation must follow on a dense layer, not two")
    return unknown(node, name, "use dense layers (Gemm, or MatMul and Add) with an activation each")


def _joined(graph: OnnxGraph, node: Any) -> str:
    """Return what a node joins that a chain cannot, told; empty where it joins nothing."""
    ways = [one for one in node.input if one and graph.constant(one) is None]
    if node.op_type not in _JOINS or len(ways) < 2:
        return ""
    names = [{name for made in graph.ancestors(one) for name in (*made.input, *made.output)} for one in ways]
    if any(one in names[k] and one != ways[k] for k in range(len(ways)) for one in ways):
        return "it is a skip connection: dense layers must follow one another in a chain, over constant weights"
    return "it joins branches: dense layers must follow one another in a chain, over constant weights"


def unknown(node: Any, name: str, accepted: str) -> FieldError:
    """Return the refusal that names an operator."""
    return FieldError("graph", f"{node.op_type} (makes {name})", accepted)
