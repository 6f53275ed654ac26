"""A short run to see where an edit leads, in pieces of a few milliseconds."""

from collections.abc import Callable, Generator, Iterable

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.trainer import Trainer
from backprop_gui.session.advice import Remedy
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained

MOST_WORK = 1_000_000_000
"""Of a trial, in products: steps times samples of a batch times parameters."""
MOST_STEPS = 40_000
MOST_NUMBERS = 2_000_000
"""Of inputs of all samples in a trial."""
PIECE = 300_000
STEP_OVERHEAD = 2_000
"""What a step costs besides its products, in products."""


def affordable(session: Session, steps: int) -> int:
    """Return as many of ``steps`` as a trial may take; 0 where so much as beginning one would hold up the window."""
    if session.samples.inputs.size > MOST_NUMBERS:
        return 0
    return max(1, min(steps, MOST_STEPS, int(MOST_WORK / _cost(session))))


def go_on(session: Session, trainer: Trainer, steps: int) -> Generator[None]:
    """Take so many updates, in pieces."""
    piece = max(1, int(PIECE / _cost(session)))
    for start in range(0, steps, piece):
        trainer.run(min(piece, steps - start))
        yield


def trial(session: Session, steps: int) -> Generator[None, None, Session | None]:
    """Train on for at most so many steps; return the session then, or None where the numbers overflow."""
    if not (steps := affordable(session, steps)):
        return None
    trainer = session.trainer()
    yield from go_on(session, trainer, steps)
    return trained(session, trainer.parameters(), trainer.progress()) if trainer.is_healthy() else None


def tried(
    session: Session,
    remedies: Iterable[Remedy],
    steps: int,
    mended: Callable[[Session], bool],
    most: int = 2,
    stages: int = 4,
) -> Generator[None, None, tuple[Remedy, ...]]:
    """Return the first ``most`` remedies with which at most so many steps lead to a session that is ``mended``.

    It is asked ``stages`` times on the way, and must be so twice running. Of remedies with one label, the first that
    works stands for all.
    """
    found: list[Remedy] = []
    for remedy in remedies:
        if remedy.label in [one.label for one in found]:
            continue
        try:
            after: Session | None = remedy.edit(session)
        except FieldError:
            continue
        before = stages == 1
        for _ in range(stages):
            after = None if after is None else (yield from trial(after, steps // stages))
            now = after is not None and mended(after)
            if now and before:
                found.append(remedy)
                break
            before = now
        if len(found) == most:
            break
    return tuple(found)


def _cost(session: Session) -> float:
    length = session.training.batch_length(len(session.samples))
    return float(length * session.network.parameter_count + STEP_OVERHEAD)
