"""The control that the keyboard has reached is seen, in either theme."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.plots.decision_surface import DecisionSurface
from backprop_gui.ui.shortcuts import KeyGuard
from tests.conftest import Bench


@pytest.fixture
def guard(qapp: QApplication) -> Iterator[KeyGuard]:
    guard = KeyGuard()
    qapp.installEventFilter(guard)
    yield guard
    qapp.removeEventFilter(guard)


def around(window: QWidget, widget: QWidget) -> int:
    """Return how many pixels just outside and inside a widget's edges have the accent's colour."""
    picture, accent = window.grab().toImage(), window.palette().accent().color()
    place = widget.mapTo(window, widget.rect().topLeft())
    row = place.y() + widget.height() // 2
    columns = [
        *range(place.x() - 3, place.x() + 2),
        *range(place.x() + widget.width() - 2, place.x() + widget.width() + 3),
    ]
    return sum(
        abs(picture.pixelColor(x, row).red() - accent.red()) + abs(picture.pixelColor(x, row).blue() - accent.blue())
        < 30
        for x in columns
        if 0 <= x < picture.width()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", [TrainingForm, DecisionSurface])
def test_every_control_that_tab_reaches_has_a_frame(
    qtbot: QtBot, bench: Bench, guard: KeyGuard, theme: str, kind: type[QWidget]
) -> None:
    bench.preferences.set("theme", theme)
    form = kind(bench)  # pyright: ignore[reportArgumentType, reportCallIssue]
    qtbot.addWidget(form)
    form.resize(320, 700)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    seen: list[QWidget] = []
    while True:
        qtbot.keyClick(QApplication.focusWidget() or form, Qt.Key.Key_Tab)
        reached = QApplication.focusWidget()
        if reached is None or reached in seen:
            break
        seen.append(reached)
        QApplication.processEvents()
        assert around(form, reached) >= 2, reached.accessibleName()
    assert len(seen) > 3
    first = seen[0]
    seen[1].setFocus(Qt.FocusReason.MouseFocusReason)
    QApplication.processEvents()
    assert around(form, first) == 0
