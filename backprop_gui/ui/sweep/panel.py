"""The panel: starts a sweep of the session, follows it, shows what came of it, and takes runs out of it."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QTabWidget, QToolButton, QVBoxLayout, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.runs.run import Run
from backprop_gui.runs.summary import end_of
from backprop_gui.session.edits import with_view
from backprop_gui.storage import FileError
from backprop_gui.sweep.background import Background
from backprop_gui.sweep.kept import kept_run
from backprop_gui.sweep.rows import best_of, write_rows
from backprop_gui.sweep.runners import Threads, usable_cores
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import place_to_save, warn, written
from backprop_gui.ui.sweep.form import SweepForm
from backprop_gui.ui.sweep.results import Results
from backprop_gui.ui.sweep.runs_table import RunsTable
from backprop_gui.ui.sweep.surfaces import Surfaces
from backprop_gui.ui.sweep.views import CurveBands, HeatMap, Outcomes
from backprop_gui.ui.sweep.words import refusal
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.field import ProblemLine, WrappedLine
from backprop_gui.ui.widgets.flow import Flow
from backprop_gui.ui.widgets.labelled import labelled

LOOK_MILLISECONDS = 100
MOST_PINNED = 50
_HINT = (
    "Press Start to train the session from all these start seeds, and under every value of what you vary. "
    "Each run becomes a row; open it, or pin it to the list of runs."
)


class _Sweep(QObject):
    """Holds what runs in the background. It lives in the training thread, whose end is the sweep's as well."""

    background: Background | None = None

    @Slot()
    def stop(self) -> None:
        """Ask what runs to end, without waiting for it."""
        if self.background is not None:
            self.background.cancel()


class SweepPanel(QWidget):
    """The sweep trains in threads of its own; the panel looks in ten times a second while one is under way."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._results = Results(self)
        self._sweep = _Sweep()
        desk.controller.training.house(self._sweep)
        self._trained = 0
        self._kept: dict[int, str] = {}  # runs of the sweep that are in the book, by their numbers
        self._form, self._problem, self._hint = SweepForm(), ProblemLine(desk.theme), WrappedLine()
        self._hint.show_text(_HINT)
        self._table = RunsTable(desk, self._results)
        self._surfaces = Surfaces(desk, self._results)
        self._open = self._button("Open", "Make the selected run the session; undo brings back what was here")
        self._pin = self._button(
            "Pin", "Put the selected runs into the list of runs, pinned: their curves stay in view"
        )
        self._export = self._button("Export CSV…", "Write a table of all finished runs")
        self._lay_out()
        self._look = QTimer(self, interval=LOOK_MILLISECONDS)
        self._look.timeout.connect(self._look_in)
        self._connect()
        self._enable()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = labelled(QToolButton(), text, tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _lay_out(self) -> None:
        tabs = QTabWidget()
        tabs.setAccessibleName("Results of the sweep")
        tabs.setDocumentMode(True)
        tabs.addTab(self._table, "Table")
        tabs.addTab(CurveBands(self._desk, self._results), "Curves")
        tabs.addTab(Outcomes(self._desk, self._results), "Outcomes")
        tabs.addTab(HeatMap(self._desk, self._results), "Heat map")
        tabs.addTab(self._surfaces, "Surfaces")
        tabs.setMinimumWidth(0)
        row = Flow(GRID)
        for button in (self._open, self._pin, self._export):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, GRID)
        layout.setSpacing(GRID // 2)
        inside = QVBoxLayout()
        inside.setContentsMargins(GRID, 0, GRID, 0)
        inside.setSpacing(GRID // 2)
        inside.addWidget(self._problem)
        inside.addWidget(self._hint)
        inside.addWidget(tabs, 1)
        inside.addLayout(row)
        layout.addWidget(self._form)
        layout.addLayout(inside, 1)

    def _connect(self) -> None:
        self._form.started.connect(self._begin)
        self._form.cancelled.connect(self._cancel)
        self._table.opened.connect(self._open_run)
        self._surfaces.opened.connect(self._open_run)
        self._table.selection_changed.connect(self._enable)
        self._results.changed.connect(self._enable)
        self._open.clicked.connect(self._open_selected)
        self._pin.clicked.connect(self._pin_selected)
        self._export.clicked.connect(self._export_all)

    def _begin(self) -> None:
        """Start a sweep of the session as it stands in the document; training in the window goes on."""
        if self._sweep.background is not None:
            return
        try:
            plan = self._form.plan(self._desk.store.session)
        except FieldError as error:
            self._problem.tell(refusal(error))
            return
        self._problem.tell("")
        self._hint.show_text("")
        self._trained, self._kept = 0, {}
        self._results.begin(plan)
        self._sweep.background = Background(plan, Threads(max(1, usable_cores() - 1)))  # one stays free for the window
        self._form.show_progress(0.0, "0 runs")
        self._look.start()

    def _cancel(self) -> None:
        self._sweep.stop()

    def _look_in(self) -> None:
        background, plan = self._sweep.background, self._results.plan
        assert background is not None
        assert plan is not None
        over = background.over  # first: what comes after the question is taken the next time
        news = background.taken()
        self._trained += sum(one.epochs for one in news)
        if finished := tuple(one for each in news for one in each.finished):
            self._results.take(finished)
        if not over:
            told = f"{len(self._results):,} of {plan.runs:,} runs"
            self._form.show_progress(self._trained / max(1, plan.epochs * plan.runs), told)
            return
        self._look.stop()
        self._sweep.background = None
        self._form.show_progress(None, self._summary(plan.runs))
        if background.error is not None:
            raise background.error

    def _summary(self, of: int) -> str:
        done = len(self._results)
        told = f"{done:,} run{'s' * (done != 1)}" if done == of else f"ended after {done:,} of {of:,} runs"
        best = best_of(self._results.rows())
        return told if best is None else f"{told}; the best is run {best.run}"

    def _enable(self) -> None:
        chosen = self._table.selected()
        self._open.setEnabled(len(chosen) == 1)
        self._pin.setEnabled(bool(chosen))
        self._export.setEnabled(len(self._results) > 0)

    def _run_in_book(self, number: int) -> Run:
        """Return a run of the sweep as one of the window's runs, put there if it is not."""
        book, plan = self._desk.controller.book, self._results.plan
        assert plan is not None
        known = book.runs.get(self._kept.get(number, ""))
        if known is not None:
            return known
        run = book.add(kept_run(plan, self._results.run(number)))
        self._kept[number] = run.id
        return run

    def _open_run(self, number: int) -> None:
        self._desk.controller.settle()
        end = end_of(self._run_in_book(number))
        self._desk.editor.apply(f"Open run {number} of the sweep", lambda now: with_view(end, now.view))
        self._desk.controller.runs_changed.emit()

    def _open_selected(self) -> None:
        for number in self._table.selected()[:1]:
            self._open_run(number)

    def _pin_selected(self) -> None:
        chosen = self._table.selected()
        if len(chosen) > MOST_PINNED:
            self._problem.tell(f"{len(chosen):,} runs are selected; pin at most {MOST_PINNED} at a time.")
            return
        self._problem.tell("")
        for number in chosen:
            self._run_in_book(number).pinned = True
        self._desk.controller.runs_changed.emit()

    def _export_all(self) -> None:
        plan = self._results.plan
        assert plan is not None
        path = place_to_save(self, "Export runs", Path.home() / "sweep.csv", "Table (*.csv)")
        if path is None:
            return
        rows = self._results.rows()
        try:
            written(self, path, lambda place: write_rows(place, plan.keys, rows))
        except FileError as error:
            warn(self, "Nothing was exported", str(error))
