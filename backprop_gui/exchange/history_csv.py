"""The history as a table: epoch, loss, running loss."""

import math
from collections.abc import Iterable
from pathlib import Path

from backprop_gui.storage import write_whole


def write_history(path: Path, rows: Iterable[tuple[int, float, float]]) -> None:
    """Write rows of (epoch, loss, running loss) as CSV, all or nothing; a NaN running loss is left empty.

    Raises:
        FileError: the file cannot be written.
    """
    lines = ["epoch,loss,running_loss"]
    for epoch, loss, running in rows:
        lines.append(f"{epoch},{loss!r},{'' if math.isnan(running) else repr(running)}")
    write_whole(path, ("\n".join(lines) + "\n").encode())
