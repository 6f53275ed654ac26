"""The strip above the canvas while an update is stepped through: phases to jump to, and what the last step did."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from backprop_gui.explain.captions import caption, phase_title
from backprop_gui.explain.formula import Formula, Line, Source, formula, text
from backprop_gui.explain.steps import Atom, Kind, Reached, parameter
from backprop_gui.explain.writing import Quantity
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles
from backprop_gui.ui.typeset.typeset import Typesetter

SIZE = 15.0
HEIGHT = 5 * GRID
MOST_ADDED = 500
"""Of larger batches the gradient is not added up step by step: it would take too long."""


class StepStrip(QWidget):
    """Hidden while nothing is stepped through."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._controller, self._stepper, self._preferences = desk.controller, desk.stepper, desk.preferences
        self._phases = QComboBox()
        self._phases.setAccessibleName("Jump to")
        self._phases.setToolTip("Jump to a phase of this update")
        self._phases.activated.connect(self._jump)
        self._where = QLabel()
        self._formula = FormulaLabel("Step", desk.theme.roles)
        leave = QToolButton()
        leave.setText("Leave")
        leave.setAccessibleName("Leave")
        leave.setToolTip("Back to the whole network, before this update")
        leave.clicked.connect(self._leave)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        layout.setSpacing(GRID)
        layout.addWidget(self._phases)
        layout.addWidget(self._where)
        layout.addWidget(self._formula, 1)
        layout.addWidget(leave)
        self._listed: tuple[object, int] | None = None
        desk.controller.snapshot_changed.connect(self._show)
        desk.preferences.changed.connect(self._show_again)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)
        self._show(desk.controller.snapshot)

    def caption(self) -> str:
        """Return what the last step did, as text."""
        return text(self._formula.formula)

    def _show(self, snapshot: Snapshot) -> None:
        reached = snapshot.reached
        self.setVisible(reached is not None)
        if reached is None or (moment := reached.moment) is None:
            return
        self._where.clear()  # first, so that nothing old stays where the rest fails
        self._formula.show_formula(())
        self._list_phases(reached)
        shown = self._controller.shown
        batch = shown.microscope.batch
        told = f"sample {snapshot.sample + 1}"
        if len(batch) > 1:
            told += f" ({moment.place + 1} of {len(batch)})"
        self._where.setText("" if moment.phase.kind is Kind.UPDATE else told)
        style = self._preferences.style
        written = caption(shown.situation, moment, style)
        if moment.atom is Atom.GRADIENT and 1 < len(batch) <= MOST_ADDED:
            ref = parameter(moment, snapshot.network)
            so_far = Quantity("", shown.microscope.gradient_so_far(ref, reached), ref, Source.GRADIENT)
            written = formula(written, r"\quad", r"\text{batch so far:}", style.writer.number(so_far))
        self._formula.show_formula(written)

    def _list_phases(self, reached: Reached) -> None:
        plan, place = reached.plan, reached.place
        if self._listed != (plan, place):
            self._listed = (plan, place)
            self._phases.clear()
            for phase, start in plan.phases(place):
                self._phases.addItem(phase_title(phase, plan.network), start)
            if place + 1 < plan.samples:
                self._phases.addItem("next sample", (place + 1) * plan.sample_length)
        starts = [int(self._phases.itemData(k)) for k in range(len(plan.phases(place)))]
        current = max((k for k, start in enumerate(starts) if start < reached.position), default=0)
        self._phases.setCurrentIndex(current)

    def _jump(self, index: int) -> None:
        self._stepper.pause()
        self._stepper.go_to(int(self._phases.itemData(index)) + 1)

    def _leave(self) -> None:
        self._stepper.pause()
        self._stepper.go_to(0)

    def _show_again(self) -> None:
        self._show(self._controller.snapshot)

    def _color(self, roles: Roles) -> None:
        self._formula.set_roles(roles)
        self._where.setStyleSheet(f"color: {roles.muted.name()}")


class FormulaLabel(QWidget):
    """One typeset formula in a line."""

    def __init__(self, name: str, roles: Roles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.formula: Formula = ()
        self.set_roles(roles)

    def set_roles(self, roles: Roles) -> None:
        """Take other colours."""
        self._typesetter = Typesetter(SIZE, roles)
        self.update()

    def show_formula(self, formula: Formula) -> None:
        """Show another formula."""
        self.formula = formula
        self.setAccessibleDescription(text(formula))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a height that never changes, so that nothing jumps."""
        return QSize(0, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the formula in the middle of the height."""
        del event
        if not self.formula:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        placed, _ = self._typesetter.place(Line(self.formula), 0.0, 0.0, 1e6)
        top = min(one.rect.top() for one in placed)
        bottom = max(one.rect.bottom() for one in placed)
        right = max(one.rect.right() for one in placed)
        scale = min(1.0, self.height() / (bottom - top), self.width() / right)
        painter.translate(0, (self.height() - (bottom - top) * scale) / 2)
        painter.scale(scale, scale)
        painter.translate(0, -top)
        for one in placed:
            self._typesetter.draw(painter, one)
