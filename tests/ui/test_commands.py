"""Undo: one assignment back, merged drags, training as a command of its own."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from backprop_gui.engine.network import WeightRef
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.commands import MOST_STEPS
from tests.conftest import Bench


def rate(bench: Bench, value: float, merge: str | None = None) -> None:
    def edit(session: Session) -> Session:
        optimizer = replace(session.training.optimizer, learning_rate=value)
        return edits.set_training(session, replace(session.training, optimizer=optimizer))

    bench.editor.apply("Set learning rate", edit, merge)


def test_undo_restores_the_very_same_document(bench: Bench) -> None:
    before = bench.store.session
    bench.editor.apply("Set w", lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 7.0))
    assert bench.store.session.parameters[WeightRef(0, 0, 0)] == 7.0
    bench.editor.undo()
    assert bench.store.session.parameters is before.parameters


def test_a_drag_is_one_undo_step(bench: Bench) -> None:
    for value in (0.6, 0.7, 0.8):
        rate(bench, value, merge="rate")
    assert bench.editor.stack.count() == 1
    bench.editor.undo()
    assert bench.store.session.training.optimizer.learning_rate == 0.5


def test_undo_leaves_what_is_looked_at(bench: Bench) -> None:
    rate(bench, 0.6)
    bench.store.select(WeightRef(1, 0, 0))
    bench.editor.undo()
    assert bench.store.session.view.selected == WeightRef(1, 0, 0)


def test_training_between_two_edits_is_undone_on_its_own(qtbot: QtBot, bench: Bench) -> None:
    rate(bench, 0.6)
    bench.controller.step(10)
    qtbot.waitUntil(lambda: not bench.controller.running)
    rate(bench, 0.7)
    assert [bench.editor.stack.command(k).text() for k in range(3)] == [
        "Set learning rate",
        "Training",
        "Set learning rate",
    ]
    bench.editor.undo()
    assert bench.store.session.progress.step == 10
    bench.editor.undo()
    assert bench.store.session.progress.step == 0


def test_what_can_be_undone_is_bounded_and_then_the_session_stays_unsaved(bench: Bench) -> None:
    session = bench.store.session
    for value in range(MOST_STEPS + 5):
        bench.editor.apply("w", lambda s, value=value: edits.set_parameter(s, WeightRef(0, 0, 0), value))
    assert bench.editor.stack.count() == MOST_STEPS
    while bench.editor.stack.canUndo():
        bench.editor.undo()
    assert bench.store.session.parameters[WeightRef(0, 0, 0)] == 4.0
    assert not bench.editor.stack.isClean()
    assert bench.store.session.parameters != session.parameters
