"""Many runs at once in the window: asked for, followed, cancelled, read, opened, pinned, taken away."""

import csv
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTableView,
    QTableWidget,
    QTabWidget,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import Network
from backprop_gui.resources import problem
from backprop_gui.runs.summary import end_of
from backprop_gui.session.document import Session
from backprop_gui.sweep.plan import Plan
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.sweep.panel import SweepPanel
from backprop_gui.ui.widgets.field import ProblemLine
from tests.conftest import Bench
from tests.finding import named
from tests.plotting import lines_of
from tests.shapes import dense

XOR = problem("xor")


@pytest.fixture
def panel(qtbot: QtBot, bench: Bench) -> SweepPanel:
    bench.store.assign(XOR)
    view = SweepPanel(bench)
    qtbot.addWidget(view)
    view.resize(420, 640)
    view.show()
    qtbot.waitExposed(view)
    return view


def fill(panel: SweepPanel, epochs: int, seeds: int, *axes: tuple[str, str]) -> None:
    named(panel, QSpinBox, "Epochs").setValue(epochs)
    named(panel, QSpinBox, "Seeds").setValue(seeds)
    for (box, line), (key, values) in zip((("Vary", "Values"), ("Also vary", "Its values")), axes, strict=False):
        choice = named(panel, QComboBox, box)
        choice.setCurrentIndex(choice.findText(key))
        named(panel, QLineEdit, line).setText(values)


def press(qtbot: QtBot, panel: SweepPanel, name: str, kind: type[QAbstractButton] = QPushButton) -> None:
    qtbot.mouseClick(named(panel, kind, name), Qt.MouseButton.LeftButton)


def sweep(qtbot: QtBot, panel: SweepPanel, epochs: int, seeds: int, *axes: tuple[str, str]) -> None:
    fill(panel, epochs, seeds, *axes)
    press(qtbot, panel, "Start")
    qtbot.waitUntil(lambda: named(panel, QPushButton, "Start").isEnabled(), timeout=30_000)


def show(qtbot: QtBot, panel: SweepPanel, title: str) -> None:
    tabs = named(panel, QTabWidget, "Results of the sweep")
    tabs.setCurrentIndex([tabs.tabText(place) for place in range(tabs.count())].index(title))


def table(qtbot: QtBot, panel: SweepPanel, rows: int) -> QTableView:
    view = named(panel, QTableView, "Runs of the sweep")
    qtbot.waitUntil(lambda: view.model().rowCount() == rows)
    return view


def cells(view: QTableView) -> list[dict[str, str]]:
    model = view.model()
    heads = [model.headerData(k, Qt.Orientation.Horizontal) for k in range(model.columnCount())]
    shown = [k for k in range(model.columnCount()) if not view.isColumnHidden(k)]
    return [{heads[k]: model.index(row, k).data() for k in shown} for row in range(model.rowCount())]


