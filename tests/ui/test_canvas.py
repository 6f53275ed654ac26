"""The canvas: places, selecting, editing in place, pictures."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.network import BiasRef, Network, ParameterRef, Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.runtime.snapshot import take_snapshot
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.storage import FileError
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.canvas.edges import EdgesItem
from backprop_gui.ui.canvas.layout import RADIUS, label_centres, nearest_segment, place
from backprop_gui.ui.canvas.painting import LINES_AT_ONCE, Painting
from backprop_gui.ui.canvas.units import HeadingItem, LossItem, TargetItem, UnitItem
from backprop_gui.ui.canvas.value_editor import ValueEditor
from tests.conftest import Bench
from tests.shapes import dense

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvas(qtbot: QtBot, bench: Bench) -> NetworkCanvas:
    widget = NetworkCanvas(bench)
    qtbot.addWidget(widget)
    widget.resize(760, 420)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def line_editor(canvas: NetworkCanvas) -> ValueEditor | None:
    return next((one for one in canvas.findChildren(ValueEditor) if one.isVisible()), None)


def click(qtbot: QtBot, canvas: NetworkCanvas, ref: Ref) -> None:
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.place_of(ref))


def double_click(qtbot: QtBot, canvas: NetworkCanvas, ref: Ref) -> ValueEditor | None:
    click(qtbot, canvas, ref)
    qtbot.mouseDClick(canvas.viewport(), LEFT, pos=canvas.place_of(ref))
    return line_editor(canvas)


def network_of(*sizes: int) -> Session:
    network = Network(sizes[0], tuple(dense(units, "sigmoid") for units in sizes[1:]))
    return Session.begin(network, TrainingSettings(), Samples.of([[0.5] * sizes[0]], [[0.5] * sizes[-1]]))


@pytest.mark.parametrize("sizes", [(1, 1), (1, 1, 1), (2, 3, 2), (2, 10, 2), (16,) * 10, (64, 32, 10)])
def test_units_never_touch_and_stay_inside(sizes: tuple[int, ...]) -> None:
    placed = place(sizes)
    everything = np.concatenate([*placed.units, placed.targets])
    apart = np.linalg.norm(everything[:, None] - everything, axis=2)[~np.eye(len(everything), dtype=bool)]
    assert apart.min() > 2 * RADIUS
    assert (everything >= RADIUS).all()
    assert (everything <= (placed.width - RADIUS, placed.height - RADIUS)).all()
    assert len(placed.segments()) == sum(a * b for a, b in pairwise(sizes))


def test_edge_labels_of_the_article_do_not_overlap() -> None:
    centres = label_centres(place((2, 3, 2)).segments(), 90, 18, np.empty((0, 4)))
    apart = np.abs(centres[:, None] - centres)
    hit = (apart[..., 0] < 90) & (apart[..., 1] < 18) & ~np.eye(len(centres), dtype=bool)
    assert not hit.any()


def test_nearest_segment_measures_to_the_line_not_beyond_its_ends() -> None:
    segments = np.array([[0.0, 0.0, 10.0, 0.0], [0.0, 5.0, 10.0, 5.0]])
    assert nearest_segment(segments, 4.0, 1.0) == (0, 1.0)
    assert nearest_segment(segments, 13.0, 9.0) == (1, 5.0)


@pytest.mark.parametrize("ref", [UnitRef(0, 1), UnitRef(1, 2), WeightRef(0, 1, 2), WeightRef(1, 0, 1), BiasRef(0, 0)])
def test_a_click_selects_what_is_there(qtbot: QtBot, bench: Bench, canvas: NetworkCanvas, ref: Ref) -> None:
    click(qtbot, canvas, ref)
    assert bench.store.session.view.selected == ref
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(2, 2))
    assert bench.store.session.view.selected is None


def test_a_drag_pans_and_selects_nothing(qtbot: QtBot, bench: Bench, canvas: NetworkCanvas) -> None:
    start = canvas.place_of(UnitRef(1, 1))
    qtbot.mousePress(canvas.viewport(), LEFT, pos=start)
    qtbot.mouseMove(canvas.viewport(), start + QPoint(30, 10))
    qtbot.mouseMove(canvas.viewport(), start + QPoint(60, 20))
    qtbot.mouseRelease(canvas.viewport(), LEFT, pos=start + QPoint(60, 20))
    assert bench.store.session.view.selected is None
    assert canvas.place_of(UnitRef(1, 1)) == start + QPoint(60, 20)


def test_hover_tells_the_other_views(qtbot: QtBot, bench: Bench, canvas: NetworkCanvas) -> None:
    heard: list[Ref | None] = []
    bench.store.hovered.connect(heard.append)
    qtbot.mouseMove(canvas.viewport(), canvas.place_of(WeightRef(0, 0, 1)))
    assert heard[-1] == WeightRef(0, 0, 1)
    assert canvas.describe(WeightRef(0, 0, 1)) == "w₁₂ = 0.2"


@pytest.mark.parametrize(("ref", "label"), [(WeightRef(1, 0, 1), "u₁₂"), (BiasRef(0, 1), "b⁽¹⁾₂")])
def test_double_click_sets_a_parameter_and_undo_restores_it(
    qtbot: QtBot, bench: Bench, canvas: NetworkCanvas, ref: ParameterRef, label: str
) -> None:
    before = bench.store.session.parameters
    editor = double_click(qtbot, canvas, ref)
    assert editor.accessibleName() == f"Value of {label}"
    qtbot.keyClicks(editor, "-0,75")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert bench.store.session.parameters[ref] == -0.75
    assert bench.editor.stack.undoText() == f"Set {label}"
    assert line_editor(canvas) is None
    bench.editor.undo()
    assert bench.store.session.parameters is before


@pytest.mark.parametrize("text", ["abc", "", "1e999"])
def test_what_is_no_number_is_said_and_changes_nothing(
    qtbot: QtBot, bench: Bench, canvas: NetworkCanvas, text: str
) -> None:
    before = bench.store.session.parameters
    editor = double_click(qtbot, canvas, WeightRef(0, 0, 0))
    editor.clear()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.isVisible()
    assert editor.problem.isVisible()
    assert text in editor.problem.text()
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert line_editor(canvas) is None
    assert bench.store.session.parameters is before


def test_f2_edits_what_is_selected(qtbot: QtBot, bench: Bench, canvas: NetworkCanvas) -> None:
    bench.store.select(BiasRef(1, 0))
    qtbot.keyClick(canvas, Qt.Key.Key_F2)
    assert line_editor(canvas).text() == "0.0"


def test_zoom_stays_until_fit(qtbot: QtBot, canvas: NetworkCanvas) -> None:
    fitted = canvas.transform().m11()
    canvas.zoom_in()
    canvas.resize(800, 500)
    assert canvas.transform().m11() == pytest.approx(1.2 * fitted)
    canvas.resize(760, 420)
    canvas.fit()
    assert canvas.transform().m11() == pytest.approx(fitted)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (16,) * 10, (64, 32, 10)])
def test_another_network_is_fitted(bench: Bench, canvas: NetworkCanvas, sizes: tuple[int, ...]) -> None:
    bench.store.assign(network_of(*sizes))
    for ref in (UnitRef(0, 0), UnitRef(0, sizes[0] - 1), UnitRef(len(sizes) - 1, sizes[-1] - 1)):
        assert canvas.viewport().rect().contains(canvas.place_of(ref))


def test_training_is_shown_without_making_items_again(qtbot: QtBot, bench: Bench, canvas: NetworkCanvas) -> None:
    items = canvas.scene().items()
    bench.controller.step(3)
    qtbot.waitUntil(lambda: not bench.controller.running)
    assert canvas.scene().items() == items
    now = bench.store.session.parameters[WeightRef(0, 0, 0)]
    assert canvas.describe(WeightRef(0, 0, 0)) == f"w₁₁ = {now!r}"


def test_a_new_value_changes_the_picture(bench: Bench, canvas: NetworkCanvas) -> None:
    before = canvas.grab().toImage()
    bench.store.assign(edits.set_parameter(bench.store.session, WeightRef(0, 0, 0), -3.0))
    assert canvas.grab().toImage() != before


def test_pictures_are_whole_and_readable(bench: Bench, canvas: NetworkCanvas, tmp_path: Path) -> None:
    canvas.save_picture(tmp_path / "net.png")
    image = QImage(str(tmp_path / "net.png"))
    assert image.width() > 1000
    assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 10
    canvas.save_picture(tmp_path / "net.svg")
    assert QSvgRenderer(str(tmp_path / "net.svg")).isValid()
    assert "0.1000" in (tmp_path / "net.svg").read_text()


@pytest.mark.parametrize("name", ["missing/net.png", "net.bmp"])
def test_a_picture_that_cannot_be_written_is_said(canvas: NetworkCanvas, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        canvas.save_picture(tmp_path / name)
    assert not list(tmp_path.glob("net*"))


def calls(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[object]:
    """Return a list that grows with every call of a method."""
    made, method = list[object](), getattr(owner, name)

    def call(*arguments: object, **named: object) -> object:
        made.append(arguments[0])
        return method(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return made


def frame(bench: Bench, canvas: NetworkCanvas) -> None:
    """Show the next step as a frame of training that runs, and paint it."""
    trainer = bench.store.session.trainer()
    trainer.run(1)
    bench.controller.snapshot_changed.emit(take_snapshot(bench.store.session, trainer, 0))
    canvas.viewport().repaint()


@pytest.fixture
def running(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training runs, as far as views can tell."""
    monkeypatch.setattr(type(bench.controller), "running", True)


