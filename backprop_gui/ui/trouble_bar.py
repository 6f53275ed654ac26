"""A bar above the canvas for a run that goes wrong: what it is, where, and what mends it."""

import time
from itertools import pairwise

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.runtime.doctor import Case
from backprop_gui.runtime.worker import Ending
from backprop_gui.session.advice import Remedy
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, mix
from backprop_gui.ui.widgets.field import ProblemLine
from backprop_gui.ui.widgets.labelled import labelled

PAUSE_MILLISECONDS, TRAINING_MILLISECONDS = 150, 1000
FURTHER = 1.1
"""While training runs it is asked again only when the run is so many times as long."""


class TroubleBar(QFrame):
    """Hidden while all is well. Asks for a diagnosis when training pauses, and now and then while it runs."""

    message = Signal(str)

    _see = Signal(object)  # Case | None

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._found: Diagnosis | None = None
        self._quiet: set[Kind] = set()
        self._run: str = ""
        self._asked: Session | None = None  # what was diagnosed last, or is being
        self._build()
        self._case, self._waiting = 0, False
        self._see.connect(desk.doctor.see)
        desk.doctor.done.connect(self._take)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._ask)
        self._next = 0.0
        desk.controller.snapshot_changed.connect(self._wait)
        desk.controller.running_changed.connect(self._wait)
        desk.controller.ended.connect(self._end)
        desk.store.changed.connect(self._follow)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a diagnosis is under way or due."""
        return self._waiting or self._soon.isActive()

    def _build(self) -> None:
        self.setObjectName("trouble")
        self.setAccessibleName("What goes wrong")
        self._line = ProblemLine(self._desk.theme)
        self._show_button = labelled(
            QPushButton(), "Show", "Selects the part of the network where it shows, and lights all of them"
        )
        self._show_button.clicked.connect(self._show_parts)
        self._hush = labelled(QPushButton(), "Not now", "Does not tell of this again in this run")
        self._hush.clicked.connect(self._keep_quiet)
        self._mending, self._rest = QHBoxLayout(), QHBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._line)
        for row in (self._mending, self._rest):
            row.setSpacing(GRID)
            layout.addLayout(row)
        self._offer(())

    def _wait(self) -> None:
        """Ask soon: after a pause, or, while training runs, when a second has gone by since the last time."""
        controller = self._desk.controller
        if controller.past is not None or self._soon.isActive():
            return
        if not controller.running:
            self._soon.start(PAUSE_MILLISECONDS)
        elif not self._waiting:
            self._soon.start(max(0, round((self._next - time.monotonic()) * 1000)))

    def _ask(self) -> None:
        controller = self._desk.controller
        now, asked = controller.newest, self._asked
        if controller.past is not None or (controller.running and self._waiting):
            return
        if now.run != self._run:
            if self._run:
                self._quiet.clear()
            self._run = now.run
        over = controller.book.diverged_at(now)
        if asked is not None and now.same_run(asked):
            if now.same_place(asked):
                return
            if controller.running and asked.progress.step < now.progress.step < FURTHER * asked.progress.step:
                self._next = time.monotonic() + TRAINING_MILLISECONDS / 1000
                return
        self._asked = now
        if now.progress.step == 0 and not over:
            self._tell(None)
            return
        self._next = time.monotonic() + TRAINING_MILLISECONDS / 1000
        history = controller.history
        epochs, losses = history.epochs.copy(), history.losses.copy()
        self._case, self._waiting = self._case + 1, True
        self._see.emit(Case(self._case, now, epochs, losses, over, frozenset(self._quiet)))

    def _give_up(self) -> None:
        self._case, self._waiting = self._case + 1, False
        self._see.emit(None)

    def _take(self, case: int, found: Diagnosis | None) -> None:
        if case == self._case:
            self._waiting = False
            self._tell(found)

    def _end(self, ending: Ending) -> None:
        if ending is Ending.DIVERGED:
            self._asked = None  # it may stand where it did before
            self._soon.start(0)

    def _follow(self, new: Session, old: Session) -> None:
        """Take back what was said of another network, other settings or samples, or another start."""
        if not (new.same_run(old) and new.start is old.start and new.progress.step >= old.progress.step):
            self._give_up()
            self._asked = None
            self._tell(None)
        elif self._found is not None and new.view.selected != old.view.selected:
            self._desk.store.point_out(())

    def _tell(self, found: Diagnosis | None) -> None:
        old, self._found = self._found, found
        self._line.tell(found.sentence if found else "")
        self._show_button.setEnabled(bool(found and found.parts))
        self.setVisible(found is not None)
        if found and found.kind is Kind.DIVERGED and not (old and old.sentence == found.sentence):
            self.message.emit(found.sentence)
        if old and not (found and old.parts == found.parts):
            self._desk.store.point_out(())
        if _labels(old) != _labels(found):  # else the buttons stay: one of them may have the focus
            self._offer(found.remedies if found else ())

    def _offer(self, remedies: tuple[Remedy, ...]) -> None:
        """Lay out a button for each remedy and the two that are always there, in the order of their tabs."""
        for row in (self._mending, self._rest):
            while (item := row.takeAt(0)) is not None:
                if (old := item.widget()) not in (None, self._show_button, self._hush):
                    old.hide()
                    old.deleteLater()
        buttons: list[QPushButton] = []
        for place, remedy in enumerate(remedies):
            button = labelled(
                QPushButton(), remedy.label, "Mends this in one step, which can be undone; a short trial run went well"
            )
            button.clicked.connect(lambda _=False, place=place: self._mend(place))
            self._mending.addWidget(button)
            buttons.append(button)
        rest = self._rest if len(remedies) > 1 else self._mending  # two remedies fill a row of a small window
        for button in (self._show_button, self._hush):
            rest.addWidget(button)
            buttons.append(button)
        self._mending.addStretch(1)
        self._rest.addStretch(1)
        for before, after in pairwise(buttons):
            QWidget.setTabOrder(before, after)

    def _mend(self, place: int) -> None:
        assert self._found is not None
        remedy = self._found.remedies[place]
        try:
            self._desk.editor.apply(remedy.label, remedy.edit)
        except FieldError as error:
            self.message.emit(str(error))

    def _show_parts(self) -> None:
        if self._found is not None:
            self._desk.store.select(self._found.parts[0])
            self._desk.store.point_out(self._found.parts)

    def _keep_quiet(self) -> None:
        if self._found is not None:
            self._quiet.add(self._found.kind)
            self._asked = None
            self._tell(None)
            self._wait()

    def _color(self, roles: Roles) -> None:
        ground, edge = mix(roles.surface, roles.problem, 0.08), mix(roles.surface, roles.problem, 0.5)
        self.setStyleSheet(
            f"#trouble {{ background: {ground.name()}; border: none; border-bottom: 1px solid {edge.name()}; }}"
        )


def _labels(found: Diagnosis | None) -> list[str]:
    return [remedy.label for remedy in found.remedies] if found else []
