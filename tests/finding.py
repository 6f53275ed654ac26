"""Finding controls as a person does: by what they are and what they are called."""

from typing import TypeVar

from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QPushButton, QWidget

W = TypeVar("W", bound=QWidget)


def named(parent: QWidget, kind: type[W], name: str) -> W:
    """Return the one control of a kind with an accessible name that has not been hidden."""
    QApplication.processEvents()  # Qt shows and deletes rows of a layout a moment later
    found = [one for one in parent.findChildren(kind) if one.accessibleName() == name and not one.isHidden()]
    assert len(found) == 1, f"{len(found)} controls are called {name!r}"
    return found[0]


def ok_button(dialog: QDialog) -> QPushButton:
    """Return a dialog's OK."""
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
