"""What is read off a picture is what the engine says at the pointer's own place, not at a cell beside it."""

from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.network import ParameterRef
from backprop_gui.engine.trace import forward
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.resources import problem
from backprop_gui.session.edits import set_inputs, set_samples
from backprop_gui.ui.heat import finer, tint
from backprop_gui.ui.plots.decision_surface import CELLS, DecisionSurface
from backprop_gui.ui.plots.loss_key import BANDS, LossKey
from backprop_gui.ui.plots.loss_landscape import MOST_SAMPLES, LossLandscape
from tests.conftest import Bench
from tests.plotting import area_of, dots_of, graph_of, place_of, plane_of

Plot = LossLandscape | DecisionSurface
PLACES = [(0.03, 0.05), (0.5, 0.5), (0.31, 0.77), (0.97, 0.02), (0.66, 0.98), (0.13, 0.41)]
"""Shares of a plot's width and height; the crosses in between lie anywhere in a cell."""


P = TypeVar("P", LossLandscape, DecisionSurface)


class Show(Protocol):
    """Show a plot of a built-in problem after a few steps of training."""

    def __call__(self, kind: type[P], name: str) -> P: ...


@pytest.fixture
def shown(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Show:
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)  # else moves in quick succession are left out

    def show(kind: type[P], name: str) -> P:
        bench.store.assign(problem(name))
        bench.controller.step(7)
        qtbot.waitUntil(lambda: not bench.controller.running)
        plot = kind(bench)
        qtbot.addWidget(plot)
        plot.resize(420, 420)
        plot.show()
        qtbot.waitUntil(lambda: is_in_view(plot))
        return plot

    return show


def choose(plot: Plot, name: str, place: int) -> None:
    box = next(one for one in plot.findChildren(QComboBox) if one.accessibleName() == name)
    box.setCurrentIndex(place)
    box.activated.emit(place)


def is_in_view(plot: Plot) -> bool:
    plot.grab()  # the axes follow their data when they are painted
    plane = plane_of(plot)
    return bool(np.isfinite(plane).all()) and graph_of(plot).getPlotItem().vb.viewRect().contains(QRectF(*plane))


def texts(plot: Plot) -> list[str]:
    return [label.text() for label in plot.findChildren(QLabel) if not label.isHidden() and label.text().strip()]


def point_at(plot: Plot, share: tuple[float, float]) -> QPointF:
    """Move the pointer over the plot and return the place in data coordinates that it then points at."""
    assert is_in_view(plot)
    places: list[QPointF] = []
    area_of(plot).pointed.connect(places.append)
    viewport: QWidget = graph_of(plot).viewport()
    left, bottom, width, height = plane_of(plot)
    at = place_of(plot, left + share[0] * width, bottom + share[1] * height)
    button, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    move = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), button, button, keys)
    QApplication.sendEvent(viewport, move)  # the cursor's own place depends on what else is on the screen
    area_of(plot).pointed.disconnect(places.append)
    return places[-1]


def landscape_loss(
    bench: Bench, refs: tuple[ParameterRef, ParameterRef], values: tuple[float, float], most: int
) -> float:
    """Return the engine's own loss with two parameters moved, over the samples that the landscape takes."""
    session = bench.store.session
    train, _ = session.samples.rows()
    rows = train[np.linspace(0, len(train) - 1, min(len(train), most)).astype(int)]
    samples = Samples.of(session.samples.inputs[rows], session.samples.targets[rows])
    moved = session.parameters
    for ref, value in zip(refs, values, strict=True):
        moved = moved.replace(ref, value)
    return replace(session, samples=samples, parameters=moved, view=replace(session.view, sample=0)).trainer().loss()


@pytest.mark.parametrize("name", ["or", "xor", "article", "iris", "digits"])
def test_the_landscape_reads_the_loss_at_its_dot_and_wherever_it_is_pointed_at(
    qtbot: QtBot, bench: Bench, shown: Show, name: str
) -> None:
    plot = shown(LossLandscape, name)
    first, second, *_ = bench.store.session.network.parameter_refs()
    refs = (first, second)
    write = NumberFormat("significant", 5)
    (((x,), (y,)),) = dots_of(plot)
    area_of(plot).pointed.emit(QPointF(x, y))
    own = landscape_loss(bench, refs, (x, y), MOST_SAMPLES)
    assert f"loss {write(own)}" in texts(plot)
    if len(bench.store.session.samples.rows()[0]) <= MOST_SAMPLES:
        assert own == pytest.approx(bench.controller.snapshot.loss, rel=1e-12)
    for share in PLACES:
        place = point_at(plot, share)
        loss = landscape_loss(bench, refs, (place.x(), place.y()), MOST_SAMPLES)
        assert f"loss {write(loss)}" in texts(plot)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("digits", "over 300 of 1,438 samples"),
        ("iris", "over the 120 samples for training"),
        ("xor", ""),
    ],
)
def test_the_landscape_says_over_how_many_samples_it_is_taken_where_it_is_not_all(
    shown: Show, name: str, words: str
) -> None:
    told = [text for text in texts(shown(LossLandscape, name)) if text.startswith("over")]
    assert told == ([words] if words else [])


