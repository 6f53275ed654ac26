"""The plots grow with training, highlight with the canvas, and leave as pictures."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QCheckBox, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.storage import FileError
from backprop_gui.ui.plots.decision_surface import DecisionSurface
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.weight_plot import WeightPlot
from backprop_gui.ui.widgets.plot_area import PlotArea
from tests.conftest import Bench
from tests.plotting import graph_of


@pytest.fixture
def loss(qtbot: QtBot, bench: Bench) -> LossPlot:
    plot = LossPlot(bench)
    qtbot.addWidget(plot)
    plot.resize(480, 240)
    plot.show()
    return plot


@pytest.fixture
def weights(qtbot: QtBot, bench: Bench) -> WeightPlot:
    plot = WeightPlot(bench)
    qtbot.addWidget(plot)
    plot.resize(560, 240)
    plot.show()
    return plot


def train(qtbot: QtBot, bench: Bench, epochs: int) -> None:
    bench.controller.play(Goal(epoch=epochs))
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)


def row(plot: WeightPlot, text: str) -> QTreeWidgetItem:
    found = plot.findChild(QTreeWidget).findItems(text, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    assert len(found) == 1
    return found[0]


def test_the_loss_grows_epoch_by_epoch_and_shrinks_on_undo(qtbot: QtBot, bench: Bench, loss: LossPlot) -> None:
    train(qtbot, bench, 50)
    epochs, losses = loss.points()
    assert epochs.tolist() == list(range(51))
    assert losses[-1] == bench.controller.snapshot.loss
    bench.editor.undo()
    assert loss.points()[0].tolist() == [0.0]


def test_inside_an_epoch_the_curve_ends_where_training_is(qtbot: QtBot, bench: Bench, loss: LossPlot) -> None:
    bench.editor.apply("two", lambda s: edits.set_samples(s, type(s.samples).of([[0, 1], [1, 0]], [[0, 1], [1, 0]])))
    bench.controller.step()
    qtbot.waitUntil(lambda: not bench.controller.running)
    assert loss.points()[0].tolist() == [0.0, 0.5]


def test_a_logarithmic_scale_leaves_out_what_has_no_logarithm(qtbot: QtBot, bench: Bench, loss: LossPlot) -> None:
    bench.editor.apply("perfect", lambda s: edits.set_samples(s, type(s.samples).of([[0, 0]], [[0, 0]])))
    linear = ACTIVATIONS["linear"]
    bench.editor.apply("linear", lambda s: edits.set_activation(edits.set_activation(s, 0, linear), 1, linear))
    train(qtbot, bench, 3)
    loss.findChild(QCheckBox).click()
    assert np.isnan(loss.points()[1]).all()


def test_every_parameter_is_listed_by_layer_and_can_be_hidden(weights: WeightPlot) -> None:
    tree = weights.findChild(QTreeWidget)
    assert [tree.topLevelItem(k).text(0) for k in range(2)] == ["input → hidden", "hidden → output"]
    assert len(weights.shown()) == 17
    row(weights, "u₁₂").setCheckState(0, Qt.CheckState.Unchecked)
    assert WeightRef(1, 0, 1) not in weights.shown()
    tree.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    assert len(weights.shown()) == 7


def test_a_row_clicked_selects_and_a_selection_elsewhere_marks_the_row(
    qtbot: QtBot, bench: Bench, weights: WeightPlot
) -> None:
    tree = weights.findChild(QTreeWidget)
    place = tree.visualItemRect(row(weights, "w₁₂")).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.store.session.view.selected == WeightRef(0, 0, 1)
    bench.store.select(WeightRef(1, 2, 1))
    assert tree.currentItem().text(0) == "u₃₂"


def test_another_shape_lists_other_parameters_and_keeps_the_checks(bench: Bench, weights: WeightPlot) -> None:
    row(weights, "w₂₁").setCheckState(0, Qt.CheckState.Unchecked)
    bench.editor.apply("units", lambda session: edits.set_units(session, 0, 4))
    assert len(weights.shown()) == 22 - 1
    assert WeightRef(0, 1, 0) not in weights.shown()


def test_a_lit_curve_changes_the_picture(qtbot: QtBot, bench: Bench, weights: WeightPlot) -> None:
    train(qtbot, bench, 200)
    before = weights.grab().toImage()
    bench.store.hover(WeightRef(1, 0, 0))
    assert weights.grab().toImage() != before


@pytest.mark.parametrize("plot", ["loss", "weights"])
def test_pictures_can_be_read_back(
    qtbot: QtBot, bench: Bench, request: pytest.FixtureRequest, tmp_path: Path, plot: str
) -> None:
    widget = request.getfixturevalue(plot)
    train(qtbot, bench, 20)
    widget.save_picture(tmp_path / "p.png")
    assert QImage(str(tmp_path / "p.png")).width() > 100
    widget.save_picture(tmp_path / "p.svg")
    assert QSvgRenderer(str(tmp_path / "p.svg")).isValid()
    with pytest.raises(FileError, match=r"\.png or \.svg"):
        widget.save_picture(tmp_path / "p.gif")
    with pytest.raises(FileError, match="cannot be written"):
        widget.save_picture(tmp_path / "none" / "p.png")


def test_a_hover_elsewhere_marks_the_row_and_leaving_the_list_ends_it(
    qtbot: QtBot, bench: Bench, weights: WeightPlot
) -> None:
    bench.store.hover(WeightRef(1, 0, 0))
    assert row(weights, "u₁₁").background(0).color() == bench.theme.roles.selection
    QApplication.sendEvent(weights.findChild(QTreeWidget).viewport(), QEvent(QEvent.Type.Leave))
    assert row(weights, "u₁₁").background(0).style() == Qt.BrushStyle.NoBrush


def test_a_selection_made_before_marks_its_row_from_the_start(qtbot: QtBot, bench: Bench) -> None:
    bench.store.select(WeightRef(1, 2, 1))
    plot = WeightPlot(bench)
    qtbot.addWidget(plot)
    plot.show()
    assert plot.findChild(QTreeWidget).currentItem().text(0) == "u₃₂"


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_surface_leaves_as_a_picture_with_its_colours(
    qtbot: QtBot, bench: Bench, tmp_path: Path, ending: str
) -> None:
    bench.store.assign(problem("xor"))
    plot = DecisionSurface(bench)
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    plot.show()
    path = tmp_path / f"surface.{ending}"
    plot.save_picture(path)
    image = QImage(str(path)) if ending == "png" else rendered(path)
    colours = {image.pixelColor(x, y).name() for x in range(60, image.width(), 7) for y in range(10, image.height(), 7)}
    assert len(colours) > 20  # a plain plot has a handful


def rendered(path: Path) -> QImage:
    image = QImage(420, 320, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    QSvgRenderer(str(path)).render(painter)
    painter.end()
    return image


def test_axes_go_on_telling_true_numbers_when_theme_and_names_change(qtbot: QtBot, bench: Bench) -> None:
    area = PlotArea("Plot", "epoch", "loss", bench.theme)
    qtbot.addWidget(area)
    area.resize(400, 300)
    area.show()
    area.add_curve().set_data(np.array([0.0, 1.0]), np.array([0.0, 0.02]))
    area.grab()
    bench.preferences.set("theme", "dark")
    area.name_axes("epoch", "value")
    area.grab()
    axis = graph_of(area).getPlotItem().getAxis("left")
    assert axis.autoSIPrefixScale == 1.0
    assert axis.tickStrings([0.02], axis.autoSIPrefixScale * axis.scale, 0.01) == ["0.02"]


@pytest.mark.parametrize(
    ("last", "said"), [(2_000_000, {"0", "1M"}), (40_000, {"0", "20k"}), (300, {"0", "100"}), (0.5, {"0", "0.1"})]
)
def test_numbers_of_an_axis_stay_short_and_stand_apart(qtbot: QtBot, bench: Bench, last: float, said: set[str]) -> None:
    area = PlotArea("Numbers", "epoch", "loss", bench.theme)
    qtbot.addWidget(area)
    area.resize(260, 200)
    area.show()
    area.add_curve().set_data(np.array([0.0, last]), np.array([0.0, 1.0]))
    axis = area._item.getAxis("bottom")
    told = [
        text for spacing, places in axis.tickValues(0.0, last, 200.0) for text in axis.tickStrings(places, 1.0, spacing)
    ]
    assert said <= set(told)
    assert max(map(len, told)) <= 5
