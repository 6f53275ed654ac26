"""Prints how long many runs of one session take, way by way: ``make bench``. Not a test: machines differ."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from backprop_gui.engine.compiled import library
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.runners import Threads, usable_cores
from backprop_gui.sweep.training import pieces_of

RUNS, EPOCHS, LOOPED, ROUNDS = 1_000, 5_000, 10, 3


def loop(session: Session) -> float:
    """Return the seconds of one run after another by NumPy, from a few of them."""
    plan, begun = Plan.of(session, EPOCHS, LOOPED, []), time.perf_counter()
    for run in range(1, LOOPED + 1):
        trainer = plan.session_of(run).trainer("numpy")
        trainer.run(EPOCHS * trainer.batches)
    return (time.perf_counter() - begun) * RUNS / LOOPED


def swept(session: Session, engine: str, threads: int) -> float:
    """Return the seconds of a sweep."""
    plan, begun = Plan.of(session, EPOCHS, RUNS, [], engine), time.perf_counter()
    assert sum(len(news.finished) for news in Threads(threads).run(plan, pieces_of(plan))) == RUNS
    return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all ways in turns, several times, and print the best of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures too")
    given, session, cores = parser.parse_args(arguments), problem("xor"), usable_cores()
    ways: dict[str, Callable[[], float]] = {
        "a loop, NumPy": lambda: loop(session),
        "together, NumPy": lambda: swept(session, "numpy", 1),
    }
    if library.load() is not None:
        ways["C, 1 thread"] = lambda: swept(session, "compiled", 1)
        ways[f"C, {cores} threads"] = lambda: swept(session, "compiled", cores)
    with threadpool_limits(limits=1, user_api="blas"):
        rounds = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in ways}
    print(f"{RUNS:,} XOR runs of {EPOCHS:,} epochs")
    for name, seconds in best.items():
        print(f"{name:>16} {seconds:8.2f} s  {best['a loop, NumPy'] / seconds:8.1f} x")
    if given.json is not None:
        given.json.write_text(json.dumps({"cores": cores, "seconds": best}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
