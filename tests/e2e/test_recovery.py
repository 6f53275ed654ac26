"""Unsaved work comes back in the real window: after a crash, after an orderly end, whatever was opened meanwhile."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.goals import Goal
from backprop_gui.faults import data_folder
from backprop_gui.resources import problem
from backprop_gui.runs.left import left_over
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session, write_session
from backprop_gui.ui.recovery_bar import RecoveryBar, spoken
from tests.e2e.conftest import Launch
from tests.runs.keeping import end
from tests.shapes import by

Answer = Callable[..., object]


def crash(application: Application) -> None:
    """Let the window be gone for its store as a kill leaves it."""
    keeper = application.window.keeper
    assert keeper is not None
    keeper._closed = True
    keeper._timer.stop()
    end(keeper.recorder)


def kept(application: Application) -> None:
    assert application.window.keeper is not None
    application.window.keeper.commit()
    assert application.window.keeper.recorder.trouble == ""


def rows(application: Application) -> list[str]:
    QApplication.processEvents()
    bar = application.window.findChild(RecoveryBar)
    shown = [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]
    assert bar.isVisible() == bool(shown)
    return shown


def press(qtbot: QtBot, application: Application, name: str, place: int = 0) -> None:
    QApplication.processEvents()
    bar = application.window.findChild(RecoveryBar)
    assert bar is not None
    found = [one for one in bar.findChildren(QPushButton) if one.accessibleName() == name and one.isVisible()]
    found.sort(key=lambda one: one.mapToGlobal(one.rect().topLeft()).y())
    assert found[place].text() == name
    assert found[place].toolTip().endswith(".")
    qtbot.mouseClick(found[place], Qt.MouseButton.LeftButton)


def train(qtbot: QtBot, application: Application, epoch: int) -> None:
    application.controller.play(Goal(epoch=epoch))
    qtbot.waitUntil(lambda: not application.controller.running)


def edit(application: Application, units: int) -> None:
    application.editor.apply("Units", lambda session: edits.set_units(session, 0, units))


def answer(monkeypatch: pytest.MonkeyPatch, *answers: QMessageBox.StandardButton) -> list[QMessageBox.StandardButton]:
    waiting = list(answers)

    def exec_(*_: object) -> QMessageBox.StandardButton:
        return waiting.pop(0)

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    return waiting


def adam() -> Session:
    session = problem("xor")
    return replace(session, training=replace(session.training, optimizer=by("adam", 0.05), shuffle=True))


def test_after_a_crash_everything_comes_back_and_goes_on_bit_for_bit(
    launch: Launch, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    write_session(path, adam())
    first = launch(read_session(path), path)
    edit(first, 5)
    train(qtbot, first, 30)
    first.store.show_sample(2)
    lost, curve = first.store.session, first.controller.history
    epochs, losses = curve.epochs.tolist(), curve.losses.tolist()
    kept(first)
    crash(first)

    second = launch()
    (left,) = left_over(data_folder())
    assert rows(second) == [f"Left unsaved: mine.json, epoch 30, {spoken(left.saved_at, datetime.now().astimezone())}"]
    assert second.store.session.network == problem("article").network
    press(qtbot, second, "Restore")
    now = second.store.session
    assert rows(second) == []
    assert second.window.files.path == path
    assert second.window.windowTitle().startswith("mine.json")
    assert second.window.isWindowModified()
    assert (now.parameters, now.training, now.samples, now.view) == (
        lost.parameters,
        lost.training,
        lost.samples,
        lost.view,
    )
    history = second.controller.history
    assert (history.epochs.tolist(), history.losses.tolist()) == (epochs, losses)
    assert [text for text, _, _ in second.editor.edits()] == ["Units", "Training"]
    second.desk.time.look_at_step(second.store.session.progress.step // 2)
    qtbot.waitUntil(lambda: second.controller.past is not None)  # the states on the way are there too
    second.controller.look_at(None)
    train(qtbot, second, 50)
    assert list(second.controller.book.runs) == list(first.controller.book.runs)  # the same run goes on
    whole = edits.set_units(adam(), 0, 5).trainer()
    whole.run(50 * whole.batches)
    assert second.store.session.parameters == whole.parameters()
    for _ in range(3):
        second.editor.undo()
    assert second.store.session.network == adam().network
    assert second.window.isWindowModified()
    kept(second)
    assert left_over(data_folder()) == ()  # it is the second window's now
    crash(second)
    assert [one.title for one in left_over(data_folder())] == ["mine.json"]


def test_running_training_is_kept_as_it_goes_on(launch: Launch, qtbot: QtBot) -> None:
    first = launch()
    first.controller.play()
    qtbot.waitUntil(lambda: first.controller.snapshot.progress.epoch > 50)
    qtbot.wait(1700)  # two ticks, and no other word to the keeper
    crash(first)
    at = first.controller.snapshot.progress.epoch
    first.controller.settle()
    (left,) = left_over(data_folder())
    assert 0 < left.epoch <= at
    second = launch()
    press(qtbot, second, "Restore")
    restored = second.store.session
    assert restored.progress.epoch == left.epoch
    trainer = problem("article").trainer()
    trainer.run(restored.progress.step)
    assert trainer.parameters() == restored.parameters
    assert second.controller.history.epochs[0] == 0
    assert len(second.controller.history) > 10


def test_a_start_with_a_session_deletes_nothing_and_offers_it(launch: Launch, qtbot: QtBot) -> None:
    first = launch()
    edit(first, 5)
    first.window.close()
    for _ in range(2):
        other = launch(problem("xor"))
        assert len(rows(other)) == 1
        other.window.close()
    again = launch()
    assert rows(again) == []
    assert again.store.session.network.sizes == (2, 5, 2)  # a plain start goes on where the window was closed
    assert again.window.isWindowModified()
    again.editor.undo()
    assert again.store.session.network.sizes == (2, 3, 2)


def test_two_windows_keep_their_work_beside_each_other(launch: Launch, qtbot: QtBot) -> None:
    first, second = launch(), launch(problem("xor"))
    edit(first, 7)
    edit(second, 6)
    assert rows(second) == []  # the other is open
    second.window.close()
    first.window.close()
    third = launch(problem("iris"))
    assert len(rows(third)) == 2
    press(qtbot, third, "Restore", 1)  # the newest is above
    assert third.store.session.network.sizes == (2, 6, 1)
    assert len(rows(third)) == 1


def test_what_is_saved_is_not_offered(launch: Launch, tmp_path: Path) -> None:
    first = launch()
    edit(first, 5)
    first.window.files.name_session("s.json", tmp_path / "s.json")
    assert first.window.files.save()
    kept(first)
    crash(first)
    assert rows(launch()) == []


def test_it_is_written_to_a_file_without_being_opened(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = launch()
    edit(first, 5)
    kept(first)
    crash(first)
    second = launch()
    names = ["", str(tmp_path / "kept.json")]

    def name(*_: object) -> tuple[str, str]:
        return names.pop(0), "Sessions (*.json)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    press(qtbot, second, "Save as…")
    assert len(rows(second)) == 1  # no file was named
    press(qtbot, second, "Save as…")
    assert read_session(tmp_path / "kept.json").network.sizes == (2, 5, 2)
    assert rows(second) == []
    assert left_over(data_folder()) == ()
    assert second.store.session.network.sizes == (2, 3, 2)


def test_it_is_deleted_only_where_the_user_says_so_twice(
    launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = launch()
    edit(first, 5)
    kept(first)
    crash(first)
    second = launch()
    waiting = answer(monkeypatch, QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard)
    press(qtbot, second, "Discard")
    assert len(left_over(data_folder())) == 1
    press(qtbot, second, "Discard")
    assert waiting == []
    assert left_over(data_folder()) == ()
    assert rows(second) == []


def test_restoring_asks_about_what_is_unsaved_in_the_window(
    launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = launch()
    edit(first, 5)
    kept(first)
    crash(first)
    second = launch()
    edit(second, 4)
    answer(monkeypatch, QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard)
    press(qtbot, second, "Restore")
    assert second.store.session.network.sizes == (2, 4, 2)
    press(qtbot, second, "Restore")
    assert second.store.session.network.sizes == (2, 5, 2)


def test_many_are_offered_a_few_at_a_time(launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    for units in (4, 5, 6, 7, 8):
        window = launch(problem("xor"))
        edit(window, units)
        kept(window)
        crash(window)
    last = launch(problem("iris"))
    assert len(rows(last)) == 4
    assert rows(last)[-1] == "And 2 more, which come up when these are dealt with."
    answer(monkeypatch, *[QMessageBox.StandardButton.Discard] * 3)
    for _ in range(3):
        press(qtbot, last, "Discard")
    assert len(rows(last)) == 2


def test_tab_comes_through_the_bar_in_its_order(launch: Launch, qtbot: QtBot) -> None:
    for units in (4, 5):
        window = launch(problem("xor"))
        edit(window, units)
        kept(window)
        crash(window)
    last = launch(problem("iris"))
    bar = last.window.findChild(RecoveryBar)
    assert bar is not None
    last.window.activateWindow()
    qtbot.waitUntil(last.window.isActiveWindow)
    buttons = sorted(
        (one for one in bar.findChildren(QPushButton) if one.isVisible()),
        key=lambda one: (one.mapToGlobal(QPoint()).y(), one.mapToGlobal(QPoint()).x()),
    )
    assert [one.accessibleName() for one in buttons] == ["Restore", "Save as…", "Discard"] * 2
    buttons[0].setFocus()
    for button in buttons:
        assert last.window.focusWidget() is button
        qtbot.keyClick(button, Qt.Key.Key_Tab)
    assert last.window.centralWidget().isAncestorOf(last.window.focusWidget())  # what is below the bar


def test_a_damaged_store_is_told_of_and_the_start_goes_on(launch: Launch, qtbot: QtBot) -> None:
    data_folder().mkdir(parents=True)
    (data_folder() / "runs.db").write_bytes(b"no store " * 1000)
    application = launch()
    qtbot.waitUntil(lambda: any("The store of runs was damaged" in row for row in rows(application)))
    press(qtbot, application, "Dismiss")
    assert rows(application) == []
    edit(application, 5)
    kept(application)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"{}", b"\xff\xfe", b""])
def test_an_unreadable_file_of_an_earlier_program_stops_nothing_and_is_not_lost(
    launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    data_folder().mkdir(parents=True)
    old = data_folder() / "unsaved-session.json"
    old.write_bytes(content)
    application = launch()
    assert application.store.session.network == problem("article").network
    assert len(rows(application)) == 1
    waiting = answer(monkeypatch, QMessageBox.StandardButton.Ok)
    press(qtbot, application, "Restore")
    assert waiting == []  # it is said that it cannot be read
    assert old.read_bytes() == content


def test_what_an_earlier_program_left_opens_and_then_lives_in_the_store(launch: Launch) -> None:
    data_folder().mkdir(parents=True)
    old = data_folder() / "unsaved-session.json"
    write_session(old, edits.set_units(problem("article"), 0, 5))
    application = launch()
    assert application.store.session.network.sizes == (2, 5, 2)
    kept(application)
    assert not old.exists()
    crash(application)
    assert [one.title for one in left_over(data_folder())] == ["restored session"]


def test_where_keeping_fails_at_the_end_the_window_stays_open_and_says_so(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    kept(application)
    keeper = application.window.keeper
    assert keeper is not None
    keeper.recorder._store.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(data_folder() / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    edit(application, 5)
    asked: list[str] = []
    presses = ["Cancel", "Save as…", "Close anyway"]

    def exec_(box: QMessageBox) -> int:
        asked.append(box.text())
        wanted = presses.pop(0)
        next(one for one in box.buttons() if one.text().replace("&", "") == wanted).click()
        return 0

    def name(*_: object) -> tuple[str, str]:
        return "", ""

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    assert not application.window.close()
    assert application.window.isVisible()
    assert "could not be kept for the next start" in asked[0]
    assert "locked" in asked[0]
    assert not application.window.close()  # no file was named
    edit(application, 6)
    application.controller.step()  # everything goes on
    assert application.window.close()
    assert presses == []
    other.close()


def test_saving_when_keeping_fails_closes_the_window(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    edit(application, 5)
    assert application.window.keeper is not None

    def fail(*_: object) -> bool:
        return False

    def choose(*_: object) -> int:
        return 0

    def name(*_: object) -> tuple[str, str]:
        return str(tmp_path / "s.json"), ""

    monkeypatch.setattr(application.window.keeper.recorder, "flush", fail)
    monkeypatch.setattr("backprop_gui.ui.keeping.offer", choose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    event = QCloseEvent()
    application.window.closeEvent(event)
    assert event.isAccepted()
    assert read_session(tmp_path / "s.json").network.sizes == (2, 5, 2)


def test_the_room_for_kept_runs_is_a_choice(launch: Launch) -> None:
    application = launch()
    assert application.window.keeper is not None
    assert application.window.keeper.recorder.limit_mb == 200
    application.desk.preferences.set("store_mb", "50")
    assert application.window.keeper.recorder.limit_mb == 50


def test_times_are_said_as_people_say_them() -> None:
    now = datetime.fromisoformat("2026-03-02T09:30:00+01:00")
    assert spoken(now.replace(hour=8, minute=3), now) == "today 8:03"
    assert spoken(now.replace(day=1, hour=23), now) == "yesterday 23:30"
    assert spoken(now.replace(month=2, day=27), now) == "2026-02-27 9:30"
