"""Which kernel and which loop train: the one place that decides."""

from typing import Final

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Kernel
from backprop_gui.engine.compiled import library
from backprop_gui.engine.compiled.loop import Compiled, speaks
from backprop_gui.engine.epochs import Epochs
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.kernel import NumpyKernel
from backprop_gui.engine.loop import ByBatch, Loop, Recorder
from backprop_gui.engine.network import Network
from backprop_gui.engine.settings import TrainingSettings

ENGINES: Final = ("auto", "numpy", "compiled")


def choose_kernel(network: Network, settings: TrainingSettings) -> Kernel:
    """Return a kernel for a run of ``network``; its parameters are 0 until some are loaded."""
    return NumpyKernel(network, settings)


def is_compiled(engine: str, network: Network, settings: TrainingSettings) -> bool:
    """Tell whether C trains such a run: it is there, it may, and it knows every part of it."""
    return engine != "numpy" and library.load() is not None and speaks(network, settings)


def choose_loop(
    engine: str,
    network: Network,
    settings: TrainingSettings,
    kernel: Kernel,
    epochs: Epochs,
    tests: tuple[Floats, Floats] | None,
    recorder: Recorder,
) -> Loop:
    """Return what trains ``kernel``'s parameters: C where it can and ``engine`` lets it, else batch by batch."""
    found = library.load()
    if found and isinstance(kernel, NumpyKernel) and is_compiled(engine, network, settings):
        return Compiled(found, network, settings, kernel, epochs, tests)
    return ByBatch(settings, kernel, epochs, tests, recorder)


def check_engine(engine: str) -> None:
    """Raise ``FieldError`` where an engine is asked for that is not there."""
    if engine == "compiled" and library.load() is None:
        raise FieldError(
            "--engine",
            engine,
            "it is not there: install a C compiler, then backprop-gui again, as with "
            "pip install --force-reinstall --no-deps backprop-gui",
        )
