"""The store: what it holds comes back, is brought up to date, bounded, and costs little."""

import os
import sqlite3
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from backprop_gui.resources import problem
from backprop_gui.runs import schema
from backprop_gui.runs.book import Book
from backprop_gui.runs.claim import is_open
from backprop_gui.runs.left import Left, discard, left_over, restore, session_of, take_over
from backprop_gui.runs.mirror import Mirror
from backprop_gui.runs.records import delete_run, list_runs, load_run, make_room, write_change
from backprop_gui.runs.run import Branch
from backprop_gui.runs.schema import NAME, STEPS, StoreError
from backprop_gui.runs.store import Document, Edit, Store
from backprop_gui.session.files import write_session
from tests.runs.keeping import XOR, Begin, book_of, end, kept, told, trained_for, trained_run


def test_what_a_dead_window_had_unsaved_comes_back(begin: Begin, tmp_path: Path) -> None:
    recorder = begin()
    first, second = trained_for(XOR, 10), trained_for(XOR, 40)
    recorder.keep_edits([("Training", XOR, first), ("More", first, second)])
    recorder.keep(second, tmp_path / "s.json", "s.json", dirty=True)
    assert recorder.flush(10)
    assert left_over(tmp_path) == ()  # its window is open
    end(recorder)
    (left,) = left_over(tmp_path)
    assert (left.number, left.title, left.file, left.epoch) == (1, "s.json", tmp_path / "s.json", 10)
    assert not left.clean_close
    assert abs(left.saved_at.timestamp() - time.time()) < 60
    back = restore(tmp_path, left)
    assert back.claim is not None
    assert left_over(tmp_path) == ()  # who restores it has it
    with pytest.raises(StoreError, match="another window has it"):
        restore(tmp_path, left)
    assert back.session.parameters == second.parameters
    assert [text for text, _, _ in back.edits] == ["Training", "More"]
    (_, before, between), (_, same, after) = back.edits
    assert between is same
    assert after is back.session
    assert (before.parameters, between.parameters) == (XOR.parameters, first.parameters)
    assert before.samples is after.samples
    back.claim.release()
    assert left_over(tmp_path) == (left,)  # nothing was deleted


def test_saved_work_is_not_left_over_and_unsaved_work_is_after_an_orderly_end(begin: Begin, tmp_path: Path) -> None:
    for dirty in (False, True):
        recorder = begin()
        recorder.keep(XOR, None, "xor", dirty=dirty)
        assert recorder.close()
        assert [one.clean_close for one in left_over(tmp_path)] == [True] * dirty
    (left,) = left_over(tmp_path)
    discard(tmp_path, left)
    assert left_over(tmp_path) == ()
    with pytest.raises(StoreError, match="not there any more"):
        session_of(tmp_path, left)
    assert sqlite3.connect(tmp_path / NAME).execute("SELECT count(*) FROM parts").fetchone() == (0,)
    assert list(tmp_path.glob("open-*")) == []


def test_a_file_whose_name_is_no_text_is_kept_too(begin: Begin, tmp_path: Path) -> None:
    file, recorder = tmp_path / "\udcff.json", begin()
    recorder.keep(XOR, file, file.name, dirty=True)
    assert recorder.flush(10)
    end(recorder)
    (left,) = left_over(tmp_path)
    assert (left.file, left.title) == (file, "?.json")


def test_a_crash_after_saving_leaves_nothing(begin: Begin, tmp_path: Path) -> None:
    recorder = kept(begin())
    recorder.keep(XOR, tmp_path / "s.json", "s.json", dirty=False)
    assert recorder.flush(10)
    end(recorder)
    assert left_over(tmp_path) == ()
    kept(begin())
    rows = sqlite3.connect(tmp_path / NAME).execute("SELECT count(*) FROM sessions").fetchone()
    assert rows == (1,)  # the dead one's is cleared away


def test_who_takes_over_keeps_it_and_its_runs_as_its_own(begin: Begin, tmp_path: Path) -> None:
    old = begin()
    run, session = trained_run(Book(), XOR, 5)
    for change in Mirror().changes(book_of(run)):
        old.keep_run(change)
    kept(old, session)
    end(old)
    (left,) = left_over(tmp_path)
    back = restore(tmp_path, left)
    new = begin()
    new.keep(back.session, None, "xor", dirty=True)
    new.take_over(left, back.claim)
    assert new.flush(10)
    assert left_over(tmp_path) == ()
    assert told(back.runs[0]) == told(run)
    with_store = Store(tmp_path)
    assert [one.session for one in list_runs(with_store)] == [new.window]
    with_store.close()
    end(new)
    (again,) = left_over(tmp_path)
    assert again.window == new.window


