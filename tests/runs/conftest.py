"""A recorder as a window has it, in a temporary place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backprop_gui.runs.recorder import Recorder
from tests.runs.keeping import Begin, end


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Recorder] = []

    def start() -> Recorder:
        begun.append(Recorder(tmp_path, pause=0.0))
        return begun[-1]

    yield start
    for one in begun:
        end(one)
