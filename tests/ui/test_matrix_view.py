"""The matrices panel: what stands in a cell, what it lights, and how it stands."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from backprop_gui.engine.network import Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.explain.matrices import Cell, Quantity
from backprop_gui.runtime.stepper import Grain
from backprop_gui.session import edits
from backprop_gui.ui.derivation.matrix_view import MatrixView
from tests.conftest import Bench
from tests.plotting import cell_places, framed_cells


def matrix_view(qtbot: QtBot, bench: Bench) -> MatrixView:
    view = MatrixView(bench)
    qtbot.addWidget(view)
    view.resize(360, 900)
    view.show()
    return view


def test_matrix_cells_hold_the_pass_and_light_what_they_come_from(qtbot: QtBot, bench: Bench) -> None:
    view = matrix_view(qtbot, bench)
    sheet = view.grid
    hovered: list[Ref | None] = []
    bench.store.hovered.connect(hovered.append)
    delta = Cell(Quantity.DELTA, 1, 0, 2)
    assert sheet.text_of(delta) == bench.preferences.number_format.for_gradients(
        bench.controller.snapshot.trace.deltas[0][2]
    )
    qtbot.mouseMove(sheet, cell_places(sheet)[delta])
    qtbot.waitUntil(lambda: hovered[-1:] == [UnitRef(1, 2)])
    assert framed_cells(sheet, bench.theme.roles.error) == {
        Cell(Quantity.OUTPUT, 1, 0, 2),
        Cell(Quantity.DELTA, 2, 0, 0),
        Cell(Quantity.DELTA, 2, 0, 1),
        Cell(Quantity.WEIGHTS, 2, 2, 0),
        Cell(Quantity.WEIGHTS, 2, 2, 1),
    }
    bench.store.assign(edits.set_training(bench.store.session, TrainingSettings(dropout=0.5)))
    mask = Cell(Quantity.MASK, 1, 0, 2)
    qtbot.waitUntil(lambda: mask in cell_places(sheet))
    assert sheet.text_of(mask) == bench.preferences.number_format(bench.controller.snapshot.trace.masks[0][2])
    places = cell_places(sheet)
    qtbot.mouseMove(sheet, places[Cell(Quantity.OUTPUT, 1, 0, 2)])
    qtbot.waitUntil(lambda: sheet.grab().toImage().pixelColor(places[mask]) == bench.theme.roles.error)
    weight = Cell(Quantity.WEIGHTS, 1, 1, 2)
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=cell_places(sheet)[weight])
    assert bench.store.session.view.selected == WeightRef(0, 1, 2)


def test_columns_stand_upright_in_nielsens_notation(qtbot: QtBot, bench: Bench) -> None:
    view = matrix_view(qtbot, bench)
    sheet = view.grid
    weights = [Cell(Quantity.WEIGHTS, 1, 0, target) for target in (0, 2)]
    first, third = (cell_places(sheet)[cell] for cell in weights)
    assert third.x() > first.x()
    bench.preferences.set("notation", "nielsen")
    first, third = (cell_places(sheet)[cell] for cell in weights)
    assert third.y() > first.y()
    assert third.x() == first.x()
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=third)
    assert bench.store.session.view.selected == WeightRef(0, 0, 2)


def test_matrix_cells_not_computed_yet_are_empty(qtbot: QtBot, bench: Bench) -> None:
    view = matrix_view(qtbot, bench)
    sheet = view.grid
    bench.stepper.set_grain(Grain.PHASE)
    bench.stepper.forward()
    assert sheet.text_of(Cell(Quantity.OUTPUT, 1, 0, 0))
    assert not sheet.text_of(Cell(Quantity.OUTPUT, 2, 0, 0))
    assert not sheet.text_of(Cell(Quantity.WEIGHT_GRADIENT, 1, 0, 0))
    assert sheet.text_of(Cell(Quantity.WEIGHTS, 2, 0, 0))
