"""A checkerboard: is a point of the square on a black field or on a white one?"""

import numpy as np

from backprop_gui.data.generators import MOST_SAMPLES, Generator, Made, Random

FIELDS = 4


def _checkerboard(random: Random, size: int, noise: float) -> Made:
    x = random.uniform(-1.0, 1.0, (size, 2))
    field = np.floor((x + 1.0) / 2.0 * FIELDS).sum(axis=1)
    return x + noise * random.standard_normal((size, 2)), (field % 2)[:, None]


CHECKERBOARD = Generator("checkerboard", "Checkerboard", "samples", 200, MOST_SAMPLES, _checkerboard)
