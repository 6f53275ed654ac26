"""The composition root: makes the objects and wires them together."""

import gc
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QEventLoop,
    QIODevice,
    QSettings,
)
from PySide6.QtWidgets import QApplication

from backprop_gui.engine.goals import Goal
from backprop_gui.explain.situation import Style
from backprop_gui.faults import Faults, data_folder
from backprop_gui.resources import problem
from backprop_gui.runs.recorder import Recorder
from backprop_gui.runtime.collecting import Collector
from backprop_gui.runtime.end_signals import EndSignals
from backprop_gui.runtime.snapshot import take_snapshot
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope
from backprop_gui.storage import write_whole
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.guard import guard_overrides
from backprop_gui.ui.icons import app_icon
from backprop_gui.ui.main_window import MainWindow
from backprop_gui.ui.net import Net, messages_logged
from backprop_gui.ui.shortcuts import KeyGuard

SWITCH_SECONDS = 0.0005
"""How long the training thread may keep the interpreter from the window; longer makes frames stutter."""


class Application:
    """The window and everything behind it, for as long as this object lives; what it does is kept in ``folder``."""

    def __init__(self, session: Session, settings: QSettings, folder: Path | None = None) -> None:
        self.desk = Desk.lay(session, settings)
        self.store, self.controller = self.desk.store, self.desk.controller
        self.stepper, self.editor, self.theme = self.desk.stepper, self.desk.editor, self.desk.theme
        self.ended_by: int | None = None
        self.recorder = None if folder is None else Recorder(folder)
        try:
            self.window = MainWindow(self.desk, self.recorder)
        except BaseException:
            self.shut_down()
            raise

    def shut_down(self) -> None:
        """End the threads: they must not outlive what owns them."""
        self.controller.shut_down()
        if self.recorder is not None:
            self.recorder.close()

    def end(self, number: int) -> None:
        """End in order, as the signal ``number`` asked: what is unsaved is kept and nothing is asked."""
        if self.ended_by is not None:
            return
        self.ended_by = number
        QCoreApplication.exit()  # first: from now on no dialog, open or yet to come, holds anything up
        if self.window.keeper is not None:
            self.window.keeper.ending = True
        self.window.close()


def qt_application() -> QApplication:
    """Return the one QApplication, made at the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QApplication.setApplicationName("backprop-gui")
    QApplication.setApplicationDisplayName("")
    QApplication.setOrganizationName("backprop-gui")
    QApplication.setDesktopFileName("backprop-gui")
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    application.setWindowIcon(app_icon())
    guard = KeyGuard(application)
    application.installEventFilter(guard)
    Collector(application)
    sys.setswitchinterval(SWITCH_SECONDS)
    return application


def open_window(session: Session | None = None, path: Path | None = None, name: str | None = None) -> Application:
    """Return the application with its window shown, on ``session`` from the file ``path`` or the problem ``name``.

    Without a session it opens what was left unsaved when a window was closed last, or else the built-in problem
    ``article``. Anything else that was left is offered.
    """
    qt_application()
    settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "backprop-gui", "backprop-gui")
    application = Application(session or problem("article"), settings, data_folder())
    title = path.name if path is not None else name or "article"
    window = application.window
    try:
        window.files.put(title, application.store.session, path)
        if window.recovery is not None:
            window.recovery.look()
            if session is None:
                window.recovery.open_newest()
        window.show()
    except BaseException:
        application.shut_down()
        raise
    return application


def run_window(session: Session | None, path: Path | None, name: str | None) -> int:
    """Open the window and return the exit code once it is closed: 1 where it could not open, 128 more than a signal's
    number where one ended it.
    """
    guard_overrides("backprop_gui")
    qt, faults = qt_application(), Faults()
    with faults.crashes_kept(), messages_logged(faults), Net(faults) as net, EndSignals() as signals:
        try:
            application = open_window(session, path, name)
        except Exception as error:
            net.tell_at_start(error)
            return 1
        net.hold(application.desk, application.window)
        signals.asked.connect(application.end)
        gc.freeze()  # what stands for good is not walked again: a full collection held a frame up for 70 ms
        if application.window.keeper is not None:
            qt.commitDataRequest.connect(application.window.keeper.commit)  # logging out
        code = qt.exec()
        return code if application.ended_by is None else 128 + application.ended_by


def take_picture(session: Session, name: str, output: Path, epochs: int, size: tuple[int, int], theme: str) -> int:
    """Train in a real window for ``epochs`` and write its picture as PNG; needs no screen.

    Returns the exit code: 0, or without a picture 1 for a fault of ours and 128 more than the number of a signal.

    Raises:
        FileError: the picture cannot be written.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    guard_overrides("backprop_gui")
    qt, faults = qt_application(), Faults()
    with TemporaryDirectory() as folder, messages_logged(faults), Net(faults) as net, EndSignals() as signals:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("theme", theme)
        settings.setValue("welcomed", "true")
        application = Application(session, settings)
        signals.asked.connect(application.end)
        window = application.window
        try:
            window.files.name_session(name, None)
            window.resize(*size)
            window.default_layout()
            window.show()
            if epochs > 0:
                loop = QEventLoop()
                application.controller.ended.connect(loop.quit)
                application.controller.play(Goal(epoch=session.progress.epoch + epochs))
                loop.exec()
            qt.processEvents()
            window.come_to_rest()
            picture = window.grab()
        finally:
            window.close()
        if application.ended_by is not None:
            return 128 + application.ended_by
        if net.caught:
            return 1
        content, buffer = QByteArray(), QBuffer()
        buffer.setBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType]
        write_whole(output, bytes(content.data()))
        return 0


def write_sheet(path: Path, session: Session, sample: int, style: Style, blanks: frozenset[str]) -> None:
    """Write a worked sheet of ``sample`` (from 0); needs no screen.

    Raises:
        FieldError: an unknown ending, or too large a network.
        FileError: the file cannot be written.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt_application()
    from backprop_gui.ui.sheets import write

    snapshot = take_snapshot(session, session.trainer(), sample)
    write.write_sheet(path, snapshot, Microscope(session).situation(sample), style, blanks)
