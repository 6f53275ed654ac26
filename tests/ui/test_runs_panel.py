"""Runs side by side: listed as a tree, named, pinned, shown, compared, deleted, taken away; ghosts in the loss plot."""

import csv
import gc
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QTableWidget, QToolButton, QTreeWidget
from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.resources import problem
from backprop_gui.runs.run import Run
from backprop_gui.runs.summary import end_of
from backprop_gui.session import edits
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.runs.comparison import ComparisonDialog
from backprop_gui.ui.runs.runs_panel import RunsPanel
from tests.conftest import Bench
from tests.finding import named
from tests.meeting import Meetings
from tests.plotting import lines_of


def train(qtbot: QtBot, bench: Bench, epochs: int) -> Run:
    bench.controller.play(Goal(epoch=epochs))
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)
    return bench.controller.book.runs[bench.store.session.run]


@pytest.fixture
def runs(qtbot: QtBot, bench: Bench) -> tuple[Run, Run, Run]:
    """Two runs at different rates from one start, and a branch of the second."""
    bench.store.assign(problem("xor"))
    first = train(qtbot, bench, 30)
    bench.editor.apply("reset", lambda s: edits.set_setting(edits.reset(s), "optimizer.learning_rate", 0.25))
    second = train(qtbot, bench, 40)
    bench.time.look_at_epoch(10)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    bench.editor.apply("momentum", lambda s: edits.set_setting(s, "optimizer.momentum", 0.5))
    return first, second, train(qtbot, bench, 50)


@pytest.fixture
def panel(qtbot: QtBot, bench: Bench, runs: tuple[Run, Run, Run]) -> RunsPanel:
    view = RunsPanel(bench)
    qtbot.addWidget(view)
    view.resize(700, 260)
    view.show()
    return view


def tree(panel: RunsPanel) -> QTreeWidget:
    return named(panel, QTreeWidget, "Runs")


def rows(panel: RunsPanel) -> dict[str, dict[str, str]]:
    view = tree(panel)
    heads = [view.headerItem().text(column) for column in range(view.columnCount())]
    found = view.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
    return {one.text(0): {head: one.text(k) for k, head in enumerate(heads)} for one in found}


def runs_loss(run: Run) -> float:
    return end_of(run).trainer().loss()


def press(qtbot: QtBot, panel: RunsPanel, name: str) -> None:
    qtbot.mouseClick(named(panel, QToolButton, name), Qt.MouseButton.LeftButton)


def select(panel: RunsPanel, *names: str) -> None:
    view = tree(panel)
    view.clearSelection()
    for name in names:
        (item,) = view.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        item.setSelected(True)


