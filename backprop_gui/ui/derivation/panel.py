"""The derivation panel: where the selected part's numbers come from."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from backprop_gui.engine.network import LossRef, Ref, UnitRef
from backprop_gui.explain.derivation import derive
from backprop_gui.explain.formula import Derivation, Section, Topic
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.steps import Kind, subject
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.preferences import DIGITS
from backprop_gui.ui.theme import GRID, Roles
from backprop_gui.ui.typeset.paper import SIZE, Paper
from backprop_gui.ui.typeset.typeset import Typesetter
from backprop_gui.ui.widgets.choices import choice_box
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.soon import Soon

HINT = (
    "Click a weight, a bias, a unit or the loss on the canvas: the formulas behind its numbers appear here. "
    "Or choose Phase, Unit or Term beside the step buttons and press → to walk through one update."
)
MOST_WARMED = 150
"""Networks with more parameters are typeset as they are looked at."""
IDLE_MILLISECONDS, FIRST_IDLE_MILLISECONDS = 40, 1500
"""Typesetting ahead of need goes in pieces so far apart; it is loaded for it when the window has long been there."""
TRAINING = "Training runs; the formulas follow when it pauses."
COMES_OUT = "Enough digits that results come out"
FAILED = "The formulas of this part could not be made: a fault of the program, not of your network."


class DerivationPanel(QWidget):
    """Shows the derivation of what is selected, whenever training stands still."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._controller, self._preferences = desk.controller, desk.preferences
        self.derivation: Derivation | None = None
        self._soon = Soon(self, self._derive)  # several signals come of one edit
        self._idle = Slices(self, 0.0, IDLE_MILLISECONDS)
        self._warm = QTimer(self, singleShot=True, interval=FIRST_IDLE_MILLISECONDS)
        self._warm.timeout.connect(self._begin_warming)
        self._warm.start()
        self._build_choices()
        self._build_words()
        self.paper = Paper("Derivation", desk.theme.roles)
        self.paper.tell = lambda ref, value: desk.controller.base.told(ref, value)
        self._lay_out()
        self._connect(desk)
        self._color(desk.theme.roles)
        self._show_preferences()

    def _build_choices(self) -> None:
        self._notation = choice_box("Notation", {key: one.title for key, one in NOTATIONS.items()})
        formats = {f"fixed {n}": f"{n} decimals" for n in sorted(DIGITS, key=int)}
        formats |= {f"significant {n}": f"{n} digits" for n in sorted(DIGITS, key=int)}
        self._numbers = choice_box("Numbers", formats)
        for box in (self._notation, self._numbers):
            box.setMinimumContentsLength(8)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._comes_out = QCheckBox(COMES_OUT)
        self._comes_out.setAccessibleName(COMES_OUT)
        self._comes_out.setToolTip(
            "Show as many digits of what is computed with as it takes. Where the digits shown do not give the result "
            "shown, ≈ stands before it."
        )

    def _build_words(self) -> None:
        self._title = QLabel()
        self._title.setWordWrap(True)
        title_font = self._title.font()
        title_font.setBold(True)
        title_font.setPointSizeF(title_font.pointSizeF() * 1.15)
        self._title.setFont(title_font)
        self._hint = QLabel(HINT)
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._hint.setMargin(2 * GRID)

    def _lay_out(self) -> None:
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.paper)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # lines are broken instead
        choices = QHBoxLayout()
        choices.setSpacing(GRID)
        choices.addWidget(self._notation, 3)
        choices.addWidget(self._numbers, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, 0)
        layout.setSpacing(GRID)
        layout.addLayout(choices)
        layout.addWidget(self._comes_out)
        layout.addWidget(self._title)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self._scroll, 4)

    def _connect(self, desk: Desk) -> None:
        self._notation.activated.connect(self._set_notation)
        self._numbers.activated.connect(self._set_numbers)
        self._comes_out.clicked.connect(self._set_comes_out)
        self.paper.pointed.connect(desk.store.hover)
        self.paper.picked.connect(desk.store.select)
        desk.store.changed.connect(self._follow)
        desk.store.hovered.connect(self._light)
        desk.controller.running_changed.connect(self._soon.ask)
        desk.controller.running_changed.connect(self._begin_warming)
        desk.controller.snapshot_changed.connect(self._ask_if_still)
        desk.preferences.changed.connect(self._show_preferences)
        desk.theme.changed.connect(self._color)

    def warm_up(self) -> Iterator[None]:
        """Set every symbol of a small network's derivations ahead of need, a piece at a time."""
        network = self._controller.base.network
        if network.parameter_count > MOST_WARMED:
            return
        typesetter = Typesetter(SIZE, self._roles)
        style = self._preferences.style
        units = (UnitRef(layer, unit) for layer, size in enumerate(network.sizes) for unit in range(size))
        for ref in (*network.parameter_refs(), *units, LossRef()):
            if self._controller.base.network is not network or self._controller.running:
                return
            situation = self._controller.shown.situation
            for section in derive(situation, ref, style).sections:
                for line in section.lines:
                    yield from typesetter.warm_up(line.formula)

    def _begin_warming(self) -> None:
        """Start over for another network, notation, or after training."""
        if not self._warm.isActive():
            self._idle.start(self.warm_up())

    def _ask_if_still(self, _snapshot: Snapshot) -> None:
        if not self._controller.running:
            self._soon.ask()

    def _follow(self, new: Session, old: Session) -> None:
        if new is not old:
            self._soon.ask()
        if new.network is not old.network:
            self._begin_warming()

    def _derive(self) -> None:
        """Derive the selected part anew."""
        selected = self._controller.base.view.selected
        running = self._controller.running
        self._hint.setVisible(selected is None or running)
        self._hint.setText(TRAINING if running and selected is not None else HINT)
        self._scroll.setVisible(selected is not None and not running)
        self._title.setVisible(selected is not None and not running)
        self.derivation = None
        if selected is None or running:
            return
        try:
            self._show_derivation(selected)
        except Exception:
            self._hint.setVisible(True)
            self._hint.setText(FAILED)
            self._scroll.setVisible(False)  # another part's formulas must not stand under this selection
            self._title.setVisible(False)
            self.derivation = None
            raise

    def _show_derivation(self, selected: Ref) -> None:
        situation = self._controller.shown.situation
        style = self._preferences.style
        self.derivation = derive(situation, selected, style)
        self._title.setText(self.derivation.title)
        self.paper.show_sections(self._known(self.derivation.sections, selected))

    def _known(self, sections: tuple[Section, ...], selected: Ref) -> tuple[Section, ...]:
        """Return the sections that stepping has come to: a unit's delta is not told before it is computed."""
        reached = self._controller.snapshot.reached
        if reached is None or not isinstance(selected, UnitRef) or selected.layer == 0:
            return sections
        moment = reached.moment
        begun = moment and moment.phase.kind is Kind.BACKWARD and subject(moment, reached.plan.network) == selected
        if begun or reached.knows_delta(selected.layer, selected.unit):
            return sections
        known = {Topic.PRE_ACTIVATION}
        if reached.knows_output(selected.layer, selected.unit):
            known.add(Topic.ACTIVATION)
        return tuple(section for section in sections if section.topic in known)

    def _light(self, ref: Ref | None) -> None:
        self.paper.light(ref)

    def _set_notation(self) -> None:
        self._preferences.set("notation", str(self._notation.currentData()))

    def _set_numbers(self) -> None:
        style, digits = str(self._numbers.currentData()).split()
        self._preferences.set("number_style", style)
        self._preferences.set("digits", digits)

    def _set_comes_out(self, wanted: bool) -> None:
        self._preferences.set("comes_out", wanted)

    def _show_preferences(self) -> None:
        self._comes_out.setChecked(self._preferences.comes_out)
        self._notation.setCurrentIndex(self._notation.findData(self._preferences.notation))
        numbers = self._preferences.number_format
        self._numbers.setCurrentIndex(self._numbers.findData(f"{numbers.style} {numbers.digits}"))
        self._soon.ask()
        self._begin_warming()

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self.paper.set_roles(roles)
        self._hint.setStyleSheet(f"color: {roles.muted.name()}")
