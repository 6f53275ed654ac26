"""The runs of a sweep as far as they are finished, which all its views read."""

from PySide6.QtCore import QObject, Signal

from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished, Row
from backprop_gui.ui.sweep.words import varied


class Results(QObject):
    """``changed`` comes when there are more runs, or those of another plan."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.plan: Plan | None = None
        self._finished: dict[int, Finished] = {}
        self._order: list[int] | None = []

    def begin(self, plan: Plan) -> None:
        """Forget all runs: those of another plan come."""
        self.plan = plan
        self._finished = {}
        self._order = []
        self.changed.emit()

    def take(self, finished: tuple[Finished, ...]) -> None:
        """Take runs in."""
        self._finished.update({one.row.run: one for one in finished})
        self._order = None
        self.changed.emit()

    def __len__(self) -> int:
        return len(self._finished)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the runs, in order."""
        if self._order is None:
            self._order = sorted(self._finished)
        return self._order

    def rows(self) -> list[Row]:
        """Return the rows in order."""
        return [self._finished[run].row for run in self.numbers]

    def run(self, number: int) -> Finished:
        """Return a run by its number."""
        return self._finished[number]

    def all(self) -> list[Finished]:
        """Return the runs in order."""
        return [self._finished[run] for run in self.numbers]

    def end_of(self, number: int) -> Session:
        """Return a run as a session where it ended."""
        state = self._finished[number].state
        assert self.plan is not None
        assert state is not None
        return trained(self.plan.session_of(number), *state)

    def name(self, number: int) -> str:
        """Return what a run is called in a line: its number and settings."""
        assert self.plan is not None
        settings = varied(self.plan, number)
        return f"Run {number}, seed {self.plan.place(number)[1]}" + (f", {settings}" if settings else "")
