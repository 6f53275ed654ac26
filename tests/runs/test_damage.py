"""Nothing the store meets, or is met by, stops a start or is taken for a window's work."""

import os
import random
import sqlite3
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.runs.left import discard, left_over, restore, session_of
from backprop_gui.runs.mirror import Mirror
from backprop_gui.runs.pack import Packer, UnreadableError
from backprop_gui.runs.recall import recall
from backprop_gui.runs.recorder import BUSY_TRIES, Recorder
from backprop_gui.runs.schema import NAME, StoreError
from backprop_gui.runs.store import Store
from tests.runs.keeping import XOR, Begin, aside, book_of, end, kept, told, trained_for, trained_run


def test_a_newer_store_is_left_alone_and_the_start_goes_on_without(begin: Begin, tmp_path: Path) -> None:
    Store(tmp_path).close()
    newer = sqlite3.connect(tmp_path / NAME)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = (tmp_path / NAME).read_bytes()
    recorder = begin()
    recorder.keep(XOR, None, "xor", dirty=True)
    assert not recorder.flush(10)
    assert recorder.trouble.endswith("it is left alone, and nothing is kept for another start.")
    assert recorder.said() == [recorder.trouble]
    with pytest.raises(StoreError, match="a newer version"):
        left_over(tmp_path)
    assert (tmp_path / NAME).read_bytes() == before
    assert aside(tmp_path) == []


def _words(path: Path) -> None:
    path.write_bytes(b"no database, only words " * 100)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def _one_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _overwritten(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [_words, _cut_short, _one_page, _overwritten, _folder, _foreign, _pipe])
def test_what_is_no_store_is_set_aside_with_a_sentence(
    begin: Begin, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    if spoil is _pipe and sys.platform == "win32":
        pytest.skip("no such files there")
    end(kept(begin()))
    spoil(tmp_path / NAME)

    def read() -> None:
        for left in left_over(tmp_path):
            session_of(tmp_path, left)

    with pytest.raises(StoreError, match=r"the store of runs cannot be used: .+\."):
        read()
    recorder = kept(begin())
    (place,) = aside(tmp_path)
    assert recorder.said() == [f"The store of runs was damaged: it is now {place}, and a new one has begun."]
    end(recorder)
    (left,) = left_over(tmp_path)
    assert session_of(tmp_path, left).parameters == XOR.parameters


def test_damage_anywhere_never_stops_a_window_and_is_never_taken_for_its_work(begin: Begin, tmp_path: Path) -> None:
    run, session = trained_run(Book(), XOR, 30)
    old = begin()
    for change in Mirror().changes(book_of(run)):
        old.keep_run(change)
    old.keep_edits([("Training", XOR, session)])
    kept(old, session)
    assert old.close()
    whole, chance = (tmp_path / NAME).read_bytes(), random.Random(5)
    sound, before = {Packer().pack(one).body for one in (XOR, session)}, cast("Any", told(run))
    refused: list[str] = []
    for _ in range(100):
        spoiled = bytearray(whole)
        for _ in range(chance.choice((1, 4, 200))):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        for old_file in tmp_path.glob("runs.db*"):
            old_file.unlink()
        (tmp_path / NAME).write_bytes(spoiled)
        try:
            for left in left_over(tmp_path):
                back = restore(tmp_path, left)
                assert back.claim is not None
                back.claim.release()
                same = session if back.runs else replace(session, run="")
                assert Packer().pack(back.session).body == Packer().pack(same).body
                for _, *pair in back.edits:
                    assert {Packer().pack(one).body for one in pair} <= sound
                for one in back.runs:
                    about, rows, stride, states, stages = cast("Any", told(one))
                    assert [about, rows, stride, stages] == [*before[:3], before[4]]
                    assert all(state in before[3] for state in states)
        except (StoreError, UnreadableError) as error:
            refused.append(str(error))
        end(kept(begin(), title="new"))
        assert "new" in [one.title for one in left_over(tmp_path)]
        for left in left_over(tmp_path):
            discard(tmp_path, left)
    assert 0 < len(refused) < 100
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in refused)


