"""The small parts: drawing soon and only what is seen, and work in slices."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.ui.widgets.flow import Flow
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.soon import Soon
from backprop_gui.ui.widgets.when_seen import WhenSeen

Drawn = tuple[QWidget, list[bool], Soon]


@pytest.fixture
def drawn(qtbot: QtBot) -> Drawn:
    """A widget, how often it was drawn, and what asks for that."""
    widget = QWidget()
    times: list[bool] = []
    qtbot.addWidget(widget)
    widget.resize(80, 60)
    return widget, times, Soon(widget, lambda: times.append(True), 20)


def test_many_reasons_make_one_drawing(qtbot: QtBot, drawn: Drawn) -> None:
    widget, times, soon = drawn
    widget.show()
    assert len(times) == 1  # the first, at once
    for _ in range(5):
        soon.ask("whatever a signal carries")
    assert len(times) == 1
    qtbot.waitUntil(lambda: len(times) == 2)
    qtbot.wait(60)
    assert len(times) == 2


def test_what_is_hidden_is_drawn_when_it_is_shown(qtbot: QtBot, drawn: Drawn) -> None:
    widget, times, soon = drawn
    soon.ask()
    qtbot.wait(60)
    assert not times
    widget.show()
    widget.hide()
    assert len(times) == 1
    widget.show()
    assert len(times) == 1  # nothing was asked for meanwhile
    soon.ask()
    widget.hide()  # before the time has come
    qtbot.wait(60)
    assert len(times) == 1
    widget.show()
    assert len(times) == 2


def tabs(qtbot: QtBot, widget: QWidget) -> tuple[QDockWidget, QDockWidget]:
    """Show a window with ``widget`` in a tab behind another; return both tabs' docks, the one behind first."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(300, 200)
    behind, front = QDockWidget("behind", window), QDockWidget("front", window)
    behind.setWidget(widget)
    front.setWidget(QWidget())
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, behind)
    window.tabifyDockWidget(behind, front)
    front.raise_()
    window.show()
    qtbot.waitExposed(window)
    return behind, front


def test_a_panel_behind_another_tab_is_drawn_when_its_tab_comes_to_the_front(qtbot: QtBot) -> None:
    widget, times = QWidget(), list[bool]()
    soon = Soon(widget, lambda: times.append(True), 20)
    behind, _ = tabs(qtbot, widget)
    soon.ask()
    qtbot.wait(60)
    assert not times
    behind.raise_()
    qtbot.waitUntil(lambda: len(times) == 1)


@pytest.fixture
def slices(qtbot: QtBot) -> Iterator[Slices]:
    parent = QObject()
    yield Slices(parent, seconds=0.0)
    parent.deleteLater()


def test_work_is_done_a_piece_at_a_time_and_to_its_end(qtbot: QtBot, slices: Slices) -> None:
    heard: list[object] = []
    ended: list[bool] = []

    def work() -> Iterator[int]:
        yield from (1, 2, 3)
        ended.append(True)

    slices.paused.connect(heard.append)
    slices.start(work())
    assert slices.running
    assert not heard
    qtbot.waitUntil(lambda: not slices.running)
    assert heard == [1, 2, 3, None]
    assert ended == [True]


def test_work_can_be_given_up_from_outside_and_from_within(qtbot: QtBot, slices: Slices) -> None:
    done: list[bool] = []

    def endless() -> Iterator[None]:
        while True:
            done.append(True)
            if len(done) == 3:
                slices.stop()
            yield

    slices.start(endless())
    qtbot.waitUntil(lambda: not slices.running)
    qtbot.wait(20)
    assert len(done) == 3
    slices.start(endless())
    slices.run()
    slices.stop()
    qtbot.wait(20)
    assert len(done) == 4


def test_work_that_ends_by_starting_other_work_goes_on_with_that(qtbot: QtBot, slices: Slices) -> None:
    done: list[object] = []

    def first() -> Iterator[None]:
        yield
        slices.start(iter("ab"))

    slices.paused.connect(done.append)
    slices.start(first())
    qtbot.waitUntil(lambda: not slices.running)
    assert [one for one in done if one] == ["a", "b"]


def test_a_fault_in_the_work_ends_it(qtbot: QtBot, slices: Slices) -> None:
    def broken() -> Iterator[None]:
        yield
        raise ZeroDivisionError

    slices.start(broken())
    slices.run()
    with pytest.raises(ZeroDivisionError):
        slices.run()
    assert not slices.running


def test_a_widget_that_draws_soon_goes_as_soon_as_nobody_holds_it(qtbot: QtBot) -> None:
    class View(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self._soon = Soon(self, self.draw)

        def draw(self) -> None: ...

    assert not gc.isenabled()  # it would find a circle, at a moment of its own
    view = View()
    view.show()
    alive = weakref.ref(view)
    del view
    assert alive() is None


def test_work_that_ends_with_its_owner_takes_nothing_from_under_its_feet(qtbot: QtBot) -> None:
    class Owner(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.slices = Slices(self)

        def work(self) -> Iterator[None]:
            yield

    with qtbot.captureExceptions() as exceptions:
        owner = Owner()
        gone = weakref.ref(owner)
        owner.slices.start(owner.work())
        del owner  # now the work alone holds it
        qtbot.waitUntil(lambda: gone() is None)
    assert exceptions == []


def test_a_row_goes_on_in_a_second_line_where_there_is_no_room(qtbot: QtBot) -> None:
    holder, buttons = QWidget(), [QPushButton(text) for text in ("Show", "Compare…", "Delete", "Export CSV…")]
    qtbot.addWidget(holder)
    flow = Flow(8)
    holder.setLayout(flow)
    for button in buttons:
        flow.addWidget(button)
    holder.resize(flow.sizeHint().width(), 30)
    holder.show()
    assert len({button.y() for button in buttons}) == 1
    widest = max(button.sizeHint().width() for button in buttons)
    assert flow.minimumSize().width() == widest
    holder.resize(widest, flow.heightForWidth(widest))
    QApplication.processEvents()
    assert len({button.y() for button in buttons}) == 4
    assert all(holder.rect().contains(button.geometry()) for button in buttons)


def test_a_panel_behind_another_tab_is_made_when_its_tab_comes_to_the_front(qtbot: QtBot) -> None:
    made = list[QWidget]()

    def make() -> QWidget:
        made.append(QPushButton("here"))
        return made[-1]

    behind, front = tabs(qtbot, WhenSeen(make))
    qtbot.wait(60)
    assert not made
    behind.raise_()
    qtbot.waitUntil(lambda: bool(made))
    assert made[0].isVisible()
    front.raise_()
    behind.raise_()
    qtbot.wait(30)
    assert len(made) == 1
