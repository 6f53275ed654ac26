"""A real window that a test kills: it edits, trains, undoes, saves and closes at random, and writes down what it did.

``python kills.py SEED LOG FILE``: each line of LOG is a time and what a recovery at that time should bring: the digest
of the session, or ``clean`` where nothing is unsaved.
"""

import os
import random
import sys
import time
from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QTimer

from backprop_gui import app, cli
from backprop_gui.app import Application
from backprop_gui.engine.network import WeightRef
from backprop_gui.runs.pack import Packer
from backprop_gui.session import edits
from backprop_gui.session.document import Session


def name_of(session: Session) -> str:
    """Return what is compared: every bit of a session."""
    return blake2b(Packer().pack(session).body, digest_size=8).hexdigest()


class Hand:
    """Works the window."""

    def __init__(self, application: Application, seed: int, log: Path, file: Path) -> None:
        self._application, self._chance, self._file = application, random.Random(seed), file
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        application.store.changed.connect(self._note)
        application.controller.snapshot_changed.connect(self._note)
        application.editor.stack.cleanChanged.connect(self._note)
        application.controller.running_changed.connect(self._note)
        self._note()
        QTimer.singleShot(300, application.window, self._act)

    def _note(self) -> None:
        keeper = self._application.window.keeper
        assert keeper is not None
        state = name_of(self._application.controller.newest) if keeper.dirty else "clean"
        os.write(self._log, f"{time.time()} {state}\n".encode())

    def _act(self) -> None:
        application, chance = self._application, self._chance
        editor, controller = application.editor, application.controller
        match chance.choice(
            ("rate", "weight", "units", "train", "train", "pause", "undo", "step", "save", "save", "close")
        ):
            case "rate":
                rate = chance.uniform(0.1, 2.0)
                editor.apply("Rate", lambda now: edits.set_setting(now, "optimizer.learning_rate", rate))
            case "weight":
                value = chance.uniform(-1, 1)
                editor.apply("Weight", lambda now: edits.set_parameter(now, WeightRef(0, 0, 0), value))
            case "units":
                units = chance.randint(2, 6)
                editor.apply("Units", lambda now: edits.set_units(now, 0, units))
            case "train":
                controller.play()
            case "pause":
                controller.pause()
            case "undo":
                editor.undo()
            case "step":
                controller.step(chance.randint(1, 50))
            case "save":
                application.window.files.name_session(self._file.name, self._file)
                application.window.files.save()
            case _:
                if chance.random() < 0.3:
                    application.window.close()
                    return
        QTimer.singleShot(chance.randint(0, 500), application.window, self._act)


if __name__ == "__main__":
    seed, log, file = sys.argv[1:]
    hands: list[Hand] = []
    open_window = app.open_window

    def start(*arguments: object) -> Application:
        """Open the window, and let the hand at it."""
        application = open_window(*arguments)  # pyright: ignore[reportArgumentType]
        hands.append(Hand(application, int(seed), Path(log), Path(file)))
        return application

    app.open_window = start
    sys.exit(cli.main(["xor"]))
