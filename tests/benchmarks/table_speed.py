"""A million rows of ten numbers: how long reading them as samples takes, beside pandas and NumPy, taking turns.

Rows and repetitions can be given: ``python tests/benchmarks/table_speed.py 100000 5``.
"""

import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.kinds import open_table
from backprop_gui.data.tables.sampling import Plan, sampling
from backprop_gui.data.tables.whole import at_once, read_whole_table


def ours(path: Path) -> None:
    """Read a table as the program does: guesses, columns, samples."""
    with path.open("rb") as file:
        table = at_once(read_whole_table(open_table(file, os.fstat(file.fileno()).st_size, Wishes())))
    roles, _ = table.roles({})
    at_once(sampling(table.columns, table.facts, Plan(roles)))


def readers() -> dict[str, Callable[[Path], object]]:
    """Return what reads a table: this program, and its peers where they are installed."""
    found: dict[str, Callable[[Path], object]] = {"Backprop GUI": ours}
    try:
        pandas: Any = importlib.import_module("pandas")
        found["pandas"] = lambda path: pandas.read_csv(path).to_numpy()
    except ImportError:
        pass
    found["numpy.loadtxt"] = lambda path: np.loadtxt(path, delimiter=",", skiprows=1)
    return found


def main(rows: int, times: int) -> None:
    """Print seconds of processor time, and each as a multiple of this program's."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        values = np.random.default_rng(0).normal(size=(rows, 10))
        header = ",".join(f"x{k}" for k in range(10))
        np.savetxt(path, values, fmt="%.6f", delimiter=",", header=header, comments="")
        taken: dict[str, list[float]] = {name: [] for name in readers()}
        for _ in range(times):
            for name, read in readers().items():
                begun = time.process_time()
                read(path)
                taken[name].append(time.process_time() - begun)
    own = median(taken["Backprop GUI"])
    for name, seconds in taken.items():
        print(f"{name:14} {median(seconds):7.2f} s   ours / theirs {own / median(seconds):5.2f}")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(given[0] if given else 1_000_000, given[1] if len(given) > 1 else 3)