def test_the_table_holds_what_each_run_came_to(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    sweep(qtbot, panel, 50, 3, ("Learning rate", "0.1, 1"), ("Activation", "Tanh, leaky relu"))
    found = cells(table(qtbot, panel, 12))
    assert list(found[0]) == ["Run", "Seed", "Learning rate", "Activation", "Loss", "Accuracy", "Epochs", "Outcome"]
    plan = Plan.of(XOR, 50, 3, ["learning_rate=0.1,1", "activation=tanh,leaky_relu"])
    for place, row in enumerate(found):
        trainer = plan.session_of(place + 1).trainer()
        trainer.run(200)
        told = (row["Run"], row["Seed"], row["Learning rate"], row["Activation"], row["Outcome"])
        titles = {"tanh": "Tanh", "leaky_relu": "Leaky ReLU"}
        rate, activation = plan.values(place + 1)
        assert told == (str(place + 1), str(place % 3), rate, titles[activation], "done")
        assert row["Loss"] == bench.preferences.number_format(trainer.loss())
        assert row["Accuracy"] == f"{trainer.accuracy():.1%}"
    assert "12 runs; the best is run " in named(panel, QProgressBar, "Progress of the sweep").text()


def test_a_column_sorts_by_its_numbers_and_what_is_selected_stays(qtbot: QtBot, panel: SweepPanel) -> None:
    sweep(qtbot, panel, 30, 3, ("Hidden units", "10, 9, 2-2"))
    view = table(qtbot, panel, 9)
    view.selectRow(7)
    heads = [view.model().headerData(k, Qt.Orientation.Horizontal) for k in range(view.model().columnCount())]
    header = view.horizontalHeader()
    place = heads.index("Hidden units")
    at = QPoint(header.sectionViewportPosition(place) + 12, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert [row["Hidden units"] for row in cells(view)] == ["9"] * 3 + ["10"] * 3 + ["2-2"] * 3
    (index,) = view.selectionModel().selectedRows()
    assert index.data() == "8"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert [row["Hidden units"] for row in cells(view)] == ["2-2"] * 3 + ["10"] * 3 + ["9"] * 3


@pytest.mark.parametrize(
    ("setting", "values", "told"),
    [
        ("Learning rate", "0.1, fast", "⚠ Learning rate: “fast” is not accepted; use a number such as 0.1 or 1e-3."),
        ("Learning rate", "", "⚠ Learning rate: “” is not accepted; give values with commas between them, such as"),
        ("Momentum", "1", "⚠ Momentum: “1” is not accepted; use a number of at least 0 and below 1."),
        ("Optimizer", "Newton", "⚠ Optimizer: “Newton” is not accepted; use one of Gradient descent, RMSprop,"),
        ("Activation", "Softmax", "⚠ Activation: “softmax” is not accepted; Softmax is for the output layer only."),
        ("Hidden units", "4, 0", "⚠ Hidden units: “0” is not accepted; use a whole number of at least 1."),
    ],
)
def test_a_bad_value_is_said_and_nothing_starts(
    qtbot: QtBot, panel: SweepPanel, setting: str, values: str, told: str
) -> None:
    fill(panel, 10, 3, (setting, values))
    press(qtbot, panel, "Start")
    assert panel.findChild(ProblemLine).text().startswith(told)
    assert named(panel, QPushButton, "Start").isEnabled()
    assert not [one for one in threading.enumerate() if one.name == "sweep"]


def test_too_many_runs_are_refused(qtbot: QtBot, panel: SweepPanel) -> None:
    fill(panel, 10, 10_000, ("Momentum", "0, 0.5"))
    press(qtbot, panel, "Start")
    assert panel.findChild(ProblemLine).text() == (
        "⚠ Sweep: “20,000 runs” is not accepted; use at most 10,000 here: fewer seeds or values."
    )
    fill(panel, 10, 1_000, ("Hidden units", "200-200"))
    press(qtbot, panel, "Start")
    assert "1,000 runs of 41,001 parameters” is not accepted; use at most 195" in panel.findChild(ProblemLine).text()


def test_a_setting_that_is_chosen_brings_values_for_it(panel: SweepPanel) -> None:
    assert not [one for one in panel.findChildren(QLineEdit) if one.accessibleName() == "Values" and one.isVisible()]
    choice = named(panel, QComboBox, "Vary")
    choice.setCurrentIndex(choice.findText("Optimizer"))
    line = named(panel, QLineEdit, "Values")
    assert line.text() == "Gradient descent, Adam"
    assert "AdamW" in line.toolTip()
    choice.setCurrentIndex(0)
    assert line.isHidden()


def test_cancel_keeps_what_is_finished_and_the_window_goes_on_meanwhile(
    qtbot: QtBot, bench: Bench, panel: SweepPanel
) -> None:
    fill(panel, 400, 100, ("Hidden units", "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"))
    press(qtbot, panel, "Start")
    assert not named(panel, QPushButton, "Start").isEnabled()
    bench.controller.play(Goal(epoch=3))
    qtbot.waitUntil(lambda: not bench.controller.running)
    assert bench.store.session.progress.epoch == 3
    view = named(panel, QTableView, "Runs of the sweep")
    qtbot.waitUntil(lambda: view.model().rowCount() > 0, timeout=20_000)
    press(qtbot, panel, "Cancel")
    qtbot.waitUntil(lambda: named(panel, QPushButton, "Start").isEnabled(), timeout=20_000)
    words = named(panel, QProgressBar, "Progress of the sweep").text()
    assert words.startswith("ended after ")
    assert not [one for one in threading.enumerate() if one.name == "sweep"]
    sweep(qtbot, panel, 5, 2)
    table(qtbot, panel, 22)


def test_outcomes_are_sentences(qtbot: QtBot, panel: SweepPanel) -> None:
    sweep(qtbot, panel, 1_000, 12)
    show(qtbot, panel, "Outcomes")
    view = named(panel, QTableWidget, "Outcomes")
    qtbot.waitUntil(lambda: view.rowCount() > 1)
    told = [view.item(row, 1).text() for row in range(view.rowCount())]
    assert told[1:] == ["4 of 12 seeds end at 1/16", "1 of 12 seeds end at 1/12"]
    assert told[0].startswith("7 of 12 seeds end near 0, below 0.0001")
    bars = [len(view.item(row, 0).text()) for row in range(view.rowCount())]
    assert bars == sorted(bars, reverse=True)


def test_curves_are_bands_over_the_finished_runs(qtbot: QtBot, panel: SweepPanel) -> None:
    show(qtbot, panel, "Curves")
    sweep(qtbot, panel, 120, 4)
    qtbot.waitUntil(lambda: any(len(x) for x, _ in lines_of(panel)))
    plan = Plan.of(XOR, 120, 4, [])
    trainers = [plan.session_of(run).trainer() for run in (1, 2, 3, 4)]
    for one in trainers:
        one.run(480)
    ends = sorted(one.loss() for one in trainers)
    drawn = sorted({float(y[-1]) for x, y in lines_of(panel) if len(x) and x[-1] == 120})
    np.testing.assert_allclose([drawn[0], drawn[-1]], [ends[0], ends[-1]], rtol=1e-9)
    assert any(abs(value - np.median(ends)) < 1e-12 for value in drawn)
    before = lines_of(panel)[0][1].copy()
    qtbot.mouseClick(box := named(panel, QCheckBox, "Logarithmic"), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert box.isChecked()
    np.testing.assert_allclose(lines_of(panel)[0][1], np.log10(before), rtol=1e-9)


def test_the_heat_map_has_a_number_for_every_pair(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    show(qtbot, panel, "Heat map")
    sweep(qtbot, panel, 60, 1, ("Learning rate", "0.1, 1"), ("Hidden units", "2, 3, 4"))
    view = next(one for one in panel.findChildren(QTableWidget) if one.accessibleName() == "Heat map")

    def is_filled() -> bool:
        items = [view.item(row, column) for row in range(2) for column in range(3)]
        return view.isVisible() and all(item is not None and item.text() for item in items)

    qtbot.waitUntil(is_filled)
    assert [view.horizontalHeaderItem(k).text() for k in range(3)] == ["2", "3", "4"]
    assert [view.verticalHeaderItem(k).text() for k in range(2)] == ["0.1", "1.0"]
    plan = Plan.of(XOR, 60, 1, ["learning_rate=0.1,1", "hidden=2,3,4"])
    losses: list[float] = []
    for run in range(1, 7):
        trainer = plan.session_of(run).trainer()
        trainer.run(240)
        losses.append(trainer.loss())
        assert view.item((run - 1) // 3, (run - 1) % 3).text() == bench.preferences.number_format(losses[-1])
    best, worst = (divmod(int(k), 3) for k in (np.argmin(losses), np.argmax(losses)))
    strengths = [view.item(*at).background().color().saturation() for at in (best, worst)]
    assert strengths[0] > strengths[1]
    box = named(panel, QComboBox, "Shown")
    box.setCurrentIndex(box.findText("share that did not diverge"))
    box.activated.emit(box.currentIndex())
    assert view.item(0, 0).text() == "100%"


def test_surfaces_are_small_multiples_that_open_their_runs(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    show(qtbot, panel, "Surfaces")
    sweep(qtbot, panel, 1_000, 6)
    view = next(one for one in panel.findChildren(QListWidget) if one.accessibleName() == "Decision surfaces")
    qtbot.waitUntil(lambda: view.count() == 6 and view.isVisible())
    assert [view.item(k).toolTip() for k in range(2)] == ["Run 1, seed 0", "Run 2, seed 1"]
    image: QImage = view.item(0).icon().pixmap(64, 64).toImage()
    low, high = image.pixelColor(11, 53), image.pixelColor(53, 53)  # XOR: 0 at (0, 0), 1 at (1, 0)
    assert low.red() > low.blue()
    assert high.blue() > high.red()
    at = view.visualItemRect(view.item(2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: bench.store.session.progress.epoch == 1_000)
    assert bench.store.session.training.seed == 2


def test_what_cannot_be_drawn_is_said(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    bench.store.assign(problem("encoder-8-3-8"))
    show(qtbot, panel, "Surfaces")
    sweep(qtbot, panel, 2, 2)
    told = "Only networks of two inputs have a surface that can be drawn."
    qtbot.waitUntil(lambda: told in [one.text() for one in panel.findChildren(QLabel)])
    show(qtbot, panel, "Heat map")
    told_too = "Vary two settings to see a number for every pair of their values."
    qtbot.waitUntil(lambda: told_too in [one.text() for one in panel.findChildren(QLabel)])


def test_a_run_that_diverged_is_said_to_be_so(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    linear = Session.begin(Network(2, (dense(1, "linear"),)), XOR.training, XOR.samples)
    bench.store.assign(linear)
    show(qtbot, panel, "Surfaces")
    fill(panel, 40, 2, ("Learning rate", "1e160"))
    qtbot.keyClick(named(panel, QLineEdit, "Values"), Qt.Key.Key_Return)
    view = next(one for one in panel.findChildren(QListWidget) if one.accessibleName() == "Decision surfaces")
    qtbot.waitUntil(lambda: view.count() == 2)
    assert [view.item(k).text() for k in range(2)] == ["1: diverged", "2: diverged"]
    show(qtbot, panel, "Outcomes")
    outcomes = named(panel, QTableWidget, "Outcomes")
    qtbot.waitUntil(lambda: outcomes.rowCount() == 1)
    assert outcomes.item(0, 1).text() == "2 of 2 runs diverge"
    assert named(panel, QProgressBar, "Progress of the sweep").text() == "2 runs"


def test_a_run_opens_as_the_session_with_its_curve_and_undo_brings_back_what_was_here(
    qtbot: QtBot, bench: Bench, panel: SweepPanel
) -> None:
    plot = LossPlot(bench)
    qtbot.addWidget(plot)
    sweep(qtbot, panel, 60, 3, ("Learning rate", "0.1, 1"))
    view = table(qtbot, panel, 6)
    view.setFocus()
    view.selectRow(4)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    plan = Plan.of(XOR, 60, 3, ["learning_rate=0.1,1"])
    session, trainer = bench.store.session, plan.session_of(5).trainer()
    trainer.run(240)
    assert (session.training, session.start) == (plan.session_of(5).training, plan.session_of(5).start)
    np.testing.assert_allclose(session.parameters.flat(), trainer.parameters().flat(), rtol=1e-9)
    epochs, losses = plot.points()
    assert (epochs[0], epochs[-1], len(epochs)) == (0.0, 60.0, 61)
    assert losses[-1] == pytest.approx(trainer.loss(), rel=1e-9)
    bench.controller.play(Goal(epoch=70))
    qtbot.waitUntil(lambda: not bench.controller.running)
    trainer.run(40)
    np.testing.assert_allclose(bench.store.session.parameters.flat(), trainer.parameters().flat(), rtol=1e-9)
    assert list(bench.controller.book.runs) == [bench.store.session.run]
    bench.editor.undo()
    bench.editor.undo()
    assert bench.store.session.same_place(XOR)
    qtbot.mouseClick(named(panel, QToolButton, "Open"), Qt.MouseButton.LeftButton)
    assert len(bench.controller.book.runs) == 1


def test_pinned_runs_stand_in_the_list_of_runs_and_can_be_looked_at(
    qtbot: QtBot, bench: Bench, panel: SweepPanel
) -> None:
    document = bench.store.session
    sweep(qtbot, panel, 60, 3)
    view = table(qtbot, panel, 3)
    view.selectRow(1)
    press(qtbot, panel, "Pin", QToolButton)
    press(qtbot, panel, "Pin", QToolButton)
    (run,) = bench.controller.book.runs.values()
    assert (run.name, run.pinned, run.last.epoch) == ("Sweep 2 (seed 1)", True, 60)
    assert bench.store.session is document
    bench.time.look_at_step(100, end_of(run))
    qtbot.waitUntil(lambda: not bench.time.travelling)
    trainer = Plan.of(XOR, 60, 3, []).session_of(2).trainer()
    trainer.run(100)
    assert bench.controller.snapshot.parameters == trainer.parameters()


def test_only_so_many_are_pinned_at_once(qtbot: QtBot, bench: Bench, panel: SweepPanel) -> None:
    sweep(qtbot, panel, 1, 51)
    table(qtbot, panel, 51).selectAll()
    press(qtbot, panel, "Pin", QToolButton)
    assert panel.findChild(ProblemLine).text() == "⚠ 51 runs are selected; pin at most 50 at a time."
    assert bench.controller.book.runs == {}


def test_the_table_leaves_as_csv(
    qtbot: QtBot, panel: SweepPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not named(panel, QToolButton, "Export CSV…").isEnabled()
    sweep(qtbot, panel, 10, 2, ("Hidden units", "2, 3-3"))
    path = tmp_path / "runs.csv"

    def answer(*_: object) -> tuple[str, str]:
        return str(path), "Table (*.csv)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    press(qtbot, panel, "Export CSV…", QToolButton)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [(row["run"], row["seed"], row["hidden"]) for row in rows] == [
        ("1", "0", "2"),
        ("2", "1", "2"),
        ("3", "0", "3-3"),
        ("4", "1", "3-3"),
    ]


def test_behind_other_panels_nothing_is_drawn(qtbot: QtBot, panel: SweepPanel) -> None:
    panel.hide()
    fill(panel, 20, 3)
    named(panel, QPushButton, "Start").click()
    qtbot.waitUntil(lambda: named(panel, QPushButton, "Start").isEnabled())
    view = named(panel, QTableView, "Runs of the sweep")
    qtbot.wait(400)
    assert view.model().rowCount() == 0
    panel.show()
    table(qtbot, panel, 3)


def test_every_control_has_its_label_and_a_sentence(panel: SweepPanel) -> None:
    labels = {one.buddy(): one.text() for one in panel.findChildren(QLabel) if one.buddy()}
    for kind in (QSpinBox, QComboBox, QPushButton, QToolButton, QCheckBox, QTableView, QListWidget):
        for one in panel.findChildren(kind):
            if one.accessibleName() and not one.accessibleName().startswith("Scroll "):  # Qt's own, of the tabs
                assert one.toolTip(), one.accessibleName()
                if one in labels:
                    assert labels[one] == one.accessibleName()
    assert {"Epochs", "Seeds", "Vary", "Values", "Also vary", "Its values"} <= set(labels.values())
