"""Runs that go wrong: each trouble is made, told with its parts, mended by its remedies and gone; none is made up."""

import math
import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from backprop_gui.data.samples import Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.history import Watch
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import BiasRef, Network, Parameters, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem, problems
from backprop_gui.session import edits
from backprop_gui.session.diagnosis.diagnose import diagnose
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind
from backprop_gui.session.diagnosis.floor import floors_of
from backprop_gui.session.document import Session
from tests.shapes import by, dense

Course = tuple[Session, Floats, Floats]


def train(session: Session, epochs: int) -> tuple[Course, bool]:
    """Train on epoch by epoch; return the session with its loss history, and whether it diverged."""
    trainer = session.trainer()
    rows = [(trainer.epoch, trainer.loss())]
    for _ in range(epochs):
        before = trainer.parameters(), trainer.progress()
        trainer.run(trainer.batches)
        if not trainer.is_healthy():
            trainer.go_back_to_health(*before)
            break
        rows.append((trainer.epoch, trainer.loss()))
    diverged = trainer.epoch < session.progress.epoch + epochs
    history = np.array(rows, np.float64)
    after = edits.trained(session, trainer.parameters(), trainer.progress())
    return (after, history[:, 0], history[:, 1]), diverged


def told(session: Session, epochs: int) -> Diagnosis:
    """Return the one diagnosis of a session trained for so many epochs."""
    course, diverged = train(session, epochs)
    (found,) = diagnose(*course, diverged=diverged)
    return found


def mended(session: Session, found: Diagnosis, epochs: int) -> None:
    """Apply each remedy to a session in trouble and train on: the trouble is gone and the loss is less."""
    assert found.remedies
    for remedy in found.remedies:
        (after, epochs_, losses), diverged = train(remedy.edit(session), epochs)
        assert not diverged, remedy.label
        assert losses[-1] < losses[0], remedy.label
        assert found.kind not in [one.kind for one in diagnose(after, epochs_, losses)], remedy.label


def corners(targets: list[float], hidden: str = "tanh", units: int = 4, output: str = "sigmoid") -> Session:
    """Return a network on the four corners of the unit square."""
    network = Network(2, (dense(units, hidden), dense(1, output)))
    inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return Session.begin(network, TrainingSettings(seed=3), Samples.of(inputs, [[t] for t in targets]))


def begun(session: Session, change: Callable[[Parameters], Parameters]) -> Session:
    """Return a session with other start weights."""
    start = change(session.start)
    return replace(session, start=start, parameters=start)


def line(inputs: list[float], targets: list[float], rate: float = 0.1) -> Session:
    """Return a straight line through samples of one input and one target."""
    network = Network(1, (dense(1, "linear"),))
    samples = Samples.of([[x] for x in inputs], [[t] for t in targets])
    return Session.begin(network, TrainingSettings(optimizer=by("sgd", rate)), samples)


def test_a_rate_that_is_too_high_is_told_with_the_weights_that_grew() -> None:
    session = line([-1.0, 0.5, 1.0], [-2.0, 1.0, 2.0], rate=5.0)
    found = told(session, 2000)
    assert (found.kind, found.field) == (Kind.DIVERGED, "training.optimizer.learning_rate")
    assert "learning rate of 5 " in found.sentence
    assert found.parts[0] in (WeightRef(0, 0, 0), BiasRef(0, 0))
    assert [one.label for one in found.remedies] == ["Learning rate 0.5, from the start weights"]
    mended(session, found, 200)


def test_start_weights_that_are_too_large_are_the_cause_and_no_rate_is_blamed() -> None:
    session = replace(problem("article"), network=Network(2, (dense(3, "sigmoid"), dense(2, "linear"))))
    session = begun(session, lambda start: start.replace(WeightRef(1, 2, 0), 1e200))
    found = told(session, 5)
    assert (found.kind, found.field) == (Kind.DIVERGED, "parameters")
    assert found.parts == (WeightRef(1, 2, 0),)
    assert "u₃₁ = 1e+200" in found.sentence
    assert "learning rate" not in found.sentence
    assert [one.label for one in found.remedies] == ["Draw start weights"]
    mended(session, found, 200)


def test_targets_that_are_too_large_are_the_cause_and_no_rate_is_blamed() -> None:
    session = line([0.0, 0.5, 1.0], [1.0, 1e200, 2e200])
    found = told(session, 5)
    assert (found.kind, found.field, found.parts) == (Kind.DIVERGED, "data.targets", (UnitRef(1, 0),))
    assert "t₁ = 2e+200" in found.sentence
    assert [one.label for one in found.remedies] == ["Scale targets to 0 … 1"]
    mended(session, found, 300)


