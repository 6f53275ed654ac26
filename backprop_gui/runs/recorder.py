"""Writes down what a window does, from a thread of its own: no call here waits for the disk."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from backprop_gui.runs.claim import Claim, sweep
from backprop_gui.runs.left import Left, take_over
from backprop_gui.runs.mirror import RunChange
from backprop_gui.runs.records import delete_run, make_room, write_change
from backprop_gui.runs.schema import NAME, BusyError, DamagedError, NewerError, StoreError, set_aside, told
from backprop_gui.runs.store import Document, Edit, Store
from backprop_gui.session.document import Session

PAUSE_SECONDS = 0.3
"""How long changes are gathered before they are written; longer where writing takes long."""
MOST_PAUSE_SECONDS = 60.0
TRY_AGAIN_SECONDS = 2.0
MOST_WAITING = 500
"""Of more changes of runs that cannot be written, none is held: the runs are told anew."""
MOST_SET_ASIDE = 3
BUSY_TRIES = 4
"""That another window is writing is said only after so many tries."""
ROOM_SECONDS = 20.0
"""How often the size of the store is looked at."""
ROOM_SAID_SECONDS = 600.0
"""How often it is said that runs had to go."""
LIMIT_MB = 200

Task = Callable[[Store], None]


class Recorder:
    """Keeps one window's session, its last edits and its runs in the store of ``folder``.

    Of the session only the newest is written. What cannot be written stays in memory and is tried again; ``trouble``
    says why in a sentence, and is empty again once everything is on the disk. ``said`` collects what the user should
    hear once. ``generation`` counts stores begun: with a new one, runs must be told from their start.
    """

    def __init__(self, folder: Path, limit_mb: int = LIMIT_MB, *, pause: float = PAUSE_SECONDS) -> None:
        self.folder, self.window = folder, uuid4().hex
        self.limit_mb = limit_mb
        self.trouble = ""
        self.generation = 0
        self._pause = pause
        self._wake = threading.Condition()
        self._document: Document | None = None
        self._edits: Sequence[Edit] = ()
        self._document_waits = self._edits_wait = False
        self._tasks: deque[Task] = deque()
        self._changes: deque[Task] = deque()
        self._said: list[str] = []
        self._hurried = self._ending = self._newer = False
        self._busy = False
        self._tries = self._set_aside = self._busy_tries = 0
        self._last_said: str = ""
        self._store: Store | None = None
        self._claims: dict[str, Claim] = {}
        self._taken: list[str] = []
        self._looked = self._room_said = -math.inf
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def keep(self, session: Session, file: Path | None, title: str, *, dirty: bool) -> None:
        """Keep the session as it stands."""
        with self._wake:
            self._document = Document(session, file, title, dirty, time.time())
            self._document_waits = True
            self._wake.notify_all()

    def keep_edits(self, edits: Sequence[Edit]) -> None:
        """Keep these as the last edits, earliest first."""
        with self._wake:
            self._edits, self._edits_wait = tuple(edits), True
            self._wake.notify_all()

    def keep_run(self, change: RunChange) -> None:
        """Keep what is new of a run."""
        with self._wake:
            self._changes.append(lambda store: write_change(store, self.window, change))
            if len(self._changes) > MOST_WAITING:
                self._changes.clear()
                self.generation += 1
            self._wake.notify_all()

    def delete_run(self, run: str) -> None:
        """Drop a run."""
        with self._wake:
            self._changes.append(lambda store: delete_run(store, run))
            self._wake.notify_all()

    def release_runs(self) -> None:
        """Let go of the runs kept so far: their session was left, and they may be opened elsewhere, or make room."""
        with self._wake:
            self._changes.append(lambda store: store.release_runs(self.window))
            self._wake.notify_all()

    def take_over(self, left: Left, claim: Claim | None) -> None:
        """Take the place of what was left, once the session kept now, which is the same, is on the disk."""
        with self._wake:
            if claim is not None:
                self._claims[left.window] = claim

        def task(store: Store) -> None:
            take_over(store, left, self.window)
            self._taken.append(left.window)

        self._do(task)

    def said(self) -> list[str]:
        """Return the sentences for the user that have come up since the last time."""
        with self._wake:
            said, self._said = self._said, []
            return said

    def flush(self, timeout: float) -> bool:
        """Wait until everything is on the disk, or another try has failed; return whether it is."""
        end = time.monotonic() + timeout
        with self._wake:
            last = self._tries + 1 + self._busy
            self._hurried = True
            self._wake.notify_all()
            while (self._waiting() or self._busy) and self._thread.is_alive():
                left = end - time.monotonic()
                if left <= 0 or (self._tries >= last and self.trouble):
                    break
                self._wake.wait(left)
            self._hurried = False
            return not (self._waiting() or self._busy or self.trouble)

    def close(self, timeout: float = 5.0, *, offer: bool = False) -> bool:
        """Write what is left, note that the window closed in order, and end; return whether all that could be done.

        With ``offer`` the user did not close it: what is unsaved is offered at the next start, not opened unasked.
        """
        with self._wake:
            if self._ending:
                return True
            keep = self._document is not None and self._document.dirty
        if not (keep and offer):
            self._do(lambda store: store.close_window(self.window, keep=keep))
        done = self.flush(timeout)
        with self._wake:
            self._ending = True
            self._wake.notify_all()
        self._thread.join(timeout)
        return done

    def _do(self, task: Task) -> None:
        with self._wake:
            self._tasks.append(task)
            self._wake.notify_all()

    def _waiting(self) -> bool:
        return self._document_waits or self._edits_wait or bool(self._tasks) or bool(self._changes)

    def _work(self) -> None:
        pause = self._pause
        try:
            while self._is_due(pause):
                began = time.monotonic()
                done = self._write()
                with self._wake:
                    self._busy = False
                    self._tries += 1
                    self._wake.notify_all()
                took = time.monotonic() - began
                again = TRY_AGAIN_SECONDS if self.trouble else 0.0
                pause = max(self._pause, min(took, MOST_PAUSE_SECONDS)) if done else again
        finally:
            self._let_go()

    def _is_due(self, pause: float) -> bool:
        """Wait until there is something to write and time to; return whether the thread goes on."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting() or self._ending)
            self._wake.wait_for(lambda: self._hurried or self._ending, pause)
            self._busy = not self._ending
            return self._busy

    def _write(self) -> bool:
        """Write all that waits in one transaction; return whether that was done."""
        with self._wake:
            document, edits = self._document if self._document_waits else None, self._edits
            edits_wait, tasks, changes = self._edits_wait, list(self._tasks), list(self._changes)
            generation = self.generation
            self._document_waits = self._edits_wait = False
            self._tasks.clear()
            self._changes.clear()
        self._taken = []
        try:
            store = self._opened()
            if document is not None:
                store.packer.pack(document.session)  # what takes long is done before other windows have to wait
            with store.writing():
                if document is not None:
                    store.keep_document(self.window, document)
                if edits_wait:
                    store.keep_edits(self.window, edits)
                for task in (*changes, *tasks) if generation == self.generation else tasks:
                    task(store)
            self._after()
        except Exception as error:
            with self._wake:
                self._document_waits |= document is not None
                self._edits_wait |= edits_wait
                self._tasks.extendleft(reversed(tasks))
                if generation == self.generation and isinstance(error, StoreError):
                    self._changes.extendleft(reversed(changes))  # after a fault of ours the session goes first
            self._meet(error)
            return False
        with self._wake:
            self.trouble = self._last_said = ""
            self._busy_tries = 0
        return True

    def _opened(self) -> Store:
        if self._newer:
            raise NewerError(self.trouble)
        if self._store is not None and not self._store.is_in_place():
            self._drop_store()
            self._begin_anew()
        if self._store is None:
            if self.window not in self._claims:
                with told(self.folder / NAME):
                    self.folder.mkdir(parents=True, exist_ok=True)
                    self._claims[self.window] = Claim(self.folder, self.window)
            store = Store(self.folder)
            try:
                store.check()
                store.clear_away()
            except BaseException:
                store.close()
                raise
            self._store = store
            sweep(self.folder, kept=store.windows())
        return self._store

    def _after(self) -> None:
        """Give back what was taken over, and now and then look whether there is still room."""
        with self._wake:
            claims = [self._claims.pop(one) for one in self._taken if one in self._claims]
        for claim in claims:
            claim.release()
        now = time.monotonic()
        if self._store is not None and now - self._looked > ROOM_SECONDS:
            self._looked = now
            with suppress(StoreError):  # another time
                sentence = make_room(self._store, self.limit_mb * 1_000_000)
                if sentence and now - self._room_said > ROOM_SAID_SECONDS:
                    self._room_said = now
                    self._say(sentence)

    def _meet(self, error: Exception) -> None:
        """Say what is wrong; a damaged store makes place for a new one at once."""
        trouble = str(error)
        if isinstance(error, DamagedError) and self._set_aside < MOST_SET_ASIDE:
            self._set_aside += 1
            self._drop_store()
            try:
                self._say(set_aside(self.folder))
                self._begin_anew()
                trouble = ""  # nothing to tell: the next try will do
            except StoreError as why:
                trouble = str(why)
        elif not isinstance(error, StoreError):  # a fault of ours
            self._drop_store()
            trouble = f"{self.folder}: the session cannot be kept: {type(error).__name__}: {error}."
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, self._thread)))
        with self._wake:
            self._newer = isinstance(error, NewerError)
            self._busy_tries = self._busy_tries + 1 if isinstance(error, BusyError) else 0
            if trouble and trouble != self._last_said and self._busy_tries in (0, BUSY_TRIES):
                self._said.append(trouble)
                self._last_said = trouble
            self.trouble = trouble

    def _begin_anew(self) -> None:
        with self._wake:
            self._changes.clear()  # told of a store that is gone
            self.generation += 1
            self._document_waits = self._document is not None
            self._edits_wait = bool(self._edits)

    def _say(self, sentence: str) -> None:
        if sentence:
            with self._wake:
                self._said.append(sentence)

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _let_go(self) -> None:
        self._drop_store()
        for claim in self._claims.values():
            claim.release()
        self._claims.clear()
