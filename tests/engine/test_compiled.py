"""The loop in C is held to NumPy's: every card and setting, however a run is cut, and where numbers stop being any."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.choose import ENGINES
from backprop_gui.engine.compiled import library
from backprop_gui.engine.compiled.loop import speaks
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.goals import Goal, Stopper
from backprop_gui.engine.history import Record, Watch
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import SCHEDULES, TrainingSettings
from backprop_gui.engine.trainer import Progress, Trainer
from backprop_gui.resources import problem
from backprop_gui.session.edits import set_training
from tests.shapes import by, dense

pytestmark = pytest.mark.skipif(library.load() is None, reason="no compiler made the library")

HIDDEN = tuple(name for name in ACTIVATIONS if name != "softmax")
KINKS = {"relu", "leaky_relu", "elu", "hard_sigmoid", "step"}
"""Where a sum that rounds otherwise may fall on the other side."""


@dataclass(frozen=True)
class Case:
    """A run as both loops are given it."""

    network: Network
    start: Parameters
    how: TrainingSettings
    x: np.ndarray
    t: np.ndarray
    tests: tuple[np.ndarray, np.ndarray] | None

    def trainer(self, engine: str, parameters: Parameters | None = None, progress: Progress | None = None) -> Trainer:
        """Return a trainer at the start, or at another place of the run."""
        made = Trainer(
            self.network, parameters or self.start, self.how, self.x, self.t, progress, self.tests, engine=engine
        )
        assert made.engine == engine
        return made


@st.composite
def cases(draw: st.DrawFn, smooth: bool = False) -> Case:
    hidden = [one for one in HIDDEN if not (smooth and one in KINKS)]
    loss = LOSSES[draw(st.sampled_from([one for one in LOSSES if not (smooth and one == "mae")]))]
    last = [one for one in ACTIVATIONS if one in (*hidden, "softmax")]
    if loss.probabilities:
        last = ["sigmoid", "softmax"] if loss.name == "cross_entropy" else ["sigmoid"]
    names = [*draw(st.lists(st.sampled_from(hidden), min_size=0, max_size=3)), draw(st.sampled_from(last))]
    sizes = [draw(st.integers(1, 9)) for _ in names]
    network = Network(draw(st.integers(1, 5)), tuple(map(dense, sizes, names)))
    count = draw(st.integers(1, 41))
    optimizer = draw(st.sampled_from(["sgd"] if smooth else list(OPTIMIZERS)))  # others make steps of rounding errors
    momentum = draw(st.sampled_from([0.0, 0.7])) if OPTIMIZERS[optimizer].momentum else 0.0
    how = TrainingSettings(
        loss=loss,
        optimizer=by(
            optimizer,
            draw(st.sampled_from([0.003, 0.03])),
            momentum=momentum,
            nesterov=momentum > 0 and draw(st.booleans()),
            weight_decay=draw(st.sampled_from([0.0, 0.01])),
            l1=0.0 if smooth else draw(st.sampled_from([0.0, 0.001])),
        ),
        batch_size=draw(st.integers(1, 40)) if draw(st.booleans()) else "full",
        shuffle=draw(st.booleans()),
        reduction=draw(st.sampled_from(["mean", "sum"])),
        train_biases=draw(st.booleans()),
        seed=draw(st.sampled_from([0, 7, 2**40 + 3])),
        schedule=draw(st.sampled_from(SCHEDULES)),
        schedule_factor=0.9,
        schedule_every=3,
        dropout=draw(st.sampled_from([0.0, 0.4])),
    )
    random = np.random.default_rng(draw(st.integers(0, 99)))
    x, t = random.normal(size=(count, network.inputs)), random.uniform(0.05, 0.95, (count, sizes[-1]))
    tests = (x[:3], t[:3]) if draw(st.booleans()) else None
    return Case(network, initialize(network, "xavier_uniform", 1), how, x, t, tests)


def same(one: Parameters, other: Parameters, rel: float) -> None:
    np.testing.assert_allclose(one.flat(), other.flat(), rtol=rel, atol=rel * (1 + np.abs(other.flat()).max()))


@given(cases(smooth=True), st.integers(1, 120))
@settings(max_examples=150)
def test_it_trains_as_numpy_does(case: Case, steps: int) -> None:
    mine, numpys = case.trainer("compiled"), case.trainer("numpy")
    ears = Watch(stride=2, leaps=False), Watch(stride=2, leaps=False)
    for run, ear in zip((mine, numpys), ears, strict=True):
        run.run(steps, None, ear)
    assume(numpys.is_healthy())
    nudged = Parameters.of([w * (1 + 2e-15) for w in case.start.weights], case.start.biases)
    beside = case.trainer("numpy", nudged)
    beside.run(steps)
    apart = np.abs(beside.parameters().flat() - numpys.parameters().flat()).max()
    assume(apart < 1e-12 * (1 + np.abs(numpys.parameters().flat()).max()))  # else the run itself enlarges any rounding
    (here, there) = mine.progress(), numpys.progress()
    assert (here.epoch, here.batch, here.step, here.slot_steps) == (
        there.epoch,
        there.batch,
        there.step,
        there.slot_steps,
    )
    assert here.epoch_loss == pytest.approx(there.epoch_loss, rel=1e-9, abs=1e-12)
    same(mine.parameters(), numpys.parameters(), 1e-9)
    for slot, other in zip(here.slots, there.slots, strict=True):
        same(slot, other, 1e-8)
    assert [one.epoch for one in ears[0].records] == [one.epoch for one in ears[1].records]
    for one, other in zip(ears[0].records, ears[1].records, strict=True):
        close(one, other)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["article", "xor", "iris"])
def test_every_optimizer_trains_the_problems_as_numpy_does(name: str, optimizer: str) -> None:
    session = set_training(problem(name), dataclasses.replace(problem(name).training, optimizer=by(optimizer, 0.01)))
    mine, numpys = (session.trainer(engine) for engine in ("compiled", "numpy"))
    for run in (mine, numpys):
        run.run(300)
    same(mine.parameters(), numpys.parameters(), 1e-9)
    for slot, other in zip(mine.progress().slots, numpys.progress().slots, strict=True):
        same(slot, other, 1e-9)


def close(one: Record, other: Record) -> None:
    for field in ("loss", "running_loss", "test_loss"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-8, abs=1e-11, nan_ok=True)
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-8, atol=1e-9)


@given(cases(), st.integers(0, 3))
@settings(max_examples=150)
def test_one_update_is_numpys_to_the_last_digits_with_every_card(case: Case, before: int) -> None:
    run = case.trainer("numpy")
    run.run(before)
    here = run.parameters(), run.progress()
    mine, numpys = case.trainer("compiled", *here), case.trainer("numpy", *here)
    mine.run(1)
    numpys.run(1)
    assume(numpys.is_healthy())
    rel = 1e-12 if case.how.optimizer.name == "sgd" else 1e-7  # where a gradient is 0 they make a step of its rounding
    same(mine.parameters(), numpys.parameters(), rel)
    assert mine.progress().epoch_loss == pytest.approx(numpys.progress().epoch_loss, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("path", sorted(library.FOLDER.glob("stretch-*.*")), ids=lambda path: path.stem)
def test_what_was_built_for_any_machine_that_this_one_can_be_trains_alike(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path.stem.removeprefix("stretch-") not in library.usable():
        pytest.skip("not on this machine")
    monkeypatch.setattr(library, "load", lambda: library.Library(path, library.source_digest()))
    for name in ("xor", "wine", "iris"):
        mine, numpys = (problem(name).trainer(engine) for engine in ("compiled", "numpy"))
        assert mine.engine == "compiled"
        mine.run(1000)
        numpys.run(1000)
        same(mine.parameters(), numpys.parameters(), 1e-12)


@given(cases(), st.lists(st.integers(1, 60), min_size=1, max_size=6), st.booleans())
@settings(max_examples=80)
def test_a_run_is_the_same_bit_for_bit_however_it_is_cut(case: Case, parts: list[int], anew: bool) -> None:
    whole, cut = case.trainer("compiled"), case.trainer("compiled")
    ears = Watch(stride=1), Watch(stride=1)
    whole.run(sum(parts), None, ears[0])
    for part in parts:
        if anew:
            cut = case.trainer("compiled", cut.parameters(), cut.progress())
        cut.run(part, None, ears[1])
    assert whole.parameters().flat().tobytes() == cut.parameters().flat().tobytes()
    here, there = whole.progress(), cut.progress()
    assert [one.flat().tobytes() for one in here.slots] == [one.flat().tobytes() for one in there.slots]
    assert repr((here.epoch, here.batch, here.step, here.epoch_loss)) == repr(
        (there.epoch, there.batch, there.step, there.epoch_loss)
    )
    assert [repr((one.epoch, one.loss, one.running_loss, one.test_loss)) for one in ears[0].records] == [
        repr((one.epoch, one.loss, one.running_loss, one.test_loss)) for one in ears[1].records
    ]


GOALS = [
    Goal(epoch=7),
    Goal(loss_below=0.02),
    Goal(patience=3),
    Goal(patience=2, least_gain=0.01),
    Goal(epoch=40, loss_below=0.01, patience=5),
    Goal(accuracy=0.9),
    Goal(epoch=30, accuracy=1.0, patience=4),
]


@pytest.mark.parametrize("goal", GOALS, ids=str)
@pytest.mark.parametrize("tested", [False, True])
def test_a_run_stops_at_the_same_step(goal: Goal, tested: bool) -> None:
    network = Network(2, (dense(4, "tanh"), dense(1, "sigmoid")))
    random = np.random.default_rng(3)
    x = random.normal(size=(20, 2))
    t = (x.sum(axis=1, keepdims=True) > 0).astype(float)
    how = TrainingSettings(optimizer=by("sgd", 0.8, momentum=0.5), batch_size=3, shuffle=True)
    case = Case(network, initialize(network, "xavier_uniform", 2), how, x, t, (x[:6], t[:6]) if tested else None)
    ends: list[tuple[int, int, bool]] = []
    for engine in ("numpy", "compiled"):
        run = case.trainer(engine)
        stopper, reached = Stopper(goal, run), False
        for _ in range(90):
            reached = run.run(23, stopper)
            if reached:
                break
        ends.append((run.epoch, run.step, reached))
    assert ends[0] == ends[1]
    assert ends[0][2]


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_leaps_of_the_loss_get_rows_between_those_of_the_stride(engine: str) -> None:
    network = Network(1, (dense(1, "linear"),))
    how = TrainingSettings(optimizer=by("sgd", 1.1), batch_size=1)  # |1 - 2.2| > 1: every epoch is worse
    run = Trainer(network, Parameters.of([[[1.0]]], [[0.0]]), how, np.ones((1, 1)), np.zeros((1, 1)), engine=engine)
    ear = Watch(stride=100)
    run.run(250, None, ear)
    assert {100, 200} <= {one.epoch for one in ear.records}
    assert len(ear.records) > 100
    assert all(math.isfinite(one.loss) for one in ear.records)


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf, 1e308, -1e200, 800.0, -800.0, 0.0, -0.0, 5e-324])
def test_what_is_no_number_comes_through_as_in_numpy(activation: str, poison: float) -> None:
    network = Network(1, (dense(2, activation), dense(2, "linear")))
    start = Parameters.of([[[1.0, 0.5]], [[0.5, -1.0], [1.0, 0.25]]], [[0.0, 0.0], [0.0, 0.1]])
    case = Case(
        network, start, TrainingSettings(optimizer=by("sgd", 0.1)), np.array([[poison]]), np.zeros((1, 2)), None
    )
    mine, numpys = case.trainer("compiled"), case.trainer("numpy")
    for run in (mine, numpys):
        run.run(1)
    np.testing.assert_allclose(mine.parameters().flat(), numpys.parameters().flat(), rtol=1e-12, equal_nan=True)
    assert mine.is_finite() == numpys.is_finite()


@pytest.mark.parametrize("activation", HIDDEN)
def test_functions_are_right_to_the_last_digits_over_their_whole_range(activation: str) -> None:
    """One linear output with weight 1 shows a unit's value: its bias moves by minus eta times that."""
    points = np.concatenate([np.linspace(-40, 40, 401), np.geomspace(1e-300, 700, 60), -np.geomspace(1e-300, 700, 60)])
    network = Network(1, (dense(1, activation), dense(1, "linear")))
    start = Parameters.of([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    how = TrainingSettings(optimizer=by("sgd", 1.0))
    for point in points:
        run = Case(network, start, how, np.array([[point]]), np.zeros((1, 1)), None).trainer("compiled")
        run.run(1)
        after = run.parameters()
        card = ACTIVATIONS[activation]
        y = card(np.array([point]))
        slope = card.slopes(np.array([point]), y)
        assert -after.biases[1][0] == pytest.approx(y[0], rel=1e-14, abs=1e-300), point
        assert -after.biases[0][0] == pytest.approx(y[0] * slope[0], rel=2e-14, abs=1e-15), point  # 1 - y^2


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax"])
def test_losses_are_exact_however_far_outputs_saturate(loss: str, output: str) -> None:
    how = TrainingSettings(loss=LOSSES[loss], optimizer=by("sgd", 1.0))
    network = Network(1, (dense(2, output),))
    if (LOSSES[loss].probabilities and output == "linear") or not speaks(network, how):
        pytest.skip("not a pair, or left to NumPy")
    for far in (0.0, 1e-12, 0.3, 1.0, 20.0, 36.0, 50.0, 700.0, 745.2, 1e4):
        for near, t in ((-far, [0.0, 1.0]), (far, [1.0, 0.0]), (far / 3, [0.25, 0.75])):
            start = Parameters.of([[[far, near]]], [[0.0, 0.0]])
            case = Case(network, start, how, np.ones((1, 1)), np.array([t]), None)
            mine, numpys = case.trainer("compiled"), case.trainer("numpy")
            assert mine.loss() == pytest.approx(numpys.loss(), rel=1e-14, abs=1e-300)
            for run in (mine, numpys):
                run.run(1)
            np.testing.assert_allclose(mine.parameters().flat(), numpys.parameters().flat(), rtol=1e-14, atol=1e-16)


def test_a_stretch_of_any_length_is_one_call_and_nothing_of_it_goes_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where speed comes from, counted: Python is back only for rows, and then for hundreds at once."""
    found = library.load()
    assert found is not None
    calls: list[int] = []
    stretch = found.stretch

    def counted(how: object, run: object, steps: int) -> int:
        calls.append(steps)
        return stretch(how, run, steps)

    monkeypatch.setattr(found, "stretch", counted)
    monkeypatch.setattr(Trainer, "record", None)
    monkeypatch.setattr("backprop_gui.engine.kernel.NumpyKernel.take", None)
    run = problem("xor").trainer()
    run.run(40_000)
    assert len(calls) == 1
    calls.clear()
    ear = Watch(stride=100)
    run.run(40_000, Stopper(Goal(epoch=10**9, loss_below=0.0, patience=10**9), run), ear)
    assert len(calls) == 1
    assert len(ear.records) == 100
    calls.clear()
    run.run(4_000, None, Watch(leaps=False))
    assert len(calls) == 2  # 1,000 rows


def test_seeds_are_taken_apart_as_numpy_does() -> None:
    for seed in (0, 1, 2**32 - 1, 2**32, 2**64 + 5, 12345678901234567890123):
        mine = np.random.SeedSequence(library.words_of(seed)).generate_state(4)  # pyright: ignore[reportArgumentType]
        assert np.array_equal(mine, np.random.SeedSequence(seed).generate_state(4))


def test_what_it_does_not_know_is_left_to_numpy() -> None:
    plain = TrainingSettings()
    sigmoid = Network(2, (dense(3, "sigmoid"), dense(2, "sigmoid")))
    assert speaks(sigmoid, plain)
    other = dataclasses.replace(ACTIVATIONS["sigmoid"], f=np.copy)
    strange = Network(2, (dataclasses.replace(dense(3, "sigmoid"), activation=other), dense(2, "sigmoid")))
    assert not speaks(strange, plain)
    softmax = Network(2, (dense(3, "sigmoid"), dense(2, "softmax")))
    assert not speaks(softmax, TrainingSettings(loss=LOSSES["binary_cross_entropy"]))
    assert not speaks(sigmoid, TrainingSettings(seed=2**3000))


def test_an_engine_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from backprop_gui.engine.choose import check_engine

    check_engine("compiled")
    monkeypatch.setattr(library, "load", lambda: None)
    check_engine("auto")
    with pytest.raises(FieldError, match="install a C compiler"):
        check_engine("compiled")
