"""The bar that offers what was left: each way out of it, many at once, by keyboard, and what cannot be read."""

from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.faults import data_folder
from backprop_gui.resources import problem
from backprop_gui.runs.left import left_over
from backprop_gui.session.files import read_session
from backprop_gui.ui.recovery_bar import RecoveryBar, spoken
from tests.e2e.conftest import Launch
from tests.e2e.leaving import answer, crash, edit, kept, press, rows


def after_a_crash(launch: Launch) -> Application:
    """Return the window that opens after one was gone whose first hidden layer had been given 5 units."""
    first = launch()
    edit(first, 5)
    kept(first)
    crash(first)
    return launch()


def test_it_is_written_to_a_file_without_being_opened(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = after_a_crash(launch)
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
    second = after_a_crash(launch)
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
    second = after_a_crash(launch)
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


def test_times_are_said_as_people_say_them() -> None:
    now = datetime.fromisoformat("2026-03-02T09:30:00+01:00")
    assert spoken(now.replace(hour=8, minute=3), now) == "today 8:03"
    assert spoken(now.replace(day=1, hour=23), now) == "yesterday 23:30"
    assert spoken(now.replace(month=2, day=27), now) == "2026-02-27 9:30"
