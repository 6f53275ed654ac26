"""Values as colours: blue above the middle, vermilion below, the surface's colour in between."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.ui.theme import Roles, mix

STRONGEST = 0.85
MARGIN_SHARE = 0.25
"""How far a picture goes beyond the samples, as a share of their spread."""


def scale_of(values: Floats, activation: Activation | None) -> tuple[float, float]:
    """Return the middle and the reach by which ``values`` of a unit are coloured: those of the activation's range,

    or where it is unbounded, and for inputs (None), about 0 up to the largest value.
    """
    low, high = activation.limits if activation else (-np.inf, np.inf)
    if np.isfinite(high - low):
        return (low + high) / 2, (high - low) / 2
    finite = values[np.isfinite(values)]
    reach = float(np.abs(finite).max()) if finite.size else 1.0
    return 0.0, reach or 1.0


def span(column: Floats, cells: int) -> Floats:
    """Return evenly spaced places from a little below the smallest to a little above the largest value."""
    low, high = float(column.min()), float(column.max())
    margin = MARGIN_SHARE * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, cells)


def extent(xs: Floats, ys: Floats) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of an image whose cells have their middles at ``xs`` and ``ys``."""
    across, up = (float(places[1] - places[0]) for places in (xs, ys))
    return float(xs[0]) - across / 2, float(ys[0]) - up / 2, across * len(xs), up * len(ys)


def heat(values: Floats, middle: float, reach: float, roles: Roles, strongest: float = STRONGEST) -> NDArray[np.uint8]:
    """Return an image (rows, columns, 3) of ``values`` (rows, columns)."""
    share = np.nan_to_num(np.clip((values - middle) / reach, -1.0, 1.0))[..., None] * strongest
    neutral, above, below = (_rgb(color) for color in (roles.surface, roles.positive, roles.negative))
    return (neutral + np.abs(share) * (np.where(share > 0, above, below) - neutral)).astype(np.uint8)


def shades(values: Floats, bands: int, roles: Roles) -> NDArray[np.uint8]:
    """Return an image (rows, columns, 3) of ``values`` in bands of equal counts, the lowest the strongest.

    Contour lines run where bands meet; what is not finite keeps the surface's colour.
    """
    finite = np.isfinite(values)
    if not finite.any():
        return np.broadcast_to(_rgb(roles.surface), (*values.shape, 3)).astype(np.uint8)
    edges = np.quantile(values[finite], np.linspace(0.0, 1.0, bands + 1)[1:-1])
    band = np.searchsorted(edges, np.where(finite, values, np.inf))
    share = STRONGEST * (1.0 - band / bands)
    share[~finite] = 0.0
    line = np.zeros(values.shape, bool)
    line[:, 1:] |= band[:, 1:] != band[:, :-1]
    line[1:] |= band[1:] != band[:-1]
    neutral, deep = _rgb(roles.surface), _rgb(roles.positive)
    image = neutral + share[..., None] * (deep - neutral)
    image[line & finite] = 0.75 * image[line & finite] + 0.25 * _rgb(roles.text)
    return image.astype(np.uint8)


def finer(values: Floats, rows: int, columns: int) -> Floats:
    """Return values (rows, columns) with so many, less one, put in between each two rows and columns, linearly."""
    for times in (rows, columns):
        at = np.linspace(0.0, len(values) - 1.0, (len(values) - 1) * times + 1)
        before = np.minimum(at.astype(int), len(values) - 2)
        share = (at - before)[:, None]
        low, high = values[before], values[before + 1]
        values = np.where(share == 0.0, low, np.where(share == 1.0, high, low + share * (high - low))).T
    return values


def tint(band: int, bands: int, roles: Roles) -> QColor:
    """Return the colour ``shades`` gives a band, 0 the lowest."""
    return mix(roles.surface, roles.positive, STRONGEST * (1.0 - band / bands))


def _rgb(color: QColor) -> Floats:
    return np.array([color.red(), color.green(), color.blue()], dtype=float)