def test_a_session_whose_run_is_not_there_stands_in_none(begin: Begin, tmp_path: Path) -> None:
    """So that the way behind it is made again."""
    _, session = trained_run(Book(), XOR, 5)
    assert session.run
    end(kept(begin(), session))
    back = restore(tmp_path, left_over(tmp_path)[0])
    assert back.claim is not None
    back.claim.release()
    assert (back.session.run, back.runs) == ("", [])
    assert back.session.parameters == session.parameters


def test_what_is_taken_over_in_the_middle_of_a_write_stays_claimed_until_it_is_written(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(kept(begin()))
    (left,) = left_over(tmp_path)
    back, recorder, keep = restore(tmp_path, left), begin(), Store.keep_document
    claimed: list[bool] = []

    def keep_and_take(store: Store, window: str, document: Document) -> None:
        keep(store, window, document)
        if not claimed:
            recorder.take_over(left, back.claim)
            claimed.append(is_open(tmp_path, left.window))

    def take(store: Store, what: Left, window: str) -> None:
        claimed.append(is_open(tmp_path, what.window))
        take_over(store, what, window)

    monkeypatch.setattr(Store, "keep_document", keep_and_take)
    monkeypatch.setattr("backprop_gui.runs.recorder.take_over", take)
    kept(recorder)
    assert claimed == [True, True]
    assert not is_open(tmp_path, left.window)
    assert left_over(tmp_path) == ()


def test_the_file_of_earlier_programs_is_a_left_over_too(begin: Begin, tmp_path: Path) -> None:
    old = tmp_path / "unsaved-session.json"
    write_session(old, XOR)
    (left,) = left_over(tmp_path)
    assert restore(tmp_path, left).session.parameters == XOR.parameters
    recorder = kept(begin())
    recorder.take_over(left, None)
    assert recorder.flush(10)
    assert not old.exists()
    old.write_text("[" * 100_000, encoding="utf-8")
    (left,) = left_over(tmp_path)
    with pytest.raises(Exception, match=r"unsaved-session\.json") as refused:
        restore(tmp_path, left)
    assert type(refused.value).__name__ == "FileError"
    assert old.exists()
    old.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(old)
        assert left_over(tmp_path) == ()


def test_a_run_comes_back_as_it_was_however_it_changed(begin: Begin, tmp_path: Path) -> None:
    recorder, mirror, book = begin(), Mirror(), Book()
    session = replace(problem("iris"), training=replace(problem("iris").training, batch_size="full"))

    def tell() -> None:
        for one in mirror.gone(book):
            recorder.delete_run(one)
        for change in mirror.changes(book):
            recorder.keep_run(change)

    run, session = trained_run(book, session, 7)
    tell()
    run, session = trained_run(book, session, 5)
    run.name, run.note, run.pinned, run.diverged = "Best", "of all", True, 11.5
    tell()
    tell()
    edited = replace(session, training=replace(session.training, seed=10**30))
    run, session = trained_run(book, edited, 3)
    assert len(run.stages) == 2
    earlier = book.nearest(session, 4)
    assert earlier is not None
    branch, _ = trained_run(book, replace(earlier, training=edited.training), 2)
    tell()
    run.history.forget_from(6)
    run.keyframes.forget_from(6)
    run.by_hand.add(3)
    tell()
    recorder.keep(session, None, "iris", dirty=True)
    assert recorder.flush(10), recorder.trouble
    assert branch.parent == Branch(run.id, 4)
    store = Store(tmp_path)
    assert [one.name for one in list_runs(store)] == ["Best", "Run 2"]
    assert list_runs(store)[0].seed == 10**30
    for one in (run, branch):
        assert told(load_run(store, one.id)) == told(one)
    del book.runs[branch.id]
    tell()
    assert recorder.flush(10)
    assert [one.id for one in list_runs(store)] == [run.id]
    store.close()


def test_thinned_histories_and_keyframes_come_back_as_they_are(tmp_path: Path) -> None:
    book, mirror = Book(), Mirror()
    session = replace(XOR, training=replace(XOR.training, batch_size="full"))
    store = Store(tmp_path)
    run, session = trained_run(book, session, 1500)
    for _ in range(4):
        with store.writing():
            for change in mirror.changes(book):
                write_change(store, "w", change)
        run, session = trained_run(book, session, 1500)
    with store.writing():
        for change in mirror.changes(book):
            write_change(store, "w", change)
    assert run.history.stride > 1
    assert told(load_run(store, run.id)) == told(run)
    store.close()


def test_a_file_of_each_earlier_version_is_brought_up(tmp_path: Path) -> None:
    for version in range(len(STEPS)):
        folder = tmp_path / str(version)
        folder.mkdir()
        old = sqlite3.connect(folder / NAME, isolation_level=None)
        for step in STEPS[:version]:
            for statement in step:
                old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
        if version:
            old.execute("INSERT INTO sessions VALUES ('w', 'kept', NULL, 1.5, 3, 1, 0, x'00')")
        old.close()
        store = Store(folder)
        assert store.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
        assert list_runs(store) == []
        store.close()
        assert [(one.title, one.epoch) for one in left_over(folder)] == [("kept", 3)] * (version > 0)


def test_the_oldest_runs_go_first_but_none_that_is_pinned_or_of_a_kept_session(begin: Begin, tmp_path: Path) -> None:
    book, recorder = Book(), begin()
    names = ["pinned", "old", "older than this", "young"]
    large = replace(problem("iris"), training=replace(XOR.training, batch_size="full"))
    for name in names:
        run, _ = trained_run(book, large, 40)
        run.name, run.pinned = name, name == "pinned"
    for change in Mirror().changes(book):
        recorder.keep_run(change)
    kept(recorder)
    store = Store(tmp_path)
    assert make_room(store, 1) == ""  # all belong to a window that is open
    assert len(list_runs(store)) == 4
    recorder.keep(XOR, None, "xor", dirty=False)
    assert recorder.close()
    used = (tmp_path / NAME).stat().st_size
    sentence = make_room(store, used - 20_000)
    assert sentence.endswith(f"the store of runs may hold {(used - 20_000) / 1e6:g} MB.")
    left = [one.name for one in list_runs(store)]
    assert left[0] == "pinned"
    assert left[1:] == names[len(names) - len(left) + 1 :]  # the oldest are gone
    assert len(left) < 4
    make_room(store, 1)
    assert [one.name for one in list_runs(store)] == ["pinned"]
    with store.writing():
        delete_run(store, list_runs(store)[0].id)
    assert store.execute("SELECT (SELECT count(*) FROM parts) + (SELECT count(*) FROM rows)").fetchone() == (0,)
    store.close()


def test_keeping_every_edit_of_many_samples_costs_little(begin: Begin, tmp_path: Path) -> None:
    session = problem("iris")
    rows = len(session.samples)
    samples = session.samples.chosen(np.arange(100_000) % rows)
    session = replace(session, samples=samples)
    recorder = kept(begin(), session)
    before = (tmp_path / NAME).stat().st_size + (tmp_path / f"{NAME}-wal").stat().st_size
    edits: list[Edit] = []
    for seed in range(50):
        after = replace(session, training=replace(session.training, seed=seed + 1))
        edits.append(("Seed", session, after))
        session = after
        recorder.keep_edits(edits)
        kept(recorder, session)
    after_all = (tmp_path / NAME).stat().st_size + (tmp_path / f"{NAME}-wal").stat().st_size
    assert after_all - before < 4_000_000  # the samples alone are 5.6 MB
    end(recorder)
    (left,) = left_over(tmp_path)
    back = restore(tmp_path, left)
    assert [after.training.seed for _, _, after in back.edits] == list(range(31, 51))
    back.claim.release()


def test_only_the_last_edits_are_kept_where_they_are_large(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backprop_gui.runs.store.MOST_EDIT_BYTES", 3_000)
    recorder, sessions = begin(), [trained_for(XOR, steps) for steps in range(1, 30)]
    recorder.keep_edits([(str(k), *pair) for k, pair in enumerate(pairwise(sessions))])
    kept(recorder, sessions[-1])
    end(recorder)
    (left,) = left_over(tmp_path)
    back = restore(tmp_path, left)
    assert 2 <= len(back.edits) < 20
    assert [text for text, _, _ in back.edits] == [str(k) for k in range(28 - len(back.edits), 28)]
    back.claim.release()


def test_a_store_is_never_half_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "STEPS", (*STEPS, ("CREATE TABLE one (x)", "no SQL at all")))
    with pytest.raises(StoreError):
        Store(tmp_path)
    monkeypatch.undo()
    store = Store(tmp_path)
    assert list_runs(store) == []
    assert store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'one'").fetchone() == (0,)
    store.close()
