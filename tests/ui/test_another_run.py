"""Another run is looked at, of another shape and other samples: every panel shows it, and edits are made to it."""

import itertools

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QLineEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import Ref, UnitRef, WeightRef
from backprop_gui.resources import problem
from backprop_gui.runs.run import Run
from backprop_gui.runs.summary import end_of
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.main_window import MainWindow
from tests.conftest import Bench
from tests.finding import named


def runs_of(qtbot: QtBot, bench: Bench) -> list[Run]:
    """Train sessions of four shapes; return their runs."""
    xor = problem("xor")
    more = Samples.of([[k / 30, 0.2] for k in range(30)], [[0.01, 0.99]] * 30)
    deep = edits.insert_layer(edits.set_units(xor, 0, 6), 1)
    for session in (xor, deep, edits.set_samples(problem("article"), more), problem("iris")):
        bench.store.assign(edits.set_setting(session, "optimizer.learning_rate", 0.01 + len(session.samples) / 1000))
        bench.controller.play(Goal(epoch=5))
        qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)
    return list(bench.controller.book.runs.values())


def look_at(qtbot: QtBot, bench: Bench, run: Run) -> None:
    bench.time.look_at_step(run.last.step, end_of(run))
    qtbot.waitUntil(lambda: not bench.time.travelling)
    assert bench.controller.past is not None


def ends(session: Session) -> tuple[Ref | None, ...]:
    last, network = len(session.network.layers), session.network
    return WeightRef(last - 1, 0, 0), UnitRef(last, network.outputs - 1), WeightRef(0, 1, network.sizes[1] - 1), None


def test_every_panel_shows_it_whatever_is_selected(qtbot: QtBot, bench: Bench) -> None:
    window = MainWindow(bench)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    runs = runs_of(qtbot, bench)
    docks = window.findChildren(QDockWidget)
    for here, there in itertools.permutations(runs, 2):
        bench.store.assign(end_of(here))
        bench.store.show_sample(len(bench.store.session.samples) - 1)
        for ref in ends(bench.store.session):
            bench.store.select(ref)
            look_at(qtbot, bench, there)
            for dock in docks:
                dock.raise_()
                QApplication.processEvents()
            assert bench.controller.base.network.sizes == there.stages[0].network.sizes
            bench.time.come_back()
    bench.editor.stack.setClean()


def test_forms_show_its_settings_and_edits_are_made_to_it(qtbot: QtBot, bench: Bench) -> None:
    network, training, samples = NetworkForm(bench), TrainingForm(bench), SamplesForm(bench)
    for form in (network, training, samples):
        qtbot.addWidget(form)
        form.show()
    small, deep, many, _ = runs_of(qtbot, bench)
    table = samples.findChild(QTableView)
    assert table is not None
    rate = named(training, QLineEdit, "Learning rate η")
    bench.store.assign(end_of(small))
    look_at(qtbot, bench, many)
    assert table.model().rowCount() == 30
    assert "2-3-2" in " ".join(label.text() for label in network.findChildren(QLabel))
    assert rate.text() == "0.04"
    table.selectRow(29)
    qtbot.mouseClick(named(samples, QPushButton, "Remove sample"), Qt.MouseButton.LeftButton)
    assert bench.controller.past is None
    assert len(bench.store.session.samples) == 29
    assert bench.store.session.training.optimizer.learning_rate == 0.04
    bench.editor.undo()
    assert len(bench.store.session.samples) == 4
    assert table.model().rowCount() == 4
    assert rate.text() == "0.014"
    look_at(qtbot, bench, deep)
    bench.time.come_back()
    assert "2-2-1" in " ".join(label.text() for label in network.findChildren(QLabel))


def test_a_sample_that_the_session_does_not_have_now_is_refused_in_a_sentence(qtbot: QtBot, bench: Bench) -> None:
    samples = SamplesForm(bench)
    qtbot.addWidget(samples)
    samples.resize(400, 900)
    samples.show()
    small, _, many, _ = runs_of(qtbot, bench)
    bench.store.assign(end_of(small))
    look_at(qtbot, bench, many)
    table = samples.findChild(QTableView)
    assert table is not None
    for row in (2, 20):
        index = table.model().index(row, 0)
        table.scrollTo(index)
        place = table.visualRect(index).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.controller.snapshot.sample == 2
    assert any("Continue from here" in label.text() for label in samples.findChildren(QLabel) if label.isVisible())
