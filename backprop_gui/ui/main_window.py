"""The main window: puts the views in their places and remembers where they were."""

from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QMessageBox, QScrollArea, QVBoxLayout, QWidget

from backprop_gui import __version__
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.stepper import Stepper
from backprop_gui.runtime.store import SessionStore
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.commands import Editor
from backprop_gui.ui.data_files import DataFiles
from backprop_gui.ui.derivation.gradient_panel import GradientPanel
from backprop_gui.ui.derivation.matrix_view import MatrixView
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.derivation.step_strip import StepStrip
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.help_window import HelpWindow
from backprop_gui.ui.icons import app_icon
from backprop_gui.ui.menus import (
    EditMenu,
    build_data_menu,
    build_file_menu,
    build_help_menu,
    build_run_menu,
    build_view_menu,
)
from backprop_gui.ui.plots.distribution_plot import DistributionPlot
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.loss_surface import LossSurface
from backprop_gui.ui.plots.results_view import ResultsView
from backprop_gui.ui.plots.surface_plot import SurfacePlot
from backprop_gui.ui.plots.weight_plot import WeightPlot
from backprop_gui.ui.preferences import Preferences
from backprop_gui.ui.run_actions import RunActions
from backprop_gui.ui.run_bar import RunBar
from backprop_gui.ui.session_files import SessionFiles
from backprop_gui.ui.theme import ThemeManager
from backprop_gui.ui.welcome import Welcome

LAYOUT_VERSION = 7
LEFT_WIDTH, RIGHT_WIDTH = 320, 332
BOTTOM_HEIGHT = 232


class MainWindow(QMainWindow):
    """Canvas in the centre, forms on the left, plots below; all but the canvas in docks."""

    def __init__(
        self,
        store: SessionStore,
        controller: Controller,
        stepper: Stepper,
        editor: Editor,
        preferences: Preferences,
        theme: ThemeManager,
        unsaved: Path,
    ) -> None:
        super().__init__()
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self._controller, self._stepper, self._editor, self._settings, self._unsaved = (
            controller,
            stepper,
            editor,
            preferences.settings,
            unsaved,
        )
        self.files = SessionFiles(store, controller, editor, preferences, self)
        run = RunActions(store, controller, stepper, editor, theme, self)
        canvas = NetworkCanvas(store, controller, editor, preferences, theme)
        loss = LossPlot(controller, preferences, theme)
        weights = WeightPlot(store, controller, preferences, theme)
        surface = SurfacePlot(store, controller, editor, preferences, theme)
        landscape = LossSurface(store, controller, editor, preferences, theme)
        layers = DistributionPlot(controller, theme)

        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Welcome(preferences))
        layout.addWidget(StepStrip(store, controller, stepper, preferences, theme))
        layout.addWidget(canvas, 1)
        self.setCentralWidget(centre)
        self.addToolBar(RunBar(run, controller, stepper, preferences, self))
        self._docks = [
            self._dock("Network", _scrolled(NetworkForm(store, editor, theme))),
            self._dock("Training", _scrolled(TrainingForm(store, editor, theme))),
            self._dock("Samples", SamplesForm(store, controller, editor, preferences, theme)),
            self._dock("Loss", loss),
            self._dock("Weights", weights),
            self._dock("Surface", surface),
            self._dock("Landscape", landscape),
            self._dock("Results", ResultsView(store, controller, theme)),
            self._dock("Layers", layers),
            self._dock("Derivation", DerivationPanel(store, controller, preferences, theme)),
            self._dock("Matrices", MatrixView(store, controller, preferences, theme)),
            self._dock("Check", GradientPanel(store, controller, preferences, theme)),
        ]
        pictures = {
            "Network": canvas.save_picture,
            "Loss plot": loss.save_picture,
            "Weight plot": weights.save_picture,
            "Surface": surface.save_picture,
            "Landscape": landscape.save_picture,
            "Layers": layers.save_picture,
        }
        build_file_menu(self, self.files, pictures)
        EditMenu(self, editor)
        self.data = DataFiles(store, editor, self)
        build_data_menu(self, self.data)
        build_run_menu(self, run)
        build_view_menu(self, preferences, canvas, self._docks, self.default_layout)
        build_help_menu(self, self._show_shortcuts, self._show_about)

        self.default_layout()
        self._restore_layout()
        self.files.title_changed.connect(self._show_title)
        self.files.message.connect(self._say)
        run.message.connect(self._say)
        self.data.message.connect(self._say)
        editor.stack.cleanChanged.connect(self._show_clean)
        self.statusBar().setSizeGripEnabled(False)
        self._say("Ready.")

    def default_layout(self) -> None:
        """Put every panel where it is at the first start; the window keeps its size."""
        size = self.size()
        network, training, samples, loss, *others = self._docks
        weights, surface, landscape, results, layers, derivation, matrices, check = others
        left, right, bottom = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self.setCorner(Qt.Corner.BottomLeftCorner, left)
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        for dock, side in ((network, left), (loss, bottom), (derivation, right)):
            dock.setFloating(False)
            self.addDockWidget(side, dock)
        for dock, after, direction in (
            (training, network, Qt.Orientation.Vertical),
            (samples, training, Qt.Orientation.Vertical),
            (weights, loss, Qt.Orientation.Horizontal),
        ):
            dock.setFloating(False)
            self.splitDockWidget(after, dock, direction)
        for first, *tabs in ((weights, results, layers, landscape), (derivation, matrices, check, surface)):
            for dock in tabs:  # one by one: side by side they would need a taller window
                dock.setFloating(False)
                self.tabifyDockWidget(first, dock)
        for dock in self._docks:
            dock.show()
        weights.raise_()
        derivation.raise_()
        self.resize(size)  # before they were tabs, the panels side by side may have asked for more
        self.resizeDocks([network, derivation], [LEFT_WIDTH, RIGHT_WIDTH], Qt.Orientation.Horizontal)
        self.resizeDocks([network, training, samples], [184, 340, 196], Qt.Orientation.Vertical)
        self.resizeDocks([loss], [BOTTOM_HEIGHT], Qt.Orientation.Vertical)
        self.resizeDocks([loss, weights], [270, 350], Qt.Orientation.Horizontal)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End training, keep what is unsaved and the layout for the next start."""
        self._stepper.pause()
        self.files.keep_unsaved(self._unsaved)
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("layout", self.saveState(LAYOUT_VERSION))
        self._settings.sync()
        self._controller.shut_down()
        super().closeEvent(event)

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

    def _dock(self, title: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower())
        dock.setAccessibleName(title)
        dock.setWidget(content)
        return dock

    def _restore_layout(self) -> None:
        geometry, layout = self._settings.value("geometry"), self._settings.value("layout")
        if isinstance(geometry, QByteArray) and isinstance(layout, QByteArray):
            self.restoreGeometry(geometry)
            self.restoreState(layout, LAYOUT_VERSION)

    def _show_title(self, name: str) -> None:
        self.setWindowTitle(f"{name}[*] – Backprop GUI")
        self._show_clean(self._editor.stack.isClean())

    def _show_clean(self, clean: bool) -> None:
        self.setWindowModified(not clean)

    def _say(self, message: str) -> None:
        self.statusBar().showMessage(message)

    def _show_shortcuts(self) -> None:
        HelpWindow(self).exec()

    def _show_about(self) -> None:
        QMessageBox.about(
            self,
            "About Backprop GUI",
            f"<b>Backprop GUI {__version__}</b><p>A desktop microscope for backpropagation.</p>"
            "<p>Notation: x, h, y, t, w, u, a, δ, η; row vectors, a = xw + b.</p>",
        )


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
