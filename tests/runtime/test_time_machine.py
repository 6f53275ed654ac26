"""Looking at the past of a run: every view's moment, exact, changing nothing, and going on from there."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.runs.recall import placed_in
from backprop_gui.runs.summary import end_of
from backprop_gui.runtime.stepper import Grain
from backprop_gui.runtime.time_machine import step_at
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.ui.main_window import MainWindow
from tests.conftest import Bench
from tests.shapes import by


def train_to(qtbot: QtBot, bench: Bench, epoch: int) -> None:
    bench.controller.play(Goal(epoch=epoch))
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)


def look_at(qtbot: QtBot, bench: Bench, epoch: float) -> Session:
    bench.time.look_at_epoch(epoch)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    moment = bench.controller.past
    assert moment is not None
    return moment


def with_rate(session: Session, rate: float) -> Session:
    return edits.set_training(session, replace(session.training, optimizer=by("sgd", rate)))


@pytest.mark.parametrize("epoch", [0, 1, 50, 99])
def test_a_past_epoch_is_shown_as_it_was_and_nothing_is_changed(qtbot: QtBot, bench: Bench, epoch: int) -> None:
    train_to(qtbot, bench, 100)
    document, undoable = bench.store.session, bench.editor.stack.count()
    rows = bench.controller.history.parameters.copy()
    moment = look_at(qtbot, bench, epoch)
    shown = bench.controller.shown
    assert moment.progress.epoch == epoch
    assert moment.parameters.flat().tobytes() == rows[epoch].tobytes()
    assert shown.snapshot.parameters is moment.parameters
    assert shown.snapshot.loss == bench.controller.history.losses[epoch]
    assert shown.situation.parameters is moment.parameters
    assert bench.store.session is document
    assert bench.editor.stack.count() == undoable
    bench.time.come_back()
    assert bench.controller.past is None
    assert bench.controller.snapshot.parameters == document.parameters


def test_training_on_from_the_past_is_a_branch_that_can_be_undone(qtbot: QtBot, bench: Bench) -> None:
    train_to(qtbot, bench, 100)
    document, curve = bench.store.session, bench.controller.history.losses.copy()
    look_at(qtbot, bench, 40)
    bench.controller.stand_here()
    assert bench.controller.past is None
    assert bench.store.session.progress.epoch == 40
    assert bench.controller.history.epochs.tolist() == list(range(41))
    bench.editor.apply("rate", lambda session: with_rate(session, 0.125))
    train_to(qtbot, bench, 60)
    branch = bench.controller.book.runs[bench.store.session.run]
    assert branch.parent is not None
    assert branch.parent.run == document.run
    assert len(bench.controller.history) == 61
    assert bench.controller.history.losses[:41].tolist() == curve[:41].tolist()
    assert bench.controller.history.losses[41] != curve[41]
    for _ in range(3):
        bench.editor.undo()
    assert bench.store.session.progress == document.progress
    assert bench.controller.history.losses.tolist() == curve.tolist()


def test_an_edit_in_the_past_is_made_to_that_moment(qtbot: QtBot, bench: Bench) -> None:
    train_to(qtbot, bench, 100)
    look_at(qtbot, bench, 30)
    bench.editor.apply("weight", lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 0.7))
    assert bench.controller.past is None
    assert bench.store.session.progress.epoch == 30
    assert bench.store.session.parameters[WeightRef(0, 0, 0)] == 0.7
    bench.editor.undo()
    assert bench.store.session.progress.epoch == 100


@pytest.mark.parametrize("grain", list(Grain))
def test_a_step_from_the_past_goes_on_from_there(qtbot: QtBot, bench: Bench, grain: Grain) -> None:
    train_to(qtbot, bench, 20)
    moment = look_at(qtbot, bench, 10)
    bench.stepper.set_grain(grain)
    bench.stepper.forward()
    qtbot.waitUntil(lambda: not bench.controller.running)
    trainer = moment.trainer()
    trainer.run(1)
    fine = bench.stepper.walks
    assert bench.store.session.progress.step == (10 if fine else 11)
    assert bench.store.session.view.position == (bench.store.session.view.position if fine else 0)
    assert bench.store.session.parameters == (moment.parameters if fine else trainer.parameters())


def test_undo_and_redo_bring_the_true_curve_back(qtbot: QtBot, bench: Bench) -> None:
    train_to(qtbot, bench, 300)
    curve = bench.controller.history.losses.copy(), bench.controller.history.parameters.copy()
    bench.editor.undo()
    assert bench.controller.history.epochs.tolist() == [0]
    bench.editor.redo()
    assert bench.controller.history.epochs.tolist() == list(range(301))
    assert bench.controller.history.losses.tolist() == curve[0].tolist()
    assert (bench.controller.history.parameters == curve[1]).all()


def test_going_back_a_long_way_leaves_the_window_free_and_arrives(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backprop_gui.runtime.time_machine.AT_ONCE_SECONDS", 0.0)
    train_to(qtbot, bench, 500)
    bench.stepper.back()
    assert bench.time.travelling
    qtbot.waitUntil(lambda: bench.store.session.progress.step == 499)
    trainer = problem("article").trainer()
    trainer.run(499)
    assert bench.store.session.parameters == trainer.parameters()


def test_a_change_on_the_way_ends_the_journey(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backprop_gui.runtime.time_machine.AT_ONCE_SECONDS", 0.0)
    train_to(qtbot, bench, 500)
    bench.stepper.back()
    bench.editor.apply("weight", lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 0.7))
    assert not bench.time.travelling
    train_to(qtbot, bench, 510)
    assert bench.store.session.progress.epoch == 510


def test_a_journey_to_another_run_that_is_called_off_leaves_the_line_where_it_was(qtbot: QtBot, bench: Bench) -> None:
    train_to(qtbot, bench, 30)
    (other,) = bench.controller.book.runs.values()
    bench.editor.apply("reset", lambda session: with_rate(edits.reset(session), 0.25))
    train_to(qtbot, bench, 20)
    bench.time.look_at_step(other.last.step, end_of(other))
    assert bench.time.travelling
    bench.time.come_back()
    assert bench.time.line.position == 20
    qtbot.wait(50)
    assert bench.controller.past is None
    look_at(qtbot, bench, 15)
    assert bench.time.line.position == 20


def test_samples_are_looked_through_where_the_run_looked_at_has_fewer(qtbot: QtBot, bench: Bench) -> None:
    window = MainWindow(bench)
    qtbot.addWidget(window)
    window.show()
    bench.store.assign(problem("xor"))
    train_to(qtbot, bench, 5)
    (other,) = bench.controller.book.runs.values()
    more = Samples.of([[k / 10, 0.5] for k in range(10)], [[1.0]] * 10)
    bench.editor.apply("samples", lambda session: edits.set_samples(edits.reset(session), more))
    train_to(qtbot, bench, 5)
    bench.store.show_sample(7)
    bench.time.look_at_step(other.last.step, end_of(other))
    qtbot.waitUntil(lambda: bench.controller.past is not None)
    assert bench.controller.snapshot.sample == 3
    for sample in (8, 2):
        bench.store.show_sample(sample)
        assert bench.controller.snapshot.sample == min(sample, 3)
        QApplication.processEvents()
    bench.time.come_back()
    assert bench.controller.snapshot.sample == 2
    bench.editor.stack.setClean()


def test_a_moment_inside_an_epoch_counts_the_batches(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    train_to(qtbot, bench, 10)
    assert look_at(qtbot, bench, 3.5).progress.step == 14
    stages = bench.controller.book.stages(bench.store.session)
    assert step_at(stages, bench.store.session, 99) == 40


def test_an_epoch_begun_again_has_one_row_in_each_curve(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(problem("xor"))
    train_to(qtbot, bench, 6)
    bench.time.look_at_step(18)
    qtbot.waitUntil(lambda: not bench.time.travelling)
    bench.controller.stand_here()
    bench.controller.step()
    qtbot.waitUntil(lambda: not bench.controller.running)
    before = bench.controller.history.losses.tolist()
    bench.editor.apply("samples", lambda one: edits.set_samples(one, one.samples.chosen(np.arange(3))))
    assert bench.store.session.progress.batch == 0
    bench.editor.undo()
    assert bench.controller.history.epochs.tolist() == [0, 1, 2, 3, 4]
    assert bench.controller.history.losses.tolist() == before


class Story(RuleBasedStateMachine):
    """Edits, training, travels, branches, undo and redo in any order: the session and its curve always agree."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        path = str(Path(self._folder.name) / "settings.ini")
        self.bench = Bench.lay(problem("xor"), QSettings(path, QSettings.Format.IniFormat))
        self.seen: dict[int, tuple[Session, list[float]]] = {}

    def teardown(self) -> None:
        self.bench.controller.shut_down()
        self._folder.cleanup()

    def wait(self, busy: str) -> None:
        loop, timer = QEventLoop(), QTimer()
        timer.timeout.connect(loop.quit)
        timer.start(1)
        for _ in range(5000):
            if not (self.bench.controller.running if busy == "training" else self.bench.time.travelling):
                return
            loop.exec()
        raise AssertionError(f"still {busy}")

    @initialize(optimizer=st.sampled_from(["sgd", "adam"]), shuffle=st.booleans())
    def begin(self, optimizer: str, shuffle: bool) -> None:
        session = problem("xor")
        training = replace(session.training, optimizer=by(optimizer, 0.25), shuffle=shuffle, batch_size=3)
        self.bench.store.assign(edits.set_training(session, training))

    @rule(steps=st.integers(1, 40))
    def train(self, steps: int) -> None:
        self.bench.controller.step(steps)
        self.wait("training")

    @rule(rate=st.sampled_from([0.5, 0.25, 0.125]))
    def set_rate(self, rate: float) -> None:
        def edit(session: Session) -> Session:
            optimizer = replace(session.training.optimizer, learning_rate=rate)
            return edits.set_training(session, replace(session.training, optimizer=optimizer))

        self.bench.editor.apply("rate", edit)

    @rule(value=st.sampled_from([0.5, -0.5]))
    def set_weight(self, value: float) -> None:
        self.bench.editor.apply("weight", lambda one: edits.set_parameter(one, WeightRef(0, 0, 1), value))

    @rule(rows=st.integers(2, 5))
    def set_samples(self, rows: int) -> None:
        """In the middle of an epoch, which begins again."""
        self.bench.editor.apply(
            "samples", lambda one: edits.set_samples(one, one.samples.chosen(np.arange(rows) % len(one.samples)))
        )

    @rule()
    def step_inside(self) -> None:
        self.bench.stepper.set_grain(Grain.PHASE)
        self.bench.stepper.forward()
        self.wait("training")

    @rule()
    def reset(self) -> None:
        self.bench.editor.apply("reset", edits.reset)

    @rule()
    def undo(self) -> None:
        self.bench.editor.undo()

    @rule()
    def redo(self) -> None:
        self.bench.editor.redo()

    @rule()
    def back(self) -> None:
        self.bench.stepper.back()
        self.wait("travelling")

    @precondition(lambda self: self.bench.store.session.progress.step > 0)
    @rule(share=st.floats(0, 1))
    def travel(self, share: float) -> None:
        session = self.bench.store.session
        rows = self.bench.controller.history
        epochs, parameters = rows.epochs.copy(), rows.parameters.copy()
        self.bench.time.look_at_epoch(share * session.position, session)
        self.wait("travelling")
        moment = self.bench.controller.past or session
        if moment is not session and moment.progress.batch == 0:
            # where settings were changed between two batches an epoch can begin twice; the later one has the row
            row, here = np.flatnonzero(epochs == moment.progress.epoch), moment.progress
            later = [one.progress for one in (*self.bench.controller.book.stages(session), session)]
            if any(one.epoch == here.epoch and one.step > here.step for one in later):
                return
            assert parameters[row[0]].tobytes() == moment.parameters.flat().tobytes()

    @rule()
    def go_on_from_there(self) -> None:
        self.bench.controller.stand_here()

    @rule()
    def come_back(self) -> None:
        self.bench.time.come_back()

    @rule()
    def save_and_reopen(self) -> None:
        session, curve = self.bench.controller.settle(), self.bench.controller.history.losses.tolist()
        again = decode_session(encode_session(session))
        assert again.parameters.flat().tobytes() == session.parameters.flat().tobytes()
        assert repr(again.progress) == repr(session.progress)
        book = self.bench.controller.book
        found = [placed for run in book.runs.values() if (placed := placed_in(run, session)) is not None]
        if found and found[0].run == session.run:
            self.bench.controller.open(found[0], [run for run, _ in book.lineage(found[0])])
            self.bench.editor.stack.clear()
            assert self.bench.controller.history.losses.tolist() == curve

    @invariant()
    def the_curve_is_the_sessions(self) -> None:
        session, history = self.bench.store.session, self.bench.controller.history
        assert np.all(np.diff(history.epochs) > 0)
        if session.progress.batch == 0:
            trainer = session.trainer()
            assert history.epochs[-1] == session.progress.epoch
            assert history.losses[-1] == trainer.loss()
            assert history.parameters[-1].tobytes() == session.parameters.flat().tobytes()
        before, losses = self.seen.setdefault(id(session), (session, history.losses.tolist()))
        assert before is session
        assert history.losses.tolist() == losses


Story.TestCase.settings = hypothesis.settings(max_examples=30, stateful_step_count=25, deadline=None)


@pytest.mark.usefixtures("qapp")
class TestStory(Story.TestCase):
    """The story, told many times."""
