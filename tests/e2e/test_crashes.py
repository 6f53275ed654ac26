"""A crash outside Python, in Qt or a driver, leaves in the log where every thread stood."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_gui.faults import CRASH_NAME, LOG_NAME, MOST_BYTES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals end no process there")

CRASHING = """
import faulthandler
from PySide6.QtCore import QTimer
from backprop_gui.app import qt_application, run_window
qt = qt_application()
QTimer.singleShot(300, {act})
run_window(None, None, None)
"""
CRASH, CLOSE = "lambda: faulthandler._sigsegv()", "qt.closeAllWindows"


def run(home: Path, act: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONFAULTHANDLER"}
    env = kept | {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    command = [sys.executable, "-c", CRASHING.format(act=act)]
    return subprocess.run(command, env=env, text=True, capture_output=True, timeout=60, check=False)


def test_a_crash_is_in_the_log_after_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "backprop-gui" / "backprop-gui"
    assert run(tmp_path, CRASH).returncode == -signal.SIGSEGV
    assert "Segmentation fault" in (folder / CRASH_NAME).read_text(encoding="utf-8")
    done = run(tmp_path, CLOSE)
    assert done.returncode == 0, done.stderr
    assert (folder / CRASH_NAME).read_bytes() == b""
    log = (folder / LOG_NAME).read_text(encoding="utf-8")
    assert log.count("The program crashed") == 1
    assert "Segmentation fault" in log
    assert "in run_window" in log
    assert "NumPy" in log or "numpy" in log
    assert str(tmp_path) not in log.partition("Segmentation fault")[2]


def test_what_is_in_the_way_of_it_does_not_keep_the_window_from_opening(tmp_path: Path) -> None:
    folder = tmp_path / "backprop-gui" / "backprop-gui"
    (folder / CRASH_NAME).mkdir(parents=True)
    assert run(tmp_path, CLOSE).returncode == 0
    (folder / CRASH_NAME).rmdir()
    (folder / CRASH_NAME).write_bytes(b"x" * (4 * MOST_BYTES))
    assert run(tmp_path, CLOSE).returncode == 0
    assert (folder / CRASH_NAME).read_bytes() == b""
    assert (folder / LOG_NAME).stat().st_size < MOST_BYTES
