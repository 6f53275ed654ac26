"""The training worker: lives in its own thread and trains in chunks of about 10 ms, so it can always be asked."""

import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backprop_gui.engine.goals import Goal, Stopper
from backprop_gui.engine.history import MOST_ROWS, Record, Watch
from backprop_gui.engine.trainer import Trainer
from backprop_gui.runs.keyframes import State
from backprop_gui.runtime.snapshot import Snapshot, take_snapshot
from backprop_gui.session.document import Session

CHUNK_SECONDS = 0.008
PACE_SECONDS = 0.5
KEYFRAME_SECONDS = 0.04
"""Of training between two states that are kept: what it takes at most to make one between them again."""


class Ending(Enum):
    """Why a run ended by itself."""

    STEPS_TAKEN = auto()
    GOAL_REACHED = auto()
    DIVERGED = auto()
    FAILED = auto()  # a fault of the program


@dataclass(frozen=True, slots=True)
class Task:
    """A request to train: at most ``steps`` updates (None: no bound) towards ``goal``.

    ``rate`` is in steps per second, None for as fast as possible. ``follow`` shows the sample that comes next.
    """

    steps: int | None = None
    goal: Goal = field(default_factory=Goal)
    rate: float | None = None
    follow: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What the worker publishes: a snapshot, the history rows and states kept since the last one, the pace in steps/s.

    ``run`` is the number of the ``Task`` it belongs to; ``ending`` is set on the last frame of a run.
    """

    run: int
    snapshot: Snapshot
    records: tuple[Record, ...]
    states: tuple[State, ...]
    pace: float
    ending: Ending | None


@dataclass(slots=True)
class Outcome:
    """A box that ``Worker.take`` fills while the asking thread waits; stays empty where the worker has failed."""

    frame: Frame | None = None


class Worker(QObject):
    """Trains the session last loaded. Every method is a slot of the worker's own thread.

    A frame goes out only after ``acknowledge`` for the one before, so a slow window is never flooded. An exception
    ends the run, says ``failed`` and goes on to ``sys.excepthook``; what was being trained is dropped, for it may be
    half updated, until the next ``load``.
    """

    published = Signal(object)  # Frame
    failed = Signal(int)  # the number of the run

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._work)
        self._session: Session | None = None
        self._trainer: Trainer | None = None
        self._run = Task()
        self._left = math.inf
        self._ending: Ending | None = None
        self._sample = 0
        self._watch, self._loaded_epoch = Watch(), 0
        self._states: list[State] = []
        self._sent: tuple[list[Record], list[State]] = [], []  # not acknowledged yet
        self._kept_at, self._between_states = 0.0, KEYFRAME_SECONDS
        self._awaiting = False
        self._good: State | None = None
        self._chunk = 1
        self._due = 0.0
        self._published_step = -1
        self._pace, self._pace_mark = 0.0, (0.0, 0)

    @Slot(object, int)
    def load(self, session: Session, stride: int) -> None:
        """Drop what was trained and stand at ``session``; ``stride`` is the epochs between history rows."""
        self._timer.stop()
        self._ending = None
        with self._dropped_if_it_fails():
            self._session, self._trainer = session, session.trainer()
        self._watch, self._loaded_epoch = Watch(stride), session.progress.epoch
        self._sample = session.view.sample
        self._states.clear()
        self._forget_sent()
        self._awaiting = False
        self._good = (session.parameters, session.progress)
        self._between_states = KEYFRAME_SECONDS * max(1.0, session.network.parameter_count / 20_000)
        self._chunk = 1

    @Slot(object)
    def run(self, run: Task) -> None:
        """Start training as ``run`` says."""
        self._run, self._ending, self._awaiting = run, None, False
        with self._dropped_if_it_fails():
            assert self._trainer is not None
            self._stopper = Stopper(run.goal, self._trainer)
        self._forget_sent()
        self._left = math.inf if run.steps is None else run.steps
        now = time.perf_counter()
        self._kept_at, self._watch.highest = now, math.inf
        self._due, self._pace, self._pace_mark = now, 0.0, (now, self._trainer.step)
        self._published_step = self._trainer.step
        self._timer.start(self._interval())

    @Slot(object)
    def set_pace(self, rate: float | None, follow: bool) -> None:
        """Go on at another rate."""
        self._run = replace(self._run, rate=rate, follow=follow)
        self._due = time.perf_counter()
        if self._timer.isActive():
            self._timer.setInterval(self._interval())

    @Slot(int)
    def show_sample(self, sample: int) -> None:
        """Show another sample in coming frames."""
        self._sample = sample

    @Slot(int)
    def acknowledge(self, stride: int) -> None:
        """The last frame has been drawn; history rows are wanted at most every ``stride`` epochs from now on."""
        self._awaiting = False
        self._forget_sent()
        self._watch.stride = max(stride, self._watch.stride)

    @Slot(object)
    def take(self, outcome: Outcome) -> None:
        """Stop, and fill ``outcome`` with a frame of the state reached."""
        self._timer.stop()
        if self._trainer is not None:
            with self._dropped_if_it_fails():
                outcome.frame = self._frame()
        self._forget_sent()
        self._awaiting = False

    def _forget_sent(self) -> None:
        for sent in self._sent:
            sent.clear()

    def _interval(self) -> int:
        return 0 if self._run.rate is None else max(1, min(16, int(500 / self._run.rate)))

    @contextmanager
    def _dropped_if_it_fails(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self._timer.stop()
            self._trainer = None
            self.failed.emit(self._run.number)
            raise

    def _work(self) -> None:
        with self._dropped_if_it_fails():
            self._train_some()

    def _train_some(self) -> None:
        trainer = self._trainer
        assert trainer is not None
        now = time.perf_counter()
        paced = self._run.rate is not None
        if self._ending is not None or (paced and now < self._due):
            self._publish()
            return
        steps = min(self._chunk, self._left)
        if self._run.rate is not None:
            owed = 1 + int((now - self._due) * self._run.rate)
            steps = min(steps, owed)
            self._due = max(self._due + steps / self._run.rate, now - 0.25)
        reached = trainer.run(int(steps), self._stopper, self._watch)
        self._left -= steps
        self._adapt_chunk(time.perf_counter() - now, int(steps))
        self._widen_stride(trainer.epoch)
        if not trainer.is_finite():
            self._diverge()
            self._publish()
            return
        if now - self._kept_at > self._between_states:
            self._kept_at = now
            self._states.append((trainer.parameters(), trainer.progress()))
        if reached:
            self._end(Ending.GOAL_REACHED)
        elif self._left <= 0:
            self._end(Ending.STEPS_TAKEN)
        self._publish()

    def _end(self, ending: Ending) -> None:
        """Note why the run is over; the timer goes on until the last frame could be published."""
        self._ending, self._left = ending, 0

    def _adapt_chunk(self, seconds: float, steps: int) -> None:
        if seconds < CHUNK_SECONDS / 2 and steps >= self._chunk:
            self._chunk *= 2
        elif seconds > CHUNK_SECONDS and self._chunk > 1:
            self._chunk = max(1, int(steps * CHUNK_SECONDS / seconds))

    def _widen_stride(self, epoch: int) -> None:
        """Ask for fewer rows once there are many, as the history does; waiting for its word would flood it."""
        while (epoch - self._loaded_epoch) // self._watch.stride >= MOST_ROWS:
            self._watch.stride *= 2

    def _publish(self) -> None:
        assert self._trainer is not None
        if self._awaiting or (self._trainer.step == self._published_step and self._ending is None):
            return
        self._awaiting = True
        frame = self._frame()
        if self._ending is not None:
            self._timer.stop()
        self._good = (frame.snapshot.parameters, frame.snapshot.progress)
        self._published_step = self._trainer.step
        self.published.emit(frame)

    def _snapshot(self) -> Snapshot:
        assert self._trainer is not None
        assert self._session is not None
        if self._run.follow:
            self._sample = self._session.batch(self._trainer, self._trainer.batch)[0]
        return take_snapshot(self._session, self._trainer, self._sample)

    def _frame(self) -> Frame:
        assert self._trainer is not None
        snapshot = self._snapshot()
        if not math.isfinite(snapshot.loss) and self._ending is not Ending.DIVERGED:
            self._diverge()
            snapshot = self._snapshot()
        records, states = self._sent
        records += self._watch.records
        states += self._states
        self._watch.records.clear()
        self._states.clear()
        then, step = self._pace_mark
        now = time.perf_counter()
        if now - then >= PACE_SECONDS:
            self._pace = (self._trainer.step - step) / (now - then)
            self._pace_mark = (now, self._trainer.step)
        return Frame(self._run.number, snapshot, tuple(records), tuple(states), self._pace, self._ending)

    def _diverge(self) -> None:
        """Overflow left nothing to learn from: end at the last healthy moment since the last drawn frame."""
        assert self._trainer is not None
        assert self._good is not None
        trainer = self._trainer
        trainer.go_back_to_health(*self._good)
        watch = self._watch
        watch.records = [one for one in watch.records if one.epoch <= trainer.epoch and math.isfinite(one.loss)]
        self._states = [state for state in self._states if state[1].step <= trainer.step]
        self._end(Ending.DIVERGED)
