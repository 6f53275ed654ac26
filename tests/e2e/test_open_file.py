"""The open file, in the real window: what other programs do to it is told, and nothing is overwritten unasked."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.goals import Goal
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.files import encode_session, read_session, write_session
from backprop_gui.ui.dialogs.words_dialog import WordsDialog
from backprop_gui.ui.file_bar import FileBar
from tests.e2e.conftest import Launch
from tests.meeting import Meetings
from tests.shapes import by


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mine.json"
    write_session(path, problem("xor"))
    return path


@pytest.fixture
def application(launch: Launch, path: Path) -> Application:
    return launch(read_session(path), path)


def bar(application: Application) -> FileBar:
    found = application.window.findChild(FileBar)
    assert isinstance(found, FileBar)
    return found


def told(application: Application) -> str:
    """Return what the bar says, "" where it is not shown."""
    shown = bar(application).findChild(QLabel)
    assert isinstance(shown, QLabel)
    return shown.text() if bar(application).isVisible() else ""


def press(qtbot: QtBot, application: Application, name: str) -> None:
    found = next(one for one in bar(application).findChildren(QPushButton) if one.accessibleName() == name)
    assert found.text() == name
    assert found.toolTip().endswith(".")
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def edit(application: Application, units: int = 5) -> None:
    application.editor.apply("Units", lambda session: edits.set_units(session, 0, units))


def answer(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Let the next boxes be answered by the buttons of these names; return what they asked, as they come."""
    asked: list[str] = []
    pressed: list[QAbstractButton] = []
    waiting = list(names)

    def exec_(box: QMessageBox) -> int:
        asked.append(box.text())
        name = waiting.pop(0)
        button = next(one for one in box.buttons() if one.text().replace("&", "") == name)
        pressed.append(button)
        return int(box.standardButton(button).value)

    def clicked(_box: QMessageBox) -> QAbstractButton:
        return pressed[-1]

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    monkeypatch.setattr(QMessageBox, "clickedButton", clicked)
    return asked


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let the next questions for a file be answered by this one."""

    def name(*_: object) -> tuple[str, str]:
        return str(path), f"(*{path.suffix})"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)


def test_what_another_program_writes_is_told_and_reloading_can_be_undone(
    application: Application, path: Path, qtbot: QtBot
) -> None:
    assert told(application) == ""
    edit(application)
    theirs = edits.set_words(problem("and"), "Theirs", "")
    write_session(path, theirs)
    qtbot.waitUntil(lambda: told(application) == "Another program changed the file “mine.json”.")
    press(qtbot, application, "Reload")
    assert told(application) == ""
    assert application.store.session.samples == theirs.samples
    assert application.editor.stack.isClean()
    assert application.window.windowTitle() == "Theirs – mine.json[*] – Backprop GUI"
    application.editor.undo()
    assert application.store.session.network.layers[0].units == 5
    assert not application.editor.stack.isClean()
    write_session(path, problem("xor"))  # the next change is told as well
    qtbot.waitUntil(lambda: told(application) != "")


def test_a_file_that_is_gone_is_told_and_one_that_comes_back_as_it_was_is_not(
    application: Application, path: Path, qtbot: QtBot
) -> None:
    away = path.with_name("away.json")
    path.rename(away)
    qtbot.waitUntil(lambda: "no longer there" in told(application))
    assert not next(one for one in bar(application).findChildren(QPushButton) if one.text() == "Reload").isVisible()
    away.rename(path)
    qtbot.waitUntil(lambda: told(application) == "")
    os.utime(path, (1, 1))  # another time, the same content
    QApplication.sendEvent(application.window, QEvent(QEvent.Type.WindowActivate))
    assert application.window.files.watch.look().value == "same"
    path.unlink()
    qtbot.waitUntil(lambda: "no longer there" in told(application))
    press(qtbot, application, "Dismiss")
    assert told(application) == ""


def test_saving_over_what_another_program_wrote_is_asked_about(
    application: Application, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(application)
    theirs = encode_session(problem("and"))
    path.write_bytes(theirs)
    asked = answer(monkeypatch, "Cancel", "Save as…", "Save anyway")
    assert not application.window.files.save()
    assert asked == ["Another program changed the file “mine.json”."]
    assert path.read_bytes() == theirs
    assert not application.editor.stack.isClean()
    elsewhere = tmp_path / "other.json"
    choose(monkeypatch, elsewhere)
    assert application.window.files.save()
    assert path.read_bytes() == theirs
    assert read_session(elsewhere).network.layers[0].units == 5
    elsewhere.unlink()
    edit(application, 6)
    assert application.window.files.save()
    assert "no longer there" in asked[2]
    assert read_session(elsewhere).network.layers[0].units == 6
    edit(application, 7)
    assert application.window.files.save()  # what was written here is no change
    assert len(asked) == 3


def test_a_read_only_file_is_written_only_where_the_user_says_so(
    application: Application, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o444)
    before = path.read_bytes()
    edit(application)
    asked = answer(monkeypatch, "No", "Yes")
    assert not application.window.files.save()
    assert asked == ["The file “mine.json” is read-only. Overwrite it?"]
    assert path.read_bytes() == before
    assert not application.editor.stack.isClean()
    assert application.window.files.save()
    assert read_session(path).network.layers[0].units == 5
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_session_that_could_not_be_opened_again_is_not_saved_either(
    application: Application, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(application)
    before = path.read_bytes()
    monkeypatch.setattr("backprop_gui.session.files.MOST_VALUES", 10)
    asked = answer(monkeypatch, "OK")
    assert not application.window.files.save()
    assert "could not be opened again" in asked[0]
    assert path.read_bytes() == before
    assert not application.editor.stack.isClean()


def test_a_read_only_export_is_asked_about_as_well(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "history.csv"
    table.write_text("old")
    table.chmod(0o444)
    choose(monkeypatch, table)
    answer(monkeypatch, "No", "Yes")
    application.window.exports.history()
    assert table.read_text() == "old"
    application.window.exports.history()
    assert table.read_text().startswith("epoch,loss")


def test_a_file_that_cannot_be_reloaded_changes_nothing(
    application: Application, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = application.store.session
    path.write_text("{")
    qtbot.waitUntil(lambda: told(application) != "")
    asked = answer(monkeypatch, "OK")
    press(qtbot, application, "Reload")
    assert "it must be JSON" in asked[0]
    assert application.store.session is session


def button(dialog: QDialog, which: QDialogButtonBox.StandardButton) -> QPushButton:
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    return box.button(which)


def test_title_and_notes_are_edited_undone_saved_and_shown(
    application: Application, in_dialog: Meetings, path: Path, qtbot: QtBot
) -> None:
    action = next(one for one in application.window.findChildren(QAction) if one.text() == "Session &properties…")
    assert action.shortcut().toString() == "Alt+Return"
    ok = QDialogButtonBox.StandardButton.Ok

    def fill(dialog: WordsDialog) -> None:
        title, notes = dialog.findChild(QLineEdit), dialog.findChild(QPlainTextEdit)
        assert isinstance(title, QLineEdit)
        assert isinstance(notes, QPlainTextEdit)
        assert (title.accessibleName(), notes.accessibleName()) == ("Title", "Notes")
        qtbot.keyClicks(title, "x" * 201)
        assert not button(dialog, ok).isEnabled()
        assert any("use one line of at most 200 characters" in one.text() for one in dialog.findChildren(QLabel))
        title.clear()
        qtbot.keyClicks(title, "A [*] <b>title</b>")
        qtbot.keyClicks(notes, "one")
        qtbot.keyClick(notes, Qt.Key.Key_Return)
        qtbot.keyClicks(notes, "two")
        qtbot.mouseClick(button(dialog, ok), Qt.MouseButton.LeftButton)

    in_dialog(WordsDialog, fill)
    action.trigger()
    session = application.store.session
    assert (session.title, session.notes) == ("A [*] <b>title</b>", "one\ntwo")
    assert application.window.windowTitle() == "A [*][*] <b>title</b> – mine.json[*] – Backprop GUI"
    assert application.window.files.save()
    assert (read_session(path).title, read_session(path).notes) == ("A [*] <b>title</b>", "one\ntwo")
    application.editor.undo()
    assert (application.store.session.title, application.store.session.notes) == ("", "")
    assert application.window.windowTitle() == "mine.json[*] – Backprop GUI"
    application.store.assign(edits.set_words(application.store.session, " as it is ", "one\r\ntwo\u2028three"))
    before = application.editor.stack.count()
    in_dialog(WordsDialog, lambda dialog: qtbot.mouseClick(button(dialog, ok), Qt.MouseButton.LeftButton))
    action.trigger()  # nothing was typed
    assert application.editor.stack.count() == before


def test_a_title_given_while_it_trains_stays_and_training_goes_on(application: Application, qtbot: QtBot) -> None:
    application.controller.play()
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > 0)
    application.editor.apply("Session properties", lambda now: edits.set_words(now, "Mine", ""))
    assert application.controller.running
    step = application.store.session.progress.step
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > step)
    application.controller.pause()
    assert application.store.session.title == "Mine"
    application.controller.play(Goal(epoch=application.store.session.progress.epoch + 3))
    qtbot.waitUntil(lambda: not application.controller.running)
    assert application.store.session.title == "Mine"
    assert edits.reset(application.store.session).title == "Mine"


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_session_saved_in_the_window_and_opened_again_goes_on_as_if_it_had_never_stopped(
    launch: Launch, path: Path, qtbot: QtBot, optimizer: str
) -> None:
    def train(application: Application, epoch: int) -> None:
        application.controller.play(Goal(epoch=epoch))
        qtbot.waitUntil(lambda: not application.controller.running)

    training = replace(problem("xor").training, optimizer=by(optimizer, 0.1), shuffle=True, dropout=0.25)
    start = edits.set_training(problem("xor"), training)
    write_session(path, start)
    first = launch(read_session(path), path)
    train(first, 25)
    first.controller.step(3)
    qtbot.waitUntil(lambda: not first.controller.running)
    assert first.store.session.progress.batch == 3 % first.store.session.batches
    assert first.window.files.save()
    half = first.store.session
    second = launch(read_session(path), path)
    assert second.store.session.progress.epoch == half.progress.epoch
    assert second.store.session.progress.slots == half.progress.slots
    for one in (first, second):
        train(one, 50)
    whole, again = first.store.session, second.store.session
    assert again.parameters.flat().tobytes() == whole.parameters.flat().tobytes()
    assert [one.flat().tobytes() for one in again.progress.slots] == [
        one.flat().tobytes() for one in whole.progress.slots
    ]
    assert edits.reset(again).parameters == start.parameters
