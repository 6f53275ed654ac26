"""A long life of the real window: ``python -m tests.soak.run 3600 [seed]``: edits, training, travels, branches, undo.

Tells memory every minute; ends with 1 where it grew by more than ``MOST_GROWTH`` from the second to the last fifth.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings

from backprop_gui.app import Application, qt_application
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session

MOST_GROWTH = 60.0
"""Megabytes."""
PROBLEMS = ("xor", "iris", "article", "mazur")


def memory() -> float:
    """Return what the process holds, in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1000


def main(seconds: float, seed: int) -> int:
    """Live for so long; return the exit code."""
    chance, qt = random.Random(seed), qt_application()
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("welcomed", "true")
        application = Application(problem("xor"), settings, Path(folder))
        application.window.show()
        desk, begun, told, seen = application.desk, time.monotonic(), 0.0, list[float]()

        def wait(busy: Callable[[], bool]) -> None:
            end = time.monotonic() + 20
            while busy() and time.monotonic() < end:
                qt.processEvents()

        def rate(session: Session) -> Session:
            return edits.set_setting(session, "optimizer.learning_rate", chance.choice((0.05, 0.1, 0.5)))

        def weight(session: Session) -> Session:
            return edits.set_parameter(session, WeightRef(0, 0, 0), chance.uniform(-1, 1))

        def act() -> None:
            session = desk.store.session
            match chance.randrange(9):
                case 0 | 1 | 2:
                    desk.controller.play(Goal(epoch=session.progress.epoch + chance.choice((10, 100, 1000))))
                    wait(lambda: desk.controller.running)
                case 3:
                    desk.time.look_at_epoch(chance.random() * session.position)
                    wait(lambda: desk.time.travelling)
                case 4:
                    desk.controller.stand_here()
                case 5:
                    desk.editor.apply("edit", chance.choice((rate, weight, edits.reset)))
                case 6:
                    desk.editor.undo()
                case 7:
                    desk.editor.redo()
                case _:
                    desk.stepper.back()
                    wait(lambda: desk.time.travelling)

        while (age := time.monotonic() - begun) < seconds:
            act()
            if chance.random() < 0.004:
                desk.editor.stack.setClean()
                application.window.files.open_problem(chance.choice(PROBLEMS))
            qt.processEvents()
            if age >= told:
                told += min(60.0, seconds / 20)
                seen.append(memory())
                runs = desk.controller.book.runs
                print(
                    f"{age:6.0f} s  {seen[-1]:7.1f} MB  {len(runs)} runs, undo {desk.editor.stack.count()}", flush=True
                )
        application.window.close()
    fifth = max(1, len(seen) // 5)
    growth = max(seen[-fifth:]) - max(seen[fifth : 2 * fifth] or seen)
    print(f"grew by {growth:.1f} MB")
    return growth > MOST_GROWTH


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
