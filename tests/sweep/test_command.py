"""``backprop-gui sweep`` in a process: rows as ``train`` gives them, files, refusals, interruption, going on."""

import json
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_gui.resources import problem
from backprop_gui.session.files import encode_session, read_session
from backprop_gui.sweep.journal import Journal
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Row
from backprop_gui.sweep.training import pieces_of
from tests.sweep.running import ended_on_the_way, run, table

HEAD = ["run", "seed", "learning_rate", "hidden", "epochs", "loss", "test_loss", "accuracy", "outcome"]


def test_rows_are_what_train_gives_with_those_settings_and_that_seed(tmp_path: Path) -> None:
    grid = ["--grid", "learning_rate=0.1,1", "--grid", "hidden=2,3-2"]
    done = run(tmp_path, "sweep", "xor", "--epochs", 100, "--seeds", 2, *grid, "--output", "r.csv", "--best", "b.json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = table((tmp_path / "r.csv").read_text(encoding="utf-8"))
    assert list(rows[0]) == HEAD
    assert [(r["run"], r["seed"], r["learning_rate"], r["hidden"]) for r in rows] == [
        (str(2 * place + seed + 1), str(seed), eta, hidden)
        for place, (eta, hidden) in enumerate([("0.1", "2"), ("0.1", "3-2"), ("1.0", "2"), ("1.0", "3-2")])
        for seed in (0, 1)
    ]
    for row in rows:
        session = json.loads(encode_session(problem("xor")))
        del session["parameters"]
        session["training"]["seed"] = int(row["seed"])
        session["training"]["optimizer"]["learning_rate"] = float(row["learning_rate"])
        hidden = [{"units": int(one), "activation": "sigmoid"} for one in row["hidden"].split("-")]
        session["network"]["layers"][:-1] = hidden
        (tmp_path / "s.json").write_text(json.dumps(session), encoding="utf-8")
        assert run(tmp_path, "train", "s.json", "--epochs", 100, "--history", "h.csv").returncode == 0
        last = table((tmp_path / "h.csv").read_text(encoding="utf-8"))[-1]
        assert float(row["loss"]) == pytest.approx(float(last["loss"]), rel=1e-9)
        assert (row["epochs"], row["test_loss"], row["outcome"]) == ("100", "", "done")
    best = min(rows, key=lambda row: float(row["loss"]))
    session = read_session(tmp_path / "b.json")
    assert session.trainer().loss() == float(best["loss"])
    assert (session.progress.epoch, session.training.seed) == (100, int(best["seed"]))
    assert session.start == Plan.of(problem("xor"), 0, 2, grid[1::2]).session_of(int(best["run"])).start
    assert f"the best is run {best['run']} (seed {best['seed']}, " in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "h.csv", "r.csv", "s.json"]


def test_numpy_gives_the_same_rows_as_c(tmp_path: Path) -> None:
    sweep = ["sweep", "xor", "--epochs", 100, "--seeds", 8, "--grid", "optimizer=sgd,adam", "--quiet", "--engine"]
    one, other = (table(run(tmp_path, *sweep, engine).stdout) for engine in ("auto", "numpy"))
    assert len(one) == len(other) == 16
    for mine, theirs in zip(one, other, strict=True):
        assert float(mine["loss"]) == pytest.approx(float(theirs["loss"]), rel=1e-9)
        assert {**mine, "loss": ""} == {**theirs, "loss": ""}


