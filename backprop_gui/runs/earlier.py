"""Runs of sessions that are closed: listed, and opened again with those they came from."""

from collections.abc import Collection
from pathlib import Path

from backprop_gui.runs.records import KeptRun, list_runs, load_lineage
from backprop_gui.runs.run import Run
from backprop_gui.runs.schema import NAME, told
from backprop_gui.runs.store import Store

_BUSY_SECONDS = 0.5


def earlier_runs(folder: Path, here: Collection[str]) -> list[KeptRun]:
    """Return the runs kept in ``folder`` that stand open nowhere, the newest first.

    Runs of windows are left out, those that the asking one has ``here`` among them, and of sessions left unsaved,
    which are restored with theirs.

    Raises:
        StoreError: the store cannot be read.
    """
    with told(folder / NAME):
        if not (folder / NAME).exists():
            return []
    store = Store(folder, _BUSY_SECONDS)
    try:
        held = store.windows()
        return [one for one in reversed(list_runs(store)) if one.session not in held and one.id not in here]
    finally:
        store.close()


def open_run(folder: Path, run: str) -> list[Run]:
    """Return a kept run behind those it came from.

    Raises:
        FileError: it is not there any more, or the store cannot be read.
    """
    store = Store(folder, _BUSY_SECONDS)
    try:
        return load_lineage(store, run)
    finally:
        store.close()
