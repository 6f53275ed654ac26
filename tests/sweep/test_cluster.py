"""Runs trained on a Dask cluster of separate processes: the same rows, also where a worker is lost on the way."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_gui.engine.compiled import library
from backprop_gui.engine.errors import FieldError
from backprop_gui.resources import problem
from backprop_gui.sweep.cluster import Cluster, _train
from backprop_gui.sweep.plan import Plan
from tests.sweep.running import run, table

needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
SERVE = """
import os, signal, sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        for line in sys.stdin:
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
            print("killed", flush=True)
"""
GRID = "hidden=" + ",".join(map(str, range(2, 12)))
SWEEP = ["sweep", "xor", "--epochs", 1_000, "--seeds", 20, "--grid", GRID, "--engine", "numpy"]


class Serving:
    """A cluster with two workers, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        script = folder / "serve.py"
        script.write_text(SERVE, encoding="utf-8")
        with (folder / "serve.log").open("w") as log:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                [sys.executable, str(script)], stdin=pipe, stdout=pipe, stderr=log, text=True
            )
        self.address = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def lose_a_worker(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._answer() == "killed"

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@needs_dask
@pytest.mark.parametrize("loss", [False, True], ids=["whole", "a worker is lost"])
def test_the_rows_are_those_of_threads(tmp_path: Path, loss: bool) -> None:
    assert run(tmp_path, *SWEEP, "--output", "here.csv", "--quiet").returncode == 0
    cluster = Serving(tmp_path)
    try:
        command = [*SWEEP, "--scheduler", cluster.address, "--output", "there.csv", "--best", "best.json", "--quiet"]
        with subprocess.Popen(
            [sys.executable, "-m", "backprop_gui", *map(str, command)],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        ) as sweep:
            if loss:
                journal = tmp_path / "there.csv.sweep"
                while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
                    assert sweep.poll() is None
                cluster.lose_a_worker()
                assert sweep.poll() is None
            told = sweep.communicate(timeout=100)[1]
        assert sweep.returncode == 0, told
    finally:
        cluster.end()
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert (tmp_path / "best.json").exists()


@needs_dask
def test_where_no_scheduler_answers_a_sentence_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "sweep", "xor", "--epochs", 2, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("backprop-gui: --scheduler: 'tcp://127.0.0.1:9' is not accepted; no Dask scheduler")
    assert "\n" not in done.stderr.strip()


def test_a_worker_without_the_engine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(problem("xor"), 1, engine="compiled")
    monkeypatch.setattr(library, "load", lambda: None)
    told = _train(plan.encoded(), 0)
    assert isinstance(told, str)
    assert told.startswith("--engine: 'compiled' is not accepted; it is not there: install a C compiler,")


@pytest.mark.parametrize("address", ["", "nonsense://here:1", "127.0.0.1:port", "here"])
def test_what_is_no_address_is_refused_whatever_is_installed(address: str) -> None:
    with pytest.raises(FieldError, match=r"--scheduler: .* use an address such as tcp://10"):
        Cluster(address)


def test_without_the_package_the_install_line_is_told(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['distributed'] = None; from backprop_gui.cli import main; "
        "sys.exit(main(['sweep', 'xor', '--epochs', '2', '--scheduler', 'tcp://127.0.0.1:9']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == (
        "backprop-gui: --scheduler: 'tcp://127.0.0.1:9' is not accepted; "
        "a cluster needs the package distributed: pip install 'backprop-gui[cluster]'.\n"
    )
    assert table(done.stdout) == []
