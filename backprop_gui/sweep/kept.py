"""A run of a sweep as one of the runs that a window keeps."""

import math

import numpy as np

from backprop_gui.engine.history import Record
from backprop_gui.runs.run import Run
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished


def kept_run(plan: Plan, finished: Finished) -> Run:
    """Return a run with its start, its losses on the way and its end; moments between are made again when looked at."""
    row = finished.row
    assert finished.state is not None
    run = Run([plan.session_of(row.run)], name=f"Sweep {row.run} (seed {row.seed})")
    run.history.forget_parameters()  # there are none of the way
    epochs, losses = finished.curve if finished.curve is not None else np.empty((2, 0))
    for epoch, loss in zip(epochs, losses, strict=True):
        run.history.add(Record(int(epoch), float(loss), math.nan, np.empty(0)))
    run.reach(finished.state)
    if row.outcome == "diverged":
        run.diverged = float(row.epochs)
    return run
