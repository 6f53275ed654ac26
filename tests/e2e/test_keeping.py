"""Where keeping fails the window stays open and says so; how much room kept runs may take."""

import sqlite3
from pathlib import Path

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from backprop_gui.faults import data_folder
from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.runs.left import left_over, restore
from backprop_gui.runs.records import list_runs, load_run, make_room
from backprop_gui.runs.store import Store
from backprop_gui.session import edits
from backprop_gui.session.files import read_session, write_session
from tests.e2e.conftest import Launch
from tests.e2e.leaving import crash, edit, kept, train
from tests.runs.test_book import again


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


def test_a_file_opened_again_in_the_same_window_has_its_run(launch: Launch, qtbot: QtBot, tmp_path: Path) -> None:
    application = launch(problem("xor"))
    train(qtbot, application, 20)
    application.editor.apply("rate", lambda s: edits.set_setting(s, "optimizer.learning_rate", 0.25))
    train(qtbot, application, 40)  # a way that cannot be made again from the file alone
    curve, path = application.controller.history.losses.tolist(), tmp_path / "s.json"
    write_session(path, application.store.session)
    application.editor.stack.setClean()
    application.window.files.open_problem("article")
    kept(application)
    application.window.files.open_path(path)
    assert application.controller.history.losses.tolist() == curve
    assert len(application.controller.book.runs) == 1


def test_runs_of_a_session_that_was_left_make_room_while_the_window_stays(launch: Launch, qtbot: QtBot) -> None:
    application = launch(problem("xor"))
    train(qtbot, application, 20)
    application.editor.stack.setClean()
    application.window.files.open_problem("article")
    train(qtbot, application, 10)
    kept(application)
    store = Store(data_folder())
    assert len(list_runs(store)) == 2
    assert "Run 1" in make_room(store, 0)
    assert [one.id for one in list_runs(store)] == list(application.controller.book.runs)
    store.close()


def test_what_came_of_a_run_just_before_another_session_was_opened_is_kept(launch: Launch, qtbot: QtBot) -> None:
    application = launch(problem("xor"))
    assert application.window.keeper is not None
    application.window.keeper._timer.stop()  # as where all of it happens between two ticks
    train(qtbot, application, 30)
    (run,) = application.controller.book.runs
    application.window.files.put("article", problem("article"), None)
    kept(application)
    store = Store(data_folder())
    assert load_run(store, run).last.epoch == 30
    store.close()


def test_the_room_for_kept_runs_is_a_choice(launch: Launch) -> None:
    application = launch()
    assert application.window.keeper is not None
    assert application.window.keeper.recorder.limit_mb == 200
    application.desk.preferences.set("store_mb", "50")
    assert application.window.keeper.recorder.limit_mb == 50


def test_a_session_is_never_kept_without_the_way_it_came(launch: Launch, qtbot: QtBot) -> None:
    application = launch(problem("xor"))
    train(qtbot, application, 20)
    kept(application)
    application.editor.apply("Rate", lambda session: edits.set_setting(session, "optimizer.learning_rate", 0.125))
    application.controller.step(3)
    qtbot.waitUntil(lambda: not application.controller.running)
    keeper = application.window.keeper
    assert keeper is not None
    assert keeper.recorder.flush(10)  # as it does by itself, before the next tick
    crash(application)
    back = restore(data_folder(), left_over(data_folder())[0])
    assert back.claim is not None
    back.claim.release()
    book = Book()
    for run in back.runs:
        book.add(run)
    assert [one.progress.step for one in book.stages(back.session)] == [0, 80]
    for step in (81, 82, 83):
        truth = (
            application.store.session.trainer()
            if step == 83
            else again(application.controller.book, back.session, step)
        )
        assert again(book, back.session, step).parameters() == truth.parameters()
