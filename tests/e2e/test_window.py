"""A student's walk through the real window: type a network and inputs, train, watch, export, read back."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QFileDialog, QLineEdit, QMessageBox, QTableView, QToolButton

from backprop_gui.session.files import read_session


def press(qtbot, application, action_name):
    window = application.window
    action = next(one for one in window.findChildren(QToolButton) if one.accessibleName() == action_name)
    qtbot.mouseClick(action, Qt.MouseButton.LeftButton)


def idle(qtbot, application):
    qtbot.waitUntil(lambda: not application.controller.running, timeout=20_000)


def menu_action(application, text):
    for menu in application.window.menuBar().findChildren(type(application.window.menuBar().addMenu("x"))):
        for action in menu.actions():
            if action.text().replace("&", "") == text:
                return action
    raise AssertionError(f"no menu entry {text!r}")


def test_the_first_start_opens_the_article_ready_to_step(launch):
    application = launch()
    assert application.window.windowTitle() == "article[*] – Backprop GUI"
    assert application.store.session.network.sizes == (2, 3, 2)
    assert not application.controller.running


@pytest.mark.parametrize("ending", ["json", "npz", "csv"])
def test_weights_trained_by_hand_read_back_equal(launch, qtbot, tmp_path, monkeypatch, ending):
    application = launch()
    press(qtbot, application, "Step epoch")
    idle(qtbot, application)
    path = tmp_path / f"weights.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    application.window.files.export_weights()
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


def test_closing_while_it_trains_keeps_the_session_for_the_next_start(launch, qtbot):
    application = launch()
    press(qtbot, application, "Play")
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > 100)
    application.window.close()
    assert not application.controller.running
    trained = application.store.session.parameters
    again = launch()
    assert again.store.session.parameters == trained
    assert again.window.isWindowModified()


def test_a_saved_session_is_the_one_that_opens(launch, qtbot, tmp_path, monkeypatch):
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    path = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    assert application.window.files.save()
    assert not application.window.isWindowModified()
    assert read_session(path).parameters == application.store.session.parameters
    assert application.window.files.recent == (path,)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_lost(launch, qtbot, tmp_path, monkeypatch):
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    said = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "such.json"), ""))
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: said.append(arguments[2]))
    application.window.files.export_weights()
    assert not application.window.files.save()
    assert len(said) == 2
    assert all("such.json: cannot be written" in one for one in said)
    assert application.store.session.progress.step == 1
    assert application.window.isWindowModified()


def test_a_bad_file_is_refused_and_the_session_stays(launch, tmp_path, monkeypatch):
    application = launch()
    before = application.store.session
    path = tmp_path / "bad.json"
    path.write_text('{"format": "backprop-gui/session", "version": 1, "network": {"inputs": 0}}', encoding="utf-8")
    said = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: said.append(arguments[2]))
    application.window.files.open_path(path)
    assert len(said) == 1
    assert str(path) in said[0]
    assert application.store.session is before


def test_leaving_unsaved_changes_asks_first(launch, qtbot, monkeypatch):
    application = launch()
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    application.window.files.open_problem("xor")
    assert application.store.session.network.sizes == (2, 3, 2)
    application.window.files.open_problem("xor")
    assert application.store.session.network.sizes == (2, 2, 1)
    assert not application.window.isWindowModified()


def test_keys_step_reset_and_play(launch, qtbot):
    application = launch()
    window = application.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.centralWidget().setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    idle(qtbot, application)
    assert application.store.session.progress.step == 1
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > 10)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not application.controller.running
    qtbot.keyClick(window, Qt.Key.Key_Home)
    assert application.store.session.progress.step == 0


def test_every_control_has_an_accessible_name(launch):
    application = launch()
    nameless = [
        widget
        for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QTableView)
        for widget in application.window.findChildren(kind)
        if not widget.accessibleName()
        and not isinstance(widget.parent(), QComboBox | QAbstractSpinBox)
        and widget.objectName() != "qt_spinbox_lineedit"
    ]
    assert nameless == []
