"""The real program in a process of its own: told to end by a signal, or failing while it starts."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backprop_gui.resources import problem
from backprop_gui.runs.left import left_over, session_of
from backprop_gui.runtime.end_signals import EndSignals
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session

BEGIN = """
import sys
from PySide6.QtCore import QTimer
from backprop_gui import app, cli
from backprop_gui.session import edits

def say():
    print("ready", flush=True)

def start(*arguments, open_window=app.open_window):
    application = open_window(*arguments)
    QTimer.singleShot(200, application.window, lambda: act(application))
    return application

app.open_window = start
"""
EDIT = """
def act(application):
    application.editor.apply("units", lambda session: edits.set_units(session, 0, 5))
    QTimer.singleShot(100, application.window, say)  # by then the loop is idle
"""
TRAIN = """
def act(application):
    application.controller.play()
    QTimer.singleShot(300, application.window, say)
"""
ASK = """
def act(application):
    application.editor.apply("units", lambda session: edits.set_units(session, 0, 5))
    QTimer.singleShot(100, application.window, say)
    application.window.files.open_problem("xor")  # asks about unsaved changes, and waits
    assert application.store.session.network.sizes == (2, 5, 2)
"""
END = """
sys.exit(cli.main([]))
"""
Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = list[subprocess.Popen[str]]()

    def start(code: str) -> subprocess.Popen[str]:
        home = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **home, "QT_QPA_PLATFORM": "offscreen"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "backprop-gui" / "backprop-gui"


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


def kept(data: Path) -> Session:
    (left,) = left_over(data)
    assert not left.clean_close  # nobody closed it: the next start offers it
    return session_of(data, left)


unix = pytest.mark.skipif(sys.platform == "win32", reason="one process cannot send another these signals there")


@unix
def test_ctrl_c_ends_an_idle_program_and_its_work_is_kept(start: Start, data: Path) -> None:
    process = start(BEGIN + EDIT + END)
    assert _line(process) == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 128 + signal.SIGINT
    assert "Traceback" not in _said(process)
    assert kept(data).network.sizes == (2, 5, 2)
    assert not (data / "backprop-gui.log").exists()


@unix
def test_a_signal_ends_training_and_what_was_reached_is_kept(start: Start, data: Path) -> None:
    process = start(BEGIN + TRAIN + END)
    assert _line(process) == "ready\n"
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)  # impatience changes nothing
    assert process.wait(60) in (128 + signal.SIGTERM, 128 + signal.SIGINT)  # whichever came first
    assert "QThread" not in _said(process)
    assert kept(data).parameters != problem("article").parameters


@unix
def test_a_signal_is_not_held_up_by_a_question_that_waits_for_an_answer(start: Start, data: Path) -> None:
    process = start(BEGIN + ASK + END)
    assert _line(process) == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    assert "fault" not in _said(process)
    assert kept(data).network.sizes == (2, 5, 2)


@unix
def test_a_signal_is_not_held_up_where_the_work_cannot_be_kept(start: Start, data: Path) -> None:
    process = start(BEGIN + EDIT + END)
    assert _line(process) == "ready\n"
    time.sleep(1)  # the edit before is on the disk by now
    other = sqlite3.connect(data / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 128 + signal.SIGHUP
    other.close()
    assert "the session could not be kept for the next start: " in _said(process)


@pytest.mark.parametrize("last", [False, True])
def test_a_fault_is_logged_in_the_real_run_and_does_not_keep_it_from_ending(
    start: Start, data: Path, last: bool
) -> None:
    going_on = """
def act(application):
    QTimer.singleShot(0, application.window, lambda: {}["planted"])
    QTimer.singleShot(500, application.window, application.window.close)
"""
    ending = """
def act(application):
    from backprop_gui.ui.docks import Docks
    Docks.keep = lambda *_: {}["planted"]
    application.window.close()
"""
    process = start(BEGIN + (ending if last else going_on) + END)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    (sentence,) = [line for line in said.splitlines() if "fault" in line]
    assert sentence.startswith("backprop-gui: a fault of the program: KeyError: 'planted'")
    assert sentence.endswith(f". Details: {data / 'backprop-gui.log'}")
    assert (data / "backprop-gui.log").read_text(encoding="utf-8").count("Traceback (most recent call last)") == 1


def test_a_fault_in_a_method_that_qt_calls_stays_there(start: Start, data: Path) -> None:
    """Without the guard it would come up again in ``resize``'s caller, in other views' methods, or crash."""
    plant = """
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.canvas.units import UnitItem
broken = False

