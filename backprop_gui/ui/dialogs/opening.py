"""Opening a table in a thread of its own: some kinds of files are taken apart as a whole before anything is known."""

from threading import Thread
from typing import BinaryIO

from backprop_gui.data.tables.columns import Source
from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.kinds import open_table


class Opening:
    """A table being opened; nobody else may use the file until it is, but may close it to give up."""

    def __init__(self, file: BinaryIO, size: int, wishes: Wishes) -> None:
        self._found: Source | None = None
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, args=(file, size, wishes), name="opening a table", daemon=True)
        self._thread.start()

    def _run(self, file: BinaryIO, size: int, wishes: Wishes) -> None:
        try:
            self._found = open_table(file, size, wishes)
        except BaseException as error:  # raised again where it is waited for
            self._error = error

    def wait(self, seconds: float | None) -> Source | None:
        """Return the table where it is open within so many seconds (None: whenever); raises what ``open_table`` did."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._found
