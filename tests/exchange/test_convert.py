"""The command ``convert``: weights of any readable format into any writable one."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from backprop_gui.cli import main
from backprop_gui.exchange.read_weights import ENDINGS, read_weights
from backprop_gui.exchange.weights import export_weights
from backprop_gui.resources import problem


@pytest.mark.parametrize("ending", [".json", ".npz", ".safetensors", ".onnx"])
@pytest.mark.parametrize("to", [".json", ".npz", ".safetensors", ".onnx", ".csv", ".py"])
def test_every_format_becomes_every_other(tmp_path: Path, ending: str, to: str) -> None:
    session = problem("xor")
    source, target = tmp_path / f"w{ending}", tmp_path / f"v{to}"
    export_weights(source, session.network, session.parameters, session.samples.inputs)
    assert main(["convert", str(source), str(target)]) == 0
    if to in ENDINGS:
        found = read_weights(target, session.network)
        assert (found.network, found.parameters) == (session.network, session.parameters)


def test_activations_are_the_sessions_else_sigmoid_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "w.npz", tmp_path / "w.json"
    np.savez(source, W1=np.ones((2, 2)), b1=np.ones(2), W2=np.ones((2, 1)))
    assert main(["convert", str(source), str(target)]) == 0
    told = capsys.readouterr().err
    assert "names no activations; taken: Sigmoid, Sigmoid" in told
    assert "There are no biases for W2: taken as 0." in told
    session = problem("xor")
    assert main(["convert", str(source), str(target), "--session", "xor"]) == 0
    assert read_weights(target, None).network.layers == session.network.layers


def test_the_order_is_asked_for_and_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "w.safetensors", tmp_path / "w.json"
    arrays = {"decoder.weight": np.ones((4, 2)), "encoder.weight": np.ones((2, 4))}
    safetensors.numpy.save_file(arrays, source)
    assert main(["convert", str(source), str(target)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--order encoder,decoder for 4-2-4" in told
    assert not target.exists()
    assert main(["convert", str(source), str(target), "--order", "encoder,decoder"]) == 0
    assert read_weights(target, None).network.sizes == (4, 2, 4)


def test_what_cannot_be_read_or_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "w.npz"
    np.savez(good, W1=np.ones((2, 2)))
    for source, target, more in (
        (tmp_path / "gone.npz", "w.json", []),
        (tmp_path / "w.txt", "w.json", []),
        (good, "w.txt", []),
        (good, "w.json", ["--session", "nothing"]),
        (good, "w.json", ["--order", ""]),
    ):
        assert main(["convert", str(source), str(tmp_path / target), *more]) == 2
        assert capsys.readouterr().err.count("\n") == 1
