"""What is said beside a field: what a choice means, what cannot be learnt and what mends it, why an edit is refused."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QTableView,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS, SGD
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.advice import advise
from backprop_gui.session.document import Session
from backprop_gui.ui.data_import import DataImport
from backprop_gui.ui.dialogs.help_pages import HelpPage, anchor
from backprop_gui.ui.docks import LEFT_WIDTH
from backprop_gui.ui.forms.lines import NoteLine
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.forms.wording import in_words
from backprop_gui.ui.widgets.field import ProblemLine
from tests.conftest import Bench
from tests.finding import named
from tests.meeting import Meetings
from tests.shapes import dense

F = TypeVar("F", bound=QWidget)


def told(form: QWidget) -> list[str]:
    return [line.text() for line in form.findChildren(ProblemLine) if not line.isHidden()]


def noted(form: QWidget) -> list[NoteLine]:
    return [line for line in form.findChildren(NoteLine) if not line.isHidden()]


def choose(form: QWidget, name: str, value: str) -> None:
    box = named(form, QComboBox, name)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def click(qtbot: QtBot, form: QWidget, label: str) -> None:
    qtbot.mouseClick(named(form, QPushButton, label), Qt.MouseButton.LeftButton)


@pytest.fixture
def training(qtbot: QtBot, bench: Bench) -> Iterator[TrainingForm]:
    bench.store.assign(problem("xor"))
    yield from in_a_panel(qtbot, TrainingForm(bench))


@pytest.fixture
def network(qtbot: QtBot, bench: Bench) -> Iterator[NetworkForm]:
    bench.store.assign(problem("xor"))
    yield from in_a_panel(qtbot, NetworkForm(bench))


def in_a_panel(qtbot: QtBot, form: F) -> Iterator[F]:
    """Show a form as the window does, in a panel that is narrow and low."""
    area = QScrollArea()
    area.setWidget(form)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.resize(LEFT_WIDTH - 54, 150)
    qtbot.addWidget(area)
    area.show()
    yield form


def test_what_cannot_learn_is_told_beside_the_loss_and_a_click_mends_it_in_one_step(
    qtbot: QtBot, bench: Bench, training: TrainingForm
) -> None:
    choose(training, "Loss", "cross_entropy")
    (sentence,) = told(training)
    assert "an output whose target is 0 has no gradient" in sentence
    steps = bench.editor.stack.count()
    click(qtbot, training, "Use binary cross-entropy")
    assert bench.store.session.training.loss.name == "binary_cross_entropy"
    assert told(training) == []
    assert bench.editor.stack.count() == steps + 1
    assert bench.editor.stack.undoText() == "Use binary cross-entropy"
    bench.editor.undo()
    assert bench.store.session.training.loss.name == "cross_entropy"
    assert told(training) == [sentence]


def test_equal_start_weights_are_told_within_sight_and_mended(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    choose(network, "Initializer", "zeros")
    (sentence,) = told(network)
    assert "stay equal" in sentence
    button = named(network, QPushButton, "Draw start weights")
    qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty())
    assert button.visibleRegion().boundingRect() == button.rect()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told(network) == []
    assert bench.store.session.training.initializer == "xavier_uniform"


def test_softmax_of_one_output_is_told_beside_the_output(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    choose(network, "Activation of output", "softmax")
    assert ["a single output is always 1" in one for one in told(network)] == [True]
    click(qtbot, network, "Use sigmoid")
    assert bench.store.session.network == problem("xor").network
    assert told(network) == []


def test_a_refused_loss_says_why_in_the_windows_words_and_offers_what_it_lacks(
    qtbot: QtBot, bench: Bench, training: TrainingForm
) -> None:
    bench.store.assign(edits.set_activation(problem("article"), 1, ACTIVATIONS["leaky_relu"]))
    choose(training, "Loss", "cross_entropy")
    assert told(training) == [
        "⚠ Loss: “Cross-entropy” is not accepted; it needs outputs between 0 and 1: "
        "give the output layer sigmoid or softmax, not leaky ReLU."
    ]
    before = bench.store.session
    assert named(training, QComboBox, "Loss").currentData() == "half_sse"
    click(qtbot, training, "Use softmax")
    session = bench.store.session
    assert (session.network.layers[-1].activation.name, session.training.loss.name) == ("softmax", "cross_entropy")
    bench.editor.undo()
    assert bench.store.session.network == before.network
    assert told(training) == []


def test_a_refusal_is_over_once_the_document_is_another(bench: Bench, training: TrainingForm) -> None:
    bench.editor.apply("linear", lambda session: edits.set_activation(session, 1, ACTIVATIONS["linear"]))
    choose(training, "Loss", "cross_entropy")
    assert len(told(training)) == 1
    bench.store.show_sample(2)  # looking elsewhere changes nothing
    assert len(told(training)) == 1
    bench.editor.undo()
    assert told(training) == []


def test_targets_a_loss_does_not_take_are_named_with_the_sample_and_can_be_scaled(
    qtbot: QtBot, bench: Bench, training: TrainingForm
) -> None:
    far = Samples.of([[0, 0], [0, 1], [1, 0]], [[0], [1], [4]])
    bench.editor.apply("far", lambda session: edits.set_samples(session, far))
    choose(training, "Loss", "binary_cross_entropy")
    assert told(training)[0] == (
        "⚠ Sample 3, t₁: 4.0 is not accepted; the loss binary cross-entropy takes targets from 0 to 1."
    )
    click(qtbot, training, "Scale targets to 0 … 1")
    session = bench.store.session
    assert session.samples.targets.tolist() == [[0.0], [0.25], [1.0]]
    assert session.training.loss.name == "binary_cross_entropy"
    assert told(training) == []


NOTES: list[tuple[str, str, str, str]] = [
    ("loss", "huber", "straight beyond it", "hubers-limit"),
    ("loss", "mae", "the slope is taken as 0", "kink-of-the-absolute-error"),
    ("loss", "cross_entropy", "not divided by their sum", "cross-entropy"),
    ("optimizer.name", "adam", "ε stands where PyTorch has it", "adams-epsilon"),
    ("schedule", "cosine", "nothing is learnt any more", "cosine-stays-at-0"),
    ("reduction", "sum", "the loss shown stays a mean", "sum-over-a-batch"),
    ("optimizer.weight_decay", "0.1", "not on biases", "weight-decay"),
    ("optimizer.l1", "0.1", "the loss shown is without it", "l1-penalty"),
]


@pytest.mark.parametrize(("path", "value", "words", "row"), NOTES)
def test_a_choice_that_differs_elsewhere_says_so_and_its_link_opens_the_row(
    qtbot: QtBot, bench: Bench, training: TrainingForm, path: str, value: str, words: str, row: str
) -> None:
    cards: dict[str, object] = {**LOSSES, **OPTIMIZERS}
    known = cards.get(value, float(value) if value[0].isdigit() else value)
    before = noted(training)
    bench.editor.apply("plain", lambda session: edits.set_setting(session, "optimizer.name", SGD))
    bench.editor.apply("plain", lambda session: edits.set_setting(session, "optimizer.momentum", 0.0))
    assert noted(training) == before == []
    bench.editor.apply("set", lambda session: edits.set_setting(session, path, known))
    (line,) = noted(training)
    assert words in line.text()
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    (page,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, HelpPage) and one.isVisible()]
    (text,) = page.findChildren(QTextBrowser)
    assert anchor(text.textCursor().block().text()) == row
    page.close()
    bench.editor.undo()
    assert noted(training) == []


@pytest.mark.parametrize("width", [LEFT_WIDTH - 54, LEFT_WIDTH, 480])
def test_no_line_is_cut_however_narrow_the_panel(
    qtbot: QtBot, bench: Bench, training: TrainingForm, width: int
) -> None:
    for path, value in (("loss", LOSSES["cross_entropy"]), ("schedule", "cosine"), ("reduction", "sum")):
        bench.editor.apply("set", lambda session, path=path, value=value: edits.set_setting(session, path, value))
    area = training.parentWidget().parentWidget()
    area.resize(width, 400)
    lines = [*noted(training), *(one for one in training.findChildren(ProblemLine) if not one.isHidden())]
    assert len(lines) == 4
    qtbot.waitUntil(lambda: all(line.height() >= line.heightForWidth(line.width()) for line in lines))
    assert training.width() <= area.width()


def test_a_cell_or_block_of_targets_a_loss_does_not_take_is_named_and_nothing_changes(
    qtbot: QtBot, bench: Bench
) -> None:
    bench.store.assign(edits.set_setting(problem("xor"), "loss", LOSSES["binary_cross_entropy"]))
    form = SamplesForm(bench)
    qtbot.addWidget(form)
    form.show()
    (table,) = form.findChildren(QTableView)
    before = bench.store.session
    assert not table.model().setData(table.model().index(3, 2), "2,5")
    assert told(form) == [
        "⚠ Sample 4, t₁: 2.5 is not accepted; the loss binary cross-entropy takes targets from 0 to 1."
    ]
    table.setCurrentIndex(table.model().index(1, 2))
    qtbot.waitUntil(form.isActiveWindow)
    table.setFocus()
    QGuiApplication.clipboard().setText("1\n-0.5\n")
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert told(form)[0].startswith("⚠ Sample 3, t₁: -0.5 is not accepted")
    assert bench.store.session is before
    click(qtbot, form, "Use linear and half squared error")
    assert bench.store.session.samples.targets.tolist() == [[0.0], [1.0], [-0.5], [0.0]]
    assert told(form) == []
    bench.editor.undo()
    assert bench.store.session.samples is before.samples
    assert bench.store.session.training == before.training


def test_a_sample_can_be_added_under_scaled_targets_too(qtbot: QtBot, bench: Bench) -> None:
    xor = edits.set_setting(problem("xor"), "loss", LOSSES["binary_cross_entropy"])
    columns = (Column(), Column(), Column("height", 150.0, 20.0))
    bench.store.assign(edits.replace(xor, samples=edits.replace(xor.samples, columns=columns)))
    form = SamplesForm(bench)
    qtbot.addWidget(form)
    form.show()
    click(qtbot, form, "Add sample")
    assert bench.store.session.samples.targets[4, 0] == 0.0
    assert told(form) == []


@pytest.mark.parametrize("answer", ["Close", "Use linear and half squared error"])
def test_imported_targets_a_loss_does_not_take_are_named_as_they_were_measured(
    qtbot: QtBot, in_dialog: Meetings, bench: Bench, answer: str
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bench.store.assign(edits.set_setting(problem("xor"), "loss", LOSSES["binary_cross_entropy"]))
    before = bench.store.session
    made = Samples.of([[0, 0], [1, 1]], [[-1.0], [1.0]])
    columns = (Column(), Column(), Column("height", 150.0, 20.0))
    samples = edits.replace(made, columns=columns)
    said: list[str] = []

    def press(box: QMessageBox) -> None:
        said.append(box.text())
        button = next(one for one in box.buttons() if one.text().replace("&", "") == answer)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    in_dialog(QMessageBox, press)
    DataImport(bench, window).take(samples, "Import t.csv")
    assert said == ["Sample 1, t₁: 130.0 is not accepted; the loss binary cross-entropy takes targets from 0 to 1."]
    if answer == "Close":
        assert bench.store.session is before
        return
    assert bench.store.session.samples == samples
    assert bench.store.session.training.loss.name == "half_sse"
    bench.editor.undo()
    assert bench.store.session.samples == before.samples


IDENTIFIER = re.compile(r"[a-z]_[a-z]|\b[a-z]+\.[a-z]|\[\d|--")


def linear_article() -> Session:
    return edits.set_activation(problem("article"), 1, ACTIVATIONS["linear"])


@pytest.mark.parametrize(
    "edit",
    [
        lambda: edits.set_setting(linear_article(), "loss", LOSSES["binary_cross_entropy"]),
        lambda: edits.set_setting(linear_article(), "loss.delta", 2.0),
        lambda: edits.set_setting(edits.set_setting(problem("xor"), "loss", LOSSES["huber"]), "loss.delta", 0.0),
        lambda: edits.set_setting(problem("xor"), "schedule_factor", -1.0),
        lambda: edits.set_setting(problem("xor"), "schedule_every", 0),
        lambda: edits.set_setting(problem("xor"), "optimizer.learning_rate", 0.0),
        lambda: edits.set_setting(problem("xor"), "optimizer.weight_decay", -1.0),
        lambda: edits.set_setting(problem("article"), "optimizer.nesterov", True),
        lambda: edits.set_inputs(problem("xor"), 0),
        lambda: edits.set_units(problem("xor"), 0, 0),
        lambda: edits.set_activation(problem("xor"), 0, ACTIVATIONS["softmax"]),
        lambda: edits.insert_layer(problem("xor"), 0, dense(3, "softmax")),
        lambda: edits.initialize_again(problem("xor"), "xavier_uniform", -1),
        lambda: edits.set_units(problem("digits"), 0, 2_000_000),
    ],
)
def test_no_key_or_name_of_the_code_reaches_the_screen(edit: Callable[[], Session]) -> None:
    with pytest.raises(FieldError) as caught:
        edit()
    sentence = in_words(caught.value, problem("xor"))
    assert not IDENTIFIER.search(sentence), sentence


def test_advice_and_its_remedies_speak_in_words_too(bench: Bench) -> None:
    xor = problem("xor")
    traps = [
        edits.set_setting(xor, "loss", LOSSES["cross_entropy"]),
        edits.initialize_again(xor, "zeros", 0),
        edits.set_activation(edits.set_samples(xor, Samples.of([[0, 0]], [[-3]])), 1, ACTIVATIONS["softplus"]),
    ]
    for session in traps:
        for advice in advise(session):
            assert not IDENTIFIER.search(advice.sentence)
            assert advice.remedies
            assert not any(IDENTIFIER.search(remedy.label) for remedy in advice.remedies)
