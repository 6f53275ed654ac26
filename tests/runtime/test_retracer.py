"""A session read from a file has its run behind it, curve and moments, where that can be made again."""

from dataclasses import replace
from typing import NoReturn

import pytest
from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import decode_session, encode_session
from tests.conftest import Bench
from tests.shapes import by


def saved(epochs: int, *, other_rate_after: int | None = None) -> Session:
    session = edits.set_setting(problem("xor"), "optimizer", by("adam", 0.05))
    parts = [epochs] if other_rate_after is None else [other_rate_after, epochs - other_rate_after]
    for place, part in enumerate(parts):
        trainer = session.trainer()
        trainer.run(4 * part)
        session = edits.trained(session, trainer.parameters(), trainer.progress())
        if place < len(parts) - 1:
            session = edits.set_setting(session, "optimizer.learning_rate", 0.01)
    return decode_session(encode_session(session))


def open_it(bench: Bench, session: Session) -> list[str]:
    said: list[str] = []
    bench.time.refused.connect(said.append)
    bench.controller.open(session)
    return said


def test_the_curve_is_there_and_any_moment_of_it(qtbot: QtBot, bench: Bench) -> None:
    session = saved(300)
    said = open_it(bench, session)
    assert bench.controller.history.epochs.tolist() == [300]
    qtbot.waitUntil(lambda: len(bench.controller.history) > 1)
    history = bench.controller.history
    assert history.epochs.tolist() == list(range(301))
    trainer = replace(session, parameters=session.start, progress=type(session.progress)()).trainer()
    assert history.losses[0] == trainer.loss()
    trainer.run(4 * 100)
    assert history.losses[100] == trainer.loss()
    bench.time.look_at_epoch(100)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    assert bench.controller.snapshot.parameters == trainer.parameters()
    assert said == []
    assert bench.editor.stack.isClean()
    bench.time.come_back()
    bench.controller.play(Goal(epoch=310))
    qtbot.waitUntil(lambda: not bench.controller.running)
    assert bench.controller.history.epochs.tolist() == list(range(311))
    assert len(bench.controller.book.runs) == 1


def test_a_session_opened_where_it_stands_has_its_curve(qtbot: QtBot, bench: Bench) -> None:
    """As a file named on the command line is: the window is made on it, and then it is opened by its name."""
    session = saved(300)
    bench.store.assign(session)
    said = open_it(bench, session)
    qtbot.waitUntil(lambda: len(bench.controller.history) > 1)
    assert bench.controller.history.epochs.tolist() == list(range(301))
    assert said == []


def test_a_run_that_ends_with_other_memories_is_another(qtbot: QtBot, bench: Bench) -> None:
    session = saved(20)
    forgotten = replace(session, progress=replace(session.progress, slots=(), slot_steps=0))
    said = open_it(bench, forgotten)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].startswith("No curve of what came before: the settings")


def test_another_session_ends_it(qtbot: QtBot, bench: Bench) -> None:
    shares: list[float] = []
    one = saved(1)
    said = open_it(bench, replace(one, progress=replace(one.progress, epoch=1_000_000, step=4_000_000)))
    bench.time.on_the_way.connect(shares.append)
    qtbot.waitUntil(lambda: bool(shares))
    bench.controller.open(problem("article"))
    qtbot.wait(100)
    assert shares[-1] == 1.0
    shares.clear()
    qtbot.wait(100)
    assert shares == []
    assert said == []
    assert not bench.controller.book.runs


def test_a_run_whose_settings_changed_has_no_curve_and_that_is_said(qtbot: QtBot, bench: Bench) -> None:
    said = open_it(bench, saved(60, other_rate_after=30))
    qtbot.waitUntil(lambda: bool(said))
    assert "changed on the way" in said[0]
    assert bench.controller.history.epochs.tolist() == [60]


def test_a_fault_on_the_way_is_met_once_and_said(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("planted")

    monkeypatch.setattr("backprop_gui.runtime.retracer.train_towards", fail)
    with qtbot.capture_exceptions() as caught:
        said = open_it(bench, saved(300))
        qtbot.waitUntil(lambda: bool(said))
        qtbot.wait(50)
    assert len(caught) == 1
    assert "fault of the program" in said[0]
    assert bench.controller.history.epochs.tolist() == [300]


def test_training_on_meanwhile_is_the_same_run(qtbot: QtBot, bench: Bench) -> None:
    open_it(bench, saved(3000))
    bench.controller.play(Goal(epoch=3010))
    qtbot.waitUntil(lambda: not bench.controller.running)
    qtbot.waitUntil(lambda: len(bench.controller.history) > 500, timeout=20_000)
    (run,) = bench.controller.book.runs.values()
    assert [stage.progress.step for stage in run.stages] == [0]
    assert bench.controller.history.epochs[0] == 0
    assert bench.controller.history.epochs[-1] == 3010
    bench.time.look_at_epoch(2)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    assert bench.controller.past is not None
    assert bench.controller.past.progress.step == 8


def test_who_looks_at_another_moment_meanwhile_goes_on_looking(qtbot: QtBot, bench: Bench) -> None:
    open_it(bench, saved(500))
    bench.controller.look_at(problem("xor"))
    qtbot.waitUntil(lambda: bool(bench.controller.book.runs))
    assert bench.controller.past is not None
    assert bench.controller.snapshot.progress.step == 0


def test_another_session_opened_meanwhile_ends_it(qtbot: QtBot, bench: Bench) -> None:
    said = open_it(bench, saved(3000))
    bench.controller.open(problem("article"))
    qtbot.wait(300)
    assert said == []
    assert not bench.controller.book.runs


def test_a_rate_changed_meanwhile_is_a_stage_of_the_run(qtbot: QtBot, bench: Bench) -> None:
    open_it(bench, saved(2000))
    bench.editor.apply("rate", lambda one: edits.set_setting(one, "optimizer.learning_rate", 0.01))
    qtbot.waitUntil(lambda: len(bench.controller.history) > 500, timeout=20_000)
    bench.controller.play(Goal(epoch=2020))
    qtbot.waitUntil(lambda: not bench.controller.running)
    (run,) = bench.controller.book.runs.values()
    assert [stage.progress.step for stage in run.stages] == [0, 8000]


@pytest.mark.parametrize("step", [1, 7])
def test_stepping_back_goes_behind_the_file(qtbot: QtBot, bench: Bench, step: int) -> None:
    session = saved(20)
    open_it(bench, session)
    qtbot.waitUntil(lambda: len(bench.controller.history) > 1)
    for _ in range(step):
        bench.stepper.back()
    assert bench.store.session.progress.step == 80 - step


def test_a_session_opened_where_it_is_already_begins_its_curve_at_its_first_row(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.open(bench.store.session)
    bench.controller.step_epoch()
    qtbot.waitUntil(lambda: not bench.controller.running)
    (run,) = bench.controller.book.runs.values()
    assert run.history.epochs.tolist() == [0, 1]
