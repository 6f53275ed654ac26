"""The import and generate dialogs, and the decision surface, through real widgets."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QPushButton

from backprop_gui.data.generators import generate
from backprop_gui.engine.backprop import forward
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.engine.trainer import Goal
from backprop_gui.resources import problem
from backprop_gui.session.edits import set_inputs, take_samples
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.canvas.unit_pictures import unit_pictures
from backprop_gui.ui.forms.generate_dialog import GenerateDialog
from backprop_gui.ui.forms.import_dialog import ImportDialog
from backprop_gui.ui.plots.distribution_plot import DistributionPlot
from backprop_gui.ui.plots.loss_surface import LossSurface
from backprop_gui.ui.plots.surface_plot import CELLS, SurfacePlot


def named(widget, kind, name):
    return next(one for one in widget.findChildren(kind) if one.accessibleName() == name)


def ok(dialog):
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)


def test_the_import_dialog_guesses_and_can_be_corrected(qtbot):
    dialog = ImportDialog("t.csv", b"a;b;kind\n1,5;2;yes\n3;4;no\n5;6;yes\n")
    qtbot.addWidget(dialog)
    reading = dialog.reading()
    assert reading.samples.inputs.tolist() == [[1.5, 2], [3, 4], [5, 6]]
    assert reading.target_names == ("kind=no", "kind=yes")
    assert ok(dialog).isEnabled()
    named(dialog, QComboBox, "Column b is").setCurrentText("ignore")
    qtbot.waitUntil(lambda: dialog.reading().samples.inputs.shape == (3, 1))
    named(dialog, QComboBox, "Scale inputs").setCurrentText("min-max")
    qtbot.waitUntil(lambda: dialog.reading().samples.inputs.max() == 1.0)


def test_bad_rows_are_told_and_must_be_skipped_knowingly(qtbot):
    dialog = ImportDialog("t.csv", b"a,t\n1,0\nfoo,1\n3,1\n")
    qtbot.addWidget(dialog)
    assert not ok(dialog).isEnabled()
    assert "line 3, a: “foo” is not a number" in dialog._told.text()
    named(dialog, QCheckBox, "Skip the rows that cannot be used").setChecked(True)
    assert ok(dialog).isEnabled()
    assert len(dialog.reading().samples) == 2


def test_nothing_to_read_keeps_ok_off(qtbot):
    dialog = ImportDialog("t.csv", b"a,t\nx,y\n")
    qtbot.addWidget(dialog)
    assert not ok(dialog).isEnabled()
    named(dialog, QCheckBox, "The first row has names").setChecked(False)
    assert not ok(dialog).isEnabled()


def test_the_generate_dialog_gives_what_it_shows(qtbot):
    dialog = GenerateDialog()
    qtbot.addWidget(dialog)
    box = named(dialog, QComboBox, "Kind")
    box.setCurrentIndex(box.findData("parity"))
    assert dialog.samples() == generate("parity", 4, 0.0, 0)


def test_taken_samples_shape_the_network_and_are_undone_at_once(bench):
    before = bench.store.session
    samples = generate("segments", 10, 0.0, 0)
    bench.editor.apply("Generate samples", lambda session: take_samples(session, samples))
    assert bench.store.session.network.sizes == (7, 3, 10)
    assert bench.store.session.samples is samples
    bench.editor.undo()
    assert bench.store.session.network == before.network
    assert bench.store.session.samples is before.samples


@pytest.fixture
def surface(qtbot, bench):
    bench.store.assign(problem("xor"))
    plot = SurfacePlot(bench.store, bench.controller, bench.editor, bench.preferences, bench.theme)
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    plot.show()
    return plot


def test_the_surface_is_the_networks_output_over_the_plane(qtbot, bench, surface):
    session = bench.store.session
    assert surface.values().shape == (CELLS, CELLS)
    assert CELLS >= 100
    left, bottom, width, height = surface.plane()
    for row, column in ((0, 0), (17, 93), (119, 119)):
        x = np.array([left + width * column / (CELLS - 1), bottom + height * row / (CELLS - 1)])
        outputs, _ = forward(session.network, session.parameters, x)
        assert surface.values()[row, column] == pytest.approx(outputs[-1][0], abs=1e-12)


def test_the_surface_follows_training_and_other_inputs(qtbot, bench, surface):
    before = surface.values().copy()
    bench.controller.step(50)
    qtbot.waitUntil(lambda: not bench.controller.running)
    qtbot.waitUntil(lambda: np.abs(surface.values() - before).max() > 1e-4)
    bench.editor.apply("inputs", lambda session: set_inputs(session, 3))
    box = named(surface, QComboBox, "Up")
    qtbot.waitUntil(lambda: box.count() == 3)
    bench.editor.apply("inputs", lambda session: set_inputs(session, 1))
    qtbot.waitUntil(lambda: surface.values().shape == (1, CELLS))


def test_a_click_draws_a_sample(bench, surface):
    named(surface, QComboBox, "Click adds").setCurrentText("target 1")
    surface._area.clicked.emit(QPointF(0.25, 0.75))
    samples = bench.store.session.samples
    assert samples.inputs[-1].tolist() == [0.25, 0.75]
    assert samples.targets[-1].tolist() == [1.0]
    bench.editor.undo()
    assert len(bench.store.session.samples) == 4


def test_each_layer_draws_the_size_of_its_gradients(qtbot, bench):
    plot = DistributionPlot(bench.controller, bench.theme)
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


def test_units_show_what_they_say_over_the_plane(qtbot, bench):
    bench.store.assign(problem("xor"))
    canvas = NetworkCanvas(bench.store, bench.controller, bench.editor, bench.preferences, bench.theme)
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


def test_the_loss_surface_is_the_loss_and_a_click_moves_there(qtbot, bench):
    bench.store.assign(problem("xor"))
    plot = LossSurface(bench.store, bench.controller, bench.editor, bench.preferences, bench.theme)
    qtbot.addWidget(plot)
    plot.resize(360, 500)
    plot.show()
    qtbot.waitUntil(lambda: np.isfinite(plot.losses()).all())
    session = bench.store.session
    first, second = WeightRef(0, 0, 0), WeightRef(0, 0, 1)
    xs, ys = plot.places()
    for row, column in ((0, 0), (30, 11), (55, 55)):
        moved = session.parameters.replace(first, float(xs[column])).replace(second, float(ys[row]))
        trainer = replace(session, parameters=moved).trainer()
        assert plot.losses()[row, column] == pytest.approx(trainer.loss(), rel=1e-12)
    plot._area.clicked.emit(QPointF(0.4, -0.2))
    assert bench.store.session is session  # only while the button is pressed
    named(plot, QPushButton, "Go there").setChecked(True)
    plot._area.clicked.emit(QPointF(0.4, -0.2))
    now = bench.store.session.parameters
    assert (now[first], now[second]) == (0.4, -0.2)
    bench.editor.undo()
    assert bench.store.session.parameters == session.parameters
