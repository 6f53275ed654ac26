"""Weights in files beside an ONNX model: read from its own folder, refused from anywhere else."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest

from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.resources import problem
from backprop_gui.storage import FileError

h = onnx.helper
WEIGHTS = np.arange(6.0).reshape(2, 3)


def model_at(folder: Path, location: str, *, constant: bool = False, more: dict[str, str] | None = None) -> Path:
    """Write a model whose weights are told to be at ``location``."""
    tensor = onnx.numpy_helper.from_array(WEIGHTS, "W")
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in ({"location": location} | (more or {})).items():
        tensor.external_data.add(key=key, value=value)
    nodes = [h.make_node("Constant", [], ["W"], value=tensor)] if constant else []
    graph = h.make_graph(
        [*nodes, h.make_node("MatMul", ["x", "W"], ["y"])],
        "g",
        [h.make_tensor_value_info("x", onnx.TensorProto.DOUBLE, ["n", 2])],
        [h.make_tensor_value_info("y", onnx.TensorProto.DOUBLE, ["n", 3])],
        [] if constant else [tensor],
    )
    folder.mkdir(exist_ok=True)
    path = folder / "m.onnx"
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("more", [{}, {"offset": "16", "length": "48"}])
def test_a_file_beside_the_model_is_read(
    tmp_path: Path, more: dict[str, str], constant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model_at(tmp_path / "in", "sub/w.data", constant=constant, more=more)
    (path.parent / "sub").mkdir()
    (path.parent / "sub" / "w.data").write_bytes(bytes(int(more.get("offset", "0"))) + WEIGHTS.tobytes())
    monkeypatch.chdir(tmp_path)
    assert read_weights(path, problem("article").network).parameters.weights[0].tolist() == WEIGHTS.tolist()


@pytest.mark.parametrize(
    ("location", "more", "told"),
    [
        ("gone.data", {}, "'gone.data' is not accepted; this file is missing"),
        ("../out.data", {}, "inside the model's folder"),
        ("link.data", {}, "inside the model's folder"),
        ("linked/out.data", {}, "inside the model's folder"),
        ("/etc/hostname", {}, "inside the model's folder"),
        ("", {}, "inside the model's folder"),
        (".", {}, "this file is missing"),
        ("pipe", {}, "this file is missing"),
        ("short.data", {"length": "48"}, "48 bytes from byte 0"),
        ("short.data", {}, "too small"),
        ("short.data", {"offset": "-1"}, "offset and length"),
        ("short.data", {"length": "900000000"}, "at most 100 MB"),
        ("large.data", {}, "at most 100 MB"),
    ],
)
def test_any_other_place_is_refused(tmp_path: Path, location: str, more: dict[str, str], told: str) -> None:
    path = model_at(tmp_path / "in", location, more=more)
    (tmp_path / "out.data").write_bytes(WEIGHTS.tobytes())
    (path.parent / "link.data").symlink_to(tmp_path / "out.data")
    (path.parent / "linked").symlink_to(tmp_path)
    (path.parent / "short.data").write_bytes(b"12345678")
    with (path.parent / "large.data").open("wb") as file:
        file.truncate(200_000_000)
    os.mkfifo(path.parent / "pipe")
    with pytest.raises(FileError) as caught:
        read_weights(path, problem("article").network)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