@pytest.mark.parametrize(("name", "across", "up", "output"), [("xor", 0, 1, 0), ("wine", 6, 2, 1), ("iris", 3, 1, 2)])
def test_the_decision_surface_reads_the_output_wherever_it_is_pointed_at(
    qtbot: QtBot, bench: Bench, shown: Show, name: str, across: int, up: int, output: int
) -> None:
    plot = shown(DecisionSurface, name)
    for box, place in (("Across", across), ("Up", up), ("Output", output)):
        choose(plot, box, place)
    session = bench.store.session
    for share in PLACES:
        place = point_at(plot, share)
        x = session.samples.inputs[bench.controller.snapshot.sample].copy()
        x[across], x[up] = place.x(), place.y()
        outputs, _ = forward(session.network, session.parameters, x)
        written = bench.preferences.number_format(float(outputs[-1][output]))
        assert any(text.split("   ")[0] == written for text in texts(plot)), written


def test_a_fitted_curve_is_read_as_well(qtbot: QtBot, bench: Bench, shown: Show) -> None:
    bench.preferences.set("digits", "8")
    plot = shown(DecisionSurface, "xor")
    bench.editor.apply("one input", lambda session: set_inputs(session, 1))
    qtbot.waitUntil(lambda: plot.values().shape == (1, CELLS))
    session = bench.store.session
    for share in PLACES:
        place = point_at(plot, (share[0], 0.5))
        outputs, _ = forward(session.network, session.parameters, np.array([place.x()]))
        assert bench.preferences.number_format(float(outputs[-1][0])) in texts(plot)


def test_a_cell_of_the_picture_lies_around_the_place_its_value_is_of(qtbot: QtBot, bench: Bench, shown: Show) -> None:
    plot = shown(DecisionSurface, "xor")
    far = Samples.of([[0.0, 0.0], [1000.0, 1.0]], [[0.0], [1.0]])
    bench.editor.apply("far", lambda session: set_samples(session, far))
    qtbot.waitUntil(lambda: plane_of(plot)[2] > 1000)
    plot.resize(1500, 700)
    graph = graph_of(plot)
    qtbot.waitUntil(lambda: graph.width() > 1400)
    graph.getPlotItem().showGrid(False, False)
    picture = graph.grab().toImage()
    edges: list[list[QColor]] = []
    left, bottom, width, height = plane_of(plot)
    middle = int(np.argmax(np.abs(np.diff(plot.values()[60]))))  # between two columns that differ most
    row = bottom + height * 60 / (CELLS - 1)
    for column in (middle, middle + 1):
        along = left + width * column / (CELLS - 1)
        edges.append([colour(plot, picture, along + by * width / (CELLS - 1), row) for by in (-0.3, 0.0, 0.3)])
    assert len({one.name() for one in edges[0]}) == 1
    assert len({one.name() for one in edges[1]}) == 1
    assert edges[0][0] != edges[1][0]


def colour(plot: Plot, picture: QImage, x: float, y: float) -> QColor:
    return picture.pixelColor(place_of(plot, x, y).toPoint())


def rows_of(plot: Plot, name: str) -> list[str]:
    box = next(one for one in plot.findChildren(QComboBox) if one.accessibleName() == name)
    return [box.itemText(place) for place in range(box.count())]


@pytest.mark.parametrize(
    ("notation", "inputs", "outputs"),
    [
        ("article", ["x₁", "x₂"], ["y₁"]),
        ("layers", ["a⁽⁰⁾₁", "a⁽⁰⁾₂"], ["a⁽²⁾₁"]),
        ("nielsen", ["a¹₁", "a¹₂"], ["a³₁"]),
        ("mazur", ["i₁", "i₂"], ["outₒ₁"]),
    ],
)
def test_the_surface_is_named_in_the_notation_chosen_at_once(
    qtbot: QtBot, bench: Bench, shown: Show, notation: str, inputs: list[str], outputs: list[str]
) -> None:
    plot = shown(DecisionSurface, "xor")
    choose(plot, "Across", 1)
    choose(plot, "Up", 0)
    bench.preferences.set("notation", notation)
    qtbot.waitUntil(lambda: rows_of(plot, "Output") == outputs)
    assert rows_of(plot, "Across") == rows_of(plot, "Up") == inputs
    chosen = {box.accessibleName(): box.currentText() for box in plot.findChildren(QComboBox)}
    assert (chosen["Across"], chosen["Up"]) == (inputs[1], inputs[0])
    item = graph_of(plot).getPlotItem()
    assert [item.getAxis(side).labelText for side in ("bottom", "left")] == [inputs[1], inputs[0]]


def test_the_landscapes_key_says_which_colour_is_which_loss(qtbot: QtBot, bench: Bench, shown: Show) -> None:
    plot = shown(LossLandscape, "xor")
    qtbot.waitUntil(lambda: bool(np.isfinite(plot.losses()).all()))
    (key,) = plot.findChildren(LossKey)
    write = NumberFormat("significant", 3)
    low, high = write(float(plot.losses().min())), write(float(plot.losses().max()))
    assert key.accessibleDescription() == f"The stronger the colour the lower the loss: from {low} to {high}."
    picture = key.grab().toImage()
    colors = [picture.pixelColor(x, key.height() // 2) for x in range(picture.width())]
    strong, pale = (colors.index(tint(band, BANDS, bench.theme.roles)) for band in (0, BANDS - 1))
    assert strong < pale


def test_lines_of_equal_loss_run_between_the_cells() -> None:
    rows, columns = np.mgrid[0:5, 0:4].astype(float)
    values = finer(2 * rows + columns, 3, 2)
    assert values.shape == (13, 7)
    assert np.allclose(values, 2 * np.linspace(0, 4, 13)[:, None] + np.linspace(0, 3, 7))
    half = finer(np.where(rows < 2, 1.0, np.nan), 3, 1)
    assert np.isfinite(half[:4]).all()
    assert np.isnan(half[4:]).all()
