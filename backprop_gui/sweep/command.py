"""The command ``sweep``: its options, and what it does."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from backprop_gui.engine.choose import ENGINES, check_engine
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.session.files import write_session
from backprop_gui.storage import check_writable
from backprop_gui.sweep.grid import KEYS
from backprop_gui.sweep.journal import Journal
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished, Row, best_of, table, write_rows
from backprop_gui.sweep.runners import Runner, Threads
from backprop_gui.sweep.training import Piece, pieces_of

_MOST_WORKERS = 1_000


def add_options(parser: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    """Describe the command to ``parser``; ``count`` reads a whole number of at least 0."""
    parser.description = (
        "Train a session from many start seeds, under every combination of some settings. "
        f"Keys of --grid: {', '.join(KEYS)}; hidden=2,4-4 are the units of the hidden layers."
    )
    parser.add_argument("--epochs", type=count, required=True, metavar="N", help="how many epochs each run trains")
    parser.add_argument("--seeds", type=count, default=1, metavar="K", help="seeds 0 to K-1 (default 1)")
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="KEY=V1,V2,...",
        help="train under each of these values; may be given several times",
    )
    told = "write a row per run; what a kill leaves is gone on from by the same command"
    parser.add_argument("--output", type=Path, metavar="RUNS.csv", help=f"{told} (default: print the rows)")
    parser.add_argument("--best", type=Path, metavar="S.json", help="write the run with the smallest loss as a session")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="what trains (default auto: the fastest)")
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: one per core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="train on a Dask cluster, such as tcp://10.0.0.1:8786")
    parser.add_argument("--quiet", action="store_true", help="print no progress and no summary")


@dataclass(slots=True)
class _Sweep:
    """A sweep under way: the rows it has, and where the best of them stands."""

    plan: Plan
    pieces: tuple[Piece, ...]
    rows: dict[int, Row] = field(default_factory=dict[int, Row])
    best: Finished | None = None

    def take(self, finished: tuple[Finished, ...]) -> None:
        """Take runs in."""
        for one in finished:
            self.rows[one.row.run] = one.row
            if one.state is not None and (self.best is None or best_of((self.best.row, one.row)) is one.row):
                self.best = one

    def in_order(self) -> list[Row]:
        """Return the rows so far, in the order of the grid."""
        return [self.rows[run] for run in sorted(self.rows)]

    def train(self, runner: Runner, journal: Journal | None, quiet: bool) -> None:
        """Train what is not known yet."""
        known = {} if journal is None else journal.rows
        for rows in known.values():
            self.rows.update({row.run: row for row in rows})
        left = [piece for piece in self.pieces if piece.number not in known]
        total = self.plan.epochs * self.plan.runs
        # None: only on a terminal
        with tqdm(total=total, unit="epoch", unit_scale=True, disable=True if quiet else None) as bar:
            bar.update(self.plan.epochs * len(self.rows))
            with closing(runner.run(self.plan, left)) as arriving:
                for news in arriving:
                    bar.update(min(news.epochs, total - bar.n))
                    if news.piece is not None:
                        self.take(news.finished)
                        if journal is not None:
                            journal.add(news.piece, [one.row for one in news.finished])
                        bar.set_postfix_str(f"{len(self.rows):,} of {self.plan.runs:,} runs", refresh=False)

    def best_session(self, runner: Runner) -> Session:
        """Return the best run as a session, with its start; raises ``FieldError`` where all diverged."""
        row = best_of(self.rows.values())
        if row is None:
            raise FieldError("--best", "none", "every run diverged: try smaller learning rates")
        if self.best is None or self.best.row.run != row.run:  # finished before a kill: train its piece once more
            piece = next(one for one in self.pieces if row.run in one.runs)
            with closing(runner.run(self.plan, [piece])) as arriving:
                for news in arriving:
                    self.take(news.finished)
        assert self.best is not None
        assert self.best.state is not None
        return trained(self.plan.session_of(row.run), *self.best.state)


def sweep(session: Session, arguments: argparse.Namespace) -> int:
    """Do what the command asks for and return the exit code.

    Raises:
        FieldError: an option that cannot be used.
        FileError: a file that cannot be written.
    """
    if arguments.workers is not None and not 1 <= arguments.workers <= _MOST_WORKERS:
        raise FieldError("--workers", arguments.workers, f"use 1 to {_MOST_WORKERS:,}")
    plan = _plan(session, arguments)
    outputs = [path for path in (arguments.output, arguments.best) if path is not None]
    for path in outputs:
        check_writable(path)
    if len({os.path.realpath(path) for path in outputs}) < len(outputs):
        raise FieldError("output", str(outputs[-1]), "give every output a file of its own")
    runner = _runner(arguments)
    made = _Sweep(plan, pieces_of(plan))
    journal = None if arguments.output is None else Journal(arguments.output, plan, made.pieces)
    try:
        made.train(runner, journal, arguments.quiet)
    except KeyboardInterrupt:
        _write(made, arguments.output)
        where = "" if arguments.output is None else f" in {arguments.output}; the same command goes on from there"
        print(f"backprop-gui: interrupted: {len(made.rows):,} of {plan.runs:,} runs are done{where}.", file=sys.stderr)
        return 130
    _write(made, arguments.output)
    if arguments.best is not None:
        write_session(arguments.best, made.best_session(runner))
    if journal is not None:
        journal.remove()
    if not arguments.quiet:
        _say(made, outputs)
    return 0


def _plan(session: Session, arguments: argparse.Namespace) -> Plan:
    check_engine(arguments.engine)
    try:
        return Plan.of(session, arguments.epochs, arguments.seeds, arguments.grid, arguments.engine)
    except FieldError as error:
        field = f"--{error.field}" if error.field in ("epochs", "seeds") else f"--grid {error.field}"
        raise FieldError(field, error.value, error.accepted) from error


def _runner(arguments: argparse.Namespace) -> Runner:
    if arguments.scheduler is None:
        return Threads(arguments.workers)
    from backprop_gui.sweep.cluster import Cluster

    return Cluster(arguments.scheduler)


def _write(made: _Sweep, output: Path | None) -> None:
    if output is None:
        print(table(made.plan.keys, made.in_order()).decode(), end="")
    else:
        write_rows(output, made.plan.keys, made.in_order())


def _say(made: _Sweep, outputs: list[Path]) -> None:
    rows, best = made.in_order(), best_of(made.rows.values())
    diverged = sum(row.outcome == "diverged" for row in rows)
    told = f"{len(rows):,} run{'s' * (len(rows) != 1)}, {diverged:,} diverged"
    if best is not None:
        settings = "".join(f", {key} {value}" for key, value in zip(made.plan.keys, best.values, strict=True))
        told += f"; the best is run {best.run} (seed {best.seed}{settings}) with loss {best.judged!r}"
    print(told, file=sys.stdout if outputs else sys.stderr)
    for path in outputs:
        print(f"wrote {path}")
