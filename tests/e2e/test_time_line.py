"""The time line in the real window: dragged, by keys, by a click on a curve; every panel shows the moment."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.weight_plot import WeightPlot
from backprop_gui.ui.time_bar import TimeLine
from tests.e2e.conftest import Launch
from tests.finding import named
from tests.plotting import click


@pytest.fixture
def trained(launch: Launch, qtbot: QtBot) -> Application:
    application = launch(problem("xor"))
    application.controller.play(Goal(epoch=100))
    qtbot.waitUntil(lambda: not application.controller.running, timeout=20_000)
    return application


def arrived(qtbot: QtBot, application: Application) -> None:
    qtbot.waitUntil(lambda: not application.desk.time.travelling)


def counter(application: Application, name: str) -> str:
    return named(application.window, QLabel, name).text()


def truth(epoch: int) -> tuple[list[float], float]:
    trainer = problem("xor").trainer()
    trainer.run(4 * epoch)
    return trainer.parameters().flat().tolist(), trainer.loss()


def test_dragging_looks_at_that_moment_everywhere_and_back_to_now_returns(trained: Application, qtbot: QtBot) -> None:
    line = named(trained.window, TimeLine, "Time")
    middle = QPoint(line.width() // 2, line.height() // 2)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=middle)
    arrived(qtbot, trained)
    moment = trained.controller.past
    assert moment is not None
    assert 45 <= moment.position <= 55
    assert counter(trained, "epoch") == str(moment.progress.epoch)
    assert named(trained.window, QLabel, "Moment shown").text() == f"past: epoch {moment.position:g} of 100"
    qtbot.mouseClick(named(trained.window, QToolButton, "Back to now"), Qt.MouseButton.LeftButton)
    assert trained.controller.past is None
    assert counter(trained, "epoch") == "100"
    assert named(trained.window, QLabel, "Moment shown").text() == "now: epoch 100"


def test_comma_and_full_stop_move_by_an_epoch(trained: Application, qtbot: QtBot) -> None:
    for key, epoch in ((Qt.Key.Key_Comma, 99), (Qt.Key.Key_Comma, 98), (Qt.Key.Key_Period, 99)):
        qtbot.keyClick(trained.window, key)
        arrived(qtbot, trained)
        moment = trained.controller.past
        assert moment is not None
        assert (moment.parameters.flat().tolist(), trained.controller.snapshot.loss) == truth(epoch)
    qtbot.keyClick(trained.window, Qt.Key.Key_Period)
    arrived(qtbot, trained)
    assert trained.controller.past is None


def test_a_click_on_the_loss_curve_goes_to_its_epoch(trained: Application, qtbot: QtBot) -> None:
    plot = trained.window.findChild(LossPlot)
    assert plot is not None
    qtbot.wait(50)  # the axes take their range with the next paint
    width, _ = click(plot, 40.0, float(trained.controller.history.losses[40]))
    arrived(qtbot, trained)
    moment = trained.controller.past
    assert moment is not None
    assert abs(moment.progress.epoch - 40) <= max(1.0, 2 * width)
    assert moment.progress.batch == 0


def test_a_click_on_a_weights_curve_selects_it_and_goes_to_its_epoch(trained: Application, qtbot: QtBot) -> None:
    plot = trained.window.findChild(WeightPlot)
    assert plot is not None
    qtbot.wait(50)
    column = 0
    click(plot, 40.0, float(trained.controller.history.parameters[40, column]))
    arrived(qtbot, trained)
    assert trained.controller.past is not None
    assert trained.store.session.view.selected is not None


def test_continuing_keeps_what_came_later_and_can_be_undone(trained: Application, qtbot: QtBot) -> None:
    document = trained.store.session
    trained.desk.time.look_at_epoch(30)
    arrived(qtbot, trained)
    qtbot.mouseClick(named(trained.window, QToolButton, "Continue from here"), Qt.MouseButton.LeftButton)
    assert trained.store.session.progress.epoch == 30
    assert trained.store.session.run != document.run
    assert counter(trained, "epoch") == "30"
    assert trained.editor.stack.undoText() == "Continue from epoch 30"
    trained.editor.undo()
    assert trained.store.session.parameters == document.parameters
    assert len(trained.controller.history) == 101


def test_a_changed_setting_is_marked_with_what_changed(trained: Application, qtbot: QtBot) -> None:
    trained.editor.apply("rate", lambda session: edits.set_setting(session, "optimizer.learning_rate", 0.125))
    trained.editor.apply("weight", lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 0.5))
    trained.controller.play(Goal(epoch=200))
    qtbot.waitUntil(lambda: not trained.controller.running, timeout=20_000)
    told = [mark.text for mark in named(trained.window, TimeLine, "Time").marks]
    assert told == ["Epoch 100: learning rate 1 → 0.125; weights set by hand."]


def test_in_the_present_there_is_nothing_to_come_back_to(launch: Launch) -> None:
    application = launch()
    names = ("Back to now", "Continue from here")
    actions = [one for one in application.window.findChildren(QAction) if one.text() in names]
    assert len(actions) == 2
    assert not any(one.isEnabled() for one in actions)
    assert not named(application.window, TimeLine, "Time").isEnabled()
