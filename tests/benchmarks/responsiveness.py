"""How promptly the window draws and answers: frames while it trains, what each panel costs, latencies.

Run with ``make bench-window``, or as ``python tests/benchmarks/responsiveness.py [--json FILE] [--quick]``. Threads are
limited as in the product. CPU times are those of the window's own thread, which another program cannot lengthen.
"""

# pyright: reportPrivateUsage=false

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QDockWidget, QWidget
from threadpoolctl import threadpool_limits

from backprop_gui.app import Application, qt_application
from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.history import Watch
from backprop_gui.engine.network import Layer, LossRef, Network, Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem
from backprop_gui.runtime.snapshot import take_snapshot
from backprop_gui.runtime.worker import Frame
from backprop_gui.session.document import Session
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.typeset.paper import Paper

BEFORE = 1500
"""Epochs trained before anything is measured, so that there are curves to draw."""
Numbers = dict[str, float]


@dataclass(frozen=True)
class Found:
    """What was measured of one network: at full speed with default and with all panels, per panel, latencies."""

    headless: float
    default: Numbers
    all: Numbers
    panels: Numbers
    latency: dict[str, Numbers]


def layered(*sizes: int) -> Session:
    """Return a network of tanh units with a sigmoid output on random samples."""
    random = np.random.default_rng(0)
    hidden = [Layer(units, ACTIVATIONS["tanh"]) for units in sizes[1:-1]]
    network = Network(sizes[0], (*hidden, Layer(sizes[-1], ACTIVATIONS["sigmoid"])))
    samples = Samples.of(random.normal(size=(256, sizes[0])), random.uniform(size=(256, sizes[-1])))
    return Session.begin(network, TrainingSettings(batch_size=32), samples)


NETWORKS: dict[str, Callable[[], Session]] = {
    "2-3-2": lambda: problem("article"),
    "2-8-8-1": lambda: layered(2, 8, 8, 1),
    "digits": lambda: problem("digits"),
    "64-64-64-64": lambda: layered(64, 64, 64, 64),
}


class Frames(QObject):
    """Notes when a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.at: list[float] = []
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Note a frame."""
        if event.type() == QEvent.Type.Paint:
            self.at.append(time.perf_counter())
        return super().eventFilter(watched, event)


