"""The import and generate dialogs, and the decision surface, through real widgets."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableView,
)
from pytestqt.qtbot import QtBot

from backprop_gui.data.generators import generate
from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.engine.trace import forward
from backprop_gui.resources import problem
from backprop_gui.session.edits import initialize_again, set_inputs, take_samples
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.canvas.unit_pictures import unit_pictures
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.dialogs.generate_dialog import GenerateDialog
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.plots.decision_surface import CELLS, DecisionSurface
from backprop_gui.ui.plots.layer_plot import LayerPlot
from backprop_gui.ui.plots.loss_landscape import LossLandscape
from tests.conftest import Bench
from tests.finding import named, ok_button
from tests.plotting import click, plane_of


def test_the_import_dialog_guesses_and_can_be_corrected(qtbot: QtBot) -> None:
    dialog = ImportDialog("t.csv", b"a;b;kind\n1,5;2;yes\n3;4;no\n5;6;yes\n")
    qtbot.addWidget(dialog)
    reading = dialog.reading()
    assert reading.samples.inputs.tolist() == [[1.5, 2], [3, 4], [5, 6]]
    assert [column.name for column in reading.samples.columns] == ["a", "b", "kind=no", "kind=yes"]
    assert ok_button(dialog).isEnabled()
    named(dialog, QComboBox, "Column b is").setCurrentText("ignore")
    qtbot.waitUntil(lambda: dialog.reading().samples.inputs.shape == (3, 1))
    named(dialog, QComboBox, "Scale inputs").setCurrentText("min-max")
    qtbot.waitUntil(lambda: dialog.reading().samples.inputs.max() == 1.0)


def test_a_column_of_words_is_taken_for_the_samples_names(qtbot: QtBot) -> None:
    dialog = ImportDialog("t.csv", b"who,town,x,t\nAda,Rome,1,0\nBob,Oslo,2,1\n")
    qtbot.addWidget(dialog)
    assert named(dialog, QComboBox, "Column who is").currentText() == "name"
    assert named(dialog, QComboBox, "Column town is").currentText() == "ignore"
    assert dialog.reading().samples.names == ("Ada", "Bob")
    assert dialog.reading().samples.inputs.tolist() == [[1.0], [2.0]]
    named(dialog, QComboBox, "Scale targets").setCurrentText("standard")
    qtbot.waitUntil(lambda: dialog.reading().samples.targets.tolist() == [[-1.0], [1.0]])


def test_bad_rows_are_told_and_must_be_skipped_knowingly(qtbot: QtBot) -> None:
    dialog = ImportDialog("t.csv", b"a,t\n1,0\nfoo,1\n3,1\n")
    qtbot.addWidget(dialog)
    assert not ok_button(dialog).isEnabled()
    assert any("line 3, a: “foo” is not a number" in label.text() for label in dialog.findChildren(QLabel))
    named(dialog, QCheckBox, "Skip the rows that cannot be used").setChecked(True)
    assert ok_button(dialog).isEnabled()
    assert len(dialog.reading().samples) == 2


def test_nothing_to_read_keeps_ok_off(qtbot: QtBot) -> None:
    dialog = ImportDialog("t.csv", b"a,t\nx,y\n")
    qtbot.addWidget(dialog)
    assert not ok_button(dialog).isEnabled()
    named(dialog, QCheckBox, "The first row has names").setChecked(False)
    assert not ok_button(dialog).isEnabled()


def test_the_generate_dialog_gives_what_it_shows(qtbot: QtBot) -> None:
    dialog = GenerateDialog()
    qtbot.addWidget(dialog)
    box = named(dialog, QComboBox, "Kind")
    box.setCurrentIndex(box.findData("parity"))
    assert dialog.samples() == generate("parity", 4, 0.0, 0)


def test_taken_samples_shape_the_network_and_are_undone_at_once(bench: Bench) -> None:
    before = bench.store.session
    samples = generate("segments", 10, 0.0, 0)
    bench.editor.apply("Generate samples", lambda session: take_samples(session, samples))
    assert bench.store.session.network.sizes == (7, 3, 10)
    assert bench.store.session.samples is samples
    bench.editor.undo()
    assert bench.store.session.network == before.network
    assert bench.store.session.samples is before.samples


@pytest.fixture
def surface(qtbot: QtBot, bench: Bench) -> DecisionSurface:
    bench.store.assign(problem("xor"))
    plot = DecisionSurface(bench)
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    plot.show()
    return plot


def test_the_surface_is_the_networks_output_over_the_plane(
    qtbot: QtBot, bench: Bench, surface: DecisionSurface
) -> None:
    session = bench.store.session
    assert surface.values().shape == (CELLS, CELLS)
    assert CELLS >= 100
    left, bottom, width, height = plane_of(surface)
    for row, column in ((0, 0), (17, 93), (119, 119)):
        x = np.array([left + width * column / (CELLS - 1), bottom + height * row / (CELLS - 1)])
        outputs, _ = forward(session.network, session.parameters, x)
        assert surface.values()[row, column] == pytest.approx(outputs[-1][0], abs=1e-12)


def test_the_surface_follows_training_and_other_inputs(qtbot: QtBot, bench: Bench, surface: DecisionSurface) -> None:
    before = surface.values().copy()
    bench.controller.step(50)
    qtbot.waitUntil(lambda: not bench.controller.running)
    whole = before.shape  # fewer cells while training runs
    qtbot.waitUntil(lambda: surface.values().shape == whole and np.abs(surface.values() - before).max() > 1e-4)
    bench.editor.apply("inputs", lambda session: set_inputs(session, 3))
    box = named(surface, QComboBox, "Up")
    qtbot.waitUntil(lambda: box.count() == 3)
    bench.editor.apply("inputs", lambda session: set_inputs(session, 1))
    qtbot.waitUntil(lambda: surface.values().shape == (1, CELLS))


def test_a_click_draws_a_sample(bench: Bench, surface: DecisionSurface) -> None:
    named(surface, QComboBox, "Click adds").setCurrentText("target 1")
    surface.grab()  # the axes follow their data when they are painted
    across, up = click(surface, 0.25, 0.75)
    samples = bench.store.session.samples
    x, y = samples.inputs[-1].tolist()
    assert (abs(x - 0.25) < across, abs(y - 0.75) < up) == (True, True)
    assert samples.targets[-1].tolist() == [1.0]
    bench.editor.undo()
    assert len(bench.store.session.samples) == 4


def test_each_layer_draws_the_size_of_its_gradients(qtbot: QtBot, bench: Bench) -> None:
    plot = LayerPlot(bench)
    qtbot.addWidget(plot)
    plot.show()
    bench.controller.play(Goal(epoch=30))
    qtbot.waitUntil(lambda: not bench.controller.running)
    qtbot.waitUntil(lambda: plot.points(0)[0][-1] == 30)
    gradients = bench.controller.snapshot.trace.gradients.weights
    for layer in (0, 1):
        assert plot.points(layer)[1][-1] == pytest.approx(np.median(np.abs(gradients[layer])))
    bench.editor.undo()
    qtbot.waitUntil(lambda: plot.points(0)[0].tolist() == [0.0])


def test_a_size_of_zero_is_a_gap_and_leaves_the_scale_to_the_others(qtbot: QtBot, bench: Bench) -> None:
    session = initialize_again(problem("article"), "zeros", 0)  # no delta comes back through weights of 0
    bench.store.assign(session)
    plot = LayerPlot(bench)
    qtbot.addWidget(plot)
    plot.show()
    bench.controller.step(3)
    qtbot.waitUntil(lambda: not bench.controller.running)
    qtbot.waitUntil(lambda: len(plot.points(0)[1]) > 1)
    plot.grab()
    assert np.isnan(plot.points(0)[1][0])
    assert np.nanmin(plot.points(1)[1]) > 1e-6


@pytest.mark.parametrize("what", ["Gradients", "Activations", "Weights"])
def test_one_layers_spread_is_drawn_from_its_least_to_its_largest_value(qtbot: QtBot, bench: Bench, what: str) -> None:
    plot = LayerPlot(bench)
    qtbot.addWidget(plot)
    plot.show()
    bench.controller.play(Goal(epoch=30))
    qtbot.waitUntil(lambda: not bench.controller.running)
    for name, words in (("Quantity", what), ("Layer", "hidden")):
        box = named(plot, QComboBox, name)
        box.setCurrentText(words)
        box.activated.emit(box.currentIndex())
    snapshot = bench.controller.snapshot
    values = {
        "Gradients": snapshot.trace.gradients.weights[0],
        "Activations": snapshot.trace.outputs[1],
        "Weights": snapshot.parameters.weights[0],
    }[what]
    expected = [values.min(), *np.quantile(values, [0.25, 0.5, 0.75]), values.max()]
    assert [curve[-1] for curve in plot.spread()] == pytest.approx(expected)
    assert plot.points(0)[0] is None  # the medians of all layers are put away
    plot.grab()


def test_units_show_what_they_say_over_the_plane(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    canvas = NetworkCanvas(bench)
    qtbot.addWidget(canvas)
    canvas.resize(700, 500)
    canvas.show()
    before = canvas.grab().toImage()
    bench.preferences.set("unit_pictures", True)
    assert canvas.grab().toImage() != before
    session = bench.store.session
    pictures = unit_pictures(bench.controller.snapshot, session.samples, bench.theme.roles)
    assert len(pictures) == sum(session.network.sizes)
    image = pictures[UnitRef(0, 0)]  # the first input grows from left to right
    assert image.pixelColor(1, 16).red() > image.pixelColor(30, 16).red()
    assert image.pixelColor(1, 1) == image.pixelColor(1, 30)
    bench.preferences.set("unit_pictures", False)
    assert canvas.grab().toImage() == before


def test_the_loss_surface_is_the_loss_and_a_click_moves_there(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    plot = LossLandscape(bench)
    qtbot.addWidget(plot)
    plot.resize(360, 500)
    plot.show()
    qtbot.waitUntil(lambda: bool(np.isfinite(plot.losses()).all()))
    session = bench.store.session
    first, second = WeightRef(0, 0, 0), WeightRef(0, 0, 1)
    xs, ys = plot.places()
    for row, column in ((0, 0), (30, 11), (55, 55)):
        moved = session.parameters.replace(first, float(xs[column])).replace(second, float(ys[row]))
        trainer = replace(session, parameters=moved).trainer()
        assert plot.losses()[row, column] == pytest.approx(trainer.loss(), rel=1e-12)
    plot.grab()  # the axes follow their data when they are painted
    click(plot, 0.4, -0.2)
    assert bench.store.session is session  # only while the button is pressed
    named(plot, QPushButton, "Go there").setChecked(True)
    across, up = click(plot, 0.4, -0.2)
    now = bench.store.session.parameters
    assert (abs(now[first] - 0.4) < across, abs(now[second] + 0.2) < up) == (True, True)
    bench.editor.undo()
    assert bench.store.session.parameters == session.parameters


def test_a_session_opened_while_the_landscape_begins_does_not_mix_with_it(qtbot: QtBot, bench: Bench) -> None:
    plot = LossLandscape(bench)
    qtbot.addWidget(plot)
    plot.show()
    bench.store.assign(problem("han-kamber"))  # before the first slice; it has an input more
    qtbot.waitUntil(lambda: bool(np.isfinite(plot.losses()).all()))
    assert plot.losses().min() <= problem("han-kamber").trainer().loss() <= plot.losses().max()


@pytest.fixture
def measured(bench: Bench) -> Bench:
    """The article's network on two named people whose inputs were scaled: value = (measured - 100) / 50."""
    session = problem("article")
    columns = (Column("height", 100.0, 50.0), Column("weight"), Column("kind=cat"), Column("kind=dog"))
    samples = replace(Samples.of([[0.5, 0.1], [1.0, 0.2]], [[0, 1], [1, 0]]), columns=columns, names=("Ada", "Bob"))
    bench.store.assign(take_samples(session, samples))
    return bench


