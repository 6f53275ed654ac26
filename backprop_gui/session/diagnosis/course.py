"""How the loss went: at rest far from the bottom, up and down, or at the least that can be reached."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import UnitRef
from backprop_gui.explain.names import name
from backprop_gui.session.advice import LINEAR, Remedy, out_of_reach
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind, Work, capital, listed, samples_told
from backprop_gui.session.diagnosis.look import Look, look_at_samples
from backprop_gui.session.diagnosis.remedies import JOIN_EQUAL, SCALE_TARGETS, lower_rate, new_weights
from backprop_gui.session.diagnosis.trial import affordable, go_on, tried
from backprop_gui.session.diagnosis.units import NOT_SMALL
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_setting

LEAST_EPOCHS, LEAST_STEPS, LEAST_ROWS = 20, 200, 10
"""A shorter run has not shown yet where it goes."""
FALLS = 0.97
"""A loss that falls below this share of itself within a third of a run is falling."""
SWING = 0.1
AHEAD_STEPS = 12_000
WATCHED_EPOCHS = 40
"""One after the other, for up and down shows only where no epoch is left out."""
WORTH = 0.05
"""A part of the loss that cannot be learnt is told from this share of all that is to be learnt."""


def unreachable(look: Look) -> Work:
    """Find targets that no weights reach: beyond the outputs' range, or different ones for equal inputs."""
    session, floors = look.session, look.floors
    least = WORTH * max(floors.constant - floors.own, 0.0)
    last = len(session.network.layers)
    far = out_of_reach(session)
    t = session.samples.targets[look.rows]
    if far is not None and floors.reach - floors.own > least:
        low, high = session.network.layers[-1].activation.limits
        outside = np.flatnonzero(((t < low) | (t > high)).any(axis=0))
        parts = tuple(UnitRef(last, int(unit)) for unit in outside)
        sentence = f"{far} The loss cannot fall below {floors.equal:.4g}."

        def near(after: Session) -> bool:
            return out_of_reach(after) is None

        remedies = yield from tried(session, (LINEAR, SCALE_TARGETS), 200, near)
        return Diagnosis(Kind.UNREACHABLE, sentence, parts, remedies, "data.targets")
    if floors.equal - floors.reach <= least or look.loss > 2.0 * floors.equal:
        return None
    rows, outputs = _contradictory(look)
    sentence = capital(
        f"{samples_told(rows)} have equal inputs but different targets: "
        f"no weights can meet them all, and the loss cannot fall below {floors.equal:.4g}."
    )

    def alike(after: Session) -> bool:
        now = look_at_samples(after).floors
        return now.equal - now.reach <= WORTH * max(now.constant - now.own, 0.0)

    remedies = yield from tried(session, (JOIN_EQUAL,), 200, alike)
    return Diagnosis(Kind.UNREACHABLE, sentence, outputs, remedies, "data.targets")


def _contradictory(look: Look) -> tuple[list[int], tuple[UnitRef, ...]]:
    """Return the samples with equal inputs and different targets, and the outputs whose targets differ."""
    t, groups = look.session.samples.targets[look.rows], look.floors.groups
    low = np.full((int(groups.max()) + 1, t.shape[1]), np.inf)
    high = -low
    np.minimum.at(low, groups, t)
    np.maximum.at(high, groups, t)
    differ: NDArray[np.bool_] = low < high
    rows = [int(row) for row in look.rows[np.asarray(differ.any(axis=1))[groups]]]
    last = len(look.session.network.layers)
    return rows, tuple(UnitRef(last, int(unit)) for unit in np.flatnonzero(differ.any(axis=0)))


