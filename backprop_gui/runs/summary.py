"""Runs in a row of numbers and words each, and two of them side by side."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from backprop_gui.data.cells import plain_cell, table_of
from backprop_gui.engine.evaluate import has_classes
from backprop_gui.engine.network import ParameterRef
from backprop_gui.runs.book import Book
from backprop_gui.runs.differences import described, differences, side_by_side
from backprop_gui.runs.marks import epoch_told
from backprop_gui.runs.run import Run
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.storage import write_whole


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What a run came to. ``differs`` tells the settings that are not those of ``reference``."""

    run: Run
    end: Session
    reference: Session
    differs: tuple[str, ...]
    loss: float
    test_loss: float
    accuracy: float | None

    def beside(self, reference: Session) -> "Summary":
        """Return the same, told beside another session."""
        if reference.same_run(self.reference):
            return self
        return replace(self, reference=reference, differs=_differs(reference, self.end))


def end_of(run: Run) -> Session:
    """Return the session at the furthest moment of a run."""
    return replace(trained(run.stages[-1], *run.end), run=run.id)


def summary(run: Run, reference: Session) -> Summary:
    """Return what a run came to, and how its settings differ from those of ``reference``."""
    end = end_of(run)
    trainer = end.trainer()
    accuracy = trainer.accuracy() if has_classes(end.samples.targets) else None
    return Summary(run, end, reference, _differs(reference, end), trainer.loss(), trainer.test_loss(), accuracy)


def in_tree_order(book: Book) -> list[tuple[Run, int]]:
    """Return all runs, each followed by its branches, with how deep it lies in the tree."""
    below: dict[str, list[Run]] = {}
    for run in reversed(book.runs.values()):
        left = "" if run.parent is None or run.parent.run not in book.runs else run.parent.run
        below.setdefault(left, []).append(run)
    found: list[tuple[Run, int]] = []
    waiting = [(run, 0) for run in below.get("", [])]
    while waiting:
        run, depth = waiting.pop()
        found.append((run, depth))
        waiting += [(other, depth + 1) for other in below.get(run.id, [])]
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side: rows of name, value of the first and of the second; parameters with both values."""

    settings: list[tuple[str, str, str]]
    results: list[tuple[str, str, str]]
    weights: list[tuple[ParameterRef, float, float]]


def compare(first: Summary, second: Summary) -> Comparison:
    """Return two runs side by side; weights only where both networks have the same shape."""
    results = [
        ("epochs", epoch_told(first.end.position), epoch_told(second.end.position)),
        ("loss", repr(first.loss), repr(second.loss)),
        ("test loss", _told(first.test_loss), _told(second.test_loss)),
        ("accuracy", _share(first.accuracy), _share(second.accuracy)),
        ("outcome", first.run.outcome, second.run.outcome),
    ]
    same = first.end.network.sizes == second.end.network.sizes
    refs = list(first.end.network.parameter_refs()) if same else []
    weights = [(ref, first.end.parameters[ref], second.end.parameters[ref]) for ref in refs]
    return Comparison(side_by_side(first.end, second.end), results, weights)


def write_runs(path: Path, summaries: Iterable[Summary]) -> None:
    """Write a row per run as CSV, all or nothing; raises ``FileError``."""
    table: list[list[object]] = [
        ["run", "seed", "epochs", "loss", "test_loss", "accuracy", "outcome", "settings", "note"]
    ]
    for one in summaries:
        settings = "; ".join(f"{name} {value}" for name, value in described(one.end).items())
        accuracy = "" if one.accuracy is None else repr(one.accuracy)
        row = [plain_cell(one.run.name), one.end.training.seed, one.end.progress.epoch, repr(one.loss)]
        test_loss = "" if math.isnan(one.test_loss) else repr(one.test_loss)
        table.append([*row, test_loss, accuracy, one.run.outcome, settings, plain_cell(one.run.note)])
    write_whole(path, table_of(table))


def _differs(reference: Session, end: Session) -> tuple[str, ...]:
    return tuple(f"{name} {value}" for name, _, value in differences(reference, end))


def _told(value: float) -> str:
    return "–" if math.isnan(value) else repr(value)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
