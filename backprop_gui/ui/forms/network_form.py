"""The form for the network's shape and its start weights."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.checks import whole_number
from backprop_gui.engine.initializers import INITIALIZERS
from backprop_gui.engine.network import Network, describe
from backprop_gui.explain.choices import formula_of
from backprop_gui.explain.names import layer_title
from backprop_gui.session import edits
from backprop_gui.session.advice import advise
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.card_numbers import CardNumbers
from backprop_gui.ui.forms.lines import Trouble
from backprop_gui.ui.theme import GRID, ThemeManager
from backprop_gui.ui.widgets.field import CheckedField, read_whole

MOST_UNITS = 2048
LONGEST_SHAPE = 12
"""Shapes of more letters are told in the tool tip only: the panel is narrow."""

Apply = Callable[[str, Callable[[Session], Session]], None]


class NetworkForm(QWidget):
    """Inputs, a row per layer, and how start weights are drawn."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._controller, self._theme = desk.controller, desk.theme
        self._rows: list[_LayerRow] = []
        self._refusal, self._of_output, self._of_start = Trouble(desk), Trouble(desk), Trouble(desk)
        self._summary = QLabel()
        self._inputs = _spin("Inputs")
        self._inputs.valueChanged.connect(self._set_inputs)
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID // 2)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(QLabel("Inputs"), 0, 0)
        self._grid.addWidget(self._inputs, 0, 1)
        self._add = QPushButton("Add layer")
        self._add.setAccessibleName("Add layer")
        self._add.clicked.connect(self._add_layer)
        self._initializer = QComboBox()
        self._initializer.setAccessibleName("Initializer")
        for name in INITIALIZERS:
            self._initializer.addItem(name.replace("_", " "), name)
        _give_way(self._initializer)
        self._initializer.activated.connect(self._set_initializer)
        self._seed = CheckedField("Seed", _read_seed, desk.theme)
        self._seed.setMaximumWidth(7 * GRID)
        self._seed.entered.connect(self._set_seed)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(self._grid)
        layout.addWidget(self._refusal)
        layout.addWidget(self._of_output)
        layout.addLayout(_row(self._add, self._summary))
        layout.addLayout(_row(QLabel("Initializer"), self._initializer, QLabel("Seed"), self._seed))
        layout.addWidget(self._seed.problem)
        layout.addWidget(self._of_start)
        layout.addStretch(1)
        desk.controller.base_changed.connect(self._show)
        self._show(desk.controller.base)

    def apply(self, text: str, edit: Callable[[Session], Session]) -> None:
        """Apply an edit, or show why it is refused and the document's values again."""
        if not self._refusal.attempt(text, edit):
            self._show(self._controller.base)

    def _show(self, session: Session) -> None:
        network = session.network
        if len(self._rows) != len(network.layers):
            self._make_rows(len(network.layers))
        _set_quietly(self._inputs, network.inputs)
        for row in self._rows:
            row.show_layer(network)
        count = network.parameter_count
        shape = describe(network.sizes)
        short = shape if len(shape) <= LONGEST_SHAPE else f"{len(network.layers)} layers"
        self._summary.setText(f"{short}, {count:,} parameters")
        self._summary.setToolTip(f"{shape}, {count:,} parameters")
        self._initializer.setCurrentIndex(self._initializer.findData(session.training.initializer))
        self._seed.show_value(str(session.training.seed))
        found = advise(session)
        for place, line in (("output", self._of_output), ("initializer", self._of_start)):
            line.show_advice(one for one in found if one.place == place)

    def _make_rows(self, count: int) -> None:
        for row in self._rows:
            row.remove()
        self._rows = [_LayerRow(layer, count, self._grid, self.apply, self._theme) for layer in range(count)]
        before: QWidget = self._inputs
        for row in self._rows:
            for widget in row.controls:
                QWidget.setTabOrder(before, widget)
                before = widget
        for widget in (self._add, self._initializer, self._seed):
            QWidget.setTabOrder(before, widget)
            before = widget

    def _set_inputs(self, inputs: int) -> None:
        self.apply("Set inputs", lambda session: edits.set_inputs(session, inputs))

    def _add_layer(self) -> None:
        self.apply("Add layer", lambda session: edits.insert_layer(session, len(session.network.layers) - 1))

    def _set_initializer(self) -> None:
        name: str = self._initializer.currentData()
        self.apply("Set initializer", lambda session: edits.initialize_again(session, name, session.training.seed))

    def _set_seed(self, seed: int) -> None:
        self.apply("Set seed", lambda session: edits.initialize_again(session, session.training.initializer, seed))


