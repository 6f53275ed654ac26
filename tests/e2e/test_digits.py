"""The digits, trained in the window to more than 95 % of the samples it never saw."""

from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from backprop_gui.engine.evaluate import accuracy, outputs_of
from backprop_gui.engine.goals import Goal
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.results_view import ResultsView
from tests.e2e.conftest import Launch
from tests.plotting import lines_of


def test_digits_are_learnt_from_the_window(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    application.window.files.open_problem("digits")
    dock = next(one for one in application.window.findChildren(QDockWidget) if one.windowTitle() == "Results")
    dock.raise_()
    qtbot.waitUntil(lambda: dock.findChild(ResultsView) is not None)
    results = dock.findChild(ResultsView)
    assert results is not None
    application.controller.play(Goal(epoch=20))
    qtbot.waitUntil(lambda: not application.controller.running, timeout=60_000)
    session = application.store.session
    _, test = session.samples.rows()
    found = outputs_of(session.network, session.parameters, session.samples.inputs[test])[-1]
    right = accuracy(found, session.samples.targets[test])
    assert right > 0.95
    qtbot.waitUntil(lambda: f"Test: {right:.2%} of 359 right" in results.told())
    assert sum(map(sum, results.counts())) == 1797 - 359
    plot = application.window.findChild(LossPlot)
    assert plot is not None
    plot.points()  # what is due is drawn
    ((epochs, losses),) = lines_of(plot, dashed=True)
    assert epochs[-1] == 20
    assert losses[-1] < losses[0]