def planted(method):
    def call(self, *arguments):
        return {}["planted"] if broken else method(self, *arguments)
    return call

for kind, name in ((NetworkCanvas, "resizeEvent"), (NetworkCanvas, "drawBackground"), (UnitItem, "boundingRect")):
    setattr(kind, name, planted(getattr(kind, name)))

def act(application):
    global broken
    broken = True
    application.window.resize(1100, 700)
    application.window.grab()
    broken = False
    QTimer.singleShot(300, application.window, application.window.close)
    print("ready", flush=True)
"""
    process = start(BEGIN + plant + END)
    went_on, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert went_on == "ready\n"
    faults = [line for line in said.splitlines() if line.startswith("backprop-gui: a fault of the program: ")]
    assert faults != []
    assert all("KeyError: 'planted'" in line for line in faults)
    assert (data / "backprop-gui.log").exists()


@pytest.mark.parametrize("place", ["app.MainWindow.__init__", "documents.Documents.name_session"])
def test_a_fault_while_starting_is_one_sentence_and_exit_code_1(start: Start, data: Path, place: str) -> None:
    code = f"""
import sys
from backprop_gui import app, cli
from backprop_gui.ui import documents
def fail(*_arguments):
    raise KeyError("planted")
{place} = fail
sys.exit(cli.main([]))
"""
    data.mkdir(parents=True)
    (data / "unsaved-session.json").write_text(json.dumps(SESSION), encoding="utf-8")
    process = start(code)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    sentences = [line for line in said.splitlines() if line.startswith("backprop-gui: ")]
    assert len(sentences) == 1
    assert "planted" in sentences[0]
    assert str(data / "backprop-gui.log") in sentences[0]
    assert "Traceback" not in said
    assert "Traceback" in (data / "backprop-gui.log").read_text(encoding="utf-8")
    assert read_session(data / "unsaved-session.json").network.sizes == (1, 1)  # not lost by a start that failed


@pytest.mark.parametrize("place", ["worker.take_snapshot", "NetworkCanvas.drawBackground"])
def test_a_picture_that_meets_a_fault_is_not_written_and_ends_with_1(
    start: Start, data: Path, tmp_path: Path, place: str
) -> None:
    code = f"""
import sys
from backprop_gui import cli
from backprop_gui.runtime import worker
from backprop_gui.ui.canvas.canvas import NetworkCanvas
def fail(*_arguments):
    raise KeyError("planted")
{place} = fail
sys.exit(cli.main(["shot", "xor", "--epochs", "5", "--output", r"{tmp_path / "p.png"}"]))
"""
    process = start(code)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert said.count("backprop-gui: a fault of the program: KeyError: 'planted'") == 1
    assert "Traceback" not in said
    assert not (tmp_path / "p.png").exists()
    assert (data / "backprop-gui.log").exists()


@unix
def test_ctrl_c_ends_a_picture_that_trains_for_ever(start: Start, tmp_path: Path) -> None:
    code = f"""
import sys
from PySide6.QtCore import QTimer
from backprop_gui import app, cli
def loop(timer=QTimer()):
    timer.singleShot(500, lambda: print("ready", flush=True))
    return wait()
wait, app.QEventLoop = app.QEventLoop, loop
sys.exit(cli.main(["shot", "xor", "--epochs", "1000000000", "--output", r"{tmp_path / "p.png"}"]))
"""
    process = start(code)
    assert _line(process) == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert "Traceback" not in _said(process)
    assert not (tmp_path / "p.png").exists()


SESSION = {
    "format": "backprop-gui/session",
    "version": 1,
    "network": {"inputs": 1, "layers": [{"units": 1, "activation": "linear"}]},
    "data": {"inputs": [[1.0]], "targets": [[1.0]]},
}


def test_signals_come_through_the_event_loop_and_their_handlers_are_put_back(qtbot: QtBot) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    came = list[int]()
    with EndSignals() as signals:
        signals.asked.connect(came.append)
        signal.raise_signal(signal.SIGTERM)
        assert came == []
        qtbot.waitUntil(lambda: came == [signal.SIGTERM])
        signal.raise_signal(signal.SIGINT)
        qtbot.waitUntil(lambda: came == [signal.SIGTERM, signal.SIGINT])
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert signal.set_wakeup_fd(-1) == -1


@unix
def test_a_signal_that_is_ignored_stays_ignored(qtbot: QtBot) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        came = list[int]()
        with EndSignals() as signals:
            signals.asked.connect(came.append)
            signal.raise_signal(signal.SIGHUP)
            qtbot.wait(20)
        assert came == []
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