class _LayerRow:
    """The controls of one layer, in one row of the grid."""

    def __init__(self, layer: int, count: int, grid: QGridLayout, apply: Apply, theme: ThemeManager) -> None:
        self._layer, self._grid, self._apply = layer, grid, apply
        output = layer == count - 1
        self._title = QLabel()
        self._units, self._activation = _spin(""), QComboBox()
        for name, activation in ACTIVATIONS.items():
            if output or not activation.whole_layer:
                short, _, more = activation.title.partition(" (")  # what is in brackets would be cut off
                self._activation.addItem(short, name)
                place = self._activation.count() - 1
                told = f"{activation.title}: {formula_of(activation)}" if more else formula_of(activation)
                self._activation.setItemData(place, told, Qt.ItemDataRole.ToolTipRole)
        self._numbers = CardNumbers(self._set_number, theme)
        _give_way(self._activation)
        self._units.valueChanged.connect(self._set_units)
        self._activation.activated.connect(self._set_activation)
        self._up, self._down, self._remove = _tool("↑"), _tool("↓"), _tool("✕")
        self._up.setEnabled(not output and layer > 0)
        self._down.setEnabled(not output and layer < count - 2)
        self._remove.setEnabled(not output)
        self._up.clicked.connect(lambda: self._move(-1))
        self._down.clicked.connect(lambda: self._move(1))
        self._remove.clicked.connect(self._take_out)
        self.controls = (self._units, self._activation, self._up, self._down, self._remove)
        for column, widget in enumerate((self._title, *self.controls)):
            grid.addWidget(widget, 2 * layer + 1, column)
        grid.addWidget(self._numbers, 2 * layer + 2, 0, 1, len(self.controls) + 1)

    def show_layer(self, network: Network) -> None:
        """Show what the network has here."""
        title, layer = layer_title(network, self._layer + 1), network.layers[self._layer]
        self._title.setText(title.capitalize())
        for widget, what in zip(
            self.controls, ("Units of", "Activation of", "Move up", "Move down", "Remove"), strict=True
        ):
            widget.setAccessibleName(f"{what} {title}")
            widget.setToolTip(f"{what} {title}")
        _set_quietly(self._units, layer.units)
        self._activation.setCurrentIndex(self._activation.findData(layer.activation.name))
        self._activation.setToolTip(f"Activation of {title}: {layer.activation.title}, {formula_of(layer.activation)}")
        self._numbers.show_card(layer.activation, title)

    def remove(self) -> None:
        """Take the controls out of the form."""
        for widget in (self._title, *self.controls, self._numbers):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def _set_units(self, units: int) -> None:
        self._apply("Set units", lambda session: edits.set_units(session, self._layer, units))

    def _set_activation(self) -> None:
        chosen = ACTIVATIONS[self._activation.currentData()]

        def edit(session: Session) -> Session:
            same = session.network.layers[self._layer].activation.name == chosen.name
            return session if same else edits.set_activation(session, self._layer, chosen)

        self._apply("Set activation", edit)

    def _set_number(self, name: str, value: float) -> None:
        def edit(session: Session) -> Session:
            card = session.network.layers[self._layer].activation
            changed = card.with_numbers({name: value}, f"network.layers[{self._layer}].activation")
            return edits.set_activation(session, self._layer, changed)

        self._apply("Set activation", edit)

    def _move(self, by: int) -> None:
        self._apply("Move layer", lambda session: edits.move_layer(session, self._layer, self._layer + by))

    def _take_out(self) -> None:
        self._apply("Remove layer", lambda session: edits.remove_layer(session, self._layer))


def _spin(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, MOST_UNITS)
    box.setKeyboardTracking(False)  # a half-typed 16 is not a layer of 1
    box.setAccessibleName(name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _tool(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setFixedWidth(5 * GRID // 2)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, QComboBox) else 0)
    if not any(isinstance(widget, QComboBox) for widget in widgets):
        row.addStretch(1)
    return row


def _give_way(box: QComboBox) -> None:
    """Let a list of names be as narrow as its neighbours in the row leave it."""
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(6 * GRID)


def _set_quietly(box: QSpinBox, value: int) -> None:
    with QSignalBlocker(box):
        box.setValue(value)


def _read_seed(text: str) -> int:
    return whole_number("seed", read_whole(text))
