"""Where units and edge labels stand, in scene units; pure geometry without Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backprop_gui.engine.arrays import Floats

RADIUS = 30.0
ROOMY_ROWS = 5
"""Up to this many units in a column there is room for biases with their numbers."""
ROOMY_GAP, TIGHT_GAP = 128.0, 68.0
TARGET_GAP = 104.0
SIDE, HEAD, FOOT, CHIP_ROOM = 32.0, 46.0, 12.0, 26.0
NAME_ROOM = 84.0
"""Beside inputs and targets, where their columns have names."""
LEAST_COLUMN_GAP, MOST_COLUMN_GAP = 200.0, 300.0
MOST_SPREAD = 1.5
FRACTIONS = np.linspace(0.2, 0.8, 25)
"""Where along an edge its label may stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Centres of units and targets, (units, 2) per layer; the size of the whole, whose corner is (0, 0).

    ``head`` is the height kept for headings, ``roomy`` whether biases have room for their numbers.
    """

    sizes: tuple[int, ...]
    units: tuple[Floats, ...]
    targets: Floats
    loss: tuple[float, float]
    width: float
    height: float
    head: float
    roomy: bool

    def segments(self) -> Floats:
        """Return every edge as x1, y1, x2, y2, (edges, 4), in the order of the weights."""
        parts = [
            np.hstack([np.repeat(before, len(after), axis=0), np.tile(after, (len(before), 1))])
            for before, after in pairwise(self.units)
        ]
        return np.concatenate(parts)


def place(sizes: Sequence[int], aspect: float = 1.8, named: bool = False) -> Placement:
    """Return the places for a network of ``sizes`` in a window that is ``aspect`` times as wide as high.

    ``named``: there is something to write beside inputs and targets.
    """
    rows = max(sizes)
    roomy = rows <= ROOMY_ROWS
    gap = ROOMY_GAP if roomy else TIGHT_GAP
    body = max(rows - 1, 0.4) * gap
    head = max(HEAD, 0.06 * body)  # a tall network is shown small, its headings need not be
    height = head + body + 2 * RADIUS + FOOT + CHIP_ROOM
    target_gap = max(TARGET_GAP, 0.11 * height)
    side = (NAME_ROOM if named else SIDE) + RADIUS
    fixed = 2 * side + target_gap
    steps = len(sizes) - 1
    column_gap = (aspect * height - fixed) / steps
    column_gap = min(max(column_gap, LEAST_COLUMN_GAP), max(MOST_COLUMN_GAP, 0.8 * height))
    width = fixed + steps * column_gap
    if width > aspect * height:  # a narrow window: what height is left over spreads the units
        gap *= 1 + min(MOST_SPREAD - 1, (width / aspect - height) / max(body, gap))
        body = max(rows - 1, 0.4) * gap
        height = head + body + 2 * RADIUS + FOOT + CHIP_ROOM
    middle = head + RADIUS + body / 2
    columns = [_column(side + k * column_gap, middle, n, rows, gap) for k, n in enumerate(sizes)]
    targets = columns[-1] + np.array([target_gap, 0.0])
    loss = (float(targets[-1, 0]), min(float(targets[-1, 1]) + RADIUS + 24, height - 14))
    return Placement(tuple(sizes), tuple(columns), targets, loss, width, height, head, roomy)


def _column(x: float, middle: float, units: int, rows: int, gap: float) -> Floats:
    spread = gap * min((rows / units) ** 0.5, 2.2)  # short columns beside long ones stand further apart
    y = middle + (np.arange(units) - (units - 1) / 2) * spread
    return np.column_stack([np.full(units, x), y])


def nearest_segment(segments: Floats, x: float, y: float) -> tuple[int, float]:
    """Return the index of the segment nearest to a point, and how far it is."""
    start, along = segments[:, :2], segments[:, 2:] - segments[:, :2]
    to_point = np.array([x, y]) - start
    share = np.clip((to_point * along).sum(axis=1) / (along * along).sum(axis=1), 0.0, 1.0)
    distance = np.hypot(*(to_point - share[:, None] * along).T)
    index = int(distance.argmin())
    return index, float(distance[index])


def label_centres(segments: Floats, width: float, height: float, obstacles: Floats) -> Floats:
    """Return a centre on each segment for labels of one size, clear of each other where that is possible.

    ``obstacles`` are rectangles to stay clear of: centre x, centre y, width, height. Among free places the one
    furthest from other edges is taken, so that it is plain which edge a label belongs to.
    """
    start, along = segments[:, :2], segments[:, 2:] - segments[:, :2]
    candidates = start[:, None] + FRACTIONS[None, :, None] * along[:, None]
    centres = np.empty((len(segments), 2))
    for k, points in enumerate(candidates):
        cost = np.abs(FRACTIONS - 0.5) * 4.0
        others = np.delete(np.arange(len(segments)), k)
        if len(others):
            to_point = points[:, None] - start[others]
            length = (along[others] ** 2).sum(axis=1)
            share = np.clip((to_point * along[others]).sum(axis=2) / length, 0.0, 1.0)
            nearest = np.linalg.norm(to_point - share[..., None] * along[others], axis=2).min(axis=1)
            cost += 10.0 * np.maximum(0.0, 1.0 - nearest / height)
        cost += 100.0 * _overlaps(points, centres[:k], (width + 6, height + 4))
        if len(obstacles):
            cost += 120.0 * _overlaps(points, obstacles[:, :2], (obstacles[:, 2:] + (width, height)) / 2 + 3)
        centres[k] = points[cost.argmin()]
    return centres


def _overlaps(points: Floats, centres: Floats, reach: Floats | tuple[float, float]) -> Floats:
    if not len(centres):
        return np.zeros(len(points))
    return (np.abs(points[:, None] - centres) < reach).all(axis=2).sum(axis=1).astype(np.float64)
