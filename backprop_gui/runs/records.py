"""Runs in the store: written as they change, listed, made again, and thrown out when there is no room."""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
import numpy as np

from backprop_gui.engine.history import Record
from backprop_gui.runs.differences import settings_described
from backprop_gui.runs.mirror import RunChange
from backprop_gui.runs.pack import Unpacker, UnreadableError, pack_state, unpack_state
from backprop_gui.runs.run import Branch, Run
from backprop_gui.runs.schema import DamagedError, told
from backprop_gui.runs.seal import opened, sealed
from backprop_gui.runs.store import Store
from backprop_gui.session.document import Session
from backprop_gui.session.training_file import write_training

_LISTED = (
    "id, session, parent, parent_step, name, note, pinned, started, seed, settings, outcome, epochs, loss, test_loss"
)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What the store tells of a run without reading all of it; ``settings`` is JSON, ``started`` seconds since 1970."""

    id: str
    session: str
    parent: str | None
    parent_step: int | None
    name: str
    note: str
    pinned: bool
    started: float
    seed: int
    settings: str
    outcome: str
    epochs: int
    loss: float | None
    test_loss: float | None

    @property
    def described(self) -> list[str]:
        """Its settings in words and values; none where they are damaged."""
        try:
            settings = msgspec.json.decode(self.settings, type=dict[str, object])
            return [f"{name} {value}" for name, value in settings_described(settings).items()]
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            return []


def write_change(store: Store, window: str, change: RunChange) -> None:
    """Write what is new of a run of a window."""
    if change.stages is not None:
        _write_stages(store, change.id, change.stages)
    known = store.execute("SELECT 1 FROM runs WHERE id = ?", change.id).fetchone() is not None
    if not known and change.stages is None:
        return  # deleted meanwhile
    parent, step = (None, None) if change.parent is None else (change.parent.run, change.parent.step)
    loss, test_loss = (change.rows[-1, 1], change.rows[-1, 3]) if len(change.rows) else (math.nan, math.nan)
    values: dict[str, object] = {
        "session": window,
        "parent": parent,
        "parent_step": step,
        "name": change.name,
        "note": change.note,
        "pinned": change.pinned,
        "started": change.started,
        "outcome": change.outcome,
        "epochs": change.last[1].epoch,
        "stride": change.stride,
        "diverged": change.diverged,
        "by_hand": json.dumps(change.by_hand),
        "last": pack_state(*change.last),
    }
    if change.stages is not None:
        training = change.stages[-1].training
        values |= {"seed": str(training.seed), "settings": msgspec.json.encode(write_training(training)).decode()}
    if len(change.rows):
        values |= {"loss": _number(loss), "test_loss": _number(test_loss)}
    if known:
        store.execute(
            f"UPDATE runs SET {', '.join(f'{key} = ?' for key in values)} WHERE id = ?", *values.values(), change.id
        )
    else:
        keys = ", ".join(values)
        store.execute(f"INSERT INTO runs (id, {keys}) VALUES (?{', ?' * len(values)})", change.id, *values.values())
    _write_rows(store, change)
    _write_keyframes(store, change)


def delete_run(store: Store, run: str) -> None:
    """Drop a run."""
    store.hold(f"run {run}", [])
    for table, key in (("runs", "id"), ("stages", "run"), ("rows", "run"), ("keyframes", "run")):
        store.execute(f"DELETE FROM {table} WHERE {key} = ?", run)


def list_runs(store: Store, window: str | None = None) -> list[KeptRun]:
    """Return all kept runs, or those of a window, in the order they began; raises ``StoreError``."""
    with told(store.path):
        found = store.execute(
            f"SELECT {_LISTED} FROM runs WHERE ?1 IS NULL OR session = ?1 ORDER BY started, rowid", window
        ).fetchall()
    return [replace(KeptRun(*row), pinned=bool(row[6]), seed=int(row[8])) for row in found]


def load_run(store: Store, run: str, unpacker: Unpacker | None = None) -> Run:
    """Return a kept run as it was.

    Raises:
        UnreadableError: damaged, or not there.
        StoreError: the store cannot be read now.
    """
    with told(store.path):
        row = store.execute(
            "SELECT parent, parent_step, name, note, pinned, started, stride, diverged, by_hand, last FROM runs"
            " WHERE id = ?",
            run,
        ).fetchone()
        bodies = store.execute("SELECT body FROM stages WHERE run = ? ORDER BY place", run).fetchall()
        chunks = store.execute("SELECT count, numbers FROM rows WHERE run = ? ORDER BY first", run).fetchall()
        states = store.execute("SELECT state FROM keyframes WHERE run = ? ORDER BY step", run).fetchall()
    if row is None or not bodies:
        raise UnreadableError(f"the run {run} is not kept.")
    parent, step, name, note, pinned, started, stride, diverged, by_hand, last = row
    unpacker = unpacker or store.unpacker()
    try:
        made = Run(
            [unpacker.unpack(body) for (body,) in bodies],
            name,
            None if parent is None else Branch(parent, step),
            run,
            datetime.fromtimestamp(started, UTC),
            note,
            bool(pinned),
            diverged,
            set(json.loads(by_hand)),
        )
        for count, numbers in chunks:
            for record in _records(count, opened(numbers), made.stages[0].network.parameter_count):
                made.history.add(record)
        made.history.stride = max(stride, made.history.stride)
    except (ValueError, TypeError) as error:
        raise UnreadableError(f"the run {run} cannot be read: {error}.") from error
    for (state,) in states:
        with suppress(UnreadableError):  # it can be made again from the one before
            made.keyframes.add(*unpack_state(state))
    made.end = unpack_state(last)
    return made


def load_lineage(store: Store, run: str) -> list[Run]:
    """Return a kept run behind those it came from, as far as these are kept.

    Raises:
        UnreadableError: it is damaged, or not there.
        StoreError: the store cannot be read now.
    """
    unpacker, runs, wanted = store.unpacker(), list[Run](), run
    while wanted and wanted not in [one.id for one in runs]:
        try:
            runs.insert(0, load_run(store, wanted, unpacker))
        except UnreadableError:
            if not runs:
                raise
            break  # what it came from is deleted: it begins where it left that
        parent = runs[0].parent
        wanted = "" if parent is None else parent.run
    return runs


def make_room(store: Store, most_bytes: int) -> str:
    """Throw out the oldest runs that are not pinned and belong to no session kept, until the store is small enough.

    Returns:
        A sentence that says what went, or nothing.

    Raises:
        StoreError: it cannot be written.
    """
    gone: list[str] = []
    while _used(store) > most_bytes:
        with told(store.path):
            oldest = store.execute(
                "SELECT id, name FROM runs WHERE NOT pinned AND session NOT IN (SELECT id FROM sessions)"
                " ORDER BY started LIMIT 1"
            ).fetchone()
        if oldest is None:
            break
        with store.writing():
            delete_run(store, oldest[0])
        gone.append(oldest[1])
    if not gone:
        return ""
    with told(store.path):
        store.execute("PRAGMA incremental_vacuum").fetchall()
    what = f"{len(gone)} older runs were" if len(gone) > 1 else f"An older run, {gone[0]}, was"
    return f"{what} deleted: the store of runs may hold {most_bytes / 1e6:g} MB."


def _used(store: Store) -> int:
    with told(store.path):
        pages, free, size = (
            store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _write_stages(store: Store, run: str, stages: tuple[Session, ...]) -> None:
    packed = [store.packer.pack(one) for one in stages]
    store.hold(f"run {run}", packed)
    store.execute("DELETE FROM stages WHERE run = ?", run)
    for place, one in enumerate(packed):
        store.execute("INSERT INTO stages VALUES (?, ?, ?)", run, place, one.body)


def _write_rows(store: Store, change: RunChange) -> None:
    store.execute("DELETE FROM rows WHERE run = ? AND first >= ?", change.id, change.first)
    cut = store.execute(
        "SELECT first, count, numbers FROM rows WHERE run = ? ORDER BY first DESC LIMIT 1", change.id
    ).fetchone()
    if cut is not None and cut[0] + cut[1] > change.first:
        try:
            whole = opened(cut[2])
        except ValueError as error:
            raise DamagedError(f"{store.path}: the store of runs cannot be used: a row of it is damaged.") from error
        count = change.first - cut[0]
        numbers = sealed(whole[: len(whole) // cut[1] * count])
        store.execute(
            "UPDATE rows SET count = ?, numbers = ? WHERE run = ? AND first = ?", count, numbers, change.id, cut[0]
        )
    if len(change.rows):
        numbers = sealed(np.ascontiguousarray(change.rows, dtype="<f8").tobytes())
        store.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", change.id, change.first, len(change.rows), numbers)


def _write_keyframes(store: Store, change: RunChange) -> None:
    steps = set(change.steps)
    held = [step for (step,) in store.execute("SELECT step FROM keyframes WHERE run = ?", change.id)]
    for step in held:
        if step not in steps:
            store.execute("DELETE FROM keyframes WHERE run = ? AND step = ?", change.id, step)
    for parameters, progress in change.states:
        store.execute(
            "INSERT OR REPLACE INTO keyframes VALUES (?, ?, ?)",
            change.id,
            progress.step,
            pack_state(parameters, progress),
        )


def _records(count: int, numbers: bytes, parameter_count: int) -> Iterable[Record]:
    rows = np.frombuffer(numbers, dtype="<f8").reshape(count, -1)
    unknown = np.full(parameter_count, math.nan)
    for row in rows:
        yield Record(int(row[0]), row[1], row[2], row[4:] if len(row) > 4 else unknown, row[3])


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
