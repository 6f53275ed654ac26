"""ONNX in: one chain of dense layers and activations, followed by name and then computed, to be sure of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.engine.network import MOST_LAYERS, MOST_PARAMETERS, Layer, Network, Parameters
from backprop_gui.exchange.extras import need
from backprop_gui.exchange.onnx_file import NOTE, OF_LAYER

_SAME = ("Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout")
"""What leaves the numbers of a row as they are."""
_AFTER = (*_SAME, "ArgMax", "ZipMap", "ArrayFeatureExtractor", "Normalizer", "Concat")
"""What may come after the last layer: it words the answer."""
_PARTS = frozenset({"Abs", "Add", "Div", "Erf", "Exp", "Greater", "Log", "Max", "Min", "Mul", "Neg", "Sub", "Where"})
"""What an activation may be computed of, besides the operators that are activations themselves."""
_NUMBERED: dict[str, tuple[str, dict[str, tuple[str, float]]]] = {
    "LeakyRelu": ("leaky_relu", {"alpha": ("slope", 0.01)}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
}
"""Operators we read but do not write: the card, and which of its numbers an attribute is, with the default there."""
_TOLERANCE = 1e-3
_CHECKED_ROWS = 8


@dataclass(slots=True)
class _Dense:
    weights: Floats
    biases: Floats
    card: Activation | None = None


@dataclass(slots=True)
class _Chain:
    """The layers found so far, the name of the tensor they end at, and what was passed over after them."""

    at: str
    layers: list[_Dense] = field(default_factory=list[_Dense])
    used: list[Any] = field(default_factory=list[Any])
    after: list[str] = field(default_factory=list[str])
    answers: set[str] = field(default_factory=set[str])


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
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise FieldError("file", path.name, f"it must be an ONNX model ({told})") from error
    try:
        return _read(onnx, path, model)
    except FieldError:
        raise
    except Exception as error:  # a valid model can still be put together in any way
        told = " ".join(str(error).split())[:100]
        raise _no_chain(path, f"something in it cannot be followed: {told}") from error


def _no_chain(path: Path, why: str) -> FieldError:
    return FieldError("file", path.name, f"it must be one chain of dense layers and activations ({why})")


def _read(onnx: Any, path: Path, model: Any) -> tuple[Network, Parameters, tuple[str, ...]]:
    graph = model.graph
    values = _constants(onnx, path, graph)
    given = [one for one in graph.input if one.name not in values]
    if len(given) != 1:
        raise _no_chain(path, f"it has {len(given)} inputs, not 1")
    chain = _Chain(given[0].name)
    for node in _alive(graph):
        if not all(name in values for name in node.output):
            _follow(path, chain, node, values)
    if not chain.layers:
        raise _no_chain(path, "there is no Gemm or MatMul in it")
    if len(chain.layers) > MOST_LAYERS:
        raise FieldError("layers", f"{len(chain.layers):,} layers", f"use at most {MOST_LAYERS}")
    for before, after in pairwise(chain.layers):
        if before.weights.shape[1] != after.weights.shape[0]:
            raise _no_chain(path, f"{before.weights.shape[1]} units, then {after.weights.shape[0]}")
    noted = spelled_apart({prop.key: prop.value for prop in model.metadata_props}.get(NOTE, ""))
    if len(noted) == len(chain.layers):
        cards = [ACTIVATIONS.read(f"{NOTE}[{k}]", one) for k, one in enumerate(noted)]
    else:
        cards = [layer.card or ACTIVATIONS["linear"] for layer in chain.layers]
    layers = tuple(Layer(len(one.biases), card) for one, card in zip(chain.layers, cards, strict=True))
    network = Network(len(chain.layers[0].weights), layers)
    parameters = Parameters.of([one.weights for one in chain.layers], [one.biases for one in chain.layers])
    parameters.check_fits(network)
    _check(onnx, path, model, given[0], chain, network, parameters)
    after = list(dict.fromkeys(one for one in chain.after if one not in _SAME))
    return network, parameters, (f"Passed over: {', '.join(after)}.",) if after else ()


def _constants(onnx: Any, path: Path, graph: Any) -> dict[str, Floats]:
    """Return every tensor that does not depend on the input, by name."""
    size = sum(int(np.prod(one.dims, dtype=float)) for one in graph.initializer)
    if size > 2 * MOST_PARAMETERS:
        raise FieldError("file", f"{size:,} numbers", f"use at most {MOST_PARAMETERS:,} weights and biases")
    values = {one.name: _numbers(onnx, one) for one in graph.initializer}
    for node in graph.node:
        first = node.input[0] if node.input else ""
        if node.op_type == "Constant":
            values[node.output[0]] = _constant(onnx, path, node)
        elif first in values and node.op_type in ("Identity", "Cast"):
            values[node.output[0]] = values[first]
        elif first in values and node.op_type == "Transpose":
            order = {one.name: list(one.ints) for one in node.attribute}.get("perm")
            values[node.output[0]] = np.transpose(values[first], order)
    return values


def _constant(onnx: Any, path: Path, node: Any) -> Floats:
    (one,) = node.attribute
    if one.name == "value":
        return _numbers(onnx, one.t)
    if one.name in ("value_float", "value_floats", "value_int", "value_ints"):
        return np.asarray(onnx.helper.get_attribute_value(one), dtype=np.float64)
    raise _no_chain(path, f"the constant {node.output[0]} is no number")


def _numbers(onnx: Any, tensor: Any) -> Floats:
    array = np.asarray(onnx.numpy_helper.to_array(tensor))
    if array.dtype.kind not in "fiub":
        return np.empty(0)  # words for the answer, say: nothing a layer can be made of
    return np.asarray(array, dtype=np.float64)


def _alive(graph: Any) -> list[Any]:
    """Return the nodes that the outputs depend on, in order."""
    wanted, alive = {one.name for one in graph.output}, list[Any]()
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            alive.insert(0, node)
    return alive


def _follow(path: Path, chain: _Chain, node: Any, values: dict[str, Floats]) -> None:
    """Take one node into the chain, or refuse it."""
    operator, options = node.op_type, {one.name: one for one in node.attribute}
    given = [name for name in node.input if name and name not in values]
    last = chain.layers[-1] if chain.layers else None
    spelled, of_layer, _ = node.name.partition(OF_LAYER)
    if of_layer and last is not None and not chain.answers and (operator in _PARTS or operator in (*_plain(), "Cast")):
        last.card = ACTIVATIONS.read(f"{operator}.name", spelled)  # held to what the nodes compute by ``_check``
    elif given != [chain.at] and not (chain.answers and set(given) <= {chain.at, *chain.answers}):
        raise _no_chain(path, f"{operator} does not take what comes before it alone")
    elif operator in ("Gemm", "MatMul") and not chain.answers:
        chain.layers.append(_dense(path, node, chain.at, values, options))
    elif operator == "Add" and last is not None and last.card is None and not chain.answers:
        (constant,) = (name for name in node.input if name in values)
        more: Floats = np.broadcast_to(values[constant].ravel(), last.biases.shape)
        last.biases = last.biases + more
    elif last is not None and not chain.answers and (card := _card(node, options)):
        if last.card is not None:
            raise _no_chain(path, f"{operator} is a second activation of one layer")
        last.card = card
    elif operator in _SAME and not chain.answers:
        pass
    elif last is not None and (operator in _AFTER or _complement(node, values)):
        chain.answers |= set(node.output)
        chain.after.append(operator)
        return
    else:
        raise _no_chain(path, f"the operator {operator} is not known here")
    chain.used.append(node)
    chain.at = node.output[0]


def _dense(path: Path, node: Any, at: str, values: dict[str, Floats], options: dict[str, Any]) -> _Dense:
    if node.input[0] != at or node.input[1] not in values:
        raise _no_chain(path, f"{node.op_type} multiplies from the other side: weights must stand on the right")
    w: Floats = values[node.input[1]]
    if w.ndim != 2:
        raise FieldError(node.input[1], f"shape {w.shape}", "weights must be a table of units x units")
    if node.op_type == "MatMul":
        return _Dense(w, np.zeros(int(w.shape[1])))
    if "transA" in options and options["transA"].i:
        raise _no_chain(path, "Gemm turns its input (transA)")
    w = w.T if "transB" in options and options["transB"].i else w
    alpha = options["alpha"].f if "alpha" in options else 1.0
    beta = options["beta"].f if "beta" in options else 1.0
    b: Floats = np.zeros(1)
    if len(node.input) > 2 and node.input[2]:
        b = values[node.input[2]].ravel()
    biases: Floats = beta * np.broadcast_to(b, (w.shape[1],))
    weights: Floats = alpha * w
    return _Dense(weights, biases)


def _card(node: Any, options: dict[str, Any]) -> Activation | None:
    """Return the activation a node is; none where it is something else."""
    if node.op_type in _NUMBERED:
        name, numbers = _NUMBERED[node.op_type]
        given = {
            own: float(str(np.float32(options[theirs].f))) if theirs in options else default
            for theirs, (own, default) in numbers.items()
        }
        return ACTIVATIONS[name].with_numbers(given, node.op_type)
    return None if node.op_type == "Identity" else _plain().get(node.op_type)


def _complement(node: Any, values: dict[str, Floats]) -> bool:
    """Tell whether a node computes 1 − y: the other class's share."""
    return node.op_type == "Sub" and node.input[0] in values and bool(np.all(values[node.input[0]] == 1.0))


