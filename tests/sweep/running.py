"""The command in a process of its own."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "backprop_gui", *map(str, arguments)]


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def ended_on_the_way(folder: Path, journal: Path, how: signal.Signals, *arguments: object) -> tuple[int, str]:
    """Start a sweep, send it a signal when its journal holds a piece or more; return exit code and what it said."""
    with subprocess.Popen(
        command(*arguments), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as sweep:
        end = time.monotonic() + 60
        while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
            assert sweep.poll() is None
            assert time.monotonic() < end
            time.sleep(0.005)
        sweep.send_signal(how)
        _, told = sweep.communicate(timeout=60)
    return sweep.returncode, told
