"""How long a newly selected parameter's derivation takes from selection to paint, once warm; the aim is 50 ms.

Run with ``make bench``; prints median and worst over all parameters of each network, in milliseconds.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtCore import QSettings

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem
from backprop_gui.session.document import Session


def deep() -> Session:
    """Return 4-6-5-3 on random numbers."""
    random = np.random.default_rng(0)
    tanh, sigmoid = ACTIVATIONS["tanh"], ACTIVATIONS["sigmoid"]
    network = Network(4, (Layer(6, tanh), Layer(5, sigmoid), Layer(3, sigmoid)))
    return Session.begin(
        network, TrainingSettings(), Samples.of(random.normal(size=(1, 4)), random.uniform(size=(1, 3)))
    )


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from backprop_gui.app import qt_application
    from backprop_gui.ui.derivation.panel import DerivationPanel
    from backprop_gui.ui.desk import Desk

    qt = qt_application()
    with TemporaryDirectory() as folder:
        for name, session in (("article 2-3-2", problem("article")), ("4-6-5-3", deep())):
            desk = Desk.lay(session, QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
            panel = DerivationPanel(desk)
            panel.resize(360, 700)
            panel.show()
            for _ in panel.warm_up():  # what the panel does by itself while nothing happens
                pass
            times: list[float] = []
            for place, ref in enumerate(session.network.parameter_refs()):
                begin = time.perf_counter()
                desk.store.select(ref)
                qt.processEvents()  # the panel derives and lays out
                panel.grab()
                if place > 0:  # the first one loads fonts
                    times.append((time.perf_counter() - begin) * 1000)
            print(f"{name:14} derivation ms: median {np.median(times):5.1f}  worst {max(times):5.1f}")
            desk.controller.shut_down()


if __name__ == "__main__":
    main()
