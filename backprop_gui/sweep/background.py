"""A sweep in a thread of its own, for a window that looks in now and then."""

import threading
from contextlib import closing
from queue import SimpleQueue

from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.runners import News, Runner
from backprop_gui.sweep.training import pieces_of


class Background:
    """Runs a plan from now on. Nothing is called from its thread: who wants news takes them."""

    def __init__(self, plan: Plan, runner: Runner) -> None:
        self._plan, self._runner = plan, runner
        self._news, self._stop = SimpleQueue[News](), threading.Event()
        self.error: Exception | None = None
        """What ended it before its time, if anything did."""
        self._thread = threading.Thread(target=self._work, name="sweep")
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing will come any more; what has come may still have to be taken."""
        return not self._thread.is_alive()

    def taken(self) -> list[News]:
        """Return what has come since the last time."""
        found: list[News] = []
        while not self._news.empty():
            found.append(self._news.get())
        return found

    def cancel(self) -> None:
        """Ask it to end soon; may be called in any thread."""
        self._stop.set()

    def _work(self) -> None:
        try:
            with closing(self._runner.run(self._plan, pieces_of(self._plan))) as arriving:
                for news in arriving:
                    self._news.put(news)
                    if self._stop.is_set():
                        return
        except Exception as error:  # raised again where it can be told
            self.error = error
