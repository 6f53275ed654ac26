"""What tests of the store work with: trained sessions, books of runs, and what a store holds of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backprop_gui.engine.history import Watch
from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.runs.recorder import Recorder
from backprop_gui.runs.run import Run
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained

Begin = Callable[[], Recorder]
XOR = problem("xor")


def trained_for(session: Session, steps: int) -> Session:
    """Return the session after so many updates."""
    trainer = session.trainer()
    trainer.run(steps)
    return trained(session, trainer.parameters(), trainer.progress())


def trained_run(book: Book, session: Session, epochs: int) -> tuple[Run, Session]:
    """Train in a book's run for so many epochs, with a row and a state of each; return the run and where it stands."""
    run, trainer = book.begin(session), session.trainer()
    records, states = [trainer.record()], [(trainer.parameters(), trainer.progress())]
    watch = Watch()
    for _ in range(epochs):
        trainer.run(trainer.batches - trainer.batch, None, watch)
        states.append((trainer.parameters(), trainer.progress()))
    book.note(run, [*records, *watch.records], states)
    return run, replace(trained(session, trainer.parameters(), trainer.progress()), run=run.id)


def told(run: Run) -> list[object]:
    """Return everything of a run in comparable form."""
    history = run.history
    numbers = [history.epochs, history.losses, history.running_losses, history.test_losses, history.parameters]
    states = [
        (state.flat().tobytes(), at.step, at.epoch_loss.hex(), [slot.flat().tobytes() for slot in at.slots])
        for state, at in (*run.keyframes.states, run.end)
    ]
    stages = [(one.parameters.flat().tobytes(), one.training, one.progress.step, one.run) for one in run.stages]
    about = (run.id, run.name, run.note, run.pinned, run.parent, run.started, run.diverged, run.by_hand)
    return [about, [one.tobytes() for one in numbers], history.stride, states, stages]


def aside(folder: Path) -> list[Path]:
    """Return the stores that were set aside in a folder."""
    return sorted(one for one in folder.glob("runs.db.damaged-*") if not one.name.endswith(("-wal", "-shm")))


def end(recorder: Recorder) -> None:
    """End without a word to the store, as a kill does."""
    with recorder._wake:
        recorder._ending = True
        recorder._wake.notify_all()
    recorder._thread.join(10)
    assert not recorder._thread.is_alive()


def kept(recorder: Recorder, session: Session = XOR, title: str = "xor") -> Recorder:
    """Keep a session, unsaved, and see to it that it is on the disk."""
    recorder.keep(session, None, title, dirty=True)
    assert recorder.flush(10), recorder.trouble
    return recorder


def book_of(*runs: Run) -> Book:
    """Return a book of these runs."""
    book = Book()
    for run in runs:
        book.add(run)
    return book
