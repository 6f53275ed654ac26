"""The command line in a fresh process: published numbers, files read back, bad input in one sentence."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage


def run(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backprop_gui", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_mazurs_numbers(tmp_path: Path) -> None:
    done = run("train", "mazur", "--epochs", 9_999, "--history", "h.csv", "--export", "w.json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "h.csv")
    assert len(rows) == 10_000
    assert rows[0]["running_loss"] == ""
    assert float(rows[0]["loss"]) == pytest.approx(0.298371109, abs=5e-10)
    assert float(rows[1]["loss"]) == pytest.approx(0.2910277737, abs=5e-11)
    assert rows[1]["running_loss"] == rows[0]["loss"]
    assert float(rows[-1]["loss"]) == pytest.approx(0.0000351085, abs=5e-11)


def test_weights_in_every_format_are_the_same_numbers(tmp_path: Path) -> None:
    names = ("w.json", "w.npz", "w.csv")
    exports = [part for name in names for part in ("--export", name)]
    done = run("train", "xor", "--epochs", 7, *exports, "--save", "s.json", "--quiet", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    weights = json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))
    assert (weights["format"], weights["version"]) == ("backprop-gui/weights", 1)
    saved = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["parameters"]
    assert [layer["weights"] for layer in weights["layers"]] == saved["weights"]
    with np.load(tmp_path / "w.npz") as arrays:
        assert [arrays[f"W{k}"].tolist() for k in (1, 2)] == saved["weights"]
        assert [arrays[f"b{k}"].tolist() for k in (1, 2)] == saved["biases"]
    rows = table(tmp_path / "w.csv")
    found = {(row["layer"], row["kind"], row["from"], row["to"]): float(row["value"]) for row in rows}
    assert found["1", "weight", "2", "1"] == saved["weights"][0][1][0]
    assert found["2", "bias", "", "1"] == saved["biases"][1][0]


def test_a_saved_session_trains_on(tmp_path: Path) -> None:
    run("train", "han-kamber", "--epochs", 5, "--save", "s.json", folder=tmp_path)
    run("train", "s.json", "--epochs", 5, "--export", "two.json", folder=tmp_path)
    run("train", "han-kamber", "--epochs", 10, "--export", "one.json", folder=tmp_path)
    assert (tmp_path / "two.json").read_bytes() == (tmp_path / "one.json").read_bytes()


def test_zero_epochs_give_the_untrained_network(tmp_path: Path) -> None:
    done = run("train", "xor", "--epochs", 0, "--history", "h.csv", folder=tmp_path)
    assert done.returncode == 0
    assert len((tmp_path / "h.csv").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "xro", "--epochs", "1"], "did you mean xor?"),
        (["train", "none.json", "--epochs", "1"], "none.json: cannot be read"),
        (["train", "xor", "--epochs", "-1"], "whole number of at least 0"),
        (["train", "xor", "--epochs", "1", "--export", "w.h5"], "let the name end in .json, .npz, .csv"),
        (["train", "xor", "--epochs", "1", "--export", "no/w.json"], "no/w.json: cannot be written"),
        (["train", "xor", "--epochs", "1", "--save", "."], "it is a folder"),
        (["shot", "xor", "--output", "p.jpg"], "let the name end in .png"),
        (["shot", "xor", "--output", "p.png", "--size", "big"], "such as 1280x800"),
        (["shot", "xor", "--output", "p.png", "--size", "²x300"], "such as 1280x800"),
        (["train", "", "--epochs", "1"], "use a session file or a built-in problem: article"),
        (["train", "xor", "--epochs", "1", "--export", "a.json", "--save", "./a.json"], "a file of its own"),
        (["nonsense"], "SESSION: 'nonsense' is not accepted"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["train", "--epochs", "1", "--save", "t.json"], ["explain"]])
def test_a_target_the_loss_cannot_take_is_named(tmp_path: Path, command: list[str]) -> None:
    session = {
        "format": "backprop-gui/session",
        "version": 1,
        "network": {"inputs": 1, "layers": [{"units": 1, "activation": "sigmoid"}]},
        "training": {"loss": "binary_cross_entropy"},
        "data": {"inputs": [[1.0]] * 4, "targets": [[0.0], [1.0], [0.5], [2.0]]},
    }
    (tmp_path / "s.json").write_text(json.dumps(session), encoding="utf-8")
    done = run(command[0], "s.json", *command[1:], folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "backprop-gui: s.json: data.targets[3][0]: 2.0 is not accepted; "
        "the loss binary_cross_entropy takes targets from 0 to 1.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["s.json"]


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_of_ours_ends_with_1_and_a_sentence_that_names_the_log(tmp_path: Path, debug: str) -> None:
    code = (
        "import sys; from backprop_gui import cli; from backprop_gui.engine.trainer import Trainer; "
        "Trainer.run = lambda *_: {}['planted']; "
        "sys.exit(cli.main(['train', 'xor', '--epochs', '3', '--save', 's.json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path), "BACKPROP_GUI_DEBUG": debug},
    )
    log = tmp_path / "backprop-gui" / "backprop-gui" / "backprop-gui.log"
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in log.read_text(encoding="utf-8")
    sentence, *more = done.stderr.splitlines()
    assert sentence.startswith("backprop-gui: a fault of the program: KeyError: 'planted' (cli.py, line ")
    assert sentence.endswith(f". Details: {log}")
    assert bool(more) == bool(debug)
    assert not (tmp_path / "s.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "backprop_gui", "explain", "digits"]  # far more than a pipe holds
    pipe, environment = subprocess.PIPE, {**os.environ, "XDG_DATA_HOME": str(tmp_path), "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("epochs", [1, 100])  # after 1 the weights are still finite, their loss is not
def test_training_that_leaves_the_range_of_numbers_writes_nothing(tmp_path: Path, epochs: int) -> None:
    session = {
        "format": "backprop-gui/session",
        "version": 1,
        "network": {"inputs": 1, "layers": [{"units": 1, "activation": "linear"}]},
        "training": {"optimizer": {"name": "sgd", "learning_rate": 1e300}},
        "data": {"inputs": [[10.0]], "targets": [[1.0]]},
    }
    (tmp_path / "s.json").write_text(json.dumps(session), encoding="utf-8")
    done = run("train", "s.json", "--epochs", epochs, "--export", "w.json", folder=tmp_path)
    assert done.returncode == 2
    assert "training.optimizer.learning_rate: 1e+300" in done.stderr
    assert not (tmp_path / "w.json").exists()


def test_a_shot_is_a_picture_of_the_size_asked_for(tmp_path: Path) -> None:
    done = run("shot", "xor", "--output", "p.png", "--epochs", 20, "--size", "1400x900", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = QImage(str(tmp_path / "p.png"))
    assert (picture.width(), picture.height()) == (1400, 900)
    colours = {picture.pixelColor(x, y).name() for x in range(0, 1400, 7) for y in range(0, 900, 7)}
    assert len(colours) > 20


def _linear(folder: Path, rate: float, weight: float) -> None:
    session = {
        "format": "backprop-gui/session",
        "version": 1,
        "network": {"inputs": 1, "layers": [{"units": 1, "activation": "linear"}]},
        "parameters": {"weights": [[[weight]]], "biases": [[0.0]]},
        "training": {"loss": "half_sse", "optimizer": {"name": "sgd", "learning_rate": rate}},
        "data": {"inputs": [[1.0], [2.0]], "targets": [[1.0], [3.0]]},
    }
    (folder / "s.json").write_text(json.dumps(session), encoding="utf-8")


@pytest.mark.parametrize(
    ("rate", "weight", "words"),
    [
        (
            9.0,
            0.5,
            ("training.optimizer.learning_rate: 9.0", "a learning rate of 9 ", "; use a smaller one, such as 0."),
        ),
        (0.1, 1e200, ("parameters: 1e+200", "start weights are as large as", "1e+200; use smaller start weights.")),
    ],
)
def test_divergence_names_its_cause_in_one_sentence(
    tmp_path: Path, rate: float, weight: float, words: tuple[str, ...]
) -> None:
    _linear(tmp_path, rate, weight)
    done = run("train", "s.json", "--epochs", 5000, "--save", "t.json", "--quiet", folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"backprop-gui: {words[0]}")
    assert all(word in line for word in words)
    assert not (tmp_path / "t.json").exists()
