"""What the worker brings is written into the run it belongs to, and into the curve that is shown."""

from collections.abc import Iterable

from backprop_gui.engine.history import History, Record
from backprop_gui.runs.book import Book
from backprop_gui.runs.keyframes import State
from backprop_gui.runs.run import Run
from backprop_gui.session.document import Session


class Recording:
    """The book of runs, the run under way, and the curve shown: that of the way to where the document stands."""

    def __init__(self, session: Session) -> None:
        self.book = Book()
        self.history = History(session.network.parameter_count)
        self._run: Run | None = None
        self._here: Record | None = None  # where the document stands, as far as no training has moved it since

    def begin_book(self) -> None:
        """Begin a book without runs."""
        self.book, self._run, self._here = Book(), None, None

    def begin(self, session: Session) -> None:
        """Training goes on from ``session``: find the run it belongs to."""
        self._run = self.book.begin(session)
        self.book.make_room(session)
        if self._here is not None and self._here.epoch == session.progress.epoch and session.progress.batch == 0:
            self.book.note(self._run, [self._here], ())

    @property
    def run(self) -> str:
        """The id of the run under way, or of the one before."""
        return "" if self._run is None else self._run.id

    def take(self, records: Iterable[Record], states: Iterable[State]) -> None:
        """Write down what training brought."""
        records = list(records)
        for record in records:
            self.history.add(record)
        if self._run is not None:
            self.book.note(self._run, records, states)

    def mark_diverged(self, position: float) -> None:
        """Note in which epoch the numbers grew beyond what can be computed."""
        if self._run is not None:
            self._run.diverged = position

    def stand_at(self, session: Session, record: Record | None) -> None:
        """Show the curve of the way to ``session``; ``record`` is where it stands, between epochs."""
        self.history, self._here = self.book.curve(session), record
        if record is None:
            return
        self.history.add(record)
        run = self.book.run_of(session)
        if run is not None and run.end[0] is session.parameters and run.end[1] is session.progress:
            self.book.note(run, [record], ())

    def show_again(self, session: Session) -> None:
        """Show the curve of the way to ``session`` anew: more of it is known now."""
        here = self.history
        self.history = self.book.curve(session)
        if len(here) and (not len(self.history) or self.history.epochs[-1] < here.epochs[-1]):
            last = len(here) - 1
            losses = (here.losses[last], here.running_losses[last])
            self.history.add(Record(int(here.epochs[last]), *losses, here.parameters[last], here.test_losses[last]))
