"""Files and the real window: saved, opened, refused, dropped, and what leaving asks."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QTableView
from pytestqt.qtbot import QtBot

from backprop_gui.session.files import decode_session, encode_session, read_session
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.dialogs.sheet_dialog import SheetDialog
from backprop_gui.ui.forms.samples_form import SamplesForm
from tests.e2e.conftest import Launch
from tests.e2e.hands import idle, press, save_as, warnings
from tests.finding import ok_button
from tests.meeting import Meetings


@pytest.mark.parametrize("what", ["sheet", "weights"])
def test_a_file_name_that_is_no_good_is_told_in_the_windows_words(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    application = launch()
    save_as(monkeypatch, tmp_path / "work.doc")
    said = warnings(monkeypatch)

    def accepted(_dialog: SheetDialog) -> bool:
        return True

    monkeypatch.setattr(SheetDialog, "exec", accepted)
    getattr(application.window.exports, what)()
    assert said[0].startswith("File name: “work.doc” is not accepted; let the name end in .")
    assert list(tmp_path.glob("work*")) == []


@pytest.mark.parametrize("ending", ["json", "npz", "csv"])
def test_weights_trained_by_hand_read_back_equal(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    application = launch()
    press(qtbot, application, "Step epoch")
    idle(qtbot, application)
    path = tmp_path / f"weights.{ending}"
    save_as(monkeypatch, path)
    application.window.exports.weights()
    parameters = application.store.session.parameters
    if ending == "json":
        layers = json.loads(path.read_text(encoding="utf-8"))["layers"]
        assert [layer["weights"] for layer in layers] == [w.tolist() for w in parameters.weights]
        assert [layer["biases"] for layer in layers] == [b.tolist() for b in parameters.biases]
    elif ending == "npz":
        with np.load(path) as arrays:
            assert arrays["W1"].tolist() == parameters.weights[0].tolist()
            assert arrays["b2"].tolist() == parameters.biases[1].tolist()
    else:
        numbers = [float(line.rsplit(",", 1)[1]) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        assert sorted(numbers) == sorted(parameters.flat().tolist())


def test_a_saved_session_is_the_one_that_opens(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    path = tmp_path / "mine.json"
    save_as(monkeypatch, path)
    assert application.window.files.save()
    assert not application.window.isWindowModified()
    assert read_session(path).parameters == application.store.session.parameters
    assert application.window.files.recent == (path,)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_lost(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    save_as(monkeypatch, tmp_path / "no" / "such.json")
    said = warnings(monkeypatch)
    application.window.exports.weights()
    assert not application.window.files.save()
    assert len(said) == 2
    assert all("such.json: cannot be written" in one for one in said)
    assert application.store.session.progress.step == 1
    assert application.window.isWindowModified()


def test_a_bad_file_is_refused_and_the_session_stays(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    before = application.store.session
    path = tmp_path / "bad.json"
    path.write_text('{"format": "backprop-gui/session", "version": 1, "network": {"inputs": 0}}', encoding="utf-8")
    said = warnings(monkeypatch)
    application.window.files.open_path(path)
    assert len(said) == 1
    assert str(path) in said[0]
    assert application.store.session is before


def test_leaving_unsaved_changes_asks_first(launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]

    def answer(*_: object) -> QMessageBox.StandardButton:
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "exec", answer)
    application.window.files.open_problem("xor")
    assert application.store.session.network.sizes == (2, 3, 2)
    application.window.files.open_problem("xor")
    assert application.store.session.network.sizes == (2, 2, 1)
    assert not application.window.isWindowModified()


def test_a_table_dropped_on_the_window_becomes_the_samples_after_the_dialog(
    launch: Launch, qtbot: QtBot, tmp_path: Path
) -> None:
    application = launch()
    path = tmp_path / "pets.csv"
    path.write_text("who,height,kg,kind\nRex,60,30,dog\nTom,25,4,cat\nKim,70,40,dog\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(300, 300), *arguments)
    QGuiApplication.sendEvent(application.window, entering)
    assert entering.isAccepted()
    QGuiApplication.sendEvent(application.window, QDropEvent(QPointF(300, 300), *arguments))

    def accept() -> None:
        dialog = application.window.findChild(ImportDialog)
        if dialog and dialog.isVisible() and dialog.reading():
            ok_button(dialog).click()

    timer = QTimer(application.window, interval=20)
    timer.timeout.connect(accept)
    timer.start()
    qtbot.waitUntil(lambda: len(application.store.session.samples) == 3)
    timer.stop()
    session = application.store.session
    assert session.network.sizes == (2, 3, 2)
    assert session.samples.names == ("Rex", "Tom", "Kim")
    assert session.samples.targets.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert decode_session(encode_session(session)).samples == session.samples


def test_a_table_pasted_into_the_samples_opens_the_import_and_becomes_the_samples(
    launch: Launch, qtbot: QtBot, in_dialog: Meetings
) -> None:
    application = launch()
    QGuiApplication.clipboard().setText("height\tkg\tkind\n60,5\t30\tdog\n25\t4\tcat\n70\t40\tdog\n")

    def accept(dialog: ImportDialog) -> None:
        assert "Decimal comma" in words_of(dialog)
        qtbot.mouseClick(ok_button(dialog), Qt.MouseButton.LeftButton)

    in_dialog(ImportDialog, accept)
    table = application.window.findChild(SamplesForm).findChild(QTableView)
    application.window.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    samples = application.store.session.samples
    assert samples.inputs.tolist() == [[60.5, 30], [25, 4], [70, 40]]
    assert samples.targets.tolist() == [[0, 1], [1, 0], [0, 1]]


def test_the_clipboard_is_imported_from_the_menu_or_refused_in_a_sentence(
    launch: Launch, qtbot: QtBot, in_dialog: Meetings
) -> None:
    application = launch()
    told: list[str] = []
    QGuiApplication.clipboard().setText("")
    in_dialog(QMessageBox, lambda box: told.append(box.text()))
    application.window.data.paste_table()
    assert "an empty file" in told[0]
    QGuiApplication.clipboard().setText("a,t\n1,5\n2,6\n")
    in_dialog(ImportDialog, lambda dialog: dialog.accept())
    application.window.data.paste_table()
    assert application.store.session.samples.targets.tolist() == [[5], [6]]


def words_of(dialog: ImportDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))
