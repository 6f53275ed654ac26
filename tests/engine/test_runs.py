"""History in bounded memory, the order of samples, and losses where outputs saturate."""

import math
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.evaluate import accuracy, outputs_of
from backprop_gui.engine.goals import Goal, Stopper
from backprop_gui.engine.history import MOST_EARLY, MOST_ROWS, History, Record, Watch
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from backprop_gui.resources import problem
from tests.shapes import by, dense


@given(st.integers(1, 20_000))
@settings(deadline=None)
def test_a_history_spans_the_whole_run_evenly_in_bounded_memory(last: int) -> None:
    history = History(1)
    for epoch in range(last + 1):
        history.add(Record(epoch, 1.0 / (epoch + 1), math.nan, np.array([float(epoch)])))
    epochs = history.epochs
    assert len(history) <= MOST_ROWS
    assert epochs[0] == 0
    assert last - epochs[-1] < history.stride
    assert set(range(0, last + 1, history.stride)) <= set(epochs)
    assert np.all(np.diff(epochs) > 0)
    assert (history.parameters[:, 0] == epochs).all()


@given(st.integers(5_000, 200_000))
@settings(max_examples=10)
def test_a_long_run_does_not_lose_how_it_began(last: int) -> None:
    history, epoch = History(1), 0
    while epoch <= last:  # as a worker does: never finer than the history wants it
        history.add(Record(epoch, 1.0, 1.0, np.zeros(1)))
        epoch = (epoch // history.stride + 1) * history.stride
    epochs = history.epochs
    assert len(history) < MOST_ROWS
    for octave in range(4, int(math.log2(last))):
        assert np.count_nonzero((epochs >= 2**octave) & (epochs < 2 ** (octave + 1))) >= MOST_EARLY


@given(st.integers(1, 60), st.integers(2_000, 9_000), st.booleans())
@settings(max_examples=25)
def test_rows_that_come_at_a_stride_of_their_own_find_room(stride: int, rows: int, leaping: bool) -> None:
    history = History(1)
    for row in range(rows):
        loss = 2.0 ** (row % 50) if leaping else 1.0
        history.add(Record(row * stride, loss, loss, np.array([float(row)])))
    epochs = history.epochs
    assert len(history) < MOST_ROWS
    assert (epochs % stride == 0).all()
    assert np.all(np.diff(epochs) > 0)
    assert (rows - 1) * stride - epochs[-1] <= math.lcm(stride, history.stride)
    assert (history.parameters[:, 0] * stride == epochs).all()


@given(st.integers(1, 30_000), st.integers(0, 29_999), st.sampled_from([2e9, -2e9, math.inf]))
def test_what_stood_out_goes_on_standing_out(last: int, at: int, extreme: float) -> None:
    at %= last
    history = History(1)
    for epoch in range(last + 1):
        wave = 2.0 + math.sin(epoch)
        if epoch % history.stride == 0 or epoch == at:
            history.add(Record(epoch, extreme if epoch == at else wave, 2.0, np.zeros(1)))
    if extreme > 0 or at % history.stride == 0:
        assert extreme in history.losses


def test_histories_that_follow_each_other_join_to_one() -> None:
    first, second = History(1), History(1)
    for epoch in range(3000):
        first.add(Record(epoch, 1.0, 1.0, np.array([1.0])))
    for epoch in range(2000, 2500):
        second.add(Record(epoch, 2.0, 2.0, np.array([2.0])))
    joined = History.joined(1, [(first, 2000), (second, 2400)])
    assert joined.epochs[0] == 0
    assert joined.epochs[-1] == 2399
    assert set(joined.losses[joined.epochs < 2000]) == {1.0}
    assert set(joined.losses[joined.epochs >= 2000]) == {2.0}
    assert (joined.parameters[:, 0] == joined.losses).all()
    assert len(joined) <= MOST_ROWS
    assert joined.stride == 2
    joined.add(Record(2400, 3.0, 3.0, np.array([3.0])))
    assert joined.epochs[-1] == 2400
    assert first.epochs[-1] == 2998


def test_going_back_forgets_what_came_after() -> None:
    history = History(1)
    for epoch in range(10):
        history.add(Record(epoch, 0.5, math.nan, np.zeros(1)))
    history.forget_from(4)
    history.add(Record(4, 0.25, math.nan, np.ones(1)))
    assert history.epochs.tolist() == [0, 1, 2, 3, 4]
    assert history.losses[-1] == 0.25


def orders(shuffle: bool, seed: int = 5, epochs: int = 3) -> list[list[tuple[int, ...]]]:
    network = Network(1, (dense(1, "linear"),))
    x = np.arange(7.0)[:, None]
    trainer = Trainer(
        network, initialize(network, "zeros", 0), TrainingSettings(batch_size=3, shuffle=shuffle, seed=seed), x, x
    )
    found: list[list[tuple[int, ...]]] = []
    for _ in range(epochs):
        found.append([trainer.batch_samples(batch) for batch in range(trainer.batches)])
        trainer.run(trainer.batches)
    return found


def test_samples_in_order_make_whole_batches_and_a_rest() -> None:
    assert orders(shuffle=False) == [[(0, 1, 2), (3, 4, 5), (6,)]] * 3


def test_shuffling_uses_every_sample_once_an_epoch_in_another_order_each_time() -> None:
    found = orders(shuffle=True)
    assert found == orders(shuffle=True)
    assert found != orders(shuffle=True, seed=6)
    flat = [tuple(chain(*epoch)) for epoch in found]
    assert all(sorted(epoch) == list(range(7)) for epoch in flat)
    assert len(set(flat)) == 3


@pytest.mark.parametrize("size", [40.0, 800.0])
@pytest.mark.parametrize(
    ("activation", "loss", "target", "slope"),
    [("sigmoid", "binary_cross_entropy", [1.0, 1.0], 0.5), ("softmax", "cross_entropy", [0.0, 1.0], 1.0)],
)
def test_a_saturated_wrong_answer_still_has_its_full_delta(
    size: float, activation: str, loss: str, target: list[float], slope: float
) -> None:
    network = Network(1, (dense(2, activation),))
    sign = -size if activation == "sigmoid" else size
    parameters = Parameters.of([[[sign, 0.0]]], [[0.0, 0.0]])
    found = trace(network, parameters, np.array([1.0]), np.array(target), LOSSES[loss])
    expected = -slope if activation == "sigmoid" else slope
    assert found.deltas[-1][0] == pytest.approx(expected)
    assert math.isfinite(found.loss)
    assert found.loss > 10


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_stay_finite_at_large_inputs(name: str) -> None:
    a = np.array([-1e6, -800.0, 0.0, 800.0, 1e6])
    y = ACTIVATIONS[name](a)
    assert np.isfinite(y).all()
    assert np.isfinite(ACTIVATIONS[name].pull_back(np.ones(5), a, y)).all()


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [0.8, 0.8, 0.8, 0.8, 0.8]),
        ("step", [0.8, 0.8, 0.4, 0.4, 0.2]),
        ("exponential", [0.8, 0.8 * 0.5**0.5, 0.4, 0.8 * 0.5**1.5, 0.2]),
        ("cosine", [0.8, 0.4, 0.0, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_schedule_gives_each_epoch_its_rate_also_after_a_pause(
    schedule: str, rates: list[float], optimizer: str
) -> None:
    settings = TrainingSettings(optimizer=by(optimizer, 0.8), schedule=schedule, schedule_factor=0.5, schedule_every=2)
    assert [settings.rate(epoch) for epoch in range(5)] == pytest.approx(rates, abs=1e-15)
    network = Network(1, (dense(1, "linear"),))
    x, t = np.array([[1.0], [2.0]]), np.array([[1.0], [-1.0]])
    start = initialize(network, "uniform", 0)
    whole = Trainer(network, start, settings, x, t)
    whole.run(10)
    parameters, progress = start, None
    for epoch in range(5):  # one trainer per epoch with that epoch's rate for good
        constant = TrainingSettings(optimizer=by(optimizer, max(rates[epoch], 1e-300)))
        part = Trainer(network, parameters, constant, x, t, progress)
        part.run(2)
        parameters, progress = part.parameters(), part.progress()
    assert np.abs(whole.parameters().flat() - parameters.flat()).max() < 1e-12


def test_patience_ends_a_run_that_no_longer_gets_better() -> None:
    network = Network(1, (dense(1, "linear"),))
    x, t = np.array([[1.0], [1.0]]), np.array([[0.0], [1.0]])  # no weight is right for both
    start = Parameters.of([[[3.0]]], [[0.0]])
    trainer = Trainer(network, start, TrainingSettings(optimizer=by("sgd", 0.05)), x, t)
    before, watch = trainer.loss(), Watch(leaps=False)
    assert trainer.run(10_000, Stopper(Goal(patience=5), trainer), watch)
    losses = [before, *(one.loss for one in watch.records)]
    assert trainer.epoch == len(losses) - 1
    best = int(np.argmin(losses))
    assert trainer.epoch - best == 5
    before = trainer.epoch
    assert trainer.run(10_000, Stopper(Goal(patience=7), trainer))
    assert trainer.epoch - before >= 7


def test_patience_watches_the_test_samples_where_there_are_any() -> None:
    network = Network(1, (dense(1, "linear"),))
    x, t = np.array([[1.0]]), np.array([[1.0]])
    start = Parameters.of([[[0.0]]], [[0.0]])
    tests = (np.array([[1.0]]), np.array([[0.3]]))  # best on the way, not at the end
    trainer = Trainer(network, start, TrainingSettings(), x, t, tests=tests)
    assert trainer.run(1000, Stopper(Goal(patience=4), trainer))
    assert trainer.epoch < 12


def test_an_accuracy_ends_the_run_at_the_first_epoch_that_has_it() -> None:
    session = problem("iris")
    trainer = session.trainer()
    assert trainer.run(100_000, Stopper(Goal(accuracy=0.9), trainer))
    reached, again = list[float](), session.trainer()
    for _ in range(trainer.epoch):
        again.run(again.batches)
        reached.append(again.accuracy())
    assert reached[-1] >= 0.9
    assert max(reached[:-1]) < 0.9
    _, tests = session.samples.rows()
    outputs = outputs_of(session.network, trainer.parameters(), session.samples.inputs[tests])[-1]
    assert reached[-1] == pytest.approx(accuracy(outputs, session.samples.targets[tests]))


def test_a_plateau_ends_a_run_that_still_creeps_down() -> None:
    network = Network(1, (dense(1, "linear"),))
    x, t = np.array([[1.0], [1.0]]), np.array([[0.0], [1.0]])
    start = Parameters.of([[[3.0]]], [[0.0]])
    how = TrainingSettings(optimizer=by("sgd", 0.01), batch_size="full")
    trainer, watch = Trainer(network, start, how, x, t), Watch(leaps=False)
    assert trainer.run(100_000, Stopper(Goal(patience=10, least_gain=0.01), trainer), watch)
    losses = [one.loss for one in watch.records]
    assert losses == sorted(losses, reverse=True)  # it never got worse: patience alone would go on
    best, since = losses[0], 0
    for epoch, loss in enumerate(losses[1:], start=1):
        if loss < 0.99 * best:
            best, since = loss, epoch
    assert len(losses) - 1 - since == 10
