"""The dialog of worked sheets says what a choice of blanks means."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QRadioButton
from pytestqt.qtbot import QtBot

from backprop_gui.ui.dialogs.sheet_dialog import SheetDialog


def test_what_would_give_a_blank_away_is_said_to_be_blank_too(qtbot: QtBot) -> None:
    dialog = SheetDialog()
    qtbot.addWidget(dialog)
    dialog.show()

    def words() -> str:
        return " ".join(label.text() for label in dialog.findChildren(QLabel))

    assert dialog.blanks() == frozenset()
    student = next(one for one in dialog.findChildren(QRadioButton) if "students" in one.text())
    qtbot.mouseClick(student, Qt.MouseButton.LeftButton, pos=QPoint(8, student.height() // 2))
    boxes = {box.text(): box for box in dialog.findChildren(QCheckBox)}
    for name in ("Forward pass", "Loss", "Gradients", "Updates"):
        qtbot.mouseClick(boxes[name], Qt.MouseButton.LeftButton, pos=QPoint(32, boxes[name].height() // 2))
    assert dialog.blanks() == {"deltas"}
    assert "give it away: gradients, updates." in words()
    assert all(box.toolTip().endswith(".") for box in boxes.values())
