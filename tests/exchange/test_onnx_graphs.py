"""ONNX graphs put together in every other way: each is read exactly, as onnxruntime computes it, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from backprop_gui.engine.trace import forward
from backprop_gui.exchange.read_weights import Imported, read_weights
from backprop_gui.resources import problem
from backprop_gui.storage import FileError

h, DOUBLE = onnx.helper, onnx.TensorProto.DOUBLE
RANDOM = np.random.default_rng(5)
CONSTANTS: dict[str, Any] = {
    "W": RANDOM.normal(size=(2, 3)),
    "b": RANDOM.normal(size=3),
    "V": RANDOM.normal(size=(3, 1)),
    "c": RANDOM.normal(size=1),
    "S": RANDOM.normal(size=(2, 2)),
    "s": RANDOM.normal(size=2),
    "one": np.array(1.5),
    "t": np.array([[2.0, -0.5]]),
    "spread": np.array([0.5, 2.0]),
    "three": np.array(3.0),
    "row": RANDOM.normal(size=6),
    "table": np.array([3, 2]),
    "whole": np.array([[1, 2, 3], [4, 250, 6]], dtype=np.uint8),
    "step": np.array([0.5, 0.25, 2.0], dtype=np.float32),
    "zero": np.array([1, 2, 3], dtype=np.uint8),
    "shape": np.array([-1, 3]),
    "other": np.array([-1, 6]),
    "column": np.ones((4, 1)),
    "wide": np.ones((3, 3, 3)),
}
Nodes = list[tuple[str, str, str]]


def saved(folder: Path, nodes: list[Any], note: str = "", output: str = "y", **more: Any) -> Path:
    """Write a graph from x (n, 2) to ``output`` over the constants it uses."""
    constants = CONSTANTS | more
    used = {name for node in nodes for name in node.input}
    graph = h.make_graph(
        nodes,
        "g",
        [h.make_tensor_value_info("x", DOUBLE, ["n", 2])],
        [h.make_tensor_value_info(output, DOUBLE, ["n", "m"])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9)
    if note:
        h.set_model_props(model, {"backprop-gui.activations": note})
    onnx.save(model, folder / "g.onnx")
    return folder / "g.onnx"


def chain(*steps: str, **options: Any) -> list[Any]:
    """Return nodes from steps such as ``Gemm x W b > a``."""
    nodes: list[Any] = []
    for step in steps:
        before, _, after = step.partition(" > ")
        operator, *given = before.split()
        nodes.append(h.make_node(operator, given, after.split(), **options.get(operator, {})))
    return nodes


def read(path: Path) -> Imported:
    return read_weights(path, problem("article").network)


FIRST = "Gemm x W b > a", "Sigmoid a > h"
EXACT: dict[str, tuple[list[Any], list[int], list[str]]] = {
    "an unused dense layer": (chain("Gemm x W b > a", "Gemm x W b > dead", "Sigmoid a > y"), [2, 3], ["sigmoid"]),
    "an unused layer at the end": (chain(*FIRST, "Gemm h V c > dead", "Identity h > y"), [2, 3], ["sigmoid"]),
    "bias behind Identity": (chain("Identity b > b2", "Gemm x W b2 > a", "Relu a > y"), [2, 3], ["relu"]),
    "weights on their side": (
        chain("Transpose W > Wt", "Gemm x Wt b > y", Transpose={"perm": [1, 0]}, Gemm={"transB": 1}),
        [2, 3],
        ["linear"],
    ),
    "two biases": (chain("MatMul x W > m", "Add b m > n", "Add n one > y"), [2, 3], ["linear"]),
    "alpha and beta": (chain("Gemm x W b > y", Gemm={"alpha": 2.0, "beta": 0.5}), [2, 3], ["linear"]),
    "SiLU the other way round": (chain("Gemm x W b > a", "Sigmoid a > s1", "Mul s1 a > y"), [2, 3], ["silu"]),
    "a Reshape to what it is": (
        chain("Gemm x W b > a", "Reshape a shape > r", "Gemm r V c > y"),
        [2, 3, 1],
        ["linear"] * 2,
    ),
    "softmax over units": (chain("Gemm x W b > a", "Softmax a > y", Softmax={"axis": 1}), [2, 3], ["softmax"]),
    "mean and scale first": (chain("Sub x s > d", "Div d t > n", "Gemm n W b > a", "Relu a > y"), [2, 3], ["relu"]),
    "scaled between layers": (
        chain("Gemm x W b > a", "Relu a > r", "Mul r b > m", "Sub m b > n", "Gemm n V c > y"),
        [2, 3, 1],
        ["relu", "linear"],
    ),
    "scaled at the end": (
        chain("Gemm x W b > a", "Mul a b > m", "Neg m > n", "Sub b n > o", "Div o three > y"),
        [2, 3],
        ["linear"],
    ),
    "batch normalization": (
        chain("BatchNormalization x s s s spread > n", "Gemm n W b > y", BatchNormalization={"epsilon": 0.5}),
        [2, 3],
        ["linear"],
    ),
    "weights arranged": (
        chain("Reshape row table > R", "Transpose R > T", "Flatten T > F", "Gemm x F b > y"),
        [2, 3],
        ["linear"],
    ),
    "dequantized weights": (
        chain(
            "DequantizeLinear whole step zero > E", "Cast E > D", "MatMul x D > m", "Add m b > y", Cast={"to": DOUBLE}
        ),
        [2, 3],
        ["linear"],
    ),
    "no dropout any more": (chain(*FIRST, "Dropout h > d", "Gemm d V c > y"), [2, 3, 1], ["sigmoid", "linear"]),
}


@pytest.mark.parametrize(("nodes", "sizes", "names"), EXACT.values(), ids=EXACT.keys())
def test_it_is_read_as_onnxruntime_computes_it(
    nodes: list[Any], sizes: list[int], names: list[str], tmp_path: Path
) -> None:
    path = saved(tmp_path, nodes)
    found = read(path)
    assert list(found.network.sizes) == sizes
    assert [layer.activation.name for layer in found.network.layers] == names
    x = np.random.default_rng(1).normal(size=(7, 2))
    theirs = np.asarray(onnxruntime.InferenceSession(path).run(None, {"x": x})[0])
    ours = [forward(found.network, found.parameters, one)[0][-1] for one in x]
    assert theirs == pytest.approx(np.array(ours), abs=1e-12)


REFUSED: dict[str, tuple[list[Any], str]] = {
    "two branches added": (chain("Gemm x W b > p", "Gemm x W b > q", "Add p q > y"), "joins branches"),
    "a skip past a layer": (chain("Gemm x S s > p", "Relu p > r", "Add x r > y"), "skip connection"),
    "a bias after the activation": (chain("Gemm x W b > p", "Relu p > r", "Add r b > y"), "Add (makes y)"),
    "two activations": (chain("Gemm x W b > p", "Sigmoid p > r", "Tanh r > y"), "one activation must follow"),
    "an activation first": (chain("Relu x > r", "Gemm r W b > y"), "dense layer"),
    "its input turned": (chain("Gemm x W b > y", Gemm={"transA": 1}), "transA must be 0"),
    "weights on the left": (chain("MatMul S x > y"), "weights"),
    "softmax over samples": (chain("Gemm x W b > a", "Softmax a > y", Softmax={"axis": 0}), "Softmax (makes y)"),
    "a Reshape across samples": (chain("Gemm x W b > a", "Reshape a other > r", "Gemm r V c > y"), "columns"),
    "biases per sample": (chain("MatMul x W > m", "Add m column > y"), "biases must be a row"),
    "weights in three directions": (chain("MatMul x wide > y"), "weights"),
    "a scaled end behind an activation": (chain("Gemm x W b > a", "Relu a > r", "Mul r one > y"), "Mul (makes y)"),
    "a number divided by what comes in": (chain("Div one x > d", "Gemm d W b > y"), "Div (makes d)"),
    "weights on both sides": (chain("MatMul S x > p", "MatMul p S > y"), "MatMul (makes"),
    "weights on the left, samples in rows": (chain("MatMul S x > p", "Add p s > y"), "column of 2"),
    "layers that do not fit": (chain("Gemm x W b > a", "MatMul a W > y"), "as many numbers as the one before"),
    "the product of two layers": (chain("Gemm x S s > p", "Gemm x S s > q", "MatMul p q > y"), "constant"),
    "no layer": (chain("Identity x > y"), "no dense layers"),
    "its square": (chain("MatMul x x > y"), "constant"),
}


@pytest.mark.parametrize(("nodes", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_chain_is_refused_in_a_sentence(nodes: list[Any], told: str, tmp_path: Path) -> None:
    path = saved(tmp_path, nodes)
    with pytest.raises(FileError) as caught:
        read(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value).splitlines()) == 1


def test_what_a_note_says_must_be_what_the_operators_compute(tmp_path: Path) -> None:
    nodes = chain("Gemm x W b > a", "Sigmoid a > y")
    assert read(saved(tmp_path, nodes, "sigmoid")).network.layers[0].activation.name == "sigmoid"
    for lie, told in (("relu", "both must agree"), ("sigmoid,relu", "it must name 1"), ("nonsense", "use one of")):
        with pytest.raises(FileError, match=told):
            read(saved(tmp_path, nodes, lie))


def test_a_nodes_name_tells_nothing(tmp_path: Path) -> None:
    nodes = [h.make_node("Gemm", ["x", "W", "b"], ["a"]), h.make_node("Tanh", ["a"], ["y"], "relu of layer 1: y")]
    assert read(saved(tmp_path, nodes)).network.layers[0].activation.name == "tanh"


def test_tens_of_thousands_of_nodes_in_a_row_are_followed(tmp_path: Path) -> None:
    steps = [f"Identity i{k} > i{k + 1}" for k in range(20_000)]
    nodes = chain("Identity W > k0", *[f"Identity k{k} > k{k + 1}" for k in range(5_000)])
    nodes += chain("Gemm x k5000 b > i0", *steps, "Relu i20000 > y")
    assert read(saved(tmp_path, nodes)).network.sizes == (2, 3)


def test_more_layers_than_a_network_may_have_are_refused(tmp_path: Path) -> None:
    nodes = chain("Gemm x S s > a0", *[f"Gemm a{k} S s > a{k + 1}" for k in range(300)])
    with pytest.raises(FileError, match="use at most 200"):
        read(saved(tmp_path, nodes, output="a300"))


def hugely(tensor: Any) -> None:
    tensor.dims[:] = [100_000, 100_000]


def elsewhere(tensor: Any) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


@pytest.mark.parametrize(("change", "told"), [(hugely, "must be"), (elsewhere, "another file")])
def test_a_tensor_that_says_more_than_it_holds_is_refused(
    change: Callable[[Any], None], told: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, chain("Gemm x W b > y"))
    model = onnx.load(path)
    change(next(one for one in model.graph.initializer if one.name == "W"))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(FileError, match=told):
        read(path)


def test_a_factor_that_is_no_number_is_refused_by_its_place(tmp_path: Path) -> None:
    path = saved(tmp_path, chain("Gemm x W b > y", Gemm={"alpha": float("inf")}), W=np.zeros((2, 3)))
    with pytest.raises(FileError, match=r"parameters\.weights\[0\]\[0\]\[0\]: nan is not accepted; use a finite"):
        read(path)


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    model = onnx.load(path)
    change(model.graph)
    path.write_bytes(model.SerializeToString())
    return path


def second_head(graph: Any) -> None:
    graph.output.append(h.make_tensor_value_info("a", DOUBLE, ["n", 3]))


def second_input(graph: Any) -> None:
    graph.input.append(h.make_tensor_value_info("z", DOUBLE, ["n", 3]))
    graph.node[1].input[0] = "z"


def weights_given(graph: Any) -> None:
    graph.input.append(h.make_tensor_value_info("W", DOUBLE, [2, 3]))
    del graph.initializer[:]


def spread(graph: Any) -> None:
    """Let a mean spread one column over two."""
    graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    graph.node.insert(0, h.make_node("Sub", ["x", "mean"], ["d"]))
    graph.initializer.append(onnx.numpy_helper.from_array(np.ones(2), "mean"))
    graph.node[1].input[0] = "d"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (second_head, "2 outputs of numbers (y, a)"),
        (second_input, "a second input"),
        (weights_given, "its weights are constants"),
        (spread, "the first layer takes 2 numbers"),
    ],
)
def test_what_a_network_has_once_is_named(change: Callable[[Any], None], told: str, tmp_path: Path) -> None:
    path = changed(saved(tmp_path, chain("MatMul x W > a", "Sigmoid a > y")), change)
    with pytest.raises(FileError) as caught:
        read(path)
    assert told in str(caught.value)


def test_labels_that_are_text_are_passed_over(tmp_path: Path) -> None:
    def labelled(graph: Any) -> None:
        graph.initializer.append(onnx.numpy_helper.from_array(np.array(["no", "yes"], dtype=object), "names"))
        graph.node.append(h.make_node("ArgMax", ["y"], ["best"], axis=1))
        graph.node.append(h.make_node("Gather", ["names", "best"], ["label"]))
        graph.output.insert(0, h.make_tensor_value_info("label", onnx.TensorProto.STRING, ["n", 1]))

    found = read(changed(saved(tmp_path, chain("Gemm x W b > a", "Softmax a > y")), labelled))
    assert found.network.sizes == (2, 3)
    assert "ArgMax, Gather" in found.remarks[0]


@pytest.mark.parametrize(
    ("kind", "name"), [("Relu", "relu"), ("Sigmoid", "sigmoid"), ("Tanh", "tanh"), ("LeakyRelu", "leaky_relu")]
)
def test_a_fused_layer_is_read_as_onnxruntime_computes_it(kind: str, name: str, tmp_path: Path) -> None:
    single = onnx.TensorProto.FLOAT
    weights = CONSTANTS["W"].astype(np.float32)
    fused = h.make_node("FusedGemm", ["x", "W"], ["y"], domain="com.microsoft", activation=kind, activation_alpha=0.25)
    graph = h.make_graph(
        [fused],
        "g",
        [h.make_tensor_value_info("x", single, ["n", 2])],
        [h.make_tensor_value_info("y", single, ["n", 3])],
        [onnx.numpy_helper.from_array(weights, "W")],
    )
    sets = [h.make_opsetid("", 17), h.make_opsetid("com.microsoft", 1)]
    path = tmp_path / "g.onnx"
    path.write_bytes(h.make_model(graph, opset_imports=sets, ir_version=9).SerializeToString())
    found = read(path)
    assert found.network.layers[0].activation.name == name
    x = np.random.default_rng(1).normal(size=(7, 2))
    theirs = np.asarray(onnxruntime.InferenceSession(path).run(None, {"x": x.astype(np.float32)})[0])
    ours = [forward(found.network, found.parameters, one)[0][-1] for one in x]
    assert theirs == pytest.approx(np.array(ours), abs=1e-6)