def test_inputs_that_are_too_large_are_the_cause() -> None:
    session = line([1000.0, 2000.0, 3000.0], [1.0, 2.0, 3.0])
    found = told(session, 500)
    assert (found.kind, found.field, found.parts) == (Kind.DIVERGED, "data.inputs", (UnitRef(0, 0),))
    assert found.remedies[0].label == "Scale inputs to 0 … 1"
    mended(session, found, 300)


def test_dead_relus_are_told_unit_by_unit() -> None:
    session = corners([0.0, 1.0, 1.0, 0.0], "relu", 3)
    session = begun(session, lambda start: replace(start, biases=(np.full(3, -100.0), start.biases[1])))
    found = told(session, 100)
    assert (found.kind, found.parts) == (Kind.DEAD, tuple(UnitRef(1, unit) for unit in range(3)))
    assert "h₁, h₂ and h₃ of hidden are 0 on every sample" in found.sentence
    mended(session, found, 500)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_are_told_with_their_steepest_slope(activation: str) -> None:
    session = corners([0.0, 1.0, 1.0, 0.0], activation, 2)
    huge = np.array([[1000.0, 1000.0], [1000.0, 1000.0]])
    session = begun(
        session, lambda start: Parameters.of((huge, start.weights[1]), (np.array([5.0, 500.0]) * 10, start.biases[1]))
    )
    found = told(session, 100)
    assert (found.kind, found.parts) == (Kind.SATURATED, (UnitRef(1, 0), UnitRef(1, 1)))
    assert "h₁ and h₂ of hidden are saturated" in found.sentence
    mended(session, found, 500)


def test_units_that_a_rate_has_driven_flat_are_told_with_remedies_that_hold_as_long() -> None:
    session = edits.set_setting(problem("xor"), "optimizer.learning_rate", 10.0)
    found = told(session, 300)
    assert (found.kind, found.parts) == (Kind.SATURATED, (UnitRef(1, 0), UnitRef(2, 0)))
    assert "Scale inputs to 0 … 1" not in [one.label for one in found.remedies]  # they are between 0 and 1
    mended(train(session, 300)[0][0], found, 600)


def test_equal_start_weights_are_told_as_symmetry() -> None:
    session = edits.initialize_again(problem("xor"), "zeros", 0)
    found = told(session, 50)
    assert (found.kind, found.parts) == (Kind.EQUAL, (UnitRef(1, 0), UnitRef(1, 1)))
    mended(session, found, 500)


def test_a_gradient_that_vanishes_on_its_way_back_is_told_at_the_first_layer() -> None:
    layers = tuple(dense(4, "sigmoid") for _ in range(8))
    network = Network(2, (*layers, dense(1, "sigmoid")))
    session = Session.begin(network, TrainingSettings(seed=1), problem("xor").samples)
    found = told(session, 50)
    assert (found.kind, found.parts) == (Kind.VANISHING, tuple(UnitRef(1, unit) for unit in range(4)))
    mended(session, found, 1500)


def test_xor_that_stands_still_at_a_sixteenth_is_a_plateau() -> None:
    session = edits.initialize_again(problem("xor"), "xavier_uniform", 2)
    found = told(session, 1000)
    assert (found.kind, found.parts) == (Kind.PLATEAU, (UnitRef(2, 0),))
    assert "stood still at 0.06259 since epoch 71" in found.sentence
    assert "samples 3 and 4 stay furthest from target at y₁" in found.sentence
    assert [one.label for one in found.remedies] == ["Draw start weights"]
    mended(session, found, 1000)


def test_a_schedule_that_has_come_to_its_end_is_told_where_the_loss_stands_still() -> None:
    training = replace(problem("xor").training, schedule="cosine", schedule_every=60)
    session = edits.set_training(problem("xor"), training)
    found = told(session, 400)
    assert found.kind is Kind.PLATEAU
    assert "The schedule has brought the learning rate down" in found.sentence
    assert found.remedies[0].label == "Constant learning rate"
    mended(train(session, 400)[0][0], replace(found, remedies=found.remedies[:1]), 1000)


