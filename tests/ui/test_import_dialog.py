"""The import dialog: what it guessed and why, every guess to be changed with the rest guessed anew, and roles."""

import io
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QDialogButtonBox, QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from backprop_gui.data.tables.columns import Source
from backprop_gui.ui.dialogs import import_dialog, opening
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.dialogs.table_preview import TablePreview
from tests.finding import named, ok_button

CARS = (
    "Measured by the lab, in May\n\nbrand;power;price\n"
    "Audi;1,5;20.500\nSeat;0,9;12.000\nAudi;?;15.250\nSeat;1,2;9.750\n"
)


def show(qtbot: QtBot, content: str) -> ImportDialog:
    dialog = ImportDialog("t.csv", content.encode())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def words(dialog: ImportDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def cells(dialog: ImportDialog, row: int) -> list[str]:
    preview = dialog.findChild(TablePreview)
    return [preview.item(row, column).text() for column in range(preview.columnCount())]


def roles(dialog: ImportDialog) -> list[str]:
    boxes = [box for box in dialog.findChildren(QComboBox) if box.accessibleName().startswith("Column ")]
    return [box.currentText() for box in boxes if not box.isHidden()]


def choose(dialog: ImportDialog, name: str, entry: str) -> None:
    """Choose an entry with the keyboard, as a person does."""
    box = named(dialog, QComboBox, name)
    place = box.findText(entry)
    assert place >= 0, entry
    box.setFocus()
    key = Qt.Key.Key_Down if place > box.currentIndex() else Qt.Key.Key_Up
    for _ in range(abs(place - box.currentIndex())):
        QTest.keyClick(box, key)
    assert box.currentText() == entry


def click(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center() - button.rect().topRight() / 2.2)


def test_the_preview_shows_numbers_as_they_are_read_and_the_guesses_with_their_reasons(qtbot: QtBot) -> None:
    dialog = show(qtbot, CARS)
    assert cells(dialog, 1) == ["Audi", "1.5", "20500"]
    assert cells(dialog, 3) == ["Audi", "missing", "15250"]
    assert "“20.500”" in dialog.findChild(TablePreview).item(1, 2).toolTip()
    told = words(dialog)
    for reason in (
        "The first line is a title.",
        "Delimiter semicolon: parts 5 of 6 lines into 3 columns.",
        "Decimal comma: “1,5” can only be a decimal.",
        "The first row has names: “power” stands over numbers.",
        "“price” is the target: the last column.",
    ):
        assert reason in told
    assert roles(dialog) == ["input", "input", "target"]


def test_what_is_changed_stays_and_the_rest_is_guessed_anew(qtbot: QtBot) -> None:
    dialog = show(qtbot, "a;b\n1,200;3\n2,500;7\n")
    assert cells(dialog, 1) == ["1.2", "3"]
    assert "Decimal comma, though it could part thousands" in words(dialog)
    choose(dialog, "Decimal mark", "point")
    assert cells(dialog, 1) == ["1200", "3"]
    choose(dialog, "Decimal mark", "comma")
    assert cells(dialog, 1) == ["1.2", "3"]
    choose(dialog, "Delimiter", "comma")
    assert named(dialog, QComboBox, "Decimal mark").currentText() == "comma"
    assert dialog.findChild(TablePreview).columnCount() == 2
    click(named(dialog, QPushButton, "Guess again"))
    assert named(dialog, QComboBox, "Delimiter").currentText() == "semicolon"


def test_roles_are_guessed_anew_for_other_columns(qtbot: QtBot) -> None:
    dialog = show(qtbot, "a,b;c\n1,2;x\n3,4;y\n5,6;x\n")
    choose(dialog, "Delimiter", "semicolon")
    assert roles(dialog) == ["input", "class"]
    choose(dialog, "Column c is", "ignore")
    assert not ok_button(dialog).isEnabled()
    choose(dialog, "Delimiter", "bar")
    choose(dialog, "Delimiter", "semicolon")
    assert roles(dialog) == ["input", "class"]


def test_names_in_the_first_row_can_be_denied(qtbot: QtBot) -> None:
    dialog = show(qtbot, "1990,1991,1992\n3.5,4,1.5\n5,6,2.5\n")
    box = named(dialog, QCheckBox, "The first row has names")
    assert box.isChecked()
    assert len(dialog.reading().samples) == 2
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert not box.isChecked()
    assert len(dialog.reading().samples) == 3


def test_numbers_can_be_a_class_and_classes_numbers(qtbot: QtBot) -> None:
    dialog = show(qtbot, "class,alc\n1,14.2\n1,13.5\n2,12.5\n3,11\n2,10\n3,9.5\n")
    assert roles(dialog) == ["class", "input"]
    assert dialog.reading().samples.targets.shape == (6, 3)
    choose(dialog, "Column class is", "target")
    assert dialog.reading().samples.targets.ravel().tolist() == [1, 1, 2, 3, 2, 3]
    choose(dialog, "Column class is", "class")
    assert [column.short_name for column in dialog.reading().samples.columns] == ["alc", "1", "2", "3"]


def test_missing_values_are_named_skipped_or_filled(qtbot: QtBot) -> None:
    dialog = show(qtbot, CARS)
    assert not ok_button(dialog).isEnabled()
    assert "line 6, power: the value is missing (“?”)" in words(dialog)
    choose(dialog, "Missing values", "skip their rows")
    assert ok_button(dialog).isEnabled()
    assert len(dialog.reading().samples) == 3
    choose(dialog, "Missing values", "take the mean")
    assert dialog.reading().samples.inputs[2].tolist() == [1, 0, pytest.approx(1.2)]
    assert "A mean stands in 1 place." in words(dialog)


def test_a_file_without_gaps_does_not_ask_about_them(qtbot: QtBot) -> None:
    assert not named(show(qtbot, "a,t\n1,2\n3,4\n"), QComboBox, "Missing values").isEnabled()


def test_a_kind_of_file_without_a_delimiter_does_not_ask_for_one(qtbot: QtBot) -> None:
    dialog = show(qtbot, '[{"x": 1, "t": 2}, {"x": 3, "t": 4}]')
    assert not named(dialog, QComboBox, "Delimiter").isEnabled()
    assert not named(dialog, QComboBox, "Decimal mark").isEnabled()
    assert dialog.reading().samples.inputs.tolist() == [[1], [3]]


def test_every_control_says_what_it_is_for(qtbot: QtBot) -> None:
    dialog = show(qtbot, CARS)
    for kind in (QComboBox, QCheckBox, QPushButton):
        for control in dialog.findChildren(kind):
            if isinstance(control.parent(), QDialogButtonBox):
                continue
            assert control.accessibleName(), control
            assert len(control.toolTip().split()) > 3, control.accessibleName()


def test_the_columns_of_a_wide_table_are_shown_a_few_at_a_time(qtbot: QtBot) -> None:
    rows = "\n".join(",".join(f"{k % 7}.5" for k in range(600)) for _ in range(5))
    dialog = show(qtbot, rows + "\n")
    assert dialog.reading() is None
    qtbot.waitUntil(lambda: dialog.reading() is not None)
    assert dialog.reading().samples.inputs.shape == (5, 599)
    assert cells(dialog, 1)[-1] == "4.5"
    assert roles(dialog)[-2:] == ["input", "target"]


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Tables are opened only once this is set."""
    go, real = Event(), opening.open_table

    def slow(*arguments: Any) -> Source:
        assert go.wait(20)
        return real(*arguments)

    monkeypatch.setattr(opening, "open_table", slow)
    monkeypatch.setattr(import_dialog, "SMALL_BYTES", 0)
    return go


def test_a_table_that_takes_long_to_open_is_waited_for_with_the_window_alive(qtbot: QtBot, go: Event) -> None:
    dialog = show(qtbot, CARS)
    assert dialog.findChild(QProgressBar).isVisible()
    assert not named(dialog, QComboBox, "Delimiter").isEnabled()
    assert not ok_button(dialog).isEnabled()
    go.set()
    qtbot.waitUntil(lambda: dialog.reading() is not None)
    assert named(dialog, QComboBox, "Delimiter").isEnabled()
    assert roles(dialog) == ["input", "input", "target"]


def test_what_is_refused_late_is_told_in_the_dialog(qtbot: QtBot, go: Event) -> None:
    dialog = show(qtbot, "SNNS network definition file V1.4\n")
    go.set()
    qtbot.waitUntil(lambda: "a network, not a table" in words(dialog))
    assert not dialog.findChild(QProgressBar).isVisible()
    assert not ok_button(dialog).isEnabled()


def test_closing_gives_up_reading_and_lets_go_of_the_file(qtbot: QtBot) -> None:
    file = io.BytesIO(b"a,b,k\n" + b"1,2,x\n" * 400_000)
    dialog = ImportDialog("t.csv", file)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.reading() is None
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel).click()
    assert file.closed
    qtbot.wait(50)
    assert dialog.reading() is None
