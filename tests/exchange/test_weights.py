"""Weights leave in every format, are read by other programs, and come back."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backprop_gui.data.samples import Column, Samples, Split
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import forward
from backprop_gui.exchange import extras
from backprop_gui.exchange.read_weights import changes, read_weights
from backprop_gui.exchange.results_csv import write_results
from backprop_gui.exchange.weights import EXPORTERS, export_weights
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.storage import FileError
from tests.shapes import dense

Case = tuple[Network, Parameters, Floats]
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


FOREIGN = Path(__file__).with_name("foreign")


def make(sizes: Sequence[int], activations: Sequence[str], seed: int = 0) -> Case:
    random = np.random.default_rng(seed)
    network = Network(sizes[0], tuple(dense(n, a) for n, a in zip(sizes[1:], activations, strict=True)))
    parameters = Parameters.of(
        [random.normal(size=pair) for pair in pairwise(sizes)], [random.normal(size=n) for n in sizes[1:]]
    )
    return network, parameters, random.normal(size=(6, sizes[0]))


def outputs(network: Network, parameters: Parameters, x: Floats) -> Floats:
    return np.array([forward(network, parameters, one)[0][-1] for one in x])


@st.composite
def networks(draw: st.DrawFn) -> Case:
    hidden = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(HIDDEN)), max_size=3))
    last = (draw(st.integers(1, 4)), draw(st.sampled_from(list(ACTIVATIONS))))
    layers = [*hidden, last]
    return make([draw(st.integers(1, 4)), *(n for n, _ in layers)], [a for _, a in layers], draw(st.integers(0, 999)))


@pytest.mark.parametrize("ending", [".json", ".npz", ".safetensors", ".onnx", ".csv"])
@given(case=networks())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_leaves_comes_back_bit_for_bit(tmp_path: Path, ending: str, case: Case) -> None:
    network, parameters, x = case
    path = tmp_path / f"w{ending}"
    export_weights(path, network, parameters, x)
    found = read_weights(path, network)
    assert found.network == network
    assert found.parameters == parameters
    assert changes(network, found) == list(found.remarks)


@given(case=networks())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_onnxruntime_computes_the_engines_outputs(tmp_path: Path, case: Case) -> None:
    network, parameters, x = case
    path = tmp_path / "w.onnx"
    export_weights(path, network, parameters, x)
    found = np.asarray(onnxruntime.InferenceSession(path).run(None, {"x": x})[0])
    assert found.dtype == np.float64
    single = any("Erf(" in layer.activation.says["onnx"] for layer in network.layers)  # there is no Erf in double
    assert np.abs(found - outputs(network, parameters, x)).max() < (1e-6 if single else 1e-12)


def fresh(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_a_fresh_process_reads_npz_and_safetensors_with_their_own_libraries(tmp_path: Path) -> None:
    network, parameters, x = make([2, 3, 2], ["tanh", "softmax"])
    for name in ("w.npz", "w.safetensors"):
        export_weights(tmp_path / name, network, parameters, x)
    done = fresh(
        "import json, numpy as np; from safetensors.numpy import load_file\n"
        "a = np.load('w.npz', allow_pickle=False); b = load_file('w.safetensors')\n"
        "print(json.dumps([[one[k].tolist() for k in ('W1','b1','W2','b2')] for one in (a, b)]))",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    expected = [part.tolist() for pair in zip(parameters.weights, parameters.biases, strict=True) for part in pair]
    assert json.loads(done.stdout) == [expected, expected]


def run_script(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env={"KERAS_BACKEND": "torch", **os.environ},
    )


def test_a_program_agrees_with_itself_where_outputs_are_large(tmp_path: Path) -> None:
    network = Network(3, (dense(50, "softplus"), dense(2, "linear")))
    random = np.random.default_rng(4)
    parameters = Parameters.of(
        [1e6 * random.normal(size=(3, 50)), random.normal(size=(50, 2))], [np.zeros(50), np.zeros(2)]
    )
    path = tmp_path / "net.py"
    export_weights(path, network, parameters, random.normal(size=(6, 3)))
    done = run_script(path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("ending", "library"), [(".py", None), (".torch.py", "torch"), (".sklearn.py", "sklearn"), (".keras.py", "keras")]
)
def test_programs_run_and_agree_with_what_they_hold(tmp_path: Path, ending: str, library: str | None) -> None:
    if library and find_spec(library) is None:  # importing Keras here would choose its backend for good
        pytest.skip(f"{library} is not installed")
    network, parameters, x = make([3, 4, 3, 5, 2, 3], ["leaky_relu", "softplus", "relu", "linear", "softmax"])
    path = tmp_path / f"net{ending}"
    export_weights(path, network, parameters, x)
    done = run_script(path)
    assert done.returncode == 0, done.stderr
    assert "largest difference" in done.stdout


@pytest.mark.parametrize(("ending", "library"), [(".py", None), (".torch.py", "torch"), (".sklearn.py", "sklearn")])
def test_programs_take_and_give_measured_numbers_where_columns_were_scaled(
    tmp_path: Path, ending: str, library: str | None
) -> None:
    if library and find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    network, parameters, x = make([2, 3, 1], ["tanh", "linear"])
    columns = (Column("a\nprint('injected')", 10.0, 4.0), Column("b"), Column("t", -3.0, 0.5))
    path = tmp_path / f"net{ending}"
    export_weights(path, network, parameters, x, columns)
    module = path.stem.replace(".", "_") + "_module"
    path.rename(tmp_path / f"{module}.py")
    measured = x * [4.0, 1.0] + [10.0, 0.0]
    done = fresh(f"import {module}; print({module}.predict_measured({measured.tolist()}).tolist())", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "injected" not in done.stdout
    expected = outputs(network, parameters, x) * 0.5 - 3.0
    assert np.abs(np.array(json.loads(done.stdout)) - expected).max() < 1e-9


def test_a_program_whose_numbers_were_changed_says_so(tmp_path: Path) -> None:
    network, parameters, x = make([1, 1], ["linear"])
    path = tmp_path / "net.py"
    export_weights(path, network, parameters, x)
    path.write_text(path.read_text().replace("WEIGHTS = [[[", "WEIGHTS = [[[1000 + "))
    done = run_script(path)
    assert done.returncode == 1
    assert "differ from the stored ones" in done.stderr


def test_matmul_and_add_chains_in_float32_are_read(tmp_path: Path) -> None:
    h, T = onnx.helper, onnx.TensorProto  # noqa: N806
    w = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((3, 1), np.float32)]
    b = [np.array([1, 2, 3], np.float32), np.array([-1], np.float32)]
    nodes = [
        h.make_node("MatMul", ["x", "w0"], ["m0"]),
        h.make_node("Add", ["b0", "m0"], ["a0"]),
        h.make_node("Relu", ["a0"], ["h0"]),
        h.make_node("Dropout", ["h0"], ["d0"]),
        h.make_node("MatMul", ["d0", "w1"], ["m1"]),
        h.make_node("Add", ["m1", "b1"], ["a1"]),
        h.make_node("Sigmoid", ["a1"], ["y"]),
    ]
    tensors = [
        onnx.numpy_helper.from_array(one, f"{k}{n}") for k, many in (("w", w), ("b", b)) for n, one in enumerate(many)
    ]
    graph = h.make_graph(
        nodes,
        "g",
        [h.make_tensor_value_info("x", T.FLOAT, [None, 2])],
        [h.make_tensor_value_info("y", T.FLOAT, [None, 1])],
        tensors,
    )
    path = tmp_path / "m.onnx"
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9), path)
    found = read_weights(path, Network(1, (dense(1, "linear"),)))
    assert found.network == Network(2, (dense(3, "relu"), dense(1, "sigmoid")))
    assert found.parameters == Parameters.of(w, b)
    told = changes(Network(1, (dense(1, "linear"),)), found)
    assert told[0] == "The network changes from 1-1 to 2-3-1."


@pytest.mark.parametrize("path", sorted(FOREIGN.glob("*.onnx")), ids=lambda path: path.stem)
def test_onnx_files_of_pytorch_and_of_scikit_learns_converter_are_read(path: Path) -> None:
    with np.load(FOREIGN / "expected.npz") as expected:
        x, theirs = expected["x"].astype(np.float64), expected[path.stem]
    found = read_weights(path, Network(1, (dense(1, "linear"),)))
    assert np.abs(outputs(found.network, found.parameters, x) - theirs).max() < 1e-5  # theirs is float32


def test_safetensors_of_pytorch_are_turned_and_told(tmp_path: Path) -> None:
    w, b = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0])
    second = np.ones((1, 3))
    safetensors.numpy.save_file(
        {"0.weight": w, "0.bias": b, "10.weight": second, "10.bias": np.zeros(1)}, tmp_path / "t.safetensors"
    )
    found = read_weights(tmp_path / "t.safetensors", problem("article").network)
    assert found.network.sizes == (2, 3, 1)
    assert (found.parameters.weights[0] == w.T).all()
    assert any("PyTorch" in one for one in found.remarks)
    assert any("no activations" in one for one in found.remarks)


@pytest.mark.parametrize("kind", ["F16", "BF16", "F32"])
def test_safetensors_of_every_precision_are_read(tmp_path: Path, kind: str) -> None:
    values = np.array([[1.0, -2.5], [0.125, 3.0]], dtype="<f4")
    raw = {
        "F16": values.astype("<f2").tobytes(),
        "BF16": (values.view("<u4") >> 16).astype("<u2").tobytes(),
        "F32": values.tobytes(),
    }[kind]
    head = json.dumps({"W1": {"dtype": kind, "shape": [2, 2], "data_offsets": [0, len(raw)]}}).encode()
    (tmp_path / "w.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + raw)
    found = read_weights(tmp_path / "w.safetensors", None)
    assert found.parameters.weights[0].tolist() == values.tolist()


@pytest.mark.parametrize("name", ["w.json", "w.npz", "w.csv", "w.safetensors", "w.onnx"])
@pytest.mark.parametrize("content", [b"", b"nonsense \xff\x00", b"{}", b'{"layers": [{"weights": 3}]}'])
def test_what_is_no_weights_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError) as told:
        read_weights(tmp_path / name, problem("article").network)
    assert str(told.value).startswith(str(tmp_path / name))
    assert "must" in str(told.value) or "a weights file has" in str(told.value)
    assert "\n" not in str(told.value)


def test_layers_that_do_not_fit_and_missing_files_are_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W1=np.zeros((2, 3)), b1=np.zeros(3), W2=np.zeros((4, 1)), b2=np.zeros(1))
    with pytest.raises(FileError, match=r"w\.npz: .*3 units, then 4"):
        read_weights(tmp_path / "w.npz", problem("article").network)
    with pytest.raises(FileError, match="cannot be read"):
        read_weights(tmp_path / "gone.json", problem("article").network)
    with pytest.raises(FieldError, match="let the name end in"):
        read_weights(tmp_path / "w.txt", problem("article").network)


def test_without_the_extra_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(extras.importlib, "import_module", missing)
    network, parameters, x = make([1, 1], ["linear"])
    for ending in (".onnx", ".safetensors"):
        with pytest.raises(FieldError, match=r"pip install 'backprop-gui\[exchange\]'"):
            export_weights(tmp_path / f"w{ending}", network, parameters, x)
    assert not list(tmp_path.iterdir())


def test_every_ending_that_is_offered_writes(tmp_path: Path) -> None:
    network, parameters, x = make([2, 2], ["sigmoid"])
    for ending in EXPORTERS:
        export_weights(tmp_path / f"w{ending}", network, parameters, x)
    assert len(list(tmp_path.iterdir())) == len(EXPORTERS)


def test_taking_weights_over_fits_samples_and_keeps_the_selection_out(tmp_path: Path) -> None:
    article = problem("article")
    network, parameters, _ = make([3, 2, 1], ["tanh", "linear"])
    taken = edits.take_weights(article, network, parameters)
    assert taken.parameters is taken.start
    assert taken.samples.inputs.tolist() == [[0.05, 0.1, 0.0]]
    assert taken.samples.targets.tolist() == [[0.01]]


def test_results_are_written_as_measured_under_the_columns_names(tmp_path: Path) -> None:
    network, parameters, x = make([2, 3, 1], ["tanh", "linear"])
    columns = (Column("height", 10.0, 4.0), Column(), Column("price", -3.0, 0.5))
    names = ("Ada, Countess", "B", "C", "D", "E", "F")
    samples = replace(Samples.of(x, x[:, :1]), columns=columns, names=names, split=Split(0.5))
    path = tmp_path / "results.csv"
    write_results(path, Session.begin(network, TrainingSettings(), samples, parameters))
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["sample", "name", "use", "height", "x2", "price", "y of price"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[0][1] == "Ada, Countess"
    assert [row[2] for row in rows].count("test") == 3
    found = np.array([[float(cell) for cell in row[3:]] for row in rows])
    y = outputs(network, parameters, x)[:, 0]
    expected = np.column_stack([x[:, 0] * 4 + 10, x[:, 1], x[:, 0] * 0.5 - 3, y * 0.5 - 3])
    assert found == pytest.approx(expected, rel=1e-11)