@pytest.mark.usefixtures("running")
def test_a_frame_paints_lines_and_numbers_alone(
    bench: Bench, canvas: NetworkCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        frame(bench, canvas)
    drawn = [
        calls(monkeypatch, kind, "draw_still") for kind in (UnitItem, TargetItem, HeadingItem, LossItem, EdgesItem)
    ]
    numbers = calls(monkeypatch, UnitItem, "draw_values")
    for _ in range(3):
        frame(bench, canvas)
    assert drawn == [[], [], [], [], []]
    assert len(numbers) == 3 * 7


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("selected", [None, WeightRef(0, 1, 2), UnitRef(1, 1), BiasRef(1, 0)])
def test_a_frame_while_training_runs_looks_as_at_rest(
    bench: Bench, canvas: NetworkCanvas, selected: Ref | None
) -> None:
    bench.store.select(selected)
    for _ in range(3):
        frame(bench, canvas)
    moving = canvas.grab().toImage()
    canvas.come_to_rest()
    assert greatest_difference(moving, canvas.grab().toImage()) <= 2


@pytest.mark.usefixtures("running")
def test_what_is_selected_while_training_runs_is_lit_in_the_next_frame(bench: Bench, canvas: NetworkCanvas) -> None:
    for _ in range(3):
        frame(bench, canvas)
    before = canvas.grab().toImage()
    bench.store.select(UnitRef(1, 1))
    assert greatest_difference(before, canvas.grab().toImage()) > 50


def greatest_difference(one: QImage, other: QImage) -> int:
    """Return by how much a colour of any pixel differs."""
    pixels = [
        np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (one, other)
    ]
    return int(np.abs(pixels[0] - pixels[1]).max())


def test_a_hover_draws_no_lines_anew_but_the_one_that_is_lit(
    bench: Bench, canvas: NetworkCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas.viewport().repaint()
    drawn, lit = calls(monkeypatch, EdgesItem, "lines_in_parts"), calls(monkeypatch, EdgesItem, "_draw_lit")
    for ref in (WeightRef(0, 0, 0), WeightRef(1, 2, 1), None):
        bench.store.hover(ref)
        canvas.viewport().repaint()
    assert not drawn
    assert len(lit) == 3


def test_many_lines_are_rough_at_first_and_drawn_well_a_few_at_a_time(
    qtbot: QtBot, bench: Bench, canvas: NetworkCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.controller.open(network_of(50, 50, 50))
    asked: list[tuple[bool, int]] = []
    parts = EdgesItem.lines_in_parts

    def note(edges: EdgesItem, painter: QPainter, zoom: float, hurried: bool, most: int) -> Iterator[None]:
        asked.append((hurried, most))
        return parts(edges, painter, zoom, hurried, most)

    monkeypatch.setattr(EdgesItem, "lines_in_parts", note)
    canvas.come_to_rest()
    asked.clear()
    canvas.zoom_in()
    rough = canvas.grab().toImage()
    assert {hurried for hurried, _ in asked} == {True}
    asked.clear()
    qtbot.waitUntil(lambda: (False, LINES_AT_ONCE) in asked, timeout=5000)
    qtbot.wait(300)
    assert greatest_difference(rough, canvas.grab().toImage()) > 0
    assert asked.count((False, LINES_AT_ONCE)) == 1


@pytest.mark.usefixtures("running")
def test_the_canvas_does_not_rest_between_slow_frames(
    qtbot: QtBot, bench: Bench, canvas: NetworkCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame(bench, canvas)
    rests = calls(monkeypatch, Painting, "paint_lines")  # what rests is painted by Qt
    for _ in range(3):
        frame(bench, canvas)
        qtbot.wait(200)
    assert not rests
