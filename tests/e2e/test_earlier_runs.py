"""Runs of sessions that are closed are listed and opened again, in the real window."""

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QMessageBox, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from backprop_gui.faults import data_folder
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.dialogs.earlier_runs_dialog import EarlierRunsDialog
from tests.e2e.conftest import Launch
from tests.e2e.hands import menu_action
from tests.e2e.leaving import edit, train
from tests.finding import named
from tests.meeting import Meetings


def rows(dialog: EarlierRunsDialog) -> list[list[str]]:
    view = named(dialog, QTreeWidget, "Earlier runs")
    items = [view.topLevelItem(place) for place in range(view.topLevelItemCount())]
    return [[item.text(column) for column in range(view.columnCount())] for item in items if item is not None]


def open_button(dialog: EarlierRunsDialog) -> QPushButton:
    (box,) = dialog.findChildren(QDialogButtonBox)
    return box.button(QDialogButtonBox.StandardButton.Open)


def test_a_run_of_a_closed_session_is_opened_with_its_curve_and_where_it_branched(
    launch: Launch, qtbot: QtBot, in_dialog: Meetings
) -> None:
    first = launch(problem("xor"))
    train(qtbot, first, 30)
    first.desk.time.look_at_epoch(10)
    qtbot.waitUntil(lambda: not first.desk.time.travelling)
    first.editor.apply("rate", lambda s: edits.set_setting(s, "optimizer.learning_rate", 0.125))
    train(qtbot, first, 20)
    curve, end = first.controller.history.losses.tolist(), first.store.session.parameters
    for run in first.controller.book.runs.values():
        run.note = f"<b>{run.name}</b>"
    first.editor.stack.setClean()  # as after saving: it is not left over
    first.window.close()

    second = launch(problem("article"))
    found: list[list[str]] = []

    def choose(dialog: EarlierRunsDialog) -> None:
        found.extend(rows(dialog))
        open_button(dialog).click()  # the newest is selected

    in_dialog(EarlierRunsDialog, choose)
    menu_action(second, "Open earlier run…").trigger()
    assert [(row[0], row[2], row[5]) for row in found] == [
        ("Run 2", "20", "<b>Run 2</b>"),
        ("Run 1", "30", "<b>Run 1</b>"),
    ]
    assert "learning rate 0.125" in found[0][6]
    assert second.store.session.parameters == end
    assert second.controller.history.losses.tolist() == curve
    assert [run.name for run in second.controller.book.runs.values()] == ["Run 1", "Run 2"]
    assert second.window.windowTitle().startswith("Run 2")
    second.desk.time.look_at_epoch(5)
    qtbot.waitUntil(lambda: second.controller.past is not None)
    trainer = problem("xor").trainer()
    trainer.run(20)
    assert second.controller.snapshot.parameters == trainer.parameters()
    second.desk.time.come_back()
    train(qtbot, second, 25)
    assert len(second.controller.book.runs) == 2  # the branch goes on


def test_where_none_is_kept_that_is_said_and_what_is_unsaved_is_asked_about(
    launch: Launch, qtbot: QtBot, in_dialog: Meetings
) -> None:
    application = launch(problem("xor"))
    said: list[str] = []

    def read(dialog: EarlierRunsDialog) -> None:
        assert not open_button(dialog).isEnabled()
        said.extend(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())

    in_dialog(EarlierRunsDialog, read)
    menu_action(application, "Open earlier run…").trigger()
    assert said == ["No run of a session that is closed is kept."]
    train(qtbot, application, 5)
    application.window.files.put("article", problem("article"), None)
    edit(application, 4)
    in_dialog(EarlierRunsDialog, lambda dialog: open_button(dialog).click())
    in_dialog(QMessageBox, lambda box: box.button(QMessageBox.StandardButton.Cancel).click())
    menu_action(application, "Open earlier run…").trigger()
    assert application.store.session.network.sizes == (2, 4, 2)
    application.editor.stack.setClean()
    in_dialog(EarlierRunsDialog, lambda dialog: open_button(dialog).click())
    menu_action(application, "Open earlier run…").trigger()
    assert application.store.session.progress.epoch == 5


def test_a_store_that_cannot_be_read_is_told_of(launch: Launch, in_dialog: Meetings) -> None:
    application = launch()
    assert application.recorder is not None
    assert application.recorder.flush(10)
    application.recorder.close()
    (data_folder() / "runs.db").unlink()
    (data_folder() / "runs.db").write_bytes(b"no store " * 1000)
    said: list[str] = []
    in_dialog(QMessageBox, lambda box: said.append(box.text()))
    menu_action(application, "Open earlier run…").trigger()
    assert "the store of runs cannot be used" in said[0]