@dataclass(frozen=True)
class Watched:
    """A window that stands for as long as it is measured."""

    application: Application
    frames: Frames

    def docks(self) -> dict[str, QDockWidget]:
        """Return the panels by name."""
        return {dock.objectName(): dock for dock in self.application.window.findChildren(QDockWidget)}

    def wait(self, seconds: float) -> None:
        """Let the window live for so long."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def rest(self) -> None:
        """Let everything that is due be done."""
        self.application.controller.pause()
        self.wait(0.5)

    def show_all(self) -> None:
        """Put every panel in sight, abreast."""
        window, docks = self.application.window, list(self.docks().values())
        window.resize(2560, 1600)
        for place, dock in enumerate(docks):
            down = place % 4 != 0
            area = Qt.DockWidgetArea.LeftDockWidgetArea if place < 8 else Qt.DockWidgetArea.RightDockWidgetArea
            if place in (0, 8):
                window.addDockWidget(area, dock)
            else:
                window.splitDockWidget(
                    docks[place - 1 if down else place - 4],
                    dock,
                    Qt.Orientation.Vertical if down else Qt.Orientation.Horizontal,
                )
            dock.show()
        self.wait(0.5)


def canvas_of(application: Application) -> QWidget:
    """Return what the network is painted on."""
    canvas = application.window.findChild(NetworkCanvas)
    assert canvas is not None
    return canvas.viewport()


@contextmanager
def watched(session: Session) -> Generator[Watched]:
    """Open the window on a session that has been trained for a while."""
    qt_application()
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("welcomed", "true")
        application = Application(session, settings, Path(folder))
        application.window.show()
        window = Watched(application, Frames(canvas_of(application)))
        controller = application.controller
        controller.play(Goal(epoch=session.progress.epoch + BEFORE))
        until = time.perf_counter() + 6
        while controller.running and time.perf_counter() < until:
            window.wait(0.05)
        window.rest()
        yield window
        application.window.close()


def headless(session: Session, seconds: float) -> float:
    """Return steps a second without a window."""
    trainer = session.trainer()
    trainer.run(200)
    steps, chunk, begun = 0, 50, time.perf_counter()
    while (now := time.perf_counter() - begun) < seconds:
        trainer.run(chunk)
        steps += chunk
        chunk = max(50, round(0.02 * steps / max(now, 0.02)))
    return steps / now


def full_speed(window: Watched, seconds: float) -> Numbers:
    """Train as fast as it goes; return frame gaps (ms), CPU a frame (ms), steps a second."""
    controller = window.application.controller
    controller.set_rate(None)
    controller.play()
    window.wait(1.0)
    step, cpu, begun = controller.snapshot.progress.step, time.thread_time(), time.perf_counter()
    window.frames.at.clear()
    window.wait(seconds)
    cpu, passed = time.thread_time() - cpu, time.perf_counter() - begun
    rate, at = (controller.snapshot.progress.step - step) / passed, list(window.frames.at)
    begun = time.perf_counter()
    controller.pause()
    pause = time.perf_counter() - begun
    window.rest()
    median, late, last = np.percentile(np.diff(at) * 1000, [50, 95, 99]).tolist()
    frames = len(at)
    return {
        "median": median,
        "p95": late,
        "p99": last,
        "fps": frames / passed,
        "cpu": 1000 * cpu / frames,
        "rate": rate,
        "pause": 1000 * pause,
    }


def frames_of(session: Session, count: int, number: int) -> list[Frame]:
    """Return what the worker would publish while training ``session``, one epoch each."""
    trainer, made = session.trainer(), list[Frame]()
    for _ in range(count):
        watch = Watch()
        trainer.run(trainer.batches, None, watch)
        made.append(Frame(number, take_snapshot(session, trainer, 0), tuple(watch.records), (), 1000.0, None))
    return made


def costs(window: Watched, count: int) -> Numbers:
    """Return CPU milliseconds a frame of each panel alone beside the canvas; the canvas alone under its name.

    Frames made beforehand are shown at sixty a second, as if training ran.
    """
    found: Numbers = {}
    docks, controller = window.docks(), window.application.controller
    document = window.application.store.session
    made = frames_of(document, count, controller.training.task.number)
    for name in ("canvas", *docks):
        for other, dock in docks.items():
            dock.setVisible(other == name)
        if name in docks:
            docks[name].raise_()
        window.rest()
        controller.training._set_running(True)
        window.wait(0.2)
        cpu = time.thread_time()
        for frame in made:
            until = time.perf_counter() + 1 / 60
            controller._draw(frame)
            window.wait(max(0.001, until - time.perf_counter()))
        cpu = time.thread_time() - cpu
        controller.training._set_running(False)
        controller._stand_at(document)
        found[name] = 1000 * cpu / count - found.get("canvas", 0.0)
    return found


def latencies(window: Watched, parts: int) -> dict[str, Numbers]:
    """Return milliseconds from a selection to the painted derivation, and to the painted canvas."""
    application = window.application
    qt, network = qt_application(), application.store.session.network
    paper = next(one for one in application.window.findChildren(Paper) if one.accessibleName() == "Derivation")
    painted, canvas = Frames(paper), canvas_of(application)
    random = np.random.default_rng(1)
    layers = len(network.layers)
    refs: list[Ref] = [LossRef()]
    for _ in range(parts):
        layer = int(random.integers(layers))
        source, target = (int(random.integers(network.sizes[layer + k])) for k in (0, 1))
        refs += [WeightRef(layer, source, target), UnitRef(layer + 1, target)]
    wall: list[float] = []
    cpus: list[float] = []
    lit: list[float] = []
    for ref in refs:
        begun, cpu = time.perf_counter(), time.thread_time()
        application.store.select(ref)
        canvas.repaint()
        lit.append(1000 * (time.perf_counter() - begun))
        painted.at.clear()
        while not painted.at:
            qt.processEvents()  # derives, typesets what comes first, paints it
        wall.append(1000 * (time.perf_counter() - begun))
        cpus.append(1000 * (time.thread_time() - cpu))
        window.wait(1.0)  # the rest is typeset
    return {
        key: {"first": times[0], "median": float(np.median(times)), "worst": max(times)}
        for key, times in (("derivation", wall), ("derivation cpu", cpus), ("canvas", lit))
    }


def measure(name: str, quick: bool) -> Found:
    """Return everything about one network."""
    session = NETWORKS[name]()
    seconds = 1.5 if quick else 4.0
    alone = headless(session, 1.0)
    with watched(session) as window:
        answers = latencies(window, 4 if quick else 12)
        window.rest()
        default = full_speed(window, seconds)
        window.show_all()
        everything = full_speed(window, seconds)
        panels = costs(window, 60 if quick else 150)
    for one in (default, everything):
        one["share"] = one["rate"] / alone
    return Found(alone, default, everything, panels, answers)


def tell(found: dict[str, Found]) -> None:
    """Print tables."""
    print("Training at full speed       frame ms                    CPU ms     steps/s    of headless  pause ms")
    print("                         median    p95    p99    fps    a frame")
    for name, numbers in found.items():
        for panels, row in (("default", numbers.default), ("all", numbers.all)):
            print(
                f"{name:13} {panels:8} {row['median']:8.1f} {row['p95']:6.1f} {row['p99']:6.1f} {row['fps']:6.1f}"
                f" {row['cpu']:10.1f} {row['rate']:11,.0f} {row['share']:12.2f} {row['pause']:9.1f}"
            )
    print("\nCPU ms a frame of each panel alone, beside the canvas")
    names = list(found)
    print(f"{'':14}" + "".join(f"{name:>14}" for name in names))
    for panel in found[names[0]].panels:
        print(f"{panel:14}" + "".join(f"{found[name].panels[panel]:14.2f}" for name in names))
    print("\nFrom selection to paint, ms     first  median   worst")
    for name, numbers in found.items():
        for what, row in numbers.latency.items():
            print(f"{name:13} {what:15} {row['first']:8.1f}{row['median']:8.1f}{row['worst']:8.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--quick", action="store_true", help="shorter, for a look while something is changed")
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help=" ".join(NETWORKS))
    asked = parser.parse_args()
    qInstallMessageHandler(lambda _kind, _context, _text: None)  # offscreen says often what it cannot do
    with threadpool_limits(limits=1, user_api="blas"):
        found = {name: measure(name, asked.quick) for name in asked.networks}
    print(f"{qt_application().platformName()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    tell(found)
    if asked.json:
        asked.json.write_text(
            json.dumps({name: asdict(one) for name, one in found.items()}, indent=2), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