def test_the_table_shows_and_takes_what_was_measured(qtbot: QtBot, measured: Bench) -> None:
    form = SamplesForm(measured)
    qtbot.addWidget(form)
    model = form.findChild(QTableView).model()
    assert model.data(model.index(0, 0), Qt.ItemDataRole.EditRole) == "125.0"
    assert "sees 0.5" in model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert model.headerData(0, Qt.Orientation.Horizontal) == "x₁\nheight"
    assert "Ada" in model.headerData(0, Qt.Orientation.Vertical)
    assert model.setData(model.index(1, 0), "175")
    assert measured.store.session.samples.inputs.tolist() == [[0.5, 0.1], [1.5, 0.2]]
    assert measured.store.session.samples.names == ("Ada", "Bob")
    named(form, QPushButton, "Add sample").click()
    samples = measured.store.session.samples
    assert samples.column(0).measured(samples.inputs[2, 0]) == 0.0
    assert samples.names == ("Ada", "Bob", "")
    form.findChild(QTableView).selectRow(0)
    named(form, QPushButton, "Remove sample").click()
    assert measured.store.session.samples.names == ("Bob", "")
    measured.editor.undo()
    assert measured.store.session.samples == samples


def test_names_and_measured_values_are_told_on_the_canvas_and_in_formulas(qtbot: QtBot, measured: Bench) -> None:
    canvas = NetworkCanvas(measured)
    qtbot.addWidget(canvas)
    assert canvas.describe(UnitRef(0, 0)) == "x₁ = 0.5 (height, measured 125)"
    assert canvas.describe(UnitRef(2, 1)).endswith("(kind=dog)")
    assert "(" not in canvas.describe(UnitRef(1, 0))
    panel = DerivationPanel(measured)
    qtbot.addWidget(panel)
    panel.resize(360, 900)
    panel.show()
    measured.store.select(UnitRef(1, 0))
    qtbot.waitUntil(lambda: panel.derivation is not None)
    panel.paper.finish()
    tips = {panel.paper.tip_at(QPointF(x, y)) for x in range(0, panel.paper.width(), 6) for y in range(0, 300, 6)}
    assert "0.5 (height, measured 125)" in tips


