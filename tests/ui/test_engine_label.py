"""The status bar says what trains."""

import pytest
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.compiled import library
from backprop_gui.engine.losses import LOSSES
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.engine_label import EngineLabel
from tests.conftest import Bench


@pytest.mark.skipif(library.load() is None, reason="no compiler made the library")
def test_it_says_which_engine_trains_the_session_and_why(qtbot: QtBot, bench: Bench) -> None:
    label = EngineLabel(bench)
    qtbot.addWidget(label)
    assert label.text() == "Engine: compiled"
    assert label.toolTip().startswith("Training runs in C")
    softmax = edits.set_activation(problem("xor"), 1, ACTIVATIONS["softmax"])
    bench.store.assign(edits.set_setting(softmax, "loss", LOSSES["binary_cross_entropy"]))
    assert label.text() == "Engine: NumPy"
    assert "does not know" in label.toolTip()
    assert bench.store.session.trainer().engine == "numpy"


def test_it_says_that_there_was_no_compiler(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "load", lambda: None)
    label = EngineLabel(bench)
    qtbot.addWidget(label)
    assert label.text() == "Engine: NumPy"
    assert "no C compiler" in label.toolTip()
