"""The form for loss, optimizer and batches."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from backprop_gui.engine.cards import Card
from backprop_gui.session.advice import advise
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_setting
from backprop_gui.session.notes import notes
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.lines import NoteLine, Trouble
from backprop_gui.ui.forms.settings import SETTINGS, Check, Choice, Number, Setting
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.field import CheckedField


class TrainingForm(QWidget):
    """A row per setting of the table; each change is one undo step."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._form = QFormLayout(self)
        self._form.setContentsMargins(GRID, GRID, GRID, GRID)
        self._form.setSpacing(GRID // 2)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._fields: list[tuple[Setting, QWidget, QHBoxLayout]] = []
        self._notes: dict[str, NoteLine] = {}
        self._refusal, self._advice = Trouble(desk), Trouble(desk)
        self._row = QHBoxLayout()
        for setting in SETTINGS:
            self._add(setting)
        desk.controller.base_changed.connect(self._show)
        self._show(desk.controller.base)

    def _add(self, setting: Setting) -> None:
        """Add a setting's field; a check box stands beside the field before it, unless it begins a row."""
        field = self._field(setting)
        field.setAccessibleName(setting.label)
        field.setToolTip(setting.tip)
        alone = isinstance(setting, Check) and setting.begins_row
        beside = isinstance(setting, Check) and not alone
        if not beside:
            self._row = QHBoxLayout()
            self._row.setSpacing(GRID)
        self._row.addWidget(field, 0 if isinstance(setting, Check) else 1)
        self._fields.append((setting, field, self._row))
        if alone:
            self._form.addRow(self._row)
        elif not beside:
            self._add_row(setting, field)

    def _add_row(self, setting: Setting, field: QWidget) -> None:
        """Add a row with what may have to be said below it."""
        label = QLabel(setting.label)
        label.setBuddy(field)
        label.setToolTip(setting.tip)
        self._form.addRow(label, self._row)
        if isinstance(field, CheckedField):
            self._form.addRow(field.problem)
        self._notes[setting.path] = note = NoteLine(self._desk)
        self._form.addRow(note)
        if setting.path == "loss":
            self._form.addRow(self._refusal)
            self._form.addRow(self._advice)

    def _field(self, setting: Setting) -> QWidget:
        """Return a field for a setting that hands on what is entered; it gives way to what stands beside it."""
        take = partial(self._set, setting)
        if isinstance(setting, Check):
            box, on, off = QCheckBox(setting.label), setting.on, setting.off
            box.clicked.connect(lambda: take(on if box.isChecked() else off))
            return box
        if isinstance(setting, Number):
            field = CheckedField(setting.label, partial(self._read, setting), self._desk.theme)
            field.entered.connect(take)
            field.setMinimumWidth(5 * GRID)
            return field
        assert isinstance(setting, Choice)
        choice = QComboBox()
        for place, item in enumerate(setting.items):
            choice.addItem(item.words, item.key)
            choice.setItemData(place, item.tip or None, Qt.ItemDataRole.ToolTipRole)
        values = {item.key: item.value for item in setting.items}
        choice.activated.connect(lambda: take(values[choice.currentData()]))
        choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return choice

    def _set(self, setting: Setting, value: object) -> None:
        if isinstance(value, Card) and value.name == setting.value(self._desk.controller.base.training):
            return  # chosen anew, it keeps its numbers
        self._refusal.attempt(f"Set {setting.label}", lambda session: set_setting(session, setting.path, value))
        self._show(self._desk.controller.base)

    def _read(self, setting: Number, text: str) -> object:
        """Return the number a person typed; raises ``FieldError`` where it is none, or the setting does not take it."""
        value = setting.read(text)
        set_setting(self._desk.controller.base, setting.path, value)
        return value

    def _show(self, session: Session) -> None:
        training = session.training
        for setting, field, row in self._fields:
            shown = setting.shown(training)
            if not isinstance(setting, Check):
                self._form.setRowVisible(row, shown)
            if not shown:
                if isinstance(field, CheckedField):
                    field.forget()
                continue
            value = setting.value(training)
            field.setEnabled(setting.usable(training))
            if isinstance(field, QComboBox):
                field.setCurrentIndex(field.findData(value))
            elif isinstance(field, CheckedField):
                field.show_value(str(len(session.samples)) if value == "full" else repr(value))
            elif isinstance(field, QCheckBox) and isinstance(setting, Check):
                field.setChecked(value == setting.on)
        found = list(notes(session))
        for place, line in self._notes.items():
            line.show_notes(note for note in found if note.place == place)
        self._advice.show_advice(one for one in advise(session) if one.place == "loss")
