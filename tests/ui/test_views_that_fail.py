"""Where the program fails, a view says so and shows nothing old: one fault each, planted in what it computes."""

from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QTableWidget, QWidget
from pytestqt.exceptions import CapturedExceptions
from pytestqt.qtbot import QtBot

from backprop_gui.engine.gradient_check import Check
from backprop_gui.engine.network import BiasRef, UnitRef, WeightRef
from backprop_gui.explain.names import name
from backprop_gui.runtime.stepper import Grain
from backprop_gui.ui.derivation import gradient_panel, matrix_view, panel, step_strip
from backprop_gui.ui.dialogs import import_dialog
from tests.conftest import Bench
from tests.plotting import area_of, cell_places

W = TypeVar("W", bound=QWidget)


class PlantedError(Exception):
    pass


def fail(*_arguments: object, **_words: object) -> NoReturn:
    raise PlantedError


def show(qtbot: QtBot, widget: W) -> W:
    qtbot.addWidget(widget)
    widget.resize(380, 700)
    widget.show()
    return widget


def kinds(faults: CapturedExceptions) -> list[type[BaseException] | None]:
    return [kind for kind, *_ in faults]


def words(widget: QWidget) -> str:
    return " ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


@pytest.mark.parametrize("place", ["derive", "Paper.show_sections"])
def test_no_old_formula_stands_under_a_new_selection(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    widget = show(qtbot, panel.DerivationPanel(bench))
    widget._idle.stop()  # what is typeset ahead would fail as well
    bench.store.select(UnitRef(2, 0))
    qtbot.waitUntil(lambda: widget.derivation is not None)
    assert widget.derivation.title in words(widget)
    old = widget.derivation.title
    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        patched.setattr(f"backprop_gui.ui.derivation.panel.{place}", fail)
        bench.store.select(UnitRef(1, 0))
        qtbot.waitUntil(lambda: len(faults) > 0)
        qtbot.wait(20)
    assert kinds(faults) == [PlantedError]
    assert widget.derivation is None
    assert not widget.paper.isVisible()
    assert old not in words(widget)
    assert panel.FAILED in words(widget)

    bench.store.select(UnitRef(1, 1))
    qtbot.waitUntil(widget.paper.isVisible)
    assert name(bench.store.session.network, UnitRef(1, 1), "article") in words(widget)
    assert panel.FAILED not in words(widget)


def test_typesetting_ahead_gives_up_at_its_first_fault(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = show(qtbot, panel.DerivationPanel(bench))
    with qtbot.captureExceptions() as faults:
        monkeypatch.setattr(panel, "derive", fail)
        qtbot.waitUntil(lambda: len(faults) > 0)  # it begins when the panel has been there for a while
    assert kinds(faults) == [PlantedError]
    assert not widget._idle.running


def test_a_check_that_fails_shows_no_old_numbers(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = show(qtbot, gradient_panel.GradientPanel(bench))
    bench.store.select(WeightRef(0, 0, 0))
    qtbot.waitUntil(lambda: "Analytic" in widget.reading())
    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        patched.setattr(gradient_panel, "check_gradients", fail)
        bench.store.select(BiasRef(1, 0))
        qtbot.waitUntil(lambda: len(faults) > 0)
    assert kinds(faults) == [PlantedError]
    assert "fault of the program" in widget.reading()
    assert "Analytic" not in widget.reading()
    assert not area_of(widget).isVisible()
    bench.store.select(BiasRef(1, 1))
    qtbot.waitUntil(lambda: "Analytic" in widget.reading())
    assert area_of(widget).isVisible()


def test_a_check_of_all_that_fails_half_way_does_not_say_that_all_agree(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = show(qtbot, gradient_panel.GradientPanel(bench))
    whole = gradient_panel.check_gradients

    def half(*arguments: Any) -> Iterator[Check]:
        checks = whole(*arguments)
        yield next(checks)
        yield next(checks)
        fail()

    with qtbot.captureExceptions() as faults:
        monkeypatch.setattr(gradient_panel, "check_gradients", half)
        button = next(one for one in widget.findChildren(QPushButton) if one.text() == "Check all")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(faults) > 0)
        qtbot.wait(20)
    assert kinds(faults) == [PlantedError]
    assert "fault of the program" in widget.verdict()
    assert "agree" not in widget.verdict()
    assert button.text() == "Check all"
    assert not widget.findChild(QTableWidget).isVisible()


def test_a_caption_that_fails_leaves_no_old_one(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    strip = show(qtbot, step_strip.StepStrip(bench))
    bench.stepper.set_grain(Grain.TERM)
    bench.stepper.forward()
    assert strip.caption() != ""
    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        patched.setattr(step_strip, "caption", fail)
        bench.stepper.forward()
    assert kinds(faults) == [PlantedError]
    assert strip.caption() == ""
    bench.stepper.forward()
    assert strip.caption() != ""


def test_a_walk_ends_at_a_fault(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.stepper.set_grain(Grain.TERM)
    bench.stepper.walk()
    qtbot.waitUntil(lambda: bench.store.session.view.position > 1)
    with qtbot.captureExceptions() as faults:
        monkeypatch.setattr("backprop_gui.runtime.stepper.step_to", fail)
        qtbot.waitUntil(lambda: len(faults) > 0)
        assert not bench.stepper.walking
        qtbot.wait(120)  # two more steps at this pace
    assert kinds(faults) == [PlantedError]


def test_matrices_that_fail_leave_no_old_numbers(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = show(qtbot, matrix_view.MatrixView(bench))
    sheet = widget.grid
    assert cell_places(sheet)
    painted: list[int] = []
    with qtbot.captureExceptions() as faults:

        def painted_anew(_event: QPaintEvent) -> None:
            painted.append(len(faults))

        monkeypatch.setattr(matrix_view, "matrices", fail)
        monkeypatch.setattr(sheet, "paintEvent", painted_anew)
        bench.controller.step()
        qtbot.waitUntil(lambda: any(painted))  # painted anew after the fault
    assert set(kinds(faults)) == {PlantedError}
    assert cell_places(sheet) == {}


def test_a_table_that_fails_half_way_is_not_taken_for_read(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(*_arguments: object) -> Iterator[float]:
        yield 0.5
        fail()

    with qtbot.captureExceptions() as faults:
        dialog = show(qtbot, import_dialog.ImportDialog("t.csv", b"a,t\n1,0\n2,1\n3,1\n"))
        qtbot.waitUntil(lambda: dialog.reading() is not None)
        monkeypatch.setattr(import_dialog, "read_whole_table", half)
        header = next(one for one in dialog.findChildren(QCheckBox) if one.isVisible())
        qtbot.mouseClick(header, Qt.MouseButton.LeftButton, pos=QPoint(8, header.height() // 2))
        qtbot.waitUntil(lambda: len(faults) > 0)
        qtbot.wait(50)
    assert kinds(faults) == [PlantedError]
    assert dialog.reading() is None
    assert "could not be read: a fault of the program" in words(dialog)
