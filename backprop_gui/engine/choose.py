"""Which kernel trains: the one place that decides."""

from backprop_gui.engine.batch import Kernel
from backprop_gui.engine.kernel import NumpyKernel
from backprop_gui.engine.network import Network
from backprop_gui.engine.settings import TrainingSettings


def choose_kernel(network: Network, settings: TrainingSettings) -> Kernel:
    """Return a kernel for a run of ``network``; its parameters are 0 until some are loaded."""
    return NumpyKernel(network, settings)