def test_without_output_the_rows_are_printed(tmp_path: Path) -> None:
    done = run(tmp_path, "sweep", "xor", "--epochs", 3, "--seeds", 2)
    assert done.returncode == 0
    assert [row["seed"] for row in table(done.stdout)] == ["0", "1"]
    assert done.stderr.startswith("2 runs, 0 diverged; the best is run ")
    quiet = run(tmp_path, "sweep", "xor", "--epochs", 3, "--seeds", 2, "--quiet")
    assert (quiet.stdout, quiet.stderr) == (done.stdout, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--grid", "speed=1"], "--grid KEY: 'speed' is not accepted; use one of learning_rate,"),
        (["--grid", "learning_rate=0.1,fast"], "--grid learning_rate: 'fast' is not accepted; use a number"),
        (["--seeds", "0"], "--seeds: 0 is not accepted; use a whole number from 1 to 100,000."),
        (["--workers", "0"], "--workers: 0 is not accepted; use 1 to 1,000."),
        (["--seeds", "100000", "--grid", "momentum=0,0.5"], "--grid KEY: '200,000 runs' is not accepted;"),
        (["--output", "no/r.csv"], "no/r.csv: cannot be written: there is no folder"),
        (["--output", "r", "--best", "r"], "output: 'r' is not accepted; give every output a file of its own."),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = run(tmp_path, "sweep", "xor", "--epochs", 2, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"backprop-gui: {told}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_where_every_run_diverged_there_are_rows_and_no_best(tmp_path: Path) -> None:
    linear = json.loads(encode_session(problem("xor")))
    linear["network"]["layers"] = [{"units": 1, "activation": "linear"}]
    del linear["parameters"]
    (tmp_path / "s.json").write_text(json.dumps(linear), encoding="utf-8")
    arguments = ["--grid", "learning_rate=1e160", "--seeds", 5, "--output", "r.csv", "--best", "b.json"]
    done = run(tmp_path, "sweep", "s.json", "--epochs", 20, *arguments)
    assert done.returncode == 2
    assert (
        done.stderr == "backprop-gui: --best: 'none' is not accepted; every run diverged: try smaller learning rates.\n"
    )
    rows = table((tmp_path / "r.csv").read_text(encoding="utf-8"))
    assert [row["outcome"] for row in rows] == ["diverged"] * 5
    assert all(math.isfinite(float(row["loss"])) and int(row["epochs"]) < 20 for row in rows)
    assert not (tmp_path / "b.json").exists()


GRID = "hidden=" + ",".join(map(str, range(2, 14)))
LONG = ["sweep", "xor", "--epochs", 1_000, "--seeds", 20, "--grid", GRID, "--engine", "numpy"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder, *LONG, "--output", "r.csv", "--quiet").returncode == 0
    return (folder / "r.csv").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_writes_what_is_finished_and_the_same_command_goes_on(tmp_path: Path, whole: str) -> None:
    output, journal = tmp_path / "r.csv", tmp_path / "r.csv.sweep"
    code, told = ended_on_the_way(tmp_path, journal, signal.SIGINT, *LONG, "--output", "r.csv", "--quiet")
    assert code == 130
    rows = output.read_text(encoding="utf-8")
    count = len(rows.splitlines()) - 1
    assert told == (
        f"backprop-gui: interrupted: {count:,} of 240 runs are done in r.csv; the same command goes on from there.\n"
    )
    assert 0 < count < 240
    assert set(rows.splitlines()) < set(whole.splitlines())
    assert journal.exists()
    done = run(tmp_path, *LONG, "--output", "r.csv", "--best", "b.json")
    assert done.returncode == 0, done.stderr
    assert output.read_text(encoding="utf-8") == whole
    best = min(table(whole), key=lambda row: float(row["loss"]))
    assert read_session(tmp_path / "b.json").trainer("numpy").loss() == float(best["loss"])
    assert not journal.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kill_loses_no_finished_piece(tmp_path: Path, whole: str) -> None:
    journal = tmp_path / "r.csv.sweep"
    code, _ = ended_on_the_way(tmp_path, journal, signal.SIGKILL, *LONG, "--output", "r.csv", "--quiet")
    assert code == -signal.SIGKILL
    assert not (tmp_path / "r.csv").exists()
    with journal.open("ab") as file:
        file.write(b'[11, [[1, 0, ["2"')  # torn
    known = Journal(tmp_path / "r.csv", plan := plan_of_long(), pieces_of(plan)).rows
    assert known
    assert {row.run for rows in known.values() for row in rows} < set(range(1, 241))
    assert run(tmp_path, *LONG, "--output", "r.csv", "--quiet").returncode == 0
    assert (tmp_path / "r.csv").read_text(encoding="utf-8") == whole


def plan_of_long() -> Plan:
    return Plan.of(problem("xor"), 1_000, 20, [GRID], "numpy")


def test_what_the_journal_holds_is_taken_over_and_another_plans_is_not(tmp_path: Path) -> None:
    plan = Plan.of(problem("xor"), 5, 8, ["hidden=2,3"])
    pieces = pieces_of(plan)
    told = [Row(run, run - 1, ("2",), 5, 0.125, math.nan, 1.0, "done") for run in pieces[0].runs]
    Journal(tmp_path / "r.csv", plan, pieces).add(pieces[0], told)
    rows = Journal(tmp_path / "r.csv", plan, pieces).rows
    assert list(rows) == [0]
    assert repr(rows[0]) == repr(told)
    done = run(tmp_path, "sweep", "xor", "--epochs", 5, "--seeds", 8, "--grid", "hidden=2,3", "--output", "r.csv")
    assert done.returncode == 0
    assert [row["loss"] == "0.125" for row in table((tmp_path / "r.csv").read_text(encoding="utf-8"))] == (
        [True] * 8 + [False] * 8
    )
    Journal(tmp_path / "r.csv", plan, pieces).add(pieces[0], told)
    other = Plan.of(problem("xor"), 6, 8, ["hidden=2,3"])
    assert Journal(tmp_path / "r.csv", other, pieces_of(other)).rows == {}


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\x00", b"[]", b"[0, []]", b"[99, [[1]]]", b"[-1, [[1,2,3,4,5,6,7,8]]]", b"3"]
)
def test_a_damaged_line_is_trained_anew(tmp_path: Path, damage: bytes) -> None:
    plan = Plan.of(problem("xor"), 5, 8, [])
    journal = Journal(tmp_path / "r.csv", plan, pieces_of(plan))
    with journal.path.open("ab") as file:
        file.write(damage + b"\n")
    assert Journal(tmp_path / "r.csv", plan, pieces_of(plan)).rows == {}


def test_sweeping_imports_no_qt() -> None:
    code = (
        "import sys; from backprop_gui.cli import main; "
        "assert main(['sweep', 'xor', '--epochs', '2', '--seeds', '5', '--quiet']) == 0; "
        "print(sorted(name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph', 'distributed'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
