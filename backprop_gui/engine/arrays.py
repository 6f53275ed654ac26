"""Array types and read-only copies."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def frozen(values: ArrayLike) -> Floats:
    """Return a read-only, C-contiguous float64 copy of ``values``."""
    array: NDArray[Any] = np.array(values, dtype=np.float64, order="C", copy=True)
    array.flags.writeable = False
    return array
