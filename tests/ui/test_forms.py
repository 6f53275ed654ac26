"""The forms: what is typed lands in the document, what is refused says why and changes nothing."""

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPushButton, QSpinBox, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.docks import LEFT_WIDTH
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.widgets.field import ProblemLine
from tests.conftest import Bench
from tests.finding import named
from tests.shapes import dense


def problems_of(form: QWidget) -> list[str]:
    return [line.text() for line in form.findChildren(ProblemLine) if not line.isHidden()]


def type_over(qtbot: QtBot, field: QLineEdit | QSpinBox, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


@pytest.fixture
def network(qtbot: QtBot, bench: Bench) -> NetworkForm:
    form = NetworkForm(bench)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.fixture
def training(qtbot: QtBot, bench: Bench) -> TrainingForm:
    form = TrainingForm(bench)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.fixture
def samples(qtbot: QtBot, bench: Bench) -> SamplesForm:
    bench.store.assign(problem("xor"))
    form = SamplesForm(bench)
    qtbot.addWidget(form)
    form.show()
    return form


def test_units_typed_keep_the_weights_and_can_be_undone(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    type_over(qtbot, named(network, QSpinBox, "Units of hidden"), "12")
    assert bench.store.session.network.sizes == (2, 12, 2)
    assert bench.store.session.parameters.weights[0][1, 2] == 0.6
    bench.editor.undo()
    assert named(network, QSpinBox, "Units of hidden").value() == 3


def test_layers_are_added_moved_and_removed(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    qtbot.mouseClick(named(network, QPushButton, "Add layer"), Qt.MouseButton.LeftButton)
    assert bench.store.session.network.sizes == (2, 3, 3, 2)
    box = named(network, QComboBox, "Activation of hidden 2")
    box.setCurrentIndex(box.findData("tanh"))
    box.activated.emit(box.currentIndex())
    qtbot.mouseClick(named(network, QToolButton, "Move up hidden 2"), Qt.MouseButton.LeftButton)
    assert bench.store.session.network.layers[0] == dense(3, "tanh")
    qtbot.mouseClick(named(network, QToolButton, "Remove hidden 2"), Qt.MouseButton.LeftButton)
    assert bench.store.session.network.layers == (dense(3, "tanh"), dense(2, "sigmoid"))


def test_the_form_fits_its_panel_also_beside_a_scroll_bar(bench: Bench, network: NetworkForm) -> None:
    for _ in range(9):
        bench.editor.apply("deep", lambda session: edits.insert_layer(session, 1, dense(16, "leaky_relu")))
    QGuiApplication.processEvents()
    assert network.minimumSizeHint().width() <= LEFT_WIDTH - 20


def test_the_output_layer_cannot_be_moved_or_removed(network: NetworkForm) -> None:
    for what in ("Move up", "Move down", "Remove"):
        assert not named(network, QToolButton, f"{what} output").isEnabled()


def test_softmax_is_offered_on_the_output_only(network: NetworkForm) -> None:
    assert named(network, QComboBox, "Activation of hidden").findData("softmax") == -1
    assert named(network, QComboBox, "Activation of output").findData("softmax") >= 0


def test_a_seed_draws_new_start_weights_and_a_bad_one_is_named(
    qtbot: QtBot, bench: Bench, network: NetworkForm
) -> None:
    field = named(network, QLineEdit, "Seed")
    type_over(qtbot, field, "-4")
    assert problems_of(network) == ["⚠ Seed: “-4” is not accepted; use a whole number of at least 0."]
    assert bench.store.session.training.seed == 0
    type_over(qtbot, field, "11")
    assert bench.store.session.training.seed == 11
    assert problems_of(network) == []
    assert bench.store.session.parameters == edits.initialize_again(problem("article"), "xavier_uniform", 11).parameters


@pytest.mark.parametrize(("text", "value"), [("0.9", 0.9), ("1e-3", 0.001), ("0,25", 0.25), ("40", 40.0)])
def test_any_positive_learning_rate(
    qtbot: QtBot, bench: Bench, training: TrainingForm, text: str, value: float
) -> None:
    type_over(qtbot, named(training, QLineEdit, "Learning rate η"), text)
    assert bench.store.session.training.optimizer.learning_rate == value


@pytest.mark.parametrize("text", ["0", "-1", "fast", "inf", "nan"])
def test_a_learning_rate_that_is_none_is_named_as_it_is_typed(
    qtbot: QtBot, bench: Bench, training: TrainingForm, text: str
) -> None:
    field = named(training, QLineEdit, "Learning rate η")
    field.selectAll()
    qtbot.keyClicks(field, text)
    assert len(problems_of(training)) == 1
    assert f"Learning rate η: “{text}” is not accepted; use a" in problems_of(training)[0]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == text
    assert bench.store.session.training.optimizer.learning_rate == 0.5


def test_full_batch_and_back(qtbot: QtBot, bench: Bench, training: TrainingForm) -> None:
    box = named(training, QCheckBox, "Full batch")
    box.click()
    assert bench.store.session.training.batch_size == "full"
    assert not named(training, QLineEdit, "Batch size").isEnabled()
    box.click()
    assert bench.store.session.training.batch_size == 1


def test_leaving_sgd_drops_its_momentum(qtbot: QtBot, bench: Bench, training: TrainingForm) -> None:
    type_over(qtbot, named(training, QLineEdit, "Momentum μ"), "0.8")
    box = named(training, QComboBox, "Optimizer")
    box.setCurrentIndex(box.findData("adam"))
    box.activated.emit(box.currentIndex())
    optimizer = bench.store.session.training.optimizer
    assert (optimizer.name, optimizer.momentum) == ("adam", 0.0)
    bench.editor.undo()
    assert named(training, QLineEdit, "Momentum μ").text() == "0.8"


def test_a_loss_the_output_cannot_have_is_refused_with_the_reason(
    qtbot: QtBot, bench: Bench, training: TrainingForm
) -> None:
    bench.editor.apply("linear", lambda session: edits.set_activation(session, 1, ACTIVATIONS["linear"]))
    box = named(training, QComboBox, "Loss")
    box.setCurrentIndex(box.findData("cross_entropy"))
    box.activated.emit(box.currentIndex())
    assert "sigmoid or softmax, not linear" in problems_of(training)[0]
    assert bench.store.session.training.loss == HALF_SSE
    assert box.currentData() == "half_sse"


def cell(form: QWidget, row: int, column: int) -> QModelIndex:
    return form.findChild(QTableView).model().index(row, column)


def edit_cell(qtbot: QtBot, form: QWidget, row: int, column: int, text: str) -> None:
    table = form.findChild(QTableView)
    table.setCurrentIndex(cell(form, row, column))
    table.edit(cell(form, row, column))
    editor = next(one for one in table.findChildren(QLineEdit))
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not table.findChildren(QLineEdit))


def test_a_cell_typed_is_the_samples_number(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    edit_cell(qtbot, samples, 2, 1, "0,75")
    assert bench.store.session.samples.inputs[2, 1] == 0.75
    edit_cell(qtbot, samples, 3, 2, "1e-9")
    assert bench.store.session.samples.targets[3, 0] == 1e-9


def test_a_cell_that_is_no_number_is_named_and_nothing_changes(
    qtbot: QtBot, bench: Bench, samples: SamplesForm
) -> None:
    before = bench.store.session.samples
    edit_cell(qtbot, samples, 2, 1, "a lot")
    assert "Sample 3, x₂: “a lot” is not accepted; use a number" in problems_of(samples)[0]
    assert bench.store.session.samples is before


def test_a_block_from_a_spreadsheet_is_pasted_and_extends_the_table(
    qtbot: QtBot, bench: Bench, samples: SamplesForm
) -> None:
    table = samples.findChild(QTableView)
    table.setCurrentIndex(cell(samples, 3, 0))
    QGuiApplication.clipboard().setText("0,1\t0,2\t0,3\r\n4\t5\t6\r\n")
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bench.store.session.samples.inputs[3:].tolist() == [[0.1, 0.2], [4.0, 5.0]]
    assert bench.store.session.samples.targets[3:].tolist() == [[0.3], [6.0]]
    bench.editor.undo()
    assert len(bench.store.session.samples) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\t2\nx\t3", "Pasted row 2, column 1: “x”"),
        ("1\t2\n3", "Pasted row 2: “1 cell”"),
        ("", "copy some numbers first"),
    ],
)
def test_a_block_that_does_not_fit_says_why(
    qtbot: QtBot, bench: Bench, samples: SamplesForm, text: str, words: str
) -> None:
    before = bench.store.session.samples
    table = samples.findChild(QTableView)
    table.setCurrentIndex(cell(samples, 0, 0))
    QGuiApplication.clipboard().setText(text)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert words in problems_of(samples)[0]
    assert bench.store.session.samples is before


@pytest.mark.parametrize(
    "text",
    ["x1\tx2\tt\n0\t1\t1\n1\t0\t0\n", "0,5\t1\tcat\n1\t0\tdog\n2\t5\tcat\n", "1\t2\t3\t4\n5\t6\t7\t8\n"],
    ids=["names", "classes", "more columns"],
)
def test_a_table_that_is_pasted_is_handed_to_the_import(
    qtbot: QtBot, bench: Bench, samples: SamplesForm, text: str
) -> None:
    before, handed = bench.store.session.samples, list[str]()
    samples.table_pasted.connect(handed.append)
    table = samples.findChild(QTableView)
    table.setCurrentIndex(cell(samples, 0, 0))
    QGuiApplication.clipboard().setText(text)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert handed == [text]
    assert bench.store.session.samples is before


def test_a_pasted_block_is_read_in_its_own_locale(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    table = samples.findChild(QTableView)
    table.setCurrentIndex(cell(samples, 0, 0))
    QGuiApplication.clipboard().setText("1.200,5\t−2\t50 %\n980\t1\t0,25\n")
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bench.store.session.samples.inputs[:2].tolist() == [[1200.5, -2], [980, 1]]
    assert bench.store.session.samples.targets[:2].tolist() == [[0.5], [0.25]]


def test_samples_are_added_and_removed_but_one_stays(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    qtbot.mouseClick(named(samples, QPushButton, "Add sample"), Qt.MouseButton.LeftButton)
    assert len(bench.store.session.samples) == 5
    assert bench.controller.snapshot.sample == 4
    remove = named(samples, QPushButton, "Remove sample")
    for _ in range(4):
        qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert len(bench.store.session.samples) == 1
    assert not remove.isEnabled()


def test_a_row_clicked_is_the_current_sample_and_marked(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    table = samples.findChild(QTableView)
    place = table.visualRect(cell(samples, 1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.store.session.view.sample == 1
    header = [table.model().headerData(row, Qt.Orientation.Vertical) for row in range(4)]
    assert header == ["1", "▶ 2", "3", "4"]


def test_a_sample_that_is_left_is_not_marked_any_more(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    table = samples.findChild(QTableView)
    place = table.visualRect(cell(samples, 1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [index.row() for index in table.selectedIndexes()] == [1]
    bench.store.show_sample(2)
    assert table.selectedIndexes() == []
    bold = [bool(table.model().data(cell(samples, row, 0), Qt.ItemDataRole.FontRole)) for row in range(4)]
    assert bold == [False, False, True, False]
    assert not table.verticalHeader().highlightSections()  # a selected row's number would be bold too


def test_columns_are_headed_in_the_notation_chosen(bench: Bench, samples: SamplesForm) -> None:
    model = samples.findChild(QTableView).model()
    changed: list[Qt.Orientation] = []

    def note(orientation: Qt.Orientation, *_: object) -> None:
        changed.append(orientation)

    model.headerDataChanged.connect(note)
    heads = {
        "article": ["x₁", "x₂", "t₁"],
        "nielsen": ["a¹₁", "a¹₂", "y₁"],
        "mazur": ["i₁", "i₂", "targetₒ₁"],
        "layers": ["a⁽⁰⁾₁", "a⁽⁰⁾₂", "t₁"],
    }
    for notation in ("nielsen", "mazur", "layers", "article"):
        changed.clear()
        bench.preferences.set("notation", notation)
        assert [model.headerData(k, Qt.Orientation.Horizontal) for k in range(3)] == heads[notation]
        assert Qt.Orientation.Horizontal in changed
    bench.preferences.set("notation", "nielsen")
    model.setData(cell(samples, 2, 2), "much")
    assert "Sample 3, y₁: “much”" in problems_of(samples)[0]


def test_a_hundred_thousand_rows_make_no_widget_each(qtbot: QtBot, bench: Bench, samples: SamplesForm) -> None:
    before = len(samples.findChildren(QLineEdit))
    rows = [[0.0, 1.0]] * 100_000
    bench.editor.apply("many", lambda session: edits.set_samples(session, Samples.of(rows, [[1.0]] * 100_000)))
    assert samples.findChild(QTableView).model().rowCount() == 100_000
    assert len(samples.findChildren(QLineEdit)) == before
