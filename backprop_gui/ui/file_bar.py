"""The bar at the top that tells when another program changed the file that is open."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from backprop_gui.ui.documents import Documents
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.watching import Found
from backprop_gui.ui.widgets.labelled import labelled


class FileBar(QFrame):
    """A sentence and what can be done about it; gone where the file is what it was."""

    def __init__(self, files: Documents) -> None:
        super().__init__()
        self._files = files
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)  # the name of a file
        self._label.setWordWrap(True)
        layout.addWidget(self._label, 1)
        self._reload = self._button("Reload", "Read the file again; undo brings back what is here now.")
        self._reload.clicked.connect(files.reload)
        self._button("Dismiss", "Put this line away; saving asks once more.").clicked.connect(self.hide)
        files.watch.found.connect(self._tell)
        self.hide()

    def _button(self, name: str, tip: str) -> QPushButton:
        button = labelled(QPushButton(), name, tip)
        self._layout.addWidget(button)
        return button

    def _tell(self, found: Found) -> None:
        self._label.setText(self._files.told_of(found))
        self._reload.setVisible(found is Found.CHANGED)
        self.setVisible(found is not Found.SAME)