def stalled(look: Look, epochs: Floats, losses: Floats) -> Work:
    """Find a loss that has come to rest, or goes up and down, far from the least there is; looks ahead to be sure."""
    session, floor = look.session, look.floors.equal
    if look.to_go < NOT_SMALL or not _seems_stalled(session, epochs, losses - floor):
        return None
    seen = yield from _ahead(session, max(min(session.progress.step, 2 * AHEAD_STEPS), AHEAD_STEPS))
    excess = seen - floor
    now = _level(losses[epochs >= epochs[-1] * 0.9] - floor)
    if len(seen) < LEAST_ROWS or _level(excess[-len(excess) // 4 :]) < 0.9 * now:
        return None
    watched = excess[:WATCHED_EPOCHS]
    if np.std(watched) > SWING * _level(watched) and _turns(watched) > 0.2:
        return (yield from _oscillating(look, watched, now))
    if _level(watched) < 0.9 * now or np.min(excess) < 0.8 * now:
        return None
    return (yield from _plateau(look, epochs, losses))


def _seems_stalled(session: Session, epochs: Floats, excess: Floats) -> bool:
    if len(epochs) < LEAST_ROWS or epochs[-1] < LEAST_EPOCHS or session.progress.step < LEAST_STEPS:
        return False
    late, middle = epochs >= epochs[-1] * 2 / 3, (epochs >= epochs[-1] / 3) & (epochs < epochs[-1] * 2 / 3)
    return bool(middle.any()) and _level(excess[late]) > FALLS * _level(excess[middle])


def _level(values: Floats) -> float:
    """Return about which height a curve stands, also where it jumps to and fro between two."""
    return float(np.median((values[1:] + values[:-1]) / 2.0 if len(values) > 1 else values))


def _turns(values: Floats) -> float:
    """Return how often a curve turns, as a share of its places."""
    ways = np.sign(np.diff(values))
    return float(np.mean(ways[1:] * ways[:-1] < 0)) if len(values) > 2 else 0.0


def _ahead(session: Session, steps: int) -> Generator[None, None, Floats]:
    """Return the losses of what comes next: epoch by epoch at first, then now and then."""
    left, found = affordable(session, steps), list[float]()
    if not left:
        return np.array(found)
    trainer, epoch, stretch = session.trainer(), session.batches, 1
    while left > 0:
        taken = min(left, stretch * epoch)
        yield from go_on(session, trainer, taken)
        left -= taken
        if not trainer.is_healthy():
            break
        found.append(trainer.loss())
        if len(found) == WATCHED_EPOCHS:
            stretch = max(1, left // epoch // WATCHED_EPOCHS) | 1  # odd, so as to see both of two in turn
    return np.array(found)


def _oscillating(look: Look, watched: Floats, now: float) -> Work:
    session, floor = look.session, look.floors.equal
    rate = session.training.rate(session.progress.epoch)

    def calm(after: Session) -> bool:
        return look_at_samples(after).to_go < NOT_SMALL

    def calmer(after: Session) -> bool:
        return look_at_samples(after).loss - floor < 0.7 * now

    candidates = [lower_rate(session, factor, again=False) for factor in (0.1, 0.01)]
    candidates += [lower_rate(session, factor, again=True) for factor in (0.1, 0.01)]
    remedies = yield from tried(session, candidates, 4000, calm, most=1)
    if not remedies:
        remedies = yield from tried(session, candidates, 4000, calmer, most=1)
    if not remedies:
        return None
    low, high = float(watched.min()) + floor, float(watched.max()) + floor
    sentence = (
        f"The loss goes up and down between {low:.4g} and {high:.4g} and falls no further: at a learning rate of "
        f"{rate:g} each update goes too far."
    )
    return Diagnosis(Kind.OSCILLATING, sentence, _worst(look), remedies, "training.optimizer.learning_rate")


def _plateau(look: Look, epochs: Floats, losses: Floats) -> Work:
    session, floor = look.session, look.floors.equal
    final = float(losses[-1])
    moving = np.flatnonzero(np.abs(losses - final) > 0.05 * abs(final - floor))
    since = float(epochs[moving[-1] + 1 if len(moving) else 0])
    parts = _worst(look)
    errors = look.errors.sum(axis=1)
    far = [int(row) for row in look.rows[errors > max(0.5 * errors.max(), look.loss)]]
    names = listed([name(session.network, one, "article") for one in parts[:4]])
    where = f"; {samples_told(far)} stay{'s' * (len(far) == 1)} furthest from target at {names}" if far else ""
    sentence = f"The loss has stood still at {final:.4g} since epoch {since:,.0f} and would go on so{where}."
    rates: list[Remedy] = []
    if session.training.rate(session.progress.epoch) < 0.01 * session.training.optimizer.learning_rate:
        rates.append(Remedy("Constant learning rate", lambda now: set_setting(now, "schedule", "constant")))
        sentence += " The schedule has brought the learning rate down to almost 0."

    def lower(after: Session) -> bool:
        return look_at_samples(after).loss - floor < 0.5 * (final - floor)

    steps = max(2000, min(session.progress.step, AHEAD_STEPS))
    remedies = yield from tried(
        session, [*rates, *new_weights(session, 6), lower_rate(session, 0.1, again=False)], steps, lower
    )
    return Diagnosis(Kind.PLATEAU, sentence, parts, remedies, "parameters")


def _worst(look: Look) -> tuple[UnitRef, ...]:
    """Return the outputs with the most loss, the worst first."""
    errors = look.errors.mean(axis=0)
    order = np.argsort(-errors, kind="stable")
    last = len(look.session.network.layers)
    return tuple(UnitRef(last, int(unit)) for unit in order if errors[unit] >= 0.5 * errors.max())
