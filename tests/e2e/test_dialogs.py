"""Dialogs go when they are answered, and show what files say letter for letter."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QTextDocument
from PySide6.QtGui import Qt as QtGuiQt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QMessageBox, QTableView, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.data.samples import Column
from backprop_gui.engine.network import UnitRef
from backprop_gui.resources import problem
from backprop_gui.session.edits import take_samples
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.plots.decision_surface import DecisionSurface
from tests.conftest import Bench
from tests.e2e.conftest import Launch
from tests.finding import named
from tests.meeting import Meetings

TAG = "a<b>c & d"
"""A name that would be bold in part if it were taken for rich text."""


def choose(application: Application, name: str, entry: str) -> None:
    bar = application.window.menuBar()
    menu = next(one for one in bar.findChildren(QMenu) if one.title() == name)
    next(action for action in menu.actions() if action.text() == entry).trigger()


@pytest.mark.parametrize(
    ("menu", "entry"),
    [
        ("&Run", "Run until…"),
        ("&Data", "&Generate samples…"),
        ("&File", "Export worked &sheet…"),
        ("&Help", "&Keyboard shortcuts"),
    ],
)
def test_a_dialog_is_gone_once_it_is_answered(
    launch: Launch, in_dialog: Meetings, qtbot: QtBot, menu: str, entry: str
) -> None:
    application, met = launch(), list[str]()
    in_dialog(QDialog, lambda dialog: met.append(dialog.windowTitle()))
    choose(application, menu, entry)
    assert len(met) == 1
    qtbot.waitUntil(lambda: application.window.findChildren(QDialog) == [])


def test_a_table_that_is_refused_or_cancelled_leaves_no_dialog_behind(
    launch: Launch, in_dialog: Meetings, qtbot: QtBot, tmp_path: Path
) -> None:
    application = launch()
    empty, good = tmp_path / "empty.csv", tmp_path / "good.csv"
    empty.write_text("")
    good.write_text("a,t\n1,0\n2,1\n")
    boxes: list[QWidget] = []
    in_dialog(QMessageBox, boxes.append)
    application.window.data.import_path(empty)
    in_dialog(ImportDialog, boxes.append)
    application.window.data.import_path(good)
    assert len(boxes) == 2
    qtbot.waitUntil(lambda: application.window.findChildren(QDialog) == [])


def test_a_file_called_like_a_tag_is_named_letter_for_letter(
    launch: Launch, in_dialog: Meetings, tmp_path: Path
) -> None:
    application = launch()
    formats: list[Qt.TextFormat] = []

    def read(box: QMessageBox) -> None:
        assert TAG in box.text()
        formats.append(box.textFormat())

    in_dialog(QMessageBox, read)
    application.window.files.open_path(tmp_path / f"{TAG}.json")
    assert formats == [Qt.TextFormat.PlainText]


def test_cells_that_look_like_tags_are_told_letter_for_letter(qtbot: QtBot) -> None:
    dialog = ImportDialog("t.csv", f"x,t\n1,0\n{TAG},1\n".encode())
    qtbot.addWidget(dialog)
    speaking = [label for label in dialog.findChildren(QLabel) if "<b>" in label.text()]
    assert speaking
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in speaking)


@pytest.fixture
def tagged(bench: Bench) -> Bench:
    """XOR whose first input and first sample are named like tags."""
    xor = problem("xor")
    columns = (Column(TAG), Column("other"), Column("target"))
    bench.store.assign(take_samples(xor, replace(xor.samples, columns=columns, names=(TAG, "b", "c", "d"))))
    return bench


def seen(text: str) -> str:
    """Return what people see of a tool tip."""
    document = QTextDocument()
    if QtGuiQt.mightBeRichText(text):
        document.setHtml(text)
    else:
        document.setPlainText(text)
    return document.toPlainText()


def test_an_axis_shows_a_columns_name_letter_for_letter(qtbot: QtBot, tagged: Bench) -> None:
    plot = DecisionSurface(tagged)
    qtbot.addWidget(plot)
    plot.resize(480, 320)
    plot.show()
    area = cast(Any, plot.findChild(pg.PlotWidget))
    assert TAG in area.getPlotItem().getAxis("bottom").label.toPlainText()


def test_tool_tips_show_names_letter_for_letter(qtbot: QtBot, tagged: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tips: list[str] = []

    def show(_at: QPoint, text: str, _widget: QWidget) -> None:
        tips.append(text)

    monkeypatch.setattr(QToolTip, "showText", show)
    canvas = NetworkCanvas(tagged)
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    canvas.show()
    at = canvas.place_of(UnitRef(0, 0))
    event = QHelpEvent(QEvent.Type.ToolTip, at, canvas.viewport().mapToGlobal(at))
    QApplication.sendEvent(canvas.viewport(), event)
    assert TAG in seen(tips[0])

    samples = SamplesForm(tagged)
    qtbot.addWidget(samples)
    model = named(samples, QTableView, "Inputs and targets").model()
    for orientation in Qt.Orientation:
        assert TAG in seen(model.headerData(0, orientation, Qt.ItemDataRole.ToolTipRole))
