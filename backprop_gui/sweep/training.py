"""How runs are trained: which of them together, and each to its end."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol

import numpy as np

from backprop_gui.engine.choose import is_compiled
from backprop_gui.engine.evaluate import has_classes
from backprop_gui.engine.network import Network
from backprop_gui.engine.population import Population, State, kind_of
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Trainer
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished, Row, best_of

_WORK_TOGETHER = 30_000  # multiplications of one update: beyond, a batched one is no faster
_NUMBERS_TOGETHER = 16_000  # of one array for all members: more of them leave the processor's cache
_WORK_FREE = 200_000  # multiplications of one update: beyond, NumPy leaves the interpreter alone most of the time
_MOST_TOGETHER, _ENOUGH_TOGETHER, _FEWEST_TOGETHER = 1_000, 128, 4
_MOST_ALONE = 32
_WORK_OF_A_PIECE = 2e8  # multiplications, about a fifth of a second of one core
_WORK_OF_A_STRETCH = 1e8
_CALLS, _CALLS_COMPILED, _CALLS_TOGETHER, _CALLS_OF_A_MEMBER = 10_000, 150, 50_000, 200
"""What an update costs beside its multiplications, told in these."""
_SETUP = 500_000  # of a run


class StoppedError(Exception):
    """The sweep was cancelled while this run was trained."""


class Listener(Protocol):
    """Told of the way training goes; asked whether it should go on."""

    def trained(self, epochs: int) -> None:
        """Hear of that many more epochs, of all runs together."""
        ...

    def is_stopped(self) -> bool:
        """Tell whether to stop."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """Runs that are trained in one go, by their numbers; ``together``: as one population.

    ``free``: most of its time is spent outside the interpreter's lock, so that threads do not wait for each other.
    """

    number: int
    runs: tuple[int, ...]
    together: bool
    free: bool = False


def pieces_of(plan: Plan) -> tuple[Piece, ...]:
    """Return the plan cut into pieces: the one place that decides which runs are trained together.

    It follows from the plan alone, so that the rows are the same whoever trains the pieces, and in whatever order.
    """
    train, _ = plan.session.samples.rows()
    groups: dict[object, list[int]] = {}
    shapes: dict[object, tuple[int, bool, bool]] = {}
    for combination in range(plan.combinations):
        network, training = plan.setup(combination)
        kind = _kind(plan, network, training, len(train))
        key = kind or combination
        first = combination * plan.seeds + 1
        groups.setdefault(key, []).extend(range(first, first + plan.seeds))
        most = _size(plan, network, training, len(train), kind is not None)
        work = _work(network, training, len(train))
        free = work > _WORK_FREE or is_compiled(plan.engine, network, training)
        shapes.setdefault(key, (most, kind is not None, free))
    pieces: list[Piece] = []
    for key, runs in groups.items():
        most, together, free = shapes[key]
        together = together and len(runs) >= _FEWEST_TOGETHER
        for part in _even(runs, most if together else min(most, _MOST_ALONE)):
            pieces.append(Piece(len(pieces), tuple(part), together, free))
    return tuple(pieces)


def train(plan: Plan, piece: Piece, listener: Listener) -> list[Finished]:
    """Train the runs of a piece to their ends.

    Raises:
        StoppedError: ``listener`` said so.
    """
    if piece.together:
        return _kept(plan, _train_together(plan, piece.runs, listener))
    finished: list[Finished] = []
    for run in piece.runs:  # large states are let go at once
        finished = _kept(plan, [*finished, _train_alone(plan, run, listener)])
    return finished


def _kept(plan: Plan, finished: list[Finished]) -> list[Finished]:
    """Return runs with the states that the plan wants kept."""
    if plan.keep_all:
        return finished
    best = best_of(one.row for one in finished)
    return [one if one.row is best or one.state is None else replace(one, state=None) for one in finished]


def _kind(plan: Plan, network: Network, training: TrainingSettings, samples: int) -> object | None:
    kind = kind_of(training, samples)
    large = _work(network, training, samples) > _WORK_TOGETHER
    return None if kind is None or large or is_compiled(plan.engine, network, training) else (network, kind)


def _work(network: Network, training: TrainingSettings, samples: int) -> int:
    """Return about how many multiplications an update takes."""
    return 3 * network.parameter_count * training.batch_length(samples)


def _size(plan: Plan, network: Network, training: TrainingSettings, samples: int, together: bool) -> int:
    """Return how many runs a piece should have at most; fewer where curves are wanted, for they are looked at soon."""
    length, most = training.batch_length(samples), _ENOUGH_TOGETHER if plan.points else _MOST_TOGETHER
    steps, work = max(1, plan.epochs * ceil(samples / length)), _work(network, training, samples)
    if together:  # the more the faster, while a kill does not lose too much
        widest = max(network.parameter_count, max(network.sizes) * length)
        in_time = int(100 * _WORK_OF_A_PIECE // steps - _CALLS_TOGETHER) // (work + _CALLS_OF_A_MEMBER)
        return max(_FEWEST_TOGETHER, min(_NUMBERS_TOGETHER // widest, max(in_time, _ENOUGH_TOGETHER), most))
    calls = _CALLS_COMPILED if is_compiled(plan.engine, network, training) else _CALLS
    return max(1, int(min(_MOST_ALONE, _WORK_OF_A_PIECE // (steps * (work + calls) + _SETUP))))


def _even(runs: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    count = ceil(len(runs) / most)
    for place in range(count):
        yield runs[place * len(runs) // count : (place + 1) * len(runs) // count]


def _stretches(plan: Plan, session: Session, begun: int, members: int) -> Iterator[int]:
    """Yield how many epochs to train in one go: few enough to be stopped soon, and none over a point of the curve."""
    work = _work(session.network, session.training, len(session.samples.rows()[0]))
    work = work + _CALLS if members == 1 else (work + _CALLS_OF_A_MEMBER) * members + _CALLS_TOGETHER
    most = max(1, int(_WORK_OF_A_STRETCH // (work * session.batches)))
    stride = _stride(plan)
    while begun < plan.epochs:
        end = min(begun + most, plan.epochs, (begun // stride + 1) * stride)
        yield end - begun
        begun = end


def _stride(plan: Plan) -> int:
    return max(1, ceil(plan.epochs / plan.points)) if plan.points else max(1, plan.epochs)


def _is_point(plan: Plan, epoch: int) -> bool:
    return plan.points > 0 and (epoch % _stride(plan) == 0 or epoch == plan.epochs)


def _train_alone(
    plan: Plan,
    run: int,
    listener: Listener,
    from_state: State | None = None,
    curve: list[tuple[int, float]] | None = None,
) -> Finished:
    """Train one run, perhaps from a state on the way, just as the command ``train`` does."""
    session = plan.session_of(run)
    begun = session if from_state is None else trained(session, *from_state)
    trainer = begun.trainer(plan.engine)
    curve = [] if curve is None else curve
    if from_state is None and plan.points:
        curve.append((0, trainer.loss()))
    good, healthy = (trainer.parameters(), trainer.progress()), trainer.is_healthy()
    for epochs in _stretches(plan, session, trainer.epoch, 1) if healthy else ():
        if listener.is_stopped():
            raise StoppedError
        trainer.run(epochs * trainer.batches)
        listener.trained(epochs)
        if not trainer.is_healthy():
            healthy = False
            listener.trained(plan.epochs - trainer.epoch)  # which need not be trained
            trainer.go_back_to_health(*good)
            break
        good = trainer.parameters(), trainer.progress()
        if _is_point(plan, trainer.epoch):
            curve.append((trainer.epoch, trainer.loss()))
    return _finished(plan, run, trainer, healthy, curve)


def _train_together(plan: Plan, runs: Sequence[int], listener: Listener) -> list[Finished]:
    sessions = [plan.session_of(run) for run in runs]
    first = sessions[0]
    train, _ = first.samples.rows()
    x, t = first.samples.inputs[train], first.samples.targets[train]
    settings, starts = [one.training for one in sessions], [one.parameters for one in sessions]
    population = Population(first.network, settings, starts, x, t)
    curves: list[list[tuple[int, float]]] = [[] for _ in runs]

    def note() -> None:
        for member, loss in zip(population.running, population.losses(), strict=True):
            curves[member].append((population.epoch, float(loss)))

    if plan.points:
        note()
    ended: dict[int, Finished] = {}
    for epochs in _stretches(plan, first, 0, len(runs)):
        if listener.is_stopped():
            raise StoppedError
        running = len(population.running)
        for member in population.run(epochs):
            running -= 1
            ended[member] = _train_alone(plan, runs[member], listener, population.member(member), curves[member])
        listener.trained(running * epochs)
        if _is_point(plan, population.epoch):
            note()
    for member in population.running:
        trainer = trained(sessions[member], *population.member(member)).trainer(plan.engine)
        ended[member] = _finished(plan, runs[member], trainer, trainer.is_healthy(), curves[member])
    return [ended[member] for member in range(len(runs))]


def _finished(plan: Plan, run: int, trainer: Trainer, healthy: bool, curve: Sequence[tuple[int, float]]) -> Finished:
    accuracy = trainer.accuracy() if has_classes(plan.session.samples.targets) else math.nan
    row = Row(
        run,
        plan.place(run)[1],
        plan.values(run),
        trainer.epoch,
        trainer.loss(),
        trainer.test_loss(),
        accuracy,
        "done" if healthy else "diverged",
    )
    kept = np.array(curve, np.float64).T if plan.points else None
    return Finished(row, (trainer.parameters(), trainer.progress()), kept)
