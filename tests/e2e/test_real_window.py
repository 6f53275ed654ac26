"""The same walk in a real X window, not Qt's offscreen platform."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs Xvfb")
@pytest.mark.skipif(os.environ.get("QT_QPA_PLATFORM") == "xcb", reason="this is the run inside")
@pytest.mark.timeout(400)
def test_the_walk_holds_in_a_real_window() -> None:
    walk = [Path(__file__).with_name(name) for name in ("test_window.py", "test_window_files.py")]
    finished = subprocess.run(
        [
            "xvfb-run",
            "-a",
            "-s",
            "-screen 0 1280x800x24",
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            *walk,
        ],
        env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=350,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-1000:]
    assert " passed" in finished.stdout
