"""How promptly the window answers while it trains at full speed: gaps between ticks of a 5 ms timer.

Run with ``make bench``; prints median, 99th percentile and worst gap in milliseconds for small and large networks.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, QTimer

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem
from backprop_gui.session.document import Session

SECONDS = 4


def wide() -> Session:
    """Return 64-32-10 on 500 random samples."""
    random = np.random.default_rng(0)
    network = Network(64, (Layer(32, ACTIVATIONS["tanh"]), Layer(10, ACTIVATIONS["sigmoid"])))
    samples = Samples.of(random.normal(size=(500, 64)), random.uniform(size=(500, 10)))
    return Session.begin(network, TrainingSettings(batch_size=32), samples)


def gaps(session: Session) -> tuple[list[float], int]:
    """Return the gaps in milliseconds between ticks of the window's thread, and the steps trained meanwhile."""
    from backprop_gui.app import Application, qt_application

    qt_application()
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        application = Application(session, settings, Path(folder))
        application.window.show()
        ticks: list[float] = []
        timer = QTimer(interval=5)
        timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
        loop = QEventLoop()
        QTimer.singleShot(SECONDS * 1000, loop.quit)
        timer.start()
        application.controller.play()
        loop.exec()
        timer.stop()
        application.window.close()
        return (np.diff(ticks) * 1000).tolist(), application.store.session.progress.step


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for name, session in (("article 2-3-2", problem("article")), ("64-32-10", wide())):
        found, steps = gaps(session)
        median, late, worst = np.percentile(found, [50, 99, 100])
        rate = steps / SECONDS
        print(f"{name:14} gap ms: median {median:5.1f}  99% {late:5.1f}  worst {worst:5.1f}   {rate:,.0f} steps/s")


if __name__ == "__main__":
    main()
