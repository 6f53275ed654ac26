"""The tree of runs: which run training belongs to, what its curve is, and which states can be made again."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.engine.history import Watch
from backprop_gui.engine.network import WeightRef
from backprop_gui.engine.trainer import Progress, Trainer
from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.runs.keyframes import MOST_STATES, Keyframes
from backprop_gui.runs.run import Run
from backprop_gui.runs.summary import in_tree_order
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from tests.shapes import by


def train(book: Book, session: Session, steps: int, every: int = 7) -> Session:
    """Train in a book as a window does, with a state kept now and then; return the session at the end."""
    run = book.begin(session)
    trainer = session.trainer()
    if session.progress.batch == 0:
        book.note(run, [trainer.record()], ())
    while steps:
        taken, watch = min(every, steps), Watch()
        trainer.run(taken, None, watch)
        steps -= taken
        book.note(run, watch.records, [(trainer.parameters(), trainer.progress())])
    return replace(edits.trained(session, trainer.parameters(), trainer.progress()), run=run.id)


def with_rate(session: Session, rate: float) -> Session:
    return edits.set_training(session, replace(session.training, optimizer=by("sgd", rate)))


def again(book: Book, session: Session, step: int) -> Trainer:
    base = book.nearest(session, step)
    assert base is not None
    trainer = base.trainer()
    trainer.run(step - trainer.step)
    return trainer


def test_training_on_is_one_run_and_undone_training_repeated_alike_is_the_same_one() -> None:
    book, start = Book(), problem("xor")
    first = train(book, start, 10)
    second = train(book, first, 13)
    assert second.run == first.run
    assert train(book, first, 20).run == first.run
    assert book.runs[first.run].last.step == 30
    assert len(book.runs) == 1
    assert book.curve(second).epochs.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_run_has_diverged_where_it_ended_so_and_no_longer_once_it_went_on() -> None:
    book = Book()
    session = train(book, problem("xor"), 10)
    run = book.runs[session.run]
    run.diverged = session.position
    assert run.outcome == "diverged"
    assert book.diverged_at(session)
    assert book.diverged_at(replace(session, run=""))
    assert not book.diverged_at(problem("xor"))
    assert not book.diverged_at(with_rate(session, 0.1))
    on = train(book, with_rate(session, 0.1), 10)
    assert on.run == session.run
    assert run.outcome == "done"
    assert not book.diverged_at(on)
    assert not book.diverged_at(session)


def test_a_run_that_begins_has_a_name_of_its_own_beside_those_taken_in() -> None:
    book = Book()
    book.add(Run([problem("xor")], "Run 2"))
    assert [book.add(Run([problem("xor")])).name for _ in range(2)] == ["Run 3", "Run 4"]
    book.delete(next(run for run in book.runs.values() if run.name == "Run 4"))
    assert book.add(Run([problem("xor")])).name == "Run 5"  # a name that was told is not given again


def test_a_tree_as_deep_as_it_may_be_is_put_in_order() -> None:
    book, session = Book(), problem("xor")
    for step in range(2000):
        session = replace(session, progress=Progress(step=step, epoch=step), run=book.branch(session).id)
    found = in_tree_order(book)
    assert [run.name for run, _ in found] == [f"Run {k + 1}" for k in range(2000)]
    assert [depth for _, depth in found[:4]] == [0, 0, 1, 2]  # where nothing has been trained there is no branch
    other = book.branch(replace(session, run=found[1][0].id))
    after = in_tree_order(book)
    assert after[-1] == (other, 1)


def test_an_edit_at_the_end_begins_a_stage_and_one_further_back_a_branch() -> None:
    book = Book()
    first = train(book, problem("xor"), 20)
    edited = train(book, with_rate(first, 0.125), 20)
    assert edited.run == first.run
    assert [one.progress.step for one in book.stages(edited)] == [0, 20]
    back = replace(first, parameters=again(book, edited, 8).parameters(), progress=again(book, edited, 8).progress())
    other = train(book, with_rate(back, 0.25), 20)
    assert other.run != first.run
    branch = book.runs[other.run]
    assert branch.parent is not None
    assert (branch.parent.run, branch.parent.step) == (first.run, 8)
    assert [run.id for run, _ in book.lineage(other)] == [first.run, other.run]
    # the curve of the branch is the first run's up to where it left, then its own
    assert book.curve(other).epochs.tolist() == list(range(7))
    trainer = problem("xor").trainer()
    trainer.run(4)
    assert book.curve(other).losses[1] == trainer.loss()
    assert book.curve(edited).epochs.tolist() == list(range(10))


def test_a_reset_with_the_same_settings_is_the_run_again_and_with_others_a_new_root() -> None:
    book = Book()
    first = train(book, problem("xor"), 20)
    assert train(book, edits.reset(first), 20).run == first.run
    other = train(book, with_rate(edits.reset(first), 0.125), 4)
    assert other.run != first.run
    assert book.runs[other.run].parent is None


def test_a_setting_tried_before_the_first_step_leaves_no_empty_run_behind() -> None:
    book = Book()
    run = book.begin(problem("xor"))
    other = book.begin(with_rate(replace(problem("xor"), run=run.id), 0.125))
    assert other is run
    assert len(run.stages) == 1
    assert run.stages[0].training.optimizer.learning_rate == 0.125


@given(st.integers(0, 60), st.integers(1, 30), st.integers(1, 30), st.booleans())
def test_any_earlier_moment_is_made_again_bit_for_bit_also_across_edits_and_branches(
    step: int, first: int, second: int, momentum: bool
) -> None:
    book, session = Book(), problem("xor")
    optimizer = by("sgd", 0.5, momentum=0.5 if momentum else 0.0)
    session = edits.set_training(session, replace(session.training, optimizer=optimizer, shuffle=True, batch_size=3))
    truth: dict[int, tuple[bytes, str]] = {}

    def walk(session: Session, steps: int) -> Session:
        trainer = session.trainer()
        for _ in range(steps):
            truth[trainer.step] = trainer.parameters().flat().tobytes(), repr(trainer.progress())
            trainer.run(1)
        truth[trainer.step] = trainer.parameters().flat().tobytes(), repr(trainer.progress())
        return train(book, session, steps)

    one = walk(session, first)
    two = walk(edits.set_parameter(one, WeightRef(0, 0, 0), 0.25), second)
    train(book, two, 10)  # goes on; the branch below leaves it earlier
    three = walk(with_rate(two, 0.125), 5)
    step = min(step, three.progress.step)
    trainer = again(book, three, step)
    assert (trainer.parameters().flat().tobytes(), repr(trainer.progress())) == truth[step]


def test_of_very_many_states_the_first_stays_and_the_rest_stays_even() -> None:
    frames, start = Keyframes(), problem("xor")
    for step in range(3 * MOST_STATES):
        frames.add(start.parameters, replace(start.progress, step=step))
    steps = [progress.step for _, progress in frames.states]
    assert len(steps) <= MOST_STATES
    assert steps[0] == 0
    assert steps[-1] >= 3 * MOST_STATES - 4
    assert set(np.diff(steps)) == {4}


def test_the_nearest_state_never_lies_after_the_moment_wanted() -> None:
    frames, start = Keyframes(), problem("xor")
    for step in (3, 9, 5):
        frames.add(start.parameters, replace(start.progress, step=step))
    found = [frames.before(step) for step in (2, 3, 4, 8, 9, 100)]
    assert [None if one is None else one[1].step for one in found] == [None, 3, 3, 5, 9, 9]
    frames.forget_from(5)
    assert [progress.step for _, progress in frames.states] == [3]


def test_going_back_under_another_optimizer_or_other_samples_leaves_memory_or_batch_behind() -> None:
    book, start = Book(), edits.set_training(problem("xor"), replace(problem("xor").training, optimizer=by("rmsprop")))
    end = train(book, start, 10, 1)
    moment = book.nearest(end, 9)
    assert moment is not None
    other = edits.set_training(end, replace(end.training, optimizer=by("adagrad")))  # it has one memory, too
    assert (moment.progress.batch, len(moment.progress.slots)) == (1, 1)
    back = book.with_edits(other, moment).progress
    assert (back.step, back.batch, back.slots, back.slot_steps) == (9, 1, (), 0)
    fewer = edits.set_samples(end, end.samples.chosen(np.arange(3)))
    back = book.with_edits(fewer, moment).progress
    assert (back.step, back.batch, back.epoch_loss, len(back.slots)) == (9, 0, 0.0, 1)


def test_older_runs_lose_their_way_before_memory_is_full_but_never_their_losses_or_their_moments() -> None:
    book, start = Book(), problem("xor")
    ends = [train(book, with_rate(start, 0.5 / (k + 1)), 60) for k in range(4)]
    book.runs[ends[1].run].pinned = True
    sizes = [book.runs[end.run].size for end in ends]
    book.make_room(ends[3], most=sum(sizes) - 1)
    slim = [len(book.runs[end.run].keyframes) == 0 for end in ends]
    assert slim == [True, False, False, False]
    book.make_room(ends[3], most=0)
    assert [len(book.runs[end.run].keyframes) == 0 for end in ends] == [True, False, True, False]
    assert book.curve(ends[0]).losses.tolist() != []
    assert np.isnan(book.curve(ends[0]).parameters).all()
    trainer = with_rate(start, 0.5).trainer()
    trainer.run(33)
    assert again(book, ends[0], 33).parameters() == trainer.parameters()
    further = train(book, ends[0], 20)  # going on after it was slimmed
    assert book.curve(further).epochs.tolist() == list(range(20))
