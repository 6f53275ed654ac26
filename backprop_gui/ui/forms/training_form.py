"""The form for loss, optimizer and batches."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import REDUCTIONS, SCHEDULES, OptimizerSettings, TrainingSettings
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_training
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, ThemeManager
from backprop_gui.ui.widgets.field import CheckedField, ProblemLine, read_number, read_whole


class TrainingForm(QWidget):
    """One row per setting; each change is one undo step."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._store, self._editor = desk.store, desk.editor
        self._form = QFormLayout(self)
        self._form.setContentsMargins(GRID, GRID, GRID, GRID)
        self._form.setSpacing(GRID // 2)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._problem = ProblemLine(desk.theme)

        self._loss = self._choice("Loss", tuple(LOSSES), self._set_loss)
        self._rate = self._number("Learning rate η", self._read_rate, self._set_rate, desk.theme)
        self._optimizer = self._choice("Optimizer", tuple(OPTIMIZERS), self._set_optimizer)
        self._nesterov = self._check("Nesterov", self._set_nesterov)
        self._momentum = self._number(
            "Momentum μ", self._read_momentum, self._set_momentum, desk.theme, beside=self._nesterov
        )
        self._schedule = self._choice("Schedule", SCHEDULES, self._set_schedule)
        self._factor = self._number("Factor", self._read_factor, self._set_factor, desk.theme)
        self._every = self._number("Every … epochs", self._read_every, self._set_every, desk.theme)
        self._batch = self._number("Batch size", self._read_batch, self._set_batch, desk.theme)
        self._full, self._shuffle = self._checks(("Full batch", self._set_full), ("Shuffle", self._set_shuffle))
        self._reduction = self._choice("Reduction", REDUCTIONS, self._set_reduction)
        (self._biases,) = self._checks(("Train biases", self._set_biases))
        self._dropout = self._number("Dropout", self._read_dropout, self._set_dropout, desk.theme)
        self._dropout.setToolTip("The chance that a step leaves a hidden unit out; 0 leaves out none")
        self._decay = self._number("Weight decay L2", self._read_decay, self._set_decay, desk.theme)
        self._l1 = self._number("Penalty L1", self._read_l1, self._set_l1, desk.theme)
        self._form.addRow(self._problem)
        desk.store.changed.connect(self._show)
        self._show(desk.store.session)

    def _choice(self, name: str, items: tuple[str, ...], act: Callable[[], None]) -> QComboBox:
        box = QComboBox()
        for item in items:
            box.addItem(item.replace("_", " "), item)
        box.setAccessibleName(name)
        box.activated.connect(act)
        self._form.addRow(name, box)
        return box

    def _check(self, name: str, act: Callable[[bool], None]) -> QCheckBox:
        box = QCheckBox(name)
        box.setAccessibleName(name)
        box.clicked.connect(act)
        return box

    def _checks(self, *named: tuple[str, Callable[[bool], None]]) -> list[QCheckBox]:
        """Add check boxes side by side."""
        row, boxes = QHBoxLayout(), [self._check(*one) for one in named]
        for box in boxes:
            row.addWidget(box)
        row.addStretch(1)
        self._form.addRow("", row)
        return boxes

    def _number(
        self,
        name: str,
        read: Callable[[str], object],
        act: Callable[[object], None],
        theme: ThemeManager,
        beside: QCheckBox | None = None,
    ) -> CheckedField:
        """Add a field for a number, with a check box ``beside`` it where one belongs to it."""
        field = CheckedField(name, read, theme)
        field.entered.connect(act)
        label = QLabel(name)
        label.setBuddy(field)
        if beside is None:
            self._form.addRow(label, field)
        else:
            row = QHBoxLayout()
            row.setSpacing(GRID)
            row.addWidget(field)
            row.addWidget(beside)
            self._form.addRow(label, row)
        self._form.addRow(field.problem)
        return field

    @property
    def _training(self) -> TrainingSettings:
        return self._store.session.training

    def _apply(self, what: str, /, **changes: object) -> None:
        """Set fields of the training settings, or of its optimizer where they are that one's."""

        def edit(session: Session) -> Session:
            training = session.training
            own = {key: value for key, value in changes.items() if hasattr(training, key)}
            of_optimizer = {key: value for key, value in changes.items() if not hasattr(training, key)}
            optimizer = replace(training.optimizer, **of_optimizer)  # pyright: ignore[reportArgumentType]
            new = replace(training, optimizer=optimizer, **own)  # pyright: ignore[reportArgumentType]
            return set_training(session, new)

        self._problem.attempt(lambda: self._editor.apply(f"Set {what}", edit))
        self._show(self._store.session)

    def _set_loss(self) -> None:
        self._apply("loss", loss=LOSSES[self._loss.currentData()])

    def _set_rate(self, value: object) -> None:
        self._apply("learning rate", learning_rate=value)

    def _set_momentum(self, value: object) -> None:
        nesterov = self._training.optimizer.nesterov and bool(value)
        self._apply("momentum", momentum=value, nesterov=nesterov)

    def _set_optimizer(self) -> None:
        method = OPTIMIZERS[self._optimizer.currentData()]
        old, keeps = self._training.optimizer, method.momentum
        self._apply(
            "optimizer",
            method=method,
            momentum=old.momentum if keeps else 0.0,
            nesterov=old.nesterov and keeps,
        )

    def _set_schedule(self) -> None:
        self._apply("schedule", schedule=self._schedule.currentData())

    def _set_factor(self, value: object) -> None:
        self._apply("factor", schedule_factor=value)

    def _set_every(self, value: object) -> None:
        self._apply("schedule", schedule_every=value)

    def _set_nesterov(self, checked: bool) -> None:
        self._apply("Nesterov", nesterov=checked)

    def _set_batch(self, value: object) -> None:
        self._apply("batch size", batch_size=value)

    def _set_full(self, checked: bool) -> None:
        self._apply("batch size", batch_size="full" if checked else 1)

    def _set_reduction(self) -> None:
        self._apply("reduction", reduction=self._reduction.currentData())

    def _set_shuffle(self, checked: bool) -> None:
        self._apply("shuffle", shuffle=checked)

    def _set_biases(self, checked: bool) -> None:
        self._apply("train biases", train_biases=checked)

    def _set_dropout(self, value: object) -> None:
        self._apply("dropout", dropout=value)

    def _set_decay(self, value: object) -> None:
        self._apply("weight decay", weight_decay=value)

    def _set_l1(self, value: object) -> None:
        self._apply("L1 penalty", l1=value)

    def _read_rate(self, text: str) -> float:
        return OptimizerSettings(learning_rate=read_number(text)).learning_rate

    def _read_momentum(self, text: str) -> float:
        return OptimizerSettings(momentum=read_number(text)).momentum

    def _read_factor(self, text: str) -> float:
        return TrainingSettings(schedule_factor=read_number(text)).schedule_factor

    def _read_every(self, text: str) -> int:
        return TrainingSettings(schedule_every=read_whole(text)).schedule_every

    def _read_batch(self, text: str) -> int:
        size = read_whole(text)
        TrainingSettings(batch_size=size)
        return size

    def _read_dropout(self, text: str) -> float:
        return TrainingSettings(dropout=read_number(text)).dropout

    def _read_decay(self, text: str) -> float:
        return OptimizerSettings(weight_decay=read_number(text)).weight_decay

    def _read_l1(self, text: str) -> float:
        return OptimizerSettings(l1=read_number(text)).l1

    def _show(self, session: Session) -> None:
        training, optimizer = session.training, session.training.optimizer
        for box, value in (
            (self._loss, training.loss.name),
            (self._optimizer, optimizer.name),
            (self._reduction, training.reduction),
            (self._schedule, training.schedule),
        ):
            box.setCurrentIndex(box.findData(value))
        self._rate.show_value(f"{optimizer.learning_rate!r}")
        self._momentum.show_value(f"{optimizer.momentum!r}")
        self._dropout.show_value(f"{training.dropout!r}")
        self._decay.show_value(f"{optimizer.weight_decay!r}")
        self._l1.show_value(f"{optimizer.l1!r}")
        self._factor.show_value(f"{training.schedule_factor!r}")
        self._every.show_value(str(training.schedule_every))
        self._form.setRowVisible(self._factor, training.schedule in ("step", "exponential"))
        self._form.setRowVisible(self._every, training.schedule != "constant")
        full = training.batch_size == "full"
        self._batch.show_value(str(len(session.samples)) if full else str(training.batch_size))
        self._batch.setEnabled(not full)
        self._full.setChecked(full)
        self._shuffle.setChecked(training.shuffle)
        self._biases.setChecked(training.train_biases)
        self._nesterov.setChecked(optimizer.nesterov)
        self._momentum.setEnabled(optimizer.method.momentum)
        self._nesterov.setEnabled(optimizer.method.momentum and optimizer.momentum > 0)
