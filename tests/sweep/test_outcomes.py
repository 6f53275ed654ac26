"""Where runs end, in words and over settings; a sweep in the background; its runs among those that are kept."""

import math
import time
from collections.abc import Generator, Sequence

import numpy as np
import pytest

from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.runs.summary import end_of
from backprop_gui.session.edits import trained
from backprop_gui.sweep.background import Background
from backprop_gui.sweep.kept import kept_run
from backprop_gui.sweep.outcomes import bands_of, fraction_or_number, groups_of, over_two
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Row
from backprop_gui.sweep.runners import News, Threads
from backprop_gui.sweep.training import Piece, pieces_of

XOR = problem("xor")


def row(run: int, loss: float, outcome: str = "done", values: tuple[str, ...] = ()) -> Row:
    return Row(run, run - 1, values, 9, loss, math.nan, math.nan, outcome)  # pyright: ignore[reportArgumentType]


def test_runs_that_end_alike_are_told_in_one_sentence() -> None:
    losses = [1e-5, 0.0626, 3e-4, 0.0625, 0.0627, 0.1251]
    rows = [row(place + 1, loss) for place, loss in enumerate(losses)] + [row(7, 3.0, "diverged")]
    found = groups_of(rows)
    assert [one.told(7, "seed") for one in found] == [
        "2 of 7 seeds end near 0, below 0.0003",
        "3 of 7 seeds end at 1/16",
        "1 of 7 seeds end at 1/8",
        "1 of 7 seeds diverge",
    ]
    assert [one.runs for one in found] == [(1, 3), (2, 4, 5), (6,), (7,)]


def test_every_run_is_in_one_group_and_groups_stay_few() -> None:
    rows = [row(run, 1.3**run) for run in range(1, 41)] + [row(41, 0.0)]
    found = groups_of(rows)
    assert sorted(run for one in found for run in one.runs) == list(range(1, 42))
    assert len(found) <= 9
    assert groups_of([]) == []
    assert [one.end for one in groups_of([row(1, 0.0), row(2, 0.0)])] == ["end at 0"]
    assert [one.end for one in groups_of([row(1, 0.20), row(2, 0.21)])] == ["end between 0.2 and 0.21"]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0625, "1/16"), (0.06252, "1/16"), (2 / 3, "2/3"), (0.3, "3/10"), (0.123, "0.123"), (7.0, "7")],
)
def test_a_number_near_a_simple_fraction_is_that(value: float, told: str) -> None:
    assert fraction_or_number(value) == told


def test_two_settings_span_a_table_over_all_others() -> None:
    plan = Plan.of(XOR, 9, 2, ["learning_rate=0.1,1", "momentum=0,0.5", "hidden=2,3,4"])
    rows = [row(run, float(run), "diverged" if run == 1 else "done", plan.values(run)) for run in range(1, 24)]
    best = over_two(plan, rows, "hidden", "learning_rate", "best")
    assert best.tolist() == [[2.0, 3.0, 5.0], [13.0, 15.0, 17.0]]
    assert over_two(plan, rows, "hidden", "learning_rate", "median")[0].tolist() == [7.0, 6.5, 8.5]
    done = over_two(plan, rows, "hidden", "learning_rate", "done")
    assert done.tolist() == [[0.75, 1.0, 1.0], [1.0, 1.0, 1.0]]
    assert np.isnan(over_two(plan, rows[:2], "hidden", "learning_rate", "best")[1]).all()


def test_a_curve_that_ended_early_counts_as_long_as_it_lasts() -> None:
    epochs = np.arange(3.0)
    epochs, found = bands_of([np.array([epochs, [3.0, 2.0, 1.0]]), np.array([[0.0], [5.0]])], (0.0, 0.5, 1.0))
    assert epochs.tolist() == [0.0, 1.0, 2.0]
    assert found.tolist() == [[3.0, 2.0, 1.0], [4.0, 2.0, 1.0], [5.0, 2.0, 1.0]]


def end(background: Background) -> list[News]:
    found: list[News] = []
    limit = time.monotonic() + 60
    while not background.over:
        assert time.monotonic() < limit
        found += background.taken()
    return found + background.taken()


def test_a_sweep_in_the_background_brings_every_run() -> None:
    plan = Plan.of(XOR, 20, 5, ["hidden=2,3"])
    news = end(Background(plan, Threads()))
    assert sorted(one.row.run for each in news for one in each.finished) == list(range(1, 11))


def test_a_sweep_in_the_background_ends_when_it_is_told_to() -> None:
    background = Background(Plan.of(XOR, 10**9, 5, []), Threads())
    background.cancel()
    assert [one for each in end(background) for one in each.finished] == []
    assert background.error is None


def test_a_fault_in_the_background_is_kept() -> None:
    class Broken:
        def run(self, plan: Plan, pieces: Sequence[Piece]) -> Generator[News]:
            yield News()
            raise OSError("gone")

    background = Background(Plan.of(XOR, 1, 1, []), Broken())
    end(background)
    assert isinstance(background.error, OSError)


def test_a_run_of_a_sweep_is_one_to_look_at_and_to_go_on_from() -> None:
    plan = Plan.of(XOR, 30, 3, [], points=10, keep_all=True)
    ((finished, *_),) = [list(one.finished) for one in Threads().run(plan, pieces_of(plan)) if one.finished]
    run = kept_run(plan, finished)
    book = Book()
    book.add(run)
    session = end_of(run)
    assert run.name == "Sweep 1 (seed 0)"
    assert session.trainer().loss() == finished.row.loss
    assert run.history.epochs.tolist() == [*range(0, 31, 3)]
    trainer = plan.session_of(1).trainer()
    trainer.run(12)
    assert run.history.losses[1] == pytest.approx(trainer.loss(), rel=1e-12)
    assert finished.state is not None
    assert session.parameters == trained(plan.session_of(1), *finished.state).parameters
    assert book.begin(session) is run
    assert len(book.curve(session)) == 10  # without where it stands
