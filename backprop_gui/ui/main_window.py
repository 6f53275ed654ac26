"""The main window: puts the views in their places and remembers where they were."""

import sys
from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QVBoxLayout, QWidget

from backprop_gui import __version__
from backprop_gui.extensions import unusable
from backprop_gui.faults import LOG_NAME, data_folder
from backprop_gui.runs.recorder import Recorder
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.data_import import DataImport
from backprop_gui.ui.derivation.step_strip import StepStrip
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask
from backprop_gui.ui.dialogs.help_window import HelpWindow
from backprop_gui.ui.docks import Docks
from backprop_gui.ui.documents import Documents
from backprop_gui.ui.earlier_runs import EarlierRuns
from backprop_gui.ui.engine_label import EngineLabel
from backprop_gui.ui.exports import Exports
from backprop_gui.ui.file_bar import FileBar
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.icons import app_icon
from backprop_gui.ui.keeping import Keeper
from backprop_gui.ui.menus import (
    EditMenu,
    build_data_menu,
    build_file_menu,
    build_help_menu,
    build_run_menu,
    build_view_menu,
)
from backprop_gui.ui.recovery import Recovery
from backprop_gui.ui.recovery_bar import RecoveryBar
from backprop_gui.ui.run_actions import RunActions
from backprop_gui.ui.run_bar import RunBar
from backprop_gui.ui.time_actions import TimeActions
from backprop_gui.ui.time_bar import TimeBar
from backprop_gui.ui.trouble_bar import TroubleBar
from backprop_gui.ui.welcome import Welcome


class MainWindow(QMainWindow):
    """The canvas in the centre, all else in docks around it; without a ``recorder`` nothing is kept."""

    def __init__(self, desk: Desk, recorder: Recorder | None = None) -> None:
        super().__init__()
        self._desk = desk
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.files = Documents(desk, self)
        self.keeper = None if recorder is None else Keeper(desk, self.files, recorder, self)
        self.recovery = None if self.keeper is None else Recovery(desk, self.files, self.keeper, self)
        self.earlier = None if recorder is None else EarlierRuns(desk, self.files, recorder, self)
        self.exports = Exports(desk, self.files, self)
        self.data = DataImport(desk, self)
        self._run = RunActions(desk, self)
        self._times = TimeActions(desk, self)
        self._canvas = NetworkCanvas(desk)
        self._trouble = TroubleBar(desk)
        self._docks = Docks(self, desk)
        self._lay_out()
        self._build_menus()
        self._connect()
        self.default_layout()
        self._docks.restore(desk.preferences.settings)
        self._say("Ready.")

    def default_layout(self) -> None:
        """Put every panel where it is at the first start; the window keeps its size."""
        self._docks.arrange()

    def come_to_rest(self) -> None:
        """Draw everything as well as it can be, at once: a picture is taken."""
        self._canvas.come_to_rest()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End training, keep what is unsaved and the layout for the next start: each also where another fails.

        Where what is unsaved cannot be kept, the user may have the window stay open.
        """
        self._try(self._desk.stepper.pause)
        self._try(self._desk.controller.settle)
        if self.keeper is not None and self._try(self.keeper.may_close) is False:
            event.ignore()
            return
        self._try(lambda: self._docks.keep(self._desk.preferences.settings))
        self._try(self._desk.controller.shut_down)
        if self.keeper is not None:
            self._try(self.keeper.close)
        super().closeEvent(event)

    def _try(self, act: Callable[[], object]) -> object:
        try:
            return act()
        except Exception as error:  # told here: Qt goes on, and Python code it calls must not meet an open error
            sys.excepthook(type(error), error, error.__traceback__)
            return None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a session, import weights or a table, by the file's ending."""
        path = Path(event.mimeData().urls()[0].toLocalFile())
        take = {
            ".json": self.files.open_path,
            ".npz": self.files.import_path,
            ".safetensors": self.files.import_path,
            ".onnx": self.files.import_path,
        }.get(path.suffix.lower(), self.data.import_path)
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: take(path))  # a dialog inside the drop would hold up where it came from

    def _lay_out(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if self.keeper is not None and self.recovery is not None:
            bar = RecoveryBar(self.recovery)
            self.keeper.told.connect(bar.tell)
            self.recovery.message.connect(self._say)
            layout.addWidget(bar)
        layout.addWidget(FileBar(self.files))
        layout.addWidget(Welcome(self._desk))
        layout.addWidget(self._trouble)
        layout.addWidget(StepStrip(self._desk))
        layout.addWidget(self._canvas, 1)
        self.setCentralWidget(centre)
        self.addToolBar(RunBar(self._desk, self._run, self))
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, TimeBar(self._desk, self._times, self))
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addPermanentWidget(EngineLabel(self._desk))

    def _build_menus(self) -> None:
        pictures = {"Network": self._canvas.save_picture, **self._docks.pictures}
        build_file_menu(self, self.files, self.earlier, self.exports, pictures)
        EditMenu(self, self._desk.editor)
        build_data_menu(self, self.data)
        build_run_menu(self, self._run, self._times)
        build_view_menu(self, self._desk.preferences, self._canvas, self._docks.toggles(), self.default_layout)
        build_help_menu(self, self._show_page, self._show_shortcuts, self._show_about)

    def _connect(self) -> None:
        self.files.title_changed.connect(self._show_title)
        self._desk.store.changed.connect(self._show_title)
        for source in (self.files, self.exports, self.data, self._run, self._trouble):
            source.message.connect(self._say)
        if self.earlier is not None:
            self.earlier.message.connect(self._say)
        self._desk.time.refused.connect(self._say)
        for form in self.findChildren(SamplesForm):
            form.table_pasted.connect(self.data.import_text)
        self._desk.controller.snapshot_changed.connect(self._forget)
        self._say(" ".join(unusable()))
        self._desk.editor.stack.cleanChanged.connect(self._show_clean)

    def _show_title(self) -> None:
        """Show the session's title, where it has one, and its file's name."""
        named = " – ".join(filter(None, (self._desk.store.session.title, self.files.name))).replace("[*]", "[*][*]")
        title = f"{named}[*] – Backprop GUI"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self._show_clean(self._desk.editor.stack.isClean())

    def _show_clean(self, clean: bool) -> None:
        self.setWindowModified(not clean)

    def _say(self, message: str) -> None:
        self._said_at = _moment(self._desk.controller.snapshot)
        self.statusBar().showMessage(message)

    def _forget(self, snapshot: Snapshot) -> None:
        """Take back what was said of a moment that is left."""
        if self._said_at != _moment(snapshot):
            self._say("")

    def _show_page(self, page: str) -> None:
        self._desk.help.open(page, self)

    def _show_shortcuts(self) -> None:
        ask(HelpWindow(self), bool)

    def _show_about(self) -> None:
        QMessageBox.about(
            self,
            "About Backprop GUI",
            f"<b>Backprop GUI {__version__}</b><p>A desktop microscope for backpropagation.</p>"
            "<p>Notation: x, h, y, t, w, u, a, δ, η; row vectors, a = xw + b.</p>"
            f"<p>Faults are logged in {escape(str(data_folder() / LOG_NAME))}</p>",
        )


def _moment(snapshot: Snapshot) -> tuple[int, int]:
    """Return which update a snapshot stands at, and how far into it."""
    return snapshot.progress.step, snapshot.reached.position if snapshot.reached else 0
