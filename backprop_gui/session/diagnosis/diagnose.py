"""The door: what goes wrong in a run, the most telling first."""

from collections.abc import Callable, Collection, Iterator

from backprop_gui.engine.arrays import Floats
from backprop_gui.session.diagnosis.course import stalled, unreachable
from backprop_gui.session.diagnosis.divergence import divergence
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind, Work
from backprop_gui.session.diagnosis.look import look_at_samples
from backprop_gui.session.diagnosis.units import dead, equal, saturated, vanishing
from backprop_gui.session.document import Session


def diagnose(session: Session, epochs: Floats, losses: Floats, *, diverged: bool = False) -> tuple[Diagnosis, ...]:
    """Return what goes wrong in a run; nothing where all is well.

    Args:
        session: where the run stands; where it diverged, its last healthy moment.
        epochs: of the loss history, (rows,), as ``engine.history.History`` keeps it.
        losses: after these epochs, (rows,).
        diverged: whether it ended because its numbers grew beyond what can be computed.
    """
    return tuple(one for one in in_pieces(session, epochs, losses, diverged=diverged) if one is not None)


def in_pieces(
    session: Session, epochs: Floats, losses: Floats, *, diverged: bool = False, quiet: Collection[Kind] = ()
) -> Iterator[Diagnosis | None]:
    """Do what ``diagnose`` does in pieces of a few milliseconds, with None after each; leaves out ``quiet`` kinds."""
    if diverged:
        if Kind.DIVERGED not in quiet:
            yield from _pieces(divergence(session))
        return
    look = look_at_samples(session)
    yield None
    works: dict[Kind, Callable[[], Work]] = {
        Kind.EQUAL: lambda: equal(look),
        Kind.DEAD: lambda: dead(look),
        Kind.SATURATED: lambda: saturated(look),
        Kind.UNREACHABLE: lambda: unreachable(look),
        Kind.VANISHING: lambda: vanishing(look),
    }
    found = False
    for kind, work in works.items():
        if kind not in quiet:
            for one in _pieces(work()):
                found |= one is not None
                yield one
    if not found and not {Kind.PLATEAU, Kind.OSCILLATING} <= set(quiet):
        for one in _pieces(stalled(look, epochs, losses)):
            if one is None or one.kind not in quiet:
                yield one


def _pieces(work: Work) -> Iterator[Diagnosis | None]:
    while True:
        try:
            next(work)
        except StopIteration as end:
            yield end.value
            return
        yield None
