"""A package of another author adds one thing of each kind, by entry points alone: the recipes of CONTRIBUTING.md."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LION = {"name": "lion", "learning_rate": 0.01, "momentum": 0.0, "beta2": 0.95}
SESSION: dict[str, Any] = {
    "format": "backprop-gui/session",
    "version": 1,
    "network": {
        "inputs": 2,
        "layers": [{"units": 3, "activation": {"name": "snake", "alpha": 0.5}}, {"units": 1, "activation": "linear"}],
    },
    "training": {
        "loss": "log_cosh",
        "optimizer": LION,
    },
    "data": {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [[0], [1], [1], [0]]},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example as it would be installed."""
    folder = tmp_path_factory.mktemp("site")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, HERE]
    subprocess.run(wheel, check=True, capture_output=True, timeout=100)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


def run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Python where the packages of ``site`` are installed."""
    paths = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "XDG_DATA_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(SESSION), encoding="utf-8")
    return path


def test_it_trains_is_saved_and_leaves_as_a_program_that_agrees_with_itself(site: Path, session: Path) -> None:
    outputs = ["--save", "after.json", "--export", "net.py", "--export", "net.m", "--history", "h.csv"]
    done = run(site, session.parent, "-m", "backprop_gui", "train", "s.json", "--epochs", "200", *outputs)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    losses = [float(line.split(",")[1]) for line in (session.parent / "h.csv").read_text().splitlines()[1:]]
    assert losses[-1] < losses[0] / 2
    after = json.loads((session.parent / "after.json").read_text(encoding="utf-8"))
    assert after["network"]["layers"][0]["activation"] == {"name": "snake", "alpha": 0.5}
    assert after["training"]["loss"] == "log_cosh"
    assert after["training"]["optimizer"] == LION
    program = run(site, session.parent, "net.py")
    assert program.returncode == 0, program.stderr
    octave = (session.parent / "net.m").read_text(encoding="utf-8")
    assert "a + sin(0.5 * a) .^ 2 / 0.5" in octave
    assert repr(after["parameters"]["weights"][0][1][2]) in octave


@pytest.mark.parametrize(("name", "format_name"), [("net.onnx", "onnx"), ("net.torch.py", "torch")])
def test_a_format_that_cannot_say_it_refuses_before_training(
    site: Path, session: Path, name: str, format_name: str
) -> None:
    done = run(site, session.parent, "-m", "backprop_gui", "train", "s.json", "--epochs", "1000000", "--export", name)
    assert done.returncode == 2
    assert done.stderr == (
        f"backprop-gui: activation: 'snake(alpha=0.5)' is not accepted; {format_name} files cannot say it: "
        "choose another format.\n"
    )
    assert not (session.parent / name).exists()


def test_its_formulas_stand_in_the_derivation(site: Path, session: Path) -> None:
    done = run(site, session.parent, "-m", "backprop_gui", "explain", "s.json", "--sheet", "s.tex")
    assert done.returncode == 0, done.stderr
    told = run(site, session.parent, "-m", "backprop_gui", "explain", "s.json").stdout
    assert "sign(c" in told
    assert "(1 − β₂)" in told
    assert "sin" in told
    assert "tanh" in told
    assert r"\tanh" in (session.parent / "s.tex").read_text(encoding="utf-8")


def test_window_gradient_check_and_engine_know_it(site: Path, tmp_path: Path) -> None:
    root = HERE.parents[1]
    done = run(site, root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(HERE / "inside.py"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " skipped" not in done.stdout


def test_without_the_package_its_name_is_refused_in_a_sentence(session: Path) -> None:
    done = run(Path(), session.parent, "-m", "backprop_gui", "explain", "s.json")
    assert done.returncode == 2
    assert "network.layers[0].activation: " in done.stderr
    assert "use one of linear, sigmoid," in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ("broken = no_such_package:CARD", "broken could not be loaded: ModuleNotFoundError: No module named"),
        ("twice = backprop_gui.engine.activations:SIGMOID", "twice is not used, for the name sigmoid is taken."),
        ("other = backprop_gui.engine.losses:HALF_SSE", "other is not used, for it is no Activation."),
    ],
)
def test_what_cannot_be_used_is_told_and_left_out(tmp_path: Path, session: Path, points: str, told: str) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[backprop_gui.activations]\n{points}\n", encoding="utf-8")
    code = "from backprop_gui.engine.activations import ACTIVATIONS as known; print(*known); print(*known.problems)"
    done = run(tmp_path, tmp_path, "-c", code)
    names, problems = done.stdout.splitlines()
    assert names.split()[:2] == ["linear", "sigmoid"]
    assert names.split()[-1] == "step"
    assert problems.startswith("backprop_gui.activations: ")
    assert told in problems
    refused = run(tmp_path, tmp_path, "-m", "backprop_gui", "explain", session.name)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[1] == f"backprop-gui: {problems}"
