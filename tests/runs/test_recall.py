"""Kept runs are found again: from the list of those of closed sessions, and by the very bits of a session."""

from dataclasses import replace
from pathlib import Path

import pytest

from backprop_gui.runs.book import Book
from backprop_gui.runs.earlier import earlier_runs, open_run
from backprop_gui.runs.mirror import Mirror
from backprop_gui.runs.pack import UnreadableError
from backprop_gui.runs.recall import recall
from tests.runs.keeping import XOR, Begin, end, kept, told, trained_run
from tests.shapes import by


def test_runs_of_closed_sessions_are_listed_and_opened_with_those_they_came_from(begin: Begin, tmp_path: Path) -> None:
    assert earlier_runs(tmp_path, ()) == []
    gone, lost, here = begin(), begin(), begin()
    book = Book()
    run, end_of_it = trained_run(book, XOR, 3)
    branch = book.branch(end_of_it)
    trained_run(book, replace(end_of_it, run=branch.id), 2)
    for change in Mirror().changes(book):
        gone.keep_run(change)
    kept(gone)
    gone.keep(XOR, None, "xor", dirty=False)
    assert gone.close()
    for recorder, dirty in ((lost, True), (here, False)):
        own = Book()
        trained_run(own, XOR, 1)
        for change in Mirror().changes(own):
            recorder.keep_run(change)
        recorder.keep(XOR, None, "xor", dirty=dirty)
        assert recorder.flush(10)
    end(lost)
    (left,) = own.runs
    found = earlier_runs(tmp_path, (left,))
    assert [one.id for one in found] == [branch.id, run.id]  # not those of the session left unsaved, nor what is here
    assert [one.epochs for one in found] == [5, 3]
    here.release_runs()
    assert here.flush(10)
    assert [one.id for one in earlier_runs(tmp_path, ())] == [left, branch.id, run.id]
    assert [told(one) for one in open_run(tmp_path, branch.id)] == [told(run), told(branch)]
    with pytest.raises(UnreadableError):
        open_run(tmp_path, "nowhere")


def test_a_session_is_found_again_in_the_run_it_comes_from(begin: Begin, tmp_path: Path) -> None:
    book, recorder = Book(), begin()
    adam = replace(XOR, training=replace(XOR.training, optimizer=by("adam", 0.05)))
    run, first = trained_run(book, adam, 6)
    branch = book.branch(first)
    assert trained_run(book, replace(first, run=branch.id), 4)[0] is branch
    last = replace(first, parameters=branch.end[0], progress=branch.end[1])
    for change in Mirror().changes(book):
        recorder.keep_run(change)
    recorder.keep(last, None, "xor", dirty=False)
    assert recorder.flush(10)
    as_read = replace(last, run="", samples=replace(last.samples))
    assert recall(tmp_path, as_read) == (as_read, [])  # its window is open
    assert recorder.close()
    found, runs = recall(tmp_path, as_read)
    assert found.run == branch.id
    assert [told(one) for one in runs] == [told(run), told(branch)]
    assert found.samples is runs[-1].stages[-1].samples
    for other in (
        replace(as_read, training=replace(as_read.training, seed=5)),
        replace(as_read, progress=replace(as_read.progress, slot_steps=1)),
        replace(as_read, parameters=XOR.parameters),
        XOR,
    ):
        assert recall(tmp_path, other) == (other, [])
