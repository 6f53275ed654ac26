"""Random chains in ONNX, put together every way exporters do: read as onnxruntime computes them; others are refused."""

from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.resources import problem
from backprop_gui.storage import FileError

h, DOUBLE = onnx.helper, onnx.TensorProto.DOUBLE
ROWS, COLUMNS, VECTOR = "rows", "columns", "vector"
OPSETS = (7, 9, 11, 13, 17, 21)
QUIET = cast("Any", onnxruntime.SessionOptions())
QUIET.log_severity_level, QUIET.intra_op_num_threads = 4, 1


class Builder:
    """Puts a graph together node by node, every choice drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.way = draw(st.sampled_from((ROWS, ROWS, COLUMNS, VECTOR)))
        self.opset = draw(st.sampled_from(OPSETS))
        self.random = np.random.default_rng(draw(st.integers(0, 999)))
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.shared: dict[tuple[int, ...], str] = {}
        self.count = 0

    def pick(self, *among: Any) -> Any:
        return self.draw(st.sampled_from(among))

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def node(self, operator: str, *inputs: str, **options: Any) -> str:
        name = self.fresh()
        self.nodes.append(h.make_node(operator, inputs, [name], **options))
        return name

    def tensor(self, value: Any) -> str:
        name = self.fresh()
        self.tensors.append(onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def constant(self, *shape: int, least: float = -1.0) -> str:
        """Return a constant: an initializer, perhaps one that serves already, or one that comes in a roundabout way."""
        if shape in self.shared and least < 0 and self.pick(False, True):
            return self.shared[shape]
        value = self.random.uniform(least, 1.5, shape).astype(np.float32).astype(np.float64)
        match self.pick("plain", "plain", "Identity", "Cast", "Reshape", "Transpose", "Constant"):
            case "Identity":
                name = self.node("Identity", self.tensor(value))
            case "Cast":
                name = self.node("Cast", self.tensor(value.astype(np.float32)), to=DOUBLE)
            case "Reshape":
                name = self.node("Reshape", self.tensor(value.ravel()), self.tensor(np.array(shape, dtype=np.int64)))
            case "Transpose" if shape:
                name = self.node("Transpose", self.tensor(value.T), perm=list(range(len(shape)))[::-1])
            case "Constant":
                name = self.node("Constant", value=onnx.numpy_helper.from_array(value))
            case _:
                name = self.tensor(value)
        if least < 0:
            self.shared[shape] = name
        return name

    def beside(self, units: int, least: float = -1.0) -> str:
        """Return a constant with a number per unit, or one for all."""
        each = {ROWS: [(units,), (1, units)], COLUMNS: [(units, 1)], VECTOR: [(units,)]}[self.way]
        return self.constant(*self.pick(*each, ()), least=least)

    def step(self, x: str, units: int) -> str:
        """Add a constant shift or scale."""
        operator = self.pick("Add", "Sub", "Mul", "Div", "Neg")
        if operator == "Neg":
            return self.node("Neg", x)
        c = self.beside(units, least=0.5 if operator == "Div" else -1.0)
        return self.node(operator, *((c, x) if operator != "Div" and self.pick(False, True) else (x, c)))

    def dense(self, x: str, before: int, units: int) -> str:
        if self.way != VECTOR and self.pick(False, True):
            return self.gemm(x, before, units)
        left = self.way == COLUMNS or (self.way == VECTOR and self.pick(False, True))
        weights = self.constant(*((units, before) if left else (before, units)))
        a = self.node("MatMul", *((weights, x) if left else (x, weights)))
        if self.pick(False, True, True):
            b = self.beside(units)
            a = self.node("Add", *((a, b) if self.pick(False, True) else (b, a)))
        return a

    def gemm(self, x: str, before: int, units: int) -> str:
        left, turned = self.way == COLUMNS, self.pick(0, 1)
        weights = self.constant(*((before, units) if bool(turned) == left else (units, before)))
        options = {"transA" if left else "transB": turned}
        options |= self.pick({}, {"alpha": 0.5}, {"beta": 2.0}, {"alpha": -1.5, "beta": 0.25})
        biases = [self.beside(units)] if self.opset < 11 or self.pick(True, False) else []
        return self.node("Gemm", *((weights, x) if left else (x, weights)), *biases, **options)

    def between(self, x: str) -> str:
        match self.pick("", "", "Identity", "Dropout", "Flatten" if self.way == ROWS else ""):
            case "":
                return x
            case operator:
                return self.node(operator, x)

    def steps(self, x: str, units: int) -> str:
        for _ in range(self.pick(0, 0, 1, 2)):
            x = self.step(self.between(x), units)
        return x

    def model(self, inputs: int, output: str) -> Any:
        shape = {ROWS: ["n", inputs], COLUMNS: [inputs, "n"], VECTOR: [inputs]}[self.way]
        open_shape = {ROWS: ["n", "m"], COLUMNS: ["m", "n"], VECTOR: ["m"]}[self.way]
        nodes = [*self.nodes, h.make_node("Identity", [output], ["y"])]
        first, last = (
            h.make_tensor_value_info("x", DOUBLE, shape),
            h.make_tensor_value_info("y", DOUBLE, open_shape),
        )
        graph = h.make_graph(nodes, "g", [first], [last], self.tensors)
        return h.make_model(graph, opset_imports=[h.make_opsetid("", self.opset)], ir_version=10)


def widths(build: Builder) -> list[int]:
    return build.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, int, Any]:
    build = Builder(draw)
    sizes, name = widths(build), "x"
    for before, units in pairwise(sizes):
        name = build.dense(build.steps(build.between(name), before), before, units)
        name = build.steps(name, units)
        if activation := build.pick("Relu", "Sigmoid", "Tanh", ""):
            name = build.between(build.node(activation, name))
    return build.way, sizes[0], build.model(sizes[0], name)


@st.composite
def others(draw: st.DrawFn) -> Any:
    build = Builder(draw)
    n = build.pick(2, 3)
    first = build.node("Relu", build.dense("x", n, n))
    second = build.dense(first, n, n)
    match build.pick("skip", "late skip", "branches", "gate", "scaled activation", "shifted activation"):
        case "skip":
            name = build.node("Add", "x", second)
        case "late skip":
            name = build.dense(build.node("Sub", second, first), n, n)
        case "branches":
            name = build.node("Add", second, build.dense("x", n, n))
        case "gate":
            name = build.node("Mul", second, build.node("Sigmoid", build.dense(first, n, n)))
        case "scaled activation":
            name = build.node("Mul", build.node("Tanh", second), build.tensor(np.array(2.0)))
        case _:
            name = build.node("Add", build.node("Tanh", second), build.tensor(np.array(2.0)))
    return build.model(n, name)


def computed(way: str, model: bytes, x: Any) -> Any:
    """Let onnxruntime compute every sample, (samples, inputs), in the way the model takes them."""
    session: Any = onnxruntime.InferenceSession(model, QUIET)
    match way:
        case "rows":
            return session.run(None, {"x": x})[0]
        case "columns":
            return session.run(None, {"x": np.ascontiguousarray(x.T)})[0].T
        case _:
            return np.array([session.run(None, {"x": one})[0] for one in x])


@given(case=chains())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_chain_is_read_as_onnxruntime_computes_it(tmp_path: Path, case: tuple[str, int, Any]) -> None:
    way, inputs, model = case
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    x = np.random.default_rng(1).normal(size=(5, inputs))
    theirs = computed(way, path.read_bytes(), x)
    found = read_weights(path, problem("article").network)
    assert outputs_of(found.network, found.parameters, x)[-1] == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@given(model=others())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_chain_is_refused(tmp_path: Path, model: Any) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    onnxruntime.InferenceSession(path.read_bytes(), QUIET)
    with pytest.raises(FileError, match=r"graph: '(Add|Sub|Mul) \(makes "):
        read_weights(path, problem("article").network)
