"""What each unit says over the plane of two inputs, as a small picture to stand behind its value."""

import numpy as np
from PySide6.QtGui import QImage

from backprop_gui.data.samples import Samples
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.engine.network import UnitRef
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.heat import heat, scale_of, span
from backprop_gui.ui.theme import Roles

CELLS = 32
STRONGEST = 0.5
"""Pale enough for the value to be read on it."""


def unit_pictures(snapshot: Snapshot, samples: Samples, roles: Roles) -> dict[UnitRef, QImage]:
    """Return a picture per unit; none unless the network has two inputs."""
    network = snapshot.network
    if network.inputs != 2 or samples.inputs.shape[1] != 2:
        return {}
    across, up = span(samples.inputs[:, 0], CELLS), span(samples.inputs[:, 1], CELLS)
    grid = np.column_stack([np.tile(across, CELLS), np.repeat(up[::-1], CELLS)])  # images begin at the top
    found = outputs_of(network, snapshot.parameters, grid)
    pictures: dict[UnitRef, QImage] = {}
    for layer, values in enumerate(found):
        activation = network.layers[layer - 1].activation if layer else None
        for unit in range(values.shape[1]):
            one = values[:, unit].reshape(CELLS, CELLS)
            pixels = heat(one, *scale_of(one, activation), roles, STRONGEST)
            image = QImage(pixels.tobytes(), CELLS, CELLS, 3 * CELLS, QImage.Format.Format_RGB888)
            pictures[UnitRef(layer, unit)] = image.copy()  # the bytes go when this function returns
    return pictures
