"""Every run of a sweep is what its session trains to alone; the rows are the same whoever trains them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from backprop_gui.data.samples import Split
from backprop_gui.engine.compiled import library
from backprop_gui.engine.network import Network
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_samples, set_training, trained
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished, Row, best_of, table
from backprop_gui.sweep.runners import News, Threads
from backprop_gui.sweep.training import Piece, StoppedError, pieces_of, train
from tests.shapes import by, dense

XOR = problem("xor")


def all_of(plan: Plan, workers: int = 2) -> list[Finished]:
    found = [one for news in Threads(workers).run(plan, pieces_of(plan)) for one in news.finished]
    return sorted(found, key=lambda one: one.row.run)


def check(session: Session, grid: Sequence[str], epochs: int = 100, seeds: int = 3) -> list[Finished]:
    """Hold every run to its session, trained alone; what C trains is that, bit for bit."""
    compiled = Plan.of(session, epochs, seeds, grid, keep_all=True)
    for one in all_of(compiled) if library.load() else ():
        trainer = compiled.session_of(one.row.run).trainer()
        trainer.run(epochs * trainer.batches)
        assert one.state is not None
        assert one.state[0].flat().tobytes() == trainer.parameters().flat().tobytes()
    plan = Plan.of(session, epochs, seeds, grid, engine="numpy", keep_all=True)
    found = all_of(plan)
    assert [one.row.run for one in found] == list(range(1, plan.runs + 1))
    for one in found:
        trainer = plan.session_of(one.row.run).trainer("numpy")
        trainer.run(epochs * trainer.batches)
        assert one.row.loss == pytest.approx(trainer.loss(), rel=1e-9)
        assert one.row.test_loss == pytest.approx(trainer.test_loss(), rel=1e-9, nan_ok=True)
        assert (one.row.epochs, one.row.outcome, one.row.seed) == (epochs, "done", plan.place(one.row.run)[1])
        assert one.state is not None
        np.testing.assert_allclose(one.state[0].flat(), trainer.parameters().flat(), rtol=1e-9)
    return found


def test_seeds_and_settings_that_are_trained_together() -> None:
    grid = ["learning_rate=0.1,1", "momentum=0,0.9", "optimizer=sgd,adam"]
    plan = Plan.of(XOR, 100, 3, grid, engine="numpy")
    assert all(piece.together for piece in pieces_of(plan))
    found = check(XOR, grid)
    assert {one.row.accuracy for one in found} <= {0.25, 0.5, 0.75, 1.0}


def test_shapes_batches_and_losses() -> None:
    check(XOR, ["hidden=2,4-4", "batch_size=1,3,full", "loss=half_sse,binary_cross_entropy", "activation=tanh,elu"], 20)


@pytest.mark.parametrize("change", [{"shuffle": True}, {"dropout": 0.2}])
def test_runs_that_draw_for_themselves_are_trained_alone(change: dict[str, object]) -> None:
    session = set_training(XOR, replace(XOR.training, **change))  # pyright: ignore[reportArgumentType]
    assert not any(piece.together for piece in pieces_of(Plan.of(session, 50, 5, [])))
    check(session, ["learning_rate=0.1,1"], 50)


def test_samples_kept_for_testing_judge() -> None:
    iris = problem("iris")
    session = set_samples(iris, replace(iris.samples, split=Split(0.3, 1)))
    found = check(session, ["learning_rate=0.05,0.5"], 5)
    assert all(math.isfinite(one.row.test_loss) for one in found)
    best = best_of(one.row for one in found)
    assert best is not None
    assert best.test_loss == min(one.row.test_loss for one in found)


def test_targets_that_are_no_classes_have_no_accuracy() -> None:
    found = all_of(Plan.of(problem("article"), 2, 1, []))
    assert math.isnan(found[0].row.accuracy)
    assert table((), [found[0].row]).splitlines()[1].split(b",")[-3:-1] == [b"", b""]


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_run_that_diverges_is_told_and_the_others_go_on(shuffle: bool) -> None:
    how = replace(XOR.training, shuffle=shuffle, optimizer=by("sgd", 1.0))
    session = Session.begin(Network(2, (dense(2, "tanh"), dense(1, "linear"))), how, XOR.samples)
    plan = Plan.of(session, 300, 4, ["learning_rate=0.1,1e160", "batch_size=1,full"], points=10)
    found = all_of(plan)
    outcomes = [one.row.outcome for one in found]
    assert outcomes.count("diverged") > 0
    for one in found:
        if one.row.outcome == "diverged":
            assert plan.values(one.row.run)[0] == "1e+160"
            assert math.isfinite(one.row.loss)
            assert one.row.epochs < 300
        else:
            assert one.row.epochs == 300
    assert outcomes[:8] == ["done"] * 8


def test_the_rows_are_the_same_bits_with_any_count_of_threads_and_in_any_order() -> None:
    plan = Plan.of(XOR, 30, 40, ["hidden=2,3", "batch_size=1,full", "optimizer=sgd,adam"], keep_all=True)
    pieces = pieces_of(plan)
    one, many = all_of(plan, 1), all_of(plan, 3)
    backwards = [f for news in Threads(2).run(plan, pieces[::-1]) for f in news.finished]
    rows = [one.row for one in many]
    assert rows == [each.row for each in one]
    assert sorted((each.row for each in backwards), key=lambda row: row.run) == rows
    again = Plan.decoded(plan.encoded())
    assert pieces_of(again) == pieces
    assert [each.row for each in all_of(again)] == rows


def test_every_run_is_in_one_piece() -> None:
    plan = Plan.of(XOR, 5_000, 700, ["hidden=2,64-64", "batch_size=1,2"], engine="numpy")
    runs = [run for piece in pieces_of(plan) for run in piece.runs]
    assert sorted(runs) == list(range(1, plan.runs + 1))
    assert max(len(piece.runs) for piece in pieces_of(plan)) <= 1_000
    together = {piece.together for piece in pieces_of(plan)}
    assert together == {True}


def test_curves_are_the_losses_on_the_way() -> None:
    for change in ({}, {"shuffle": True}):
        plan = Plan.of(set_training(XOR, replace(XOR.training, **change)), 25, 4, [], points=10, keep_all=True)  # pyright: ignore[reportArgumentType]
        for one in all_of(plan):
            assert one.curve is not None
            epochs, losses = one.curve
            assert epochs.tolist() == [0, 3, 6, 9, 12, 15, 18, 21, 24, 25]
            trainer = plan.session_of(one.row.run).trainer()
            for epoch, loss in zip(epochs, losses, strict=True):
                trainer.run(int(epoch - trainer.epoch) * trainer.batches)
                assert loss == pytest.approx(trainer.loss(), rel=1e-9)


def test_a_state_goes_on_as_the_run_would() -> None:
    plan = Plan.of(XOR, 30, 4, ["optimizer=sgd,adam"], keep_all=True)
    for one in all_of(plan):
        assert one.state is not None
        session = trained(plan.session_of(one.row.run), *one.state)
        assert (session.progress.epoch, session.progress.step) == (30, 120)
        on, whole = session.trainer(), plan.session_of(one.row.run).trainer()
        on.run(40)
        whole.run(160)
        np.testing.assert_allclose(on.parameters().flat(), whole.parameters().flat(), rtol=1e-9)


def test_without_a_wish_only_the_best_state_of_a_piece_is_kept() -> None:
    plan = Plan.of(XOR, 30, 10, [])
    found = all_of(plan)
    best = best_of(one.row for one in found)
    assert [one.row for one in found if one.state is not None] == [best]


def test_no_epochs_are_the_starts() -> None:
    found = all_of(Plan.of(XOR, 0, 5, [], points=3))
    assert [one.row.epochs for one in found] == [0] * 5
    assert len({one.row.loss for one in found}) == 5


def test_news_count_every_epoch_once() -> None:
    plan = Plan.of(XOR, 40, 6, ["learning_rate=0.1,1e200", "activation=linear"])
    news = list(Threads(2).run(plan, pieces_of(plan)))
    assert sum(one.epochs for one in news) == 40 * plan.runs
    assert [one.piece for one in news if one.piece is not None] != []


class Impatient:
    """Stops at the second question."""

    def __init__(self) -> None:
        self.asked = 0

    def trained(self, epochs: int) -> None: ...

    def is_stopped(self) -> bool:
        self.asked += 1
        return self.asked > 1


@pytest.mark.parametrize("together", [False, True])
def test_training_stops_in_the_middle_of_a_piece(together: bool) -> None:
    plan = Plan.of(XOR, 10**9, 4, [])
    with pytest.raises(StoppedError):
        train(plan, Piece(0, (1, 2, 3, 4), together), Impatient())


def test_closing_a_runner_ends_its_threads() -> None:
    plan = Plan.of(XOR, 10**9, 4, [])
    running = Threads(2).run(plan, pieces_of(plan))
    assert next(running).piece is None
    running.close()
    assert list(running) == []


def test_what_fails_in_a_thread_arrives() -> None:
    plan = Plan.of(XOR, 10, 4, [])
    with pytest.raises(IndexError):
        list[News](Threads(2).run(plan, [Piece(0, (), True)]))


def test_the_best_is_the_first_of_equals_and_never_one_that_diverged() -> None:
    def row(run: int, loss: float, test: float = math.nan, outcome: str = "done") -> Row:
        return Row(run, 0, (), 1, loss, test, math.nan, outcome)  # pyright: ignore[reportArgumentType]

    assert best_of([]) is None
    assert best_of([row(1, 0.1, outcome="diverged")]) is None
    found = best_of([row(1, 0.0, outcome="diverged"), row(3, 0.5), row(2, 0.5), row(4, 0.7)])
    assert found is not None
    assert found.run == 2
    found = best_of([row(1, 0.1, 0.9), row(2, 0.5, 0.2)])
    assert found is not None
    assert found.run == 2