def test_a_loss_that_goes_up_and_down_is_told_with_a_rate_that_calms_it() -> None:
    session = line([-1.0, 0.5, 1.0], [-2.0, 1.0, 2.0], rate=1.7)
    session = edits.set_setting(session, "loss", LOSSES["mae"])
    found = told(session, 300)
    assert (found.kind, found.field) == (Kind.OSCILLATING, "training.optimizer.learning_rate")
    assert "up and down" in found.sentence
    mended(train(session, 300)[0][0], found, 300)


def test_targets_out_of_the_outputs_range_are_told_with_the_least_loss() -> None:
    session = corners([0.0, 1.0, 2.0, 0.0])
    found = told(session, 50)
    assert (found.kind, found.parts) == (Kind.UNREACHABLE, (UnitRef(2, 0),))
    assert "cannot fall below 0.125." in found.sentence  # half of (2 - 1)², of one sample in four
    mended(session, found, 300)


def test_equal_inputs_with_different_targets_are_told_with_the_least_loss() -> None:
    samples = Samples.of([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0.0], [1.0], [0.0], [1.0]])
    session = edits.set_samples(corners([0.0] * 4), samples)
    found = told(session, 2000)
    assert (found.kind, found.parts) == (Kind.UNREACHABLE, (UnitRef(2, 0),))
    assert "Samples 2 and 3 have equal inputs but different targets" in found.sentence
    assert "cannot fall below 0.0625." in found.sentence  # twice half of 0.5², of four samples
    mended(train(session, 2000)[0][0], found, 300)


@pytest.mark.parametrize("name", ["half_sse", "mse", "mae", "huber", "binary_cross_entropy", "cross_entropy"])
def test_the_least_loss_is_the_least_of_a_fine_grid(name: str) -> None:
    loss, softmax = LOSSES[name], name == "cross_entropy"
    x = np.array([[0.0], [0.0], [0.0], [1.0]])
    t = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    output = dense(2, "softmax" if softmax else "sigmoid").activation
    best = math.inf
    for share in np.linspace(0.001, 0.999, 999):
        y = np.array([share, 1.0 - share])
        with np.errstate(all="ignore"):
            terms = loss.term(np.tile(y, (3, 1)), t[:3], *loss.numbers) * loss.scale(2)
        best = min(best, float(terms.sum()))
    alone = loss.term(t[3:], t[3:], *loss.numbers) * loss.scale(2)
    least = (best + float(alone.sum())) / 4
    assert floors_of(output, loss, x, t).equal == pytest.approx(least, rel=1e-4)


SEEDS = int(os.environ.get("SEEDS", "2"))
"""So many drawn starts of each built-in problem; ``make alarms`` takes many more."""
MOMENTS = {"xor": (0, 1, 10, 40, 100, 300), "iris": (0, 1, 3, 10, 30), "digits": (0, 1, 3)}


@pytest.mark.parametrize("name", [one.name for one in problems()])
def test_a_built_in_problem_raises_no_alarm_from_its_own_start(name: str) -> None:
    assert alarms(problem(name), MOMENTS.get(name, (0, 1, 3, 10, 30, 100))) == []


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("name", ["and", "or", "xor", "encoder-8-3-8", "iris", "wine", *["digits"] * (SEEDS > 2)])
def test_an_alarm_on_a_drawn_start_comes_true_by_training_on(name: str, seed: int) -> None:
    session = problem(name)
    session = edits.initialize_again(session, session.training.initializer, seed)
    for kind, now in alarms(session, MOMENTS.get(name, (0, 1, 3, 10, 30, 100)))[:1]:
        assert kind is Kind.PLATEAU
        trainer = now.trainer()
        before = trainer.loss()
        trainer.run(max(20_000, 10 * now.progress.step))
        assert trainer.loss() > 0.9 * before


def alarms(session: Session, moments: tuple[int, ...]) -> list[tuple[Kind, Session]]:
    """Return the kinds told at these epochs of a run, each with the session at that moment."""
    trainer, found = session.trainer(), list[tuple[Kind, Session]]()
    rows = [(0, trainer.loss())]
    for moment in moments:
        watch = Watch(leaps=False)
        trainer.run((moment - trainer.epoch) * trainer.batches, None, watch)
        rows += [(one.epoch, one.loss) for one in watch.records]
        now, history = edits.trained(session, trainer.parameters(), trainer.progress()), np.array(rows, np.float64)
        found += [(one.kind, now) for one in diagnose(now, history[:, 0], history[:, 1])]
    return found
