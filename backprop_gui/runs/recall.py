"""A session of a file is found again in the runs that are kept: its curve, its states, where it branched."""

from dataclasses import replace
from pathlib import Path

from backprop_gui.runs.claim import is_open
from backprop_gui.runs.pack import UnreadableError, pack_state
from backprop_gui.runs.records import load_lineage
from backprop_gui.runs.run import Run
from backprop_gui.runs.schema import NAME, told
from backprop_gui.runs.store import Store
from backprop_gui.session.document import Session

_BUSY_SECONDS = 0.5


def recall(folder: Path, session: Session) -> tuple[Session, list[Run]]:
    """Return a session as it stands in a kept run, with that run and those it came from, the latest last.

    It is found by its very bits: parameters, progress and the optimizer's memory. Without such a run, or where
    another window has it open, the session comes back as it is, with none.

    Raises:
        StoreError: the store cannot be read.
    """
    with told(folder / NAME):
        if session.progress.step == 0 or not (folder / NAME).exists():
            return session, []
    store = Store(folder, _BUSY_SECONDS)
    try:
        for found in _candidates(store, session):
            try:
                runs = load_lineage(store, found)
            except UnreadableError:
                continue
            placed = placed_in(runs[-1], session)
            if placed is not None:
                return placed, runs
        return session, []
    finally:
        store.close()


def placed_in(run: Run, session: Session) -> Session | None:
    """Return a session as it stands in a run, None where the run never came through it."""
    step = session.progress.step
    here, stage = run.state_at(step), run.stage(step)
    if here is None or pack_state(*here) != pack_state(session.parameters, session.progress):
        return None
    if (stage.network, stage.training, stage.samples) != (session.network, session.training, session.samples):
        return None
    parameters, progress = here
    placed = replace(session, network=stage.network, training=stage.training, samples=stage.samples, run=run.id)
    return replace(placed, parameters=parameters, progress=progress)


def _candidates(store: Store, session: Session) -> list[str]:
    state = pack_state(session.parameters, session.progress)
    with told(store.path):
        found = store.execute(
            "SELECT id, session FROM runs WHERE last = ?1 OR id IN (SELECT run FROM keyframes WHERE step = ?2"
            " AND state = ?1) ORDER BY started DESC",
            state,
            session.progress.step,
        ).fetchall()
    return [run for run, window in found if not is_open(store.path.parent, window)]