@cache
def _plain() -> dict[str, Activation]:
    """Return the activations that are one operator, by its name."""
    said = {card.says.get("onnx", ""): card for card in ACTIVATIONS.values()}
    return {one.removesuffix("(a)"): card for one, card in said.items() if re.fullmatch(r"\w+\(a\)", one)}


def _check(
    onnx: Any, path: Path, model: Any, given: Any, chain: _Chain, network: Network, parameters: Parameters
) -> None:
    """Compute some rows by ONNX's own rules and by ours; raises ``FieldError`` where they differ."""
    from onnx.reference import ReferenceEvaluator  # pyright: ignore[reportMissingTypeStubs]

    alive = [node for node in _alive(model.graph) if not set(node.output) & chain.answers]
    part = onnx.helper.make_graph(
        alive, "chain", [given], [onnx.helper.make_empty_tensor_value_info(chain.at)], model.graph.initializer
    )
    sub = onnx.helper.make_model(part, opset_imports=model.opset_import, ir_version=model.ir_version)
    kind = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
    x = np.random.default_rng(0).normal(size=(_CHECKED_ROWS, network.inputs)).astype(kind)
    with np.errstate(all="ignore"):
        theirs = _rows(ReferenceEvaluator(sub), given, x)
        ours = outputs_of(network, parameters, x.astype(np.float64))[-1]
    scale = np.abs(ours).max(initial=1.0)
    if theirs.shape != ours.shape or not np.allclose(theirs, ours, rtol=_TOLERANCE, atol=_TOLERANCE * scale):
        raise _no_chain(path, "computed by ONNX's rules it gives other numbers than its layers and activations do")


def _rows(evaluator: Any, given: Any, x: Floats) -> Floats:
    """Return the model's outputs for rows of inputs, one by one: many models take no more at a time."""
    dims: Sequence[Any] = given.type.tensor_type.shape.dim
    shape = [1, *(one.dim_value for one in dims[1:])]
    if int(np.prod(shape)) != x.shape[1]:
        shape = [1, x.shape[1]]
    found = [np.asarray(evaluator.run(None, {given.name: row.reshape(shape)})[0], dtype=np.float64) for row in x]
    return np.vstack([one.reshape(1, -1) for one in found])