def test_every_run_is_listed_with_what_differs_and_a_branch_below_the_run_it_left(panel: RunsPanel) -> None:
    found = rows(panel)
    assert list(found) == ["Run 1", "Run 2", "Run 3"]
    assert [one["Epochs"] for one in found.values()] == ["30", "40", "50"]
    assert found["Run 3"]["Differs"] == "shown"
    assert found["Run 1"]["Differs"] == "learning rate 1, momentum 0.9"
    (branch,) = tree(panel).findItems("Run 3", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    assert branch.parent().text(0) == "Run 2"


def test_a_run_is_shown_on_the_canvas_with_its_curve_and_nothing_is_changed(
    qtbot: QtBot, bench: Bench, panel: RunsPanel, runs: tuple[Run, Run, Run]
) -> None:
    document = bench.store.session
    select(panel, "Run 1")
    press(qtbot, panel, "Show")
    qtbot.waitUntil(lambda: not bench.time.travelling)
    assert bench.controller.past is not None
    assert bench.controller.snapshot.parameters == runs[0].end[0]
    assert len(bench.controller.history) == 31 - 1  # the row of its end is drawn from the moment shown
    assert bench.store.session is document
    bench.time.look_at_epoch(5)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    trainer = problem("xor").trainer()
    trainer.run(20)
    assert bench.controller.snapshot.parameters == trainer.parameters()
    bench.time.come_back()
    assert bench.controller.snapshot.parameters == document.parameters
    assert len(bench.controller.history) == 51


def test_names_notes_and_pins_are_taken_over(qtbot: QtBot, panel: RunsPanel, runs: tuple[Run, Run, Run]) -> None:
    (item,) = tree(panel).findItems("Run 1", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    item.setText(0, "fast")
    item.setText(tree(panel).columnCount() - 1, "the textbook's rate")
    item.setCheckState(0, Qt.CheckState.Checked)
    assert (runs[0].name, runs[0].note, runs[0].pinned) == ("fast", "the textbook's rate", True)
    qtbot.waitUntil(lambda: "fast" in rows(panel))
    assert rows(panel)["fast"]["Note"] == "the textbook's rate"
    loss = rows(panel)["fast"]["Loss"]
    item.setText(2, "0")
    item.setText(0, " ")
    qtbot.waitUntil(lambda: (rows(panel).get("fast") or {}).get("Loss") == loss)  # neither is taken over


def test_rows_follow_what_happens_and_what_is_selected_stays(
    qtbot: QtBot, bench: Bench, panel: RunsPanel, runs: tuple[Run, Run, Run]
) -> None:
    select(panel, "Run 1")
    train(qtbot, bench, 60)
    qtbot.waitUntil(lambda: rows(panel)["Run 3"]["Epochs"] == "60")
    bench.editor.apply("rate", lambda s: edits.set_setting(s, "optimizer.learning_rate", 1.0))
    qtbot.waitUntil(lambda: "learning rate" not in rows(panel)["Run 1"]["Differs"])
    bench.preferences.set("digits", "3")
    qtbot.waitUntil(lambda: rows(panel)["Run 1"]["Loss"] == bench.preferences.number_format(runs_loss(runs[0])))
    assert [item.text(0) for item in tree(panel).selectedItems()] == ["Run 1"]
    bench.editor.apply("reset", edits.reset)
    train(qtbot, bench, 5)
    qtbot.waitUntil(lambda: "Run 4" in rows(panel))
    assert [item.text(0) for item in tree(panel).selectedItems()] == ["Run 1"]


def test_two_runs_are_compared_and_what_differs_is_marked(qtbot: QtBot, bench: Bench, panel: RunsPanel) -> None:
    select(panel, "Run 1", "Run 2")
    press(qtbot, panel, "Compare…")
    dialog = panel.window().findChild(ComparisonDialog)
    assert dialog is not None
    settings = named(dialog, QTableWidget, "Settings")
    told = [[settings.item(row, column).text() for column in range(4)] for row in range(settings.rowCount())]
    assert ["learning rate", "1", "0.25", "≠"] in told
    assert ["loss", "half sse", "half sse", ""] in told
    solid, dashed = lines_of(dialog), lines_of(dialog, dashed=True)
    assert [len(x) for x, _ in solid] == [31]
    assert [len(x) for x, _ in dashed] == [41]
    dialog.close()
    qtbot.waitUntil(lambda: panel.window().findChild(ComparisonDialog) is None)


def test_a_number_beside_another_keeps_its_exponent_in_a_table_of_two_runs(
    qtbot: QtBot, bench: Bench, panel: RunsPanel
) -> None:
    select(panel, "Run 1", "Run 2")
    press(qtbot, panel, "Compare…")
    dialog = panel.window().findChild(ComparisonDialog)
    assert dialog is not None
    tables = {table.accessibleName(): table for table in dialog.findChildren(QTableWidget)}
    assert set(tables) == {"Settings", "Results", "Weights"}
    assert all(table.textElideMode() is Qt.TextElideMode.ElideMiddle for table in tables.values())
    widths = [tables["Settings"].columnWidth(column) for column in range(4)]
    assert widths[-1] < min(widths[:-1])
    dialog.close()


def test_what_the_document_stands_on_cannot_be_deleted_and_the_rest_only_after_a_question(
    qtbot: QtBot, in_dialog: Meetings, bench: Bench, panel: RunsPanel
) -> None:
    asked: list[str] = []

    def answer(box: QMessageBox) -> None:
        asked.append(box.text())
        yes = box.button(QMessageBox.StandardButton.Yes) or box.button(QMessageBox.StandardButton.Ok)
        yes.click()

    for name in ("Run 2", "Run 1"):
        select(panel, name)
        in_dialog(QMessageBox, answer)
        press(qtbot, panel, "Delete")
    assert asked == [
        "The run on the canvas, and those it branched from, cannot be deleted.",
        "Delete Run 1? This cannot be undone.",
    ]
    assert [run.name for run in bench.controller.book.runs.values()] == ["Run 2", "Run 3"]


def test_runs_of_a_session_that_was_left_are_let_go(qtbot: QtBot, bench: Bench) -> None:
    train(qtbot, bench, 5)
    panel = RunsPanel(bench)
    qtbot.addWidget(panel)
    panel.show()
    view = tree(panel)
    qtbot.waitUntil(lambda: view.topLevelItemCount() == 1)
    (gone,) = [weakref.ref(run.keyframes) for run in bench.controller.book.runs.values()]
    bench.editor.stack.clear()
    bench.controller.open(problem("xor"))
    qtbot.waitUntil(lambda: view.topLevelItemCount() == 0)
    gc.collect()
    assert gone() is None


def test_all_runs_leave_as_a_table(
    qtbot: QtBot, panel: RunsPanel, runs: tuple[Run, Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "runs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), "Table (*.csv)"))  # pyright: ignore
    press(qtbot, panel, "Export CSV…")
    with target.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["run"] for row in found] == [run.name for run in runs]
    trainer = problem("xor").trainer()
    trainer.run(120)
    assert float(found[0]["loss"]) == trainer.loss()
    assert "learning rate 0.25" in found[1]["settings"]


def test_earlier_runs_stay_as_ghosts_as_many_as_wanted(qtbot: QtBot, bench: Bench, runs: tuple[Run, Run, Run]) -> None:
    plot = LossPlot(bench)
    qtbot.addWidget(plot)
    plot.show()

    def ghosts() -> list[int]:
        plot.points()  # what is due is drawn
        return sorted(len(x) for x, _ in lines_of(plot) if len(x) and len(x) != 51)

    assert ghosts() == [30]  # the second run is on the way to the third, so it is no other one
    bench.preferences.set("ghosts", 0)
    assert ghosts() == []
    assert runs[0].diverged is None


def test_a_new_run_of_another_shape_still_has_the_others_beside_it(qtbot: QtBot, bench: Bench) -> None:
    train(qtbot, bench, 20)
    bench.editor.apply("units", lambda s: edits.set_units(s, 0, 5))
    train(qtbot, bench, 20)
    plot, panel = LossPlot(bench), RunsPanel(bench)
    qtbot.addWidget(plot)
    qtbot.addWidget(panel)
    plot.show()
    assert sorted(len(x) for x, _ in lines_of(plot) if len(x)) == [20, 21]
    select(panel, "Run 1", "Run 2")
    press(qtbot, panel, "Compare…")
    dialog = panel.window().findChild(QDialog)
    assert isinstance(dialog, ComparisonDialog)
    dialog.close()