def test_a_full_disk_is_said_once_and_what_waits_is_written_when_there_is_room(begin: Begin, tmp_path: Path) -> None:
    recorder = kept(begin())
    store = recorder._store
    pages = store.execute("PRAGMA page_count").fetchone()[0]
    store.execute(f"PRAGMA max_page_count = {pages + 2}")
    iris = problem("iris")
    large = replace(iris, samples=iris.samples.chosen(np.arange(10_000) % 150))
    recorder.keep(large, None, "iris", dirty=True)
    assert not recorder.flush(10)
    assert "full" in recorder.trouble
    assert not recorder.flush(10)
    assert recorder.said() == [recorder.trouble]
    end_pages = store.execute("PRAGMA max_page_count = 1000000").fetchone()[0]
    assert end_pages == 1_000_000
    assert recorder.flush(10)
    assert recorder.trouble == ""
    end(recorder)
    (left,) = left_over(tmp_path)
    assert session_of(tmp_path, left).samples == large.samples


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, None])
def test_a_fault_at_any_statement_costs_nothing_but_another_try(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    countdown, execute = [0], Store.execute

    def fail(store: Store, sql: str, *values: object) -> sqlite3.Cursor:
        countdown[0] -= 1
        if countdown[0] == 0:
            error = sqlite3.OperationalError("planted")
            if code is not None:  # SQLite's own errors have one, those of Python's module have not
                error.sqlite_errorcode = code
            raise error
        return execute(store, sql, *values)

    monkeypatch.setattr(Store, "execute", fail)
    recorder, book, mirror, session = kept(begin()), Book(), Mirror(), XOR
    refused = 0
    for statement in range(1, 40):
        before = session
        _, session = trained_run(book, session, 1)
        recorder.keep_edits([("Training", before, session)])
        for change in mirror.changes(book):
            recorder.keep_run(change)
        recorder.keep(session, None, "xor", dirty=True)
        countdown[0] = statement
        while not recorder.flush(10):
            assert recorder.trouble.endswith("planted.")
            refused += 1
        countdown[0] = 0
    assert refused > 10
    assert aside(tmp_path) == []
    end(recorder)
    (left,) = left_over(tmp_path)
    back = restore(tmp_path, left)
    assert back.claim is not None
    back.claim.release()
    assert back.session.parameters == session.parameters
    assert [told(run) for run in back.runs] == [told(run) for run in book.runs.values()]


def test_a_locked_store_waits_and_is_written_when_it_is_free(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backprop_gui.runs.store.BUSY_SECONDS", 0.05)
    recorder = kept(begin())
    recorder._store.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    recorder.keep(trained_for(XOR, 8), None, "later", dirty=True)
    assert not recorder.flush(10)
    assert "locked" in recorder.trouble
    assert recorder.said() == []  # it may be free in a moment
    for _ in range(BUSY_TRIES):
        assert not recorder.flush(10)
    assert recorder.said() == [recorder.trouble]
    other.execute("ROLLBACK")
    other.close()
    assert recorder.flush(10)
    end(recorder)
    assert [one.title for one in left_over(tmp_path)] == ["later"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    recorder = Recorder(tmp_path / "file" / "inside", pause=0.0)
    recorder.keep(XOR, None, "xor", dirty=True)
    assert not recorder.flush(10)
    assert recorder.trouble.endswith(".")
    assert "\n" not in recorder.trouble
    assert not recorder.close(5)
    assert not recorder._thread.is_alive()


def test_a_folder_that_cannot_be_looked_into_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(StoreError, match=r"cannot be used: Permission denied\.$"):
        left_over(tmp_path)
    with pytest.raises(StoreError, match=r"cannot be used: Permission denied\.$"):
        recall(tmp_path, trained_for(XOR, 3))


def test_a_store_that_goes_away_under_open_windows_is_begun_anew_by_each(begin: Begin, tmp_path: Path) -> None:
    one, other = kept(begin(), title="one"), kept(begin(), title="other")
    generation = one.generation
    for file in tmp_path.glob("runs.db*"):
        file.unlink()
    kept(one, trained_for(XOR, 4), "one")
    kept(other, title="other")
    assert one.generation == generation + 1
    end(one)
    end(other)
    assert sorted(left.title for left in left_over(tmp_path)) == ["one", "other"]


def test_a_run_that_cannot_be_written_for_a_fault_of_ours_does_not_keep_the_session_from_it(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyError("planted")

    def ignore(_found: threading.ExceptHookArgs) -> None:
        pass

    monkeypatch.setattr("threading.excepthook", ignore)
    monkeypatch.setattr("backprop_gui.runs.recorder.write_change", fail)
    recorder, (run, session) = begin(), trained_run(Book(), XOR, 3)
    for change in Mirror().changes(book_of(run)):
        recorder.keep_run(change)
    recorder.keep(session, None, "xor", dirty=True)
    recorder.flush(10)  # the first try may fail
    assert recorder.flush(10)
    end(recorder)
    assert len(left_over(tmp_path)) == 1


def test_a_fault_of_ours_does_not_end_the_recorder(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, noted, keep = begin(), list[object](), Store.keep_document

    def note(found: threading.ExceptHookArgs) -> None:
        noted.append(found.exc_type)

    def fail(*_arguments: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("threading.excepthook", note)
    monkeypatch.setattr(Store, "keep_document", fail)
    recorder.keep(XOR, None, "xor", dirty=True)
    assert not recorder.flush(10)
    assert "KeyError" in recorder.trouble
    assert set(noted) == {KeyError}
    monkeypatch.setattr(Store, "keep_document", keep)
    assert recorder.flush(10)
    end(recorder)
    assert len(left_over(tmp_path)) == 1
