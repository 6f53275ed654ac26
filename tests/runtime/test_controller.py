"""The worker in its thread, through the controller; state is waited for on the window's side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import Network
from backprop_gui.engine.trainer import Trainer
from backprop_gui.resources import problem
from backprop_gui.runtime.worker import Ending
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from tests.conftest import Bench
from tests.shapes import dense


def finish(qtbot: QtBot, bench: Bench) -> None:
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)


def with_rate(session: Session, rate: float) -> Session:
    optimizer = replace(session.training.optimizer, learning_rate=rate)
    return edits.set_training(session, replace(session.training, optimizer=optimizer))


def test_a_goal_of_epochs_ends_exactly_there_and_equals_the_engine(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play(Goal(epoch=777))
    finish(qtbot, bench)
    trainer = problem("article").trainer()
    trainer.run(777)
    assert bench.store.session.progress == trainer.progress()
    assert bench.store.session.parameters == trainer.parameters()
    assert bench.controller.snapshot.loss == trainer.loss()


def test_every_epoch_reaches_the_history(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play(Goal(epoch=300))
    finish(qtbot, bench)
    history = bench.controller.history
    assert history.epochs.tolist() == list(range(301))
    assert np.all(np.diff(history.losses) < 0)
    assert history.parameters[-1].tolist() == bench.store.session.parameters.flat().tolist()


def test_a_long_run_keeps_its_beginning_in_bounded_memory(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play(Goal(epoch=20_000))
    finish(qtbot, bench)
    history = bench.controller.history
    assert history.epochs[0] == 0
    assert history.epochs[-1] > 19_000
    assert len(history) < 2_000
    assert np.all(np.diff(history.epochs) <= history.stride)


def test_play_trains_until_paused_and_edits_go_in_between(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 100)
    bench.editor.apply("rate", lambda session: with_rate(session, 0.25))
    assert bench.controller.running
    reached = bench.controller.snapshot.progress.step
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > reached)
    bench.controller.pause()
    assert not bench.controller.running
    assert bench.store.session.training.optimizer.learning_rate == 0.25
    assert bench.store.session.progress.step == bench.controller.snapshot.progress.step


def test_a_change_of_shape_stops_training(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 10)
    bench.editor.apply("units", lambda session: edits.set_units(session, 0, 5))
    assert not bench.controller.running
    assert bench.controller.snapshot.network.sizes == (2, 5, 2)
    assert bench.controller.history.parameters.shape[1] == 5 * 3 + 2 * 6


def test_a_refused_edit_leaves_training_alone(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play()
    with pytest.raises(FieldError):
        bench.editor.apply("rate", lambda session: with_rate(session, -1.0))
    assert bench.controller.running
    bench.controller.pause()
    assert bench.store.session.training.optimizer.learning_rate == 0.5


def test_undo_takes_training_back_and_redo_restores_it(qtbot: QtBot, bench: Bench) -> None:
    start = bench.store.session.parameters
    bench.controller.play(Goal(epoch=50))
    finish(qtbot, bench)
    trained = bench.store.session.parameters
    bench.editor.undo()
    assert bench.store.session.parameters == start
    assert bench.controller.snapshot.progress.epoch == 0
    assert len(bench.controller.history) == 1
    bench.editor.redo()
    assert bench.store.session.parameters == trained


def test_steps_follow_the_samples_in_order(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    seen: list[int] = []
    for _ in range(4):
        seen.append(bench.controller.snapshot.sample)
        bench.controller.step()
        finish(qtbot, bench)
    assert seen == [0, 1, 2, 3]
    assert bench.store.session.progress.epoch == 1


def test_stepping_an_epoch_ends_at_its_border_also_from_inside(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    bench.controller.step()
    finish(qtbot, bench)
    bench.controller.step_epoch()
    finish(qtbot, bench)
    assert (bench.store.session.progress.epoch, bench.store.session.progress.step) == (1, 4)


def test_running_until_the_loss_is_low_enough(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play(Goal(loss_below=0.05))
    finish(qtbot, bench)
    losses = bench.controller.history.losses
    assert losses[-1] < 0.05 <= losses[-2]


def test_numbers_that_grow_without_bound_end_the_run_at_finite_weights(qtbot: QtBot, bench: Bench) -> None:
    bench.editor.apply("act", lambda session: edits.set_activation(session, 1, ACTIVATIONS["linear"]))
    bench.editor.apply("rate", lambda session: with_rate(session, 1e200))
    endings: list[Ending] = []
    bench.controller.ended.connect(endings.append)
    bench.controller.play()
    finish(qtbot, bench)
    assert endings == [Ending.DIVERGED]
    assert np.isfinite(bench.store.session.parameters.flat()).all()
    assert np.isfinite(bench.controller.snapshot.loss)
    assert np.isfinite(bench.controller.history.losses).all()


def test_a_run_that_diverged_stands_one_step_before_its_numbers_overflow(qtbot: QtBot, bench: Bench) -> None:
    session = replace(problem("article"), network=Network(2, (dense(3, "linear"), dense(2, "linear"))))
    bench.store.assign(with_rate(session, 1e3))
    endings: list[Ending] = []
    bench.controller.ended.connect(endings.append)
    bench.controller.play(Goal(epoch=10_000))
    finish(qtbot, bench)
    assert endings == [Ending.DIVERGED]
    trainer = bench.store.session.trainer()
    assert trainer.is_healthy()
    trainer.run(1)
    assert not trainer.is_healthy()


def test_pausing_never_brings_an_infinite_loss_home(qtbot: QtBot, bench: Bench) -> None:
    session = problem("article")
    layers = session.network.layers
    linear = replace(session, network=Network(2, (layers[0], dense(2, "linear"))))
    huge = replace(session.parameters, biases=(session.parameters.biases[0], np.array([1e160, 0.0])))
    bench.store.assign(replace(linear, parameters=huge, start=huge))
    endings: list[Ending] = []
    bench.controller.ended.connect(endings.append)
    bench.controller.step()
    finish(qtbot, bench)
    assert endings == [Ending.DIVERGED]
    assert bench.store.session.progress.step == 0


def test_slow_motion_is_slow_and_can_be_left(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.set_rate(5.0)
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step >= 2)
    assert bench.controller.snapshot.progress.step < 50
    bench.controller.set_rate(None)
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 1000)


def test_the_thread_is_gone_after_shut_down(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play()
    bench.controller.shut_down()
    threads = bench.controller.findChildren(QThread)
    assert [thread.isRunning() for thread in threads] == [False]


def test_another_sample_can_be_looked_at_while_training(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    bench.controller.play()
    bench.store.show_sample(2)
    qtbot.waitUntil(lambda: bench.controller.snapshot.sample == 2)
    bench.controller.pause()
    assert bench.store.session.view.sample == 2


def fail(*_: object) -> NoReturn:
    raise KeyError("planted")


def plant(monkeypatch: pytest.MonkeyPatch, name: str, after: int) -> list[str]:
    """Let the method ``name`` of the trainer fail at its call number ``after`` and from then on."""
    method: Callable[..., object] = getattr(Trainer, name)
    calls: list[str] = []

    def failing(self: Trainer, *arguments: Any) -> object:
        calls.append(name)
        if len(calls) >= after and QThread.currentThread().objectName() == "training":
            raise ZeroDivisionError("planted")
        return method(self, *arguments)

    monkeypatch.setattr(Trainer, name, failing)
    return calls


@pytest.mark.parametrize(("method", "after"), [("run", 1), ("run", 40), ("is_finite", 30)])
def test_a_fault_in_the_worker_is_told_once_and_ends_the_run_where_it_was_last_seen(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str, after: int
) -> None:
    endings: list[Ending] = []
    running: list[bool] = []
    bench.controller.ended.connect(endings.append)
    bench.controller.running_changed.connect(running.append)
    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        calls = plant(patched, method, after)
        bench.controller.play()
        finish(qtbot, bench)
        failed_at = len(calls)
        qtbot.wait(100)  # its timer must not go on
        assert len(calls) == failed_at
    assert [kind for kind, *_ in faults] == [ZeroDivisionError]
    assert endings == [Ending.FAILED]
    assert running == [True, False]
    session, seen = bench.store.session, bench.controller.snapshot
    assert (session.parameters, session.progress) == (seen.parameters, seen.progress)
    assert bench.controller.history.epochs[-1] <= session.progress.epoch

    reached = session.progress.epoch + 60
    bench.controller.play(Goal(epoch=reached))
    finish(qtbot, bench)
    assert endings[1:] == [Ending.GOAL_REACHED]
    trainer = problem("article").trainer()
    trainer.run(reached)
    assert bench.store.session.parameters == trainer.parameters()


def test_a_fault_while_pausing_keeps_what_was_last_seen_and_can_be_undone(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bench.store.session.parameters
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 100)
    shown = bench.controller.newest
    assert shown.progress.step > 100
    assert bench.store.session.progress.step == 0
    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        patched.setattr("backprop_gui.runtime.worker.take_snapshot", fail)
        bench.controller.pause()
        assert not bench.controller.running
    assert [kind for kind, *_ in faults] == [KeyError]
    reached = bench.store.session
    assert reached.progress.step >= shown.progress.step
    assert reached.parameters == bench.controller.snapshot.parameters
    bench.controller.step()
    finish(qtbot, bench)
    assert bench.store.session.progress.step == reached.progress.step + 1
    bench.editor.undo()
    assert bench.store.session.parameters in (before, reached.parameters)


def test_a_fault_while_loading_cannot_train_what_was_there_before(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.controller.step()
    finish(qtbot, bench)
    with qtbot.captureExceptions() as faults:
        session = edits.set_units(bench.store.session, 0, 5)
        with monkeypatch.context() as patched:
            plant(patched, "__init__", 1)
            bench.store.assign(session)
            bench.controller.step()
            finish(qtbot, bench)
            qtbot.waitUntil(lambda: len(faults) == 3)
    kinds = [kind for kind, *_ in faults]  # loading, running without anything loaded, loading again after that
    assert kinds == [ZeroDivisionError, AssertionError, ZeroDivisionError]
    assert bench.store.session is session
    bench.store.assign(edits.set_units(session, 0, 4))
    bench.controller.step()
    finish(qtbot, bench)
    assert bench.store.session.progress.step == 1
    assert bench.store.session.network.sizes == (2, 4, 2)


def test_the_thread_ends_though_the_last_state_cannot_be_taken_over(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 10)
    with monkeypatch.context() as patched:
        patched.setattr("backprop_gui.runtime.controller.trained", fail)
        with pytest.raises(KeyError):
            bench.controller.shut_down()
    assert [thread.isRunning() for thread in bench.controller.findChildren(QThread)] == [False]


def test_whoever_hears_of_the_document_finds_it_to_be_the_newest(qtbot: QtBot, bench: Bench) -> None:
    found: list[tuple[int, int]] = []

    def compare(session: Session, _old: Session) -> None:
        found.append((bench.controller.newest.progress.step, session.progress.step))

    bench.store.changed.connect(compare)
    for _ in range(3):
        bench.controller.play()
        qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > bench.store.session.progress.step + 100)
        bench.controller.pause()
    bench.editor.undo()
    assert len(found) == 4
    assert all(newest == document for newest, document in found)


@pytest.mark.parametrize("rate", [2.0, None])
def test_after_a_pause_canvas_and_document_show_the_same_sample(qtbot: QtBot, bench: Bench, rate: float | None) -> None:
    bench.controller.open(problem("iris"))
    bench.controller.set_rate(rate)
    for wait in (0, 5, 40):
        bench.store.show_sample(78)
        bench.controller.play()
        qtbot.wait(wait)
        bench.controller.pause()
        assert bench.controller.snapshot.sample == bench.store.session.view.sample
