"""Stepping at every grain, forward and back, restores the state bit for bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem
from backprop_gui.runtime.stepper import Grain, Stepper
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from tests.conftest import Bench
from tests.shapes import by

FINE = [Grain.PHASE, Grain.UNIT, Grain.TERM]


@pytest.fixture
def stepper(bench: Bench) -> Stepper:
    return bench.stepper


def load(bench: Bench, name: str, **training: Any) -> Session:
    session = edits.set_training(problem(name), TrainingSettings(**training))
    bench.store.assign(session)
    return session


def state(session: Session) -> tuple[bytes, int, str, int]:
    return session.parameters.flat().tobytes(), session.progress.step, repr(session.progress), session.view.position


def still(qtbot: QtBot, bench: Bench) -> None:
    qtbot.waitUntil(lambda: not bench.controller.running)


@pytest.mark.parametrize("grain", FINE)
@pytest.mark.parametrize("batch", [1, 3, "full"])
def test_forward_then_back_through_an_epoch_restores_the_state_bit_for_bit(
    bench: Bench, stepper: Stepper, grain: Grain, batch: int | str
) -> None:
    momentum = by("sgd", 0.4, momentum=0.9)
    load(bench, "xor", optimizer=momentum, batch_size=batch, shuffle=True, seed=3)
    stepper.set_grain(grain)
    states = [state(bench.store.session)]
    while bench.store.session.progress.epoch < 1 or bench.store.session.view.position < 5:
        stepper.forward()
        states.append(state(bench.store.session))
    assert states[-1][1] == bench.store.session.trainer().batches
    for expected in reversed(states[:-1]):
        stepper.back()
        assert state(bench.store.session) == expected


@pytest.mark.parametrize("grain", FINE)
def test_an_epoch_stepped_through_is_an_epoch_trained(bench: Bench, stepper: Stepper, grain: Grain) -> None:
    session = load(bench, "xor", optimizer=by("adam", 0.05), batch_size=3)
    trainer = session.trainer()
    trainer.run(trainer.batches)
    stepper.set_grain(grain)
    while bench.store.session.progress.epoch < 1:
        stepper.forward()
    assert bench.store.session.parameters == trainer.parameters()


def test_whole_samples_and_epochs_go_back_also_through_what_was_played(
    qtbot: QtBot, bench: Bench, stepper: Stepper
) -> None:
    session = load(bench, "xor")
    for grain, start in ((Grain.SAMPLE, 21), (Grain.EPOCH, 20)):
        bench.store.assign(session)
        bench.controller.play(Goal(epoch=5))
        still(qtbot, bench)
        if grain is Grain.SAMPLE:
            stepper.forward()
        still(qtbot, bench)
        stepper.set_grain(grain)
        assert bench.store.session.progress.step == start
        for left in range(start - (1 if grain is Grain.SAMPLE else 4), -1, -1 if grain is Grain.SAMPLE else -4):
            stepper.back()
            trainer = session.trainer()
            trainer.run(left)
            assert bench.store.session.progress.step == left
            assert bench.store.session.parameters == trainer.parameters()


def test_at_the_beginning_it_says_why_it_cannot_go_back(qtbot: QtBot, bench: Bench, stepper: Stepper) -> None:
    said: list[str] = []
    stepper.refused.connect(said.append)
    stepper.back()
    assert "beginning" in said[0]
    stepper.forward()
    still(qtbot, bench)
    trained = bench.store.session
    bench.store.assign(replace(trained, run=""))  # as from a file
    stepper.back()
    assert "not known" in said[1]
    assert bench.store.session.parameters == trained.parameters


def test_it_goes_back_past_a_weight_set_by_hand_and_a_change_of_settings(
    qtbot: QtBot, bench: Bench, stepper: Stepper
) -> None:
    states = [bench.store.session.parameters]
    faster = replace(bench.store.session.training, optimizer=by("sgd", 0.25))
    by_hand = WeightRef(0, 0, 0)
    bench.stepper.forward()
    still(qtbot, bench)
    bench.editor.apply("weight", lambda session: edits.set_parameter(session, by_hand, 0.7))
    states.append(bench.store.session.parameters)
    bench.stepper.forward()
    still(qtbot, bench)
    bench.editor.apply("rate", lambda session: edits.set_training(session, faster))
    states.append(bench.store.session.parameters)
    bench.stepper.forward()
    still(qtbot, bench)
    rates = [0.25, 0.5, 0.5]
    for expected, rate in zip(reversed(states), rates, strict=True):
        stepper.back()
        assert bench.store.session.parameters == expected
        assert bench.store.session.training.optimizer.learning_rate == rate


def test_undo_takes_a_walk_through_several_updates_back_at_once(bench: Bench, stepper: Stepper) -> None:
    before = bench.store.session.parameters
    stepper.set_grain(Grain.PHASE)
    for _ in range(15):
        stepper.forward()
    assert bench.store.session.progress.step == 2
    bench.editor.undo()
    assert bench.store.session.parameters == before
    assert bench.store.session.view.position == 0


def test_what_is_computed_is_selected_and_its_sample_shown(bench: Bench, stepper: Stepper) -> None:
    load(bench, "xor", batch_size="full")
    stepper.set_grain(Grain.TERM)
    stepper.forward()
    assert bench.store.session.view.selected == UnitRef(1, 0)
    length = bench.controller.microscope.plan.sample_length
    stepper.go_to(length + 1)
    assert bench.controller.snapshot.sample == 1
    assert bench.store.session.view.sample == 1


def test_weights_change_one_by_one_during_the_update(bench: Bench, stepper: Stepper) -> None:
    plan = bench.controller.microscope.plan
    old, new = bench.store.session.parameters, bench.controller.microscope.parameters_after
    start = plan.samples * plan.sample_length
    for done in range(plan.length - start):
        stepper.go_to(start + done)
        shown = bench.controller.snapshot.parameters
        moved = np.count_nonzero(shown.flat() != old.flat())
        assert moved == done
    assert np.count_nonzero(new.flat() != old.flat()) == plan.length - start


def test_a_weight_changed_inside_an_update_keeps_the_place_and_renews_the_numbers(
    bench: Bench, stepper: Stepper
) -> None:
    stepper.set_grain(Grain.PHASE)
    stepper.forward()
    position, before = bench.store.session.view.position, bench.controller.snapshot.trace.outputs[1][0]
    bench.editor.apply("w", lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 2.0))
    assert bench.store.session.view.position == position
    assert bench.controller.snapshot.trace.outputs[1][0] != before
    bench.editor.apply("units", lambda session: edits.set_units(session, 0, 4))
    assert bench.store.session.view.position == 0


def test_an_update_that_leaves_the_range_of_numbers_is_refused_in_words(bench: Bench, stepper: Stepper) -> None:
    session = problem("article")
    for layer in (0, 1):
        session = edits.set_activation(session, layer, ACTIVATIONS["linear"])
    session = edits.set_parameter(session, WeightRef(0, 0, 0), 1e200)
    bench.store.assign(session)
    said: list[str] = []
    stepper.refused.connect(said.append)
    stepper.set_grain(Grain.PHASE)
    for _ in range(9):
        stepper.forward()
    assert "range of numbers" in said[0]
    assert bench.store.session.progress.step == 0


def test_walking_goes_at_its_pace_until_paused(qtbot: QtBot, bench: Bench, stepper: Stepper) -> None:
    stepper.set_grain(Grain.TERM)
    stepper.walk()
    qtbot.waitUntil(lambda: bench.store.session.view.position >= 3)
    stepper.pause()
    stopped = bench.store.session.view.position
    qtbot.wait(150)
    assert bench.store.session.view.position == stopped
    stepper.walk()
    bench.store.assign(problem("xor"))
    assert not stepper.walking
