"""Unsaved work comes back in the real window: after a crash, after an orderly end, whatever was opened meanwhile."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pytestqt.qtbot import QtBot

from backprop_gui.faults import data_folder
from backprop_gui.resources import problem
from backprop_gui.runs.left import left_over
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session, write_session
from backprop_gui.ui.recovery_bar import spoken
from tests.e2e.conftest import Launch
from tests.e2e.leaving import crash, edit, kept, press, rows, train
from tests.shapes import by


def adam() -> Session:
    session = problem("xor")
    return replace(session, training=replace(session.training, optimizer=by("adam", 0.05), shuffle=True))


def test_after_a_crash_everything_comes_back_and_goes_on_bit_for_bit(
    launch: Launch, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    write_session(path, adam())
    first = launch(read_session(path), path)
    edit(first, 5)
    train(qtbot, first, 30)
    first.store.show_sample(2)
    lost, curve = first.store.session, first.controller.history
    epochs, losses = curve.epochs.tolist(), curve.losses.tolist()
    kept(first)
    crash(first)

    second = launch()
    (left,) = left_over(data_folder())
    assert rows(second) == [f"Left unsaved: mine.json, epoch 30, {spoken(left.saved_at, datetime.now().astimezone())}"]
    assert second.store.session.network == problem("article").network
    press(qtbot, second, "Restore")
    now = second.store.session
    assert rows(second) == []
    assert second.window.files.path == path
    assert second.window.windowTitle().startswith("mine.json")
    assert second.window.isWindowModified()
    assert (now.parameters, now.training, now.samples, now.view) == (
        lost.parameters,
        lost.training,
        lost.samples,
        lost.view,
    )
    history = second.controller.history
    assert (history.epochs.tolist(), history.losses.tolist()) == (epochs, losses)
    assert [text for text, _, _ in second.editor.edits()] == ["Units", "Training"]
    second.desk.time.look_at_step(second.store.session.progress.step // 2)
    qtbot.waitUntil(lambda: second.controller.past is not None)  # the states on the way are there too
    second.controller.look_at(None)
    train(qtbot, second, 50)
    assert list(second.controller.book.runs) == list(first.controller.book.runs)  # the same run goes on
    whole = edits.set_units(adam(), 0, 5).trainer()
    whole.run(50 * whole.batches)
    assert second.store.session.parameters == whole.parameters()
    for _ in range(3):
        second.editor.undo()
    assert second.store.session.network == adam().network
    assert second.window.isWindowModified()
    kept(second)
    assert left_over(data_folder()) == ()  # it is the second window's now
    crash(second)
    assert [one.title for one in left_over(data_folder())] == ["mine.json"]


def test_running_training_is_kept_as_it_goes_on(launch: Launch, qtbot: QtBot) -> None:
    first = launch()
    first.controller.play()
    qtbot.waitUntil(lambda: first.controller.snapshot.progress.epoch > 50)
    qtbot.wait(1700)  # two ticks, and no other word to the keeper
    crash(first)
    at = first.controller.snapshot.progress.epoch
    first.controller.settle()
    (left,) = left_over(data_folder())
    assert 0 < left.epoch <= at
    second = launch()
    press(qtbot, second, "Restore")
    restored = second.store.session
    assert restored.progress.epoch == left.epoch
    trainer = problem("article").trainer()
    trainer.run(restored.progress.step)
    assert trainer.parameters() == restored.parameters
    assert second.controller.history.epochs[0] == 0
    assert len(second.controller.history) > 10


def test_a_start_with_a_session_deletes_nothing_and_offers_it(launch: Launch, qtbot: QtBot) -> None:
    first = launch()
    edit(first, 5)
    first.window.close()
    for _ in range(2):
        other = launch(problem("xor"))
        assert len(rows(other)) == 1
        other.window.close()
    again = launch()
    assert rows(again) == []
    assert again.store.session.network.sizes == (2, 5, 2)  # a plain start goes on where the window was closed
    assert again.window.isWindowModified()
    again.editor.undo()
    assert again.store.session.network.sizes == (2, 3, 2)


def test_two_windows_keep_their_work_beside_each_other(launch: Launch, qtbot: QtBot) -> None:
    first, second = launch(), launch(problem("xor"))
    edit(first, 7)
    edit(second, 6)
    assert rows(second) == []  # the other is open
    second.window.close()
    first.window.close()
    third = launch(problem("iris"))
    assert len(rows(third)) == 2
    press(qtbot, third, "Restore", 1)  # the newest is above
    assert third.store.session.network.sizes == (2, 6, 1)
    assert len(rows(third)) == 1


def test_what_is_saved_is_not_offered(launch: Launch, tmp_path: Path) -> None:
    first = launch()
    edit(first, 5)
    first.window.files.name_session("s.json", tmp_path / "s.json")
    assert first.window.files.save()
    kept(first)
    crash(first)
    assert rows(launch()) == []


def test_what_an_earlier_program_left_opens_and_then_lives_in_the_store(launch: Launch) -> None:
    data_folder().mkdir(parents=True)
    old = data_folder() / "unsaved-session.json"
    write_session(old, edits.set_units(problem("article"), 0, 5))
    application = launch()
    assert application.store.session.network.sizes == (2, 5, 2)
    kept(application)
    assert not old.exists()
    crash(application)
    assert [one.title for one in left_over(data_folder())] == ["restored session"]
