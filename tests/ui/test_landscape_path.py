"""The way on the loss surface is the one training took, whichever moment of it is looked at."""

from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.resources import problem
from backprop_gui.ui.plots.loss_landscape import LossLandscape
from tests.conftest import Bench


def test_looking_back_draws_no_line_from_the_end_of_the_way_to_the_moment_shown(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    bench.controller.play(Goal(epoch=30))
    qtbot.waitUntil(lambda: not bench.controller.running)
    plot = LossLandscape(bench)
    qtbot.addWidget(plot)
    plot.show()
    qtbot.waitUntil(lambda: len(plot.path()[0]) > 0)
    end = bench.store.session.parameters.flat()[:2]
    bench.time.look_at_epoch(3)
    qtbot.waitUntil(lambda: not bench.time.travelling and bench.controller.past is not None)
    x, y = plot.path()
    assert len(x) >= 30
    assert (x[-1], y[-1]) == tuple(end)
