"""Which engine trains, in the status bar."""

from PySide6.QtWidgets import QLabel

from backprop_gui.engine.choose import is_compiled
from backprop_gui.engine.compiled import library
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID


class EngineLabel(QLabel):
    """Says whether C or NumPy trains the session, and why."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setContentsMargins(GRID, 0, GRID, 0)
        self.setAccessibleName("Engine")
        desk.store.changed.connect(self._show)
        self._show(desk.store.session)

    def _show(self, session: Session) -> None:
        found = library.load()
        compiled = is_compiled("auto", session.network, session.training)
        if compiled and found:
            tip = f"Training runs in C, built for {found.level} processors: faster than NumPy, to the same numbers."
        elif found:
            tip = "NumPy trains: the engine in C does not know every function or setting of this session."
        else:
            tip = "NumPy trains: no C compiler was there when the program was installed, so there is no faster engine."
        self.setText(f"Engine: {'compiled' if compiled else 'NumPy'}")
        self.setToolTip(tip)
