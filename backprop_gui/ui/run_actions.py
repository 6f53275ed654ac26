"""The actions that train: play, step, reset, new weights, run until."""

import math

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from backprop_gui.engine.evaluate import has_classes
from backprop_gui.runtime.stepper import Grain
from backprop_gui.runtime.worker import Ending
from backprop_gui.session.document import Session
from backprop_gui.session.edits import initialize_again, reset
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask
from backprop_gui.ui.dialogs.run_dialog import RunDialog
from backprop_gui.ui.icons import icon
from backprop_gui.ui.theme import Roles
from backprop_gui.ui.widgets.keyed_action import keyed_action


class RunActions(QObject):
    """Holds the run actions and keeps their texts and icons true."""

    message = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._store, self._controller, self._stepper = desk.store, desk.controller, desk.stepper
        self._editor, self._theme, self._window = desk.editor, desk.theme, parent
        self._build()
        self._build_grains()
        self._connect(desk)
        self._draw_icons(desk.theme.roles)
        self._name_step()

    def _build(self) -> None:
        self.reset = keyed_action(self, "Reset", "Home", "Back to the start weights and epoch 0")
        self.back = keyed_action(self, "Step back", "Left", "Take the last step back")
        self.play = keyed_action(self, "Play", "Space", "Train until paused")
        self.step = keyed_action(self, "Step sample", "Right", "Take one step of the chosen size")
        self.epoch = keyed_action(self, "Step epoch", "Ctrl+Right", "Train to the end of this epoch")
        self.until = keyed_action(
            self, "Run until…", "Ctrl+R", "Train a number of epochs, or until loss or accuracy are good enough"
        )
        self.randomize = keyed_action(self, "New weights", "Ctrl+Shift+R", "Draw new random start weights")
        self._icons = {
            self.reset: "reset",
            self.back: "back",
            self.step: "step",
            self.epoch: "epoch",
            self.until: "until",
            self.randomize: "dice",
        }

    def _build_grains(self) -> None:
        self.grains = QActionGroup(self)
        for number, grain in enumerate(Grain, start=1):
            action = QAction(grain.value.capitalize(), self.grains)
            action.setCheckable(True)
            action.setData(grain)
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.setChecked(grain is self._stepper.grain)

    def _connect(self, desk: Desk) -> None:
        self.reset.triggered.connect(self._reset)
        self.play.triggered.connect(self._toggle)
        self.step.triggered.connect(desk.stepper.forward)
        self.back.triggered.connect(desk.stepper.back)
        self.epoch.triggered.connect(desk.controller.step_epoch)
        self.until.triggered.connect(self._run_until)
        self.randomize.triggered.connect(self._randomize)
        self.grains.triggered.connect(self._set_grain)
        desk.controller.running_changed.connect(self._show_running)
        desk.controller.ended.connect(self._tell_ending)
        desk.store.changed.connect(self._name_step)
        desk.stepper.walking_changed.connect(self._show_running)
        desk.stepper.grain_changed.connect(self._name_step)
        desk.stepper.grain_changed.connect(self._show_grain)
        desk.stepper.refused.connect(self.message)
        desk.theme.changed.connect(self._draw_icons)

    def all(self) -> tuple[QAction, ...]:
        """Return the actions in the order of menu and toolbar."""
        return self.reset, self.back, self.play, self.step, self.epoch, self.until, self.randomize

    def _toggle(self) -> None:
        if self._stepper.walking:
            self._stepper.pause()
        elif self._stepper.walks and not self._controller.running:
            self._stepper.walk()
        elif self._controller.running:
            self._controller.pause()
            if not self._controller.book.diverged_at(self._store.session):  # else that has been said
                self.message.emit(f"Paused after {self._store.session.progress.epoch:,} epochs.")
        else:
            self._controller.play()

    def _set_grain(self, action: QAction) -> None:
        self._stepper.set_grain(action.data())

    def _show_grain(self, grain: Grain) -> None:
        for action in self.grains.actions():
            action.setChecked(action.data() is grain)

    def _run_until(self) -> None:
        session = self._store.session
        dialog = RunDialog(session.progress.epoch, has_classes(session.samples.targets), self._window)
        goal = ask(dialog, RunDialog.goal)
        if goal is not None:
            self._controller.play(goal)

    def _reset(self) -> None:
        self._stepper.pause()
        self._editor.apply("Reset", reset)
        self.message.emit("Back at the start weights.")

    def _randomize(self) -> None:
        def draw(session: Session) -> Session:
            return initialize_again(session, session.training.initializer, session.training.seed + 1)

        self._editor.apply("New weights", draw)
        training = self._store.session.training
        self.message.emit(f"New start weights: {training.initializer}, seed {training.seed}.")

    def _show_running(self) -> None:
        running = self._controller.running or self._stepper.walking
        self.play.setText("Pause" if running else "Play")
        self.play.setIcon(icon("pause" if running else "play", self._theme.roles))

    def _draw_icons(self, roles: Roles) -> None:
        for action, name in self._icons.items():
            action.setIcon(icon(name, roles))
        self._show_running()

    def _name_step(self) -> None:
        session, grain = self._store.session, self._stepper.grain
        length = session.training.batch_length(len(session.samples))
        batch = grain is Grain.SAMPLE and length > 1
        self.step.setText(f"Step batch of {length}" if batch else f"Step {grain.value}")

    def _tell_ending(self, ending: Ending) -> None:
        progress, loss = self._store.session.progress, self._controller.snapshot.loss
        if ending is Ending.DIVERGED:
            self.message.emit(f"Stopped after {progress.epoch:,} epochs: the numbers grew beyond what can be computed.")
        elif ending is Ending.FAILED:
            self.message.emit(f"Stopped after {progress.epoch:,} epochs: a fault of the program, not of your network.")
        elif ending is Ending.GOAL_REACHED and math.isfinite(loss):
            self.message.emit(f"Done: epoch {progress.epoch:,}, loss {loss:.6g}.")