def test_names_stand_on_the_canvas_where_there_is_room(qtbot: QtBot, measured: Bench) -> None:
    canvas = NetworkCanvas(measured)
    qtbot.addWidget(canvas)
    canvas.resize(700, 500)
    canvas.show()
    with_names = canvas.grab().toImage()
    bare = replace(measured.store.session.samples, columns=(), names=())
    measured.editor.apply("names", lambda session: take_samples(session, bare))
    without = canvas.grab().toImage()
    differing = [
        (x, y)
        for x in range(0, with_names.width(), 2)
        for y in range(0, with_names.height(), 2)
        if with_names.pixel(x, y) != without.pixel(x, y)
    ]
    left, right = with_names.width() / 4, with_names.width() * 3 / 4
    assert min(x for x, _ in differing) < left
    assert max(x for x, _ in differing) > right


def test_a_long_read_shows_progress_and_can_be_changed_or_given_up(qtbot: QtBot) -> None:
    rows = b"".join(b"%d,%d,%d\n" % (k, k % 7, k % 2) for k in range(400_000))
    dialog = ImportDialog("t.csv", b"a,b,t\n" + rows)
    qtbot.addWidget(dialog)
    dialog.show()
    progress = dialog.findChild(QProgressBar)
    assert progress.isVisible()
    assert not ok_button(dialog).isEnabled()
    qtbot.waitUntil(lambda: 0 < progress.value() < 100)
    named(dialog, QComboBox, "Column b is").setCurrentText("ignore")  # goes on, and makes one column less in the end
    qtbot.waitUntil(lambda: dialog.reading() is not None, timeout=100_000)
    assert dialog.reading().samples.inputs.shape == (400_000, 1)
    assert not progress.isVisible()
    assert ok_button(dialog).isEnabled()
    named(dialog, QComboBox, "Delimiter").setCurrentText("semicolon")  # begins again
    named(dialog, QComboBox, "Delimiter").setCurrentText("comma")
    qtbot.waitUntil(progress.isVisible)
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel).click()
    assert dialog.result() == 0
    assert dialog.reading() is None
