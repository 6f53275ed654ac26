"""An ONNX graph as names: what makes a value, which values are constants, what computes an activation."""

import ast
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_PARAMETERS

_FLOATS = (1, 11)
"""ONNX's numbers of single and double precision."""
_WHOLE = (6, 7)
"""ONNX's whole numbers of 32 and of 64 bits."""
_SWAPS = ("Add", "Mul", "Max", "Min")
_NUMBERED: dict[str, tuple[str, dict[str, tuple[str, float]]]] = {
    "LeakyRelu": ("leaky_relu", {"alpha": ("slope", 0.01)}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
}
"""Operators we read but do not write: the card, and which of its numbers an attribute is, with the default there."""


class OnnxGraph:
    """The nodes of a graph by the names they make, and its constants, turned into arrays where they are used."""

    def __init__(self, onnx: Any, graph: Any) -> None:
        self._onnx = onnx
        self._tensors: dict[str, Any] = {one.name: one for one in graph.initializer}
        self._known: dict[str, Floats] = {}
        self.made: dict[str, Any] = {}
        for node in graph.node:
            if node.op_type == "Constant":
                self._tensors[node.output[0]] = node.attribute[0] if node.attribute else None
            else:
                self.made |= dict.fromkeys(filter(None, node.output), node)
        if both := sorted(self.made.keys() & self._tensors.keys()):
            raise FieldError("graph", both[0], "every value must be made once")
        given = [one for one in graph.input if one.name not in self._tensors]
        self.inputs = [one.name for one in given]
        kind = given[0].type.tensor_type if len(given) == 1 else None
        self.shape = [one.dim_value for one in kind.shape.dim] if kind and kind.HasField("shape") else [0, 0]
        """The one input's; 0 where it is open."""
        self.rank = len(self.shape)
        self.used: list[Any] = []
        """Nodes that were followed."""

    def follow(self, name: str) -> Any:
        """Return the node that makes ``name``, noted as used; None where it is an input or a constant."""
        node = self.made.get(name)
        if node is not None:
            self.used.append(node)
        return node

    def constant(self, name: str) -> Floats | None:
        """Return the numbers of a constant, also arranged in another way, or dequantized; None where it is none.

        Raises:
            FieldError: a constant that is not of real numbers, or whose numbers are missing.
        """
        way: list[Any] = []
        at = name
        while at not in self._tensors and at not in self._known:
            node = self.made.get(at)
            if node is None or not _arranges(node):
                if node is None or node.op_type != "DequantizeLinear" or not self._dequantized(at, node):
                    return None
                break
            way.append(node)
            at = node.input[0]
        if at not in self._known:
            self._known[at] = self._numbers(at, self._tensors[at])
        value = self._known[at]
        for node in reversed(way):
            value = self._arranged(node, value)
            if value is None:
                return None
        self.used += way
        return value

    def _arranged(self, node: Any, value: Floats) -> Floats | None:
        given = options(node)
        match node.op_type:
            case "Transpose":
                return np.transpose(value, list(given["perm"].ints) if "perm" in given else None)
            case "Flatten":
                axis = given["axis"].i if "axis" in given else 1
                return value.reshape(math.prod(value.shape[:axis]), -1) if value.size else None
            case "Reshape":
                shape = self.constant(node.input[1]) if len(node.input) > 1 else None
                if shape is None or shape.ndim != 1 or ("allowzero" in given and given["allowzero"].i):
                    return None
                return value.reshape([int(one) or value.shape[k] for k, one in enumerate(shape)])
            case "Cast" if given["to"].i in _WHOLE:
                return np.trunc(value)
            case _:
                return value

    def _dequantized(self, name: str, node: Any) -> bool:
        """Work out a DequantizeLinear of constants; tell whether it was one."""
        found = [self.constant(one) for one in node.input if one]
        given = options(node)
        if not plain(node) or any(one is None for one in found) or not 2 <= len(found) <= 3:
            return False
        if "block_size" in given and given["block_size"].i:
            return False
        numbers, scale, zero = (*(one for one in found if one is not None), np.zeros(()))[:3]
        if scale.size > 1:
            shape = [1] * numbers.ndim
            shape[given["axis"].i if "axis" in given else 1] = -1
            scale, zero = scale.reshape(shape), zero.reshape(shape) if zero.size > 1 else zero.reshape(())
        else:
            scale, zero = scale.reshape(()), zero.reshape(())
        self._known[name] = (numbers - zero) * scale
        self.used.append(node)
        return True

    def whole(self, name: str) -> bool:
        """Tell whether a constant is of whole numbers."""
        while name in self.made and self.made[name].op_type not in ("Cast", "DequantizeLinear"):
            name = self.made[name].input[0]
        node = self.made.get(name)
        tensor: Any = self._tensors.get(name)
        if node is not None:
            return node.op_type == "Cast" and options(node)["to"].i not in _FLOATS
        if hasattr(tensor, "ints"):
            return tensor.name in ("value_int", "value_ints") or tensor.t.data_type in _WHOLE
        return getattr(tensor, "data_type", 0) not in (1, 10, 11, 16)

    def flows(self, name: str) -> bool:
        """Tell whether a value is computed from the input."""
        return self.constant(name) is None

    def ancestors(self, name: str) -> list[Any]:
        """Return every node ``name`` is computed by, each once."""
        found: dict[str, Any] = {}
        ways = [name]
        while ways:
            node = self.made.get(ways.pop())
            if node is not None and node.output[0] not in found:
                found[node.output[0]] = node
                ways += filter(None, node.input)
        return list(found.values())

    def weights_wanted(self) -> bool:
        """Tell whether inputs stand where a dense layer has its weights."""
        nodes = (one for one in self.made.values() if one.op_type in ("Gemm", "MatMul") and len(one.input) > 1)
        return any(one.input[1] in self.inputs for one in nodes)

    def width(self, name: str) -> int | None:
        """Return how many columns a constant shape of two gives (-1, n); 0 where it leaves them as they are."""
        shape = self.constant(name)
        if shape is None or shape.shape != (2,) or not np.isfinite(shape).all():
            return None
        rows, columns = (int(one) for one in shape)
        if rows == 0 and columns in (0, -1):
            return 0
        return columns if rows in (0, -1) and columns >= 0 else None

    def _numbers(self, name: str, tensor: Any) -> Floats:
        """Return the numbers of a tensor, or of the attribute of a Constant."""
        if tensor is not None and hasattr(tensor, "ints"):  # an attribute
            found = {"value": lambda: self._array(name, tensor.t), "value_float": lambda: tensor.f}
            found |= {"value_int": lambda: tensor.i, "value_floats": lambda: list(tensor.floats)}
            found |= {"value_ints": lambda: list(tensor.ints)}
            if tensor.name in found:
                return np.asarray(found[tensor.name](), dtype=np.float64)
            tensor = None
        if tensor is None:
            raise FieldError(f"constant {name}", "no numbers", "use a tensor of real numbers")
        return self._array(name, tensor)

    def _array(self, name: str, tensor: Any) -> Floats:
        count = math.prod(tensor.dims)
        if not 0 <= count <= MOST_PARAMETERS:
            raise FieldError(
                f"constant {name}", f"shape {list(tensor.dims)}", f"use at most {MOST_PARAMETERS:,} numbers"
            )
        try:
            array: NDArray[Any] = self._onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # its kinds are as many as its types
            told = "as many numbers as its shape says"
            raise FieldError(f"constant {name}", f"shape {list(tensor.dims)}", f"give {told}") from error
        if array.dtype.kind not in "fiu" and not (array.dtype.kind == "b" and array.size == 1):  # a switch
            raise FieldError(f"constant {name}", f"a tensor of {array.dtype}", "use real numbers")
        return np.asarray(array, dtype=np.float64)

    def single(self, name: str) -> float | None:
        """Return a constant that is one number, of single precision as it is written."""
        tensor = self._tensors.get(name)
        value = self.constant(name)
        if value is None or value.size != 1:
            return None
        number = float(value.ravel()[0])
        kind = getattr(getattr(tensor, "t", tensor), "data_type", 0)
        return float(str(np.float32(number))) if kind == _FLOATS[0] else number

    def activation(self, name: str) -> tuple[Activation, str] | None:
        """Return the activation that makes ``name`` and the value it is of; None where no card computes that."""
        node = self.made.get(name)
        if node is None:
            return None
        if node.op_type in _NUMBERED and plain(node):
            card, numbers = _NUMBERED[node.op_type]
            given = options(node)
            read = {
                own: float(str(np.float32(given[theirs].f))) if theirs in given else default
                for theirs, (own, default) in numbers.items()
            }
            self.used.append(node)
            return ACTIVATIONS[card].with_numbers(read, node.op_type), node.input[0]
        for card, pattern in _patterns():
            before, bound = len(self.used), dict[str, Any]()
            if self._is(pattern, name, bound):
                holes = {key[1:]: value for key, value in bound.items() if key != "a"}
                return card.with_numbers(holes, node.op_type), bound["a"]
            del self.used[before:]
        return None

    def straight(self, name: str) -> str:
        """Return the value that ``name`` repeats: what came into Identity, or into a Cast between precisions."""
        while (node := self.made.get(name)) is not None and _repeats(node):
            self.used.append(node)
            name = node.input[0]
        return name

    def _is(self, pattern: ast.expr, name: str, bound: dict[str, Any]) -> bool:
        """Tell whether ``name`` is computed as the pattern says; ``bound`` takes what its letters stand for."""
        match pattern:
            case ast.Call(ast.Name(operator), arguments):
                node = self.made.get(self.straight(name))
                if node is None or node.op_type != operator or not plain(node) or len(node.input) != len(arguments):
                    return False
                if any(key != "axis" for key in options(node)) or not _last_axis(node):
                    return False
                self.used.append(node)
                orders = [list(node.input)]
                if operator in _SWAPS:
                    orders.append(orders[0][::-1])
                for order in orders:
                    tried = dict(bound)
                    if all(self._is(one, at, tried) for one, at in zip(arguments, order, strict=True)):
                        bound.update(tried)
                        return True
                return False
            case ast.Name(letter):
                found = self.straight(name) if letter == "a" else self.single(name)
                return found is not None and bound.setdefault(letter, found) == found
            case _:
                value, given = float(ast.literal_eval(pattern)), self.single(name)
                return given is not None and np.float32(given) == np.float32(value)


def plain(node: Any) -> bool:
    """Tell whether a node is of ONNX's own operators, with something to work on and no part of it left out."""
    return node.domain in ("", "ai.onnx") and len(node.input) > 0 and bool(node.input[0])


def options(node: Any) -> Mapping[str, Any]:
    """Return a node's attributes by name."""
    return {one.name: one for one in node.attribute}


def _repeats(node: Any) -> bool:
    """Tell whether a node gives on the numbers it gets as they are."""
    if not plain(node):
        return False
    return node.op_type == "Identity" or (node.op_type == "Cast" and options(node)["to"].i in _FLOATS)


def _arranges(node: Any) -> bool:
    """Tell whether a node gives on the numbers of a constant, perhaps arranged in another way."""
    if not plain(node):
        return False
    if node.op_type == "Cast":
        return options(node)["to"].i in (*_FLOATS, *_WHOLE)
    return node.op_type in ("Identity", "Transpose", "Reshape", "Flatten")


def _last_axis(node: Any) -> bool:
    given = options(node)
    return "axis" not in given or (node.op_type == "Softmax" and given["axis"].i in (-1, 1))


class _Hole:
    """Stands in a pattern where a card's number is written."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"_{self._name}"


@cache
def _patterns() -> tuple[tuple[Activation, ast.expr], ...]:
    return tuple(_each_pattern())


def _each_pattern() -> Iterator[tuple[Activation, ast.expr]]:
    for card in ACTIVATIONS.values():
        if "onnx" in card.says:
            said = card.says["onnx"].format(**{one.name: _Hole(one.name) for one in card.settings})
            body = ast.parse(said, mode="eval").body
            if isinstance(body, ast.Call) and said != "Identity(a)":
                yield card, body
