"""The little graphs of activations and losses: their dot stands where the number is."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import LOSSES
from backprop_gui.explain.formula import Graph
from backprop_gui.ui.theme import LIGHT
from backprop_gui.ui.typeset.function_graph import draw_graph


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus"])
def test_an_activations_graph_has_its_dot_where_the_unit_stands(activation: str) -> None:
    def dot(at: float) -> Floats:
        image = QImage(100, 60, QImage.Format.Format_RGB32)
        image.fill(LIGHT.surface)
        painter = QPainter(image)
        draw_graph(painter, Graph(ACTIVATIONS[activation], at), QRectF(2, 2, 96, 56), LIGHT)
        painter.end()
        places = [(x, y) for x in range(100) for y in range(60) if image.pixelColor(x, y) == LIGHT.error]
        return np.mean(places, axis=0)

    left, middle, right, far = dot(-2.0), dot(0.0), dot(2.0), dot(1e6)
    assert left[0] < middle[0] < right[0] < far[0] <= 100
    assert middle[0] == pytest.approx(50, abs=1)
    assert right[1] < left[1]  # all of them rise


@pytest.mark.parametrize("loss", list(LOSSES))
def test_a_losss_graph_has_its_dot_left_of_the_target_where_the_output_is_below_it(qtbot: QtBot, loss: str) -> None:
    def dot(y: float, target: float) -> Floats:
        image = QImage(100, 60, QImage.Format.Format_RGB32)
        image.fill(LIGHT.surface)
        painter = QPainter(image)
        draw_graph(painter, Graph(LOSSES[loss], y, target), QRectF(2, 2, 96, 56), LIGHT)
        painter.end()
        places = [(x, y) for x in range(100) for y in range(60) if image.pixelColor(x, y) == LIGHT.error]
        return np.mean(places, axis=0)

    low, near, high = dot(0.1, 0.5), dot(0.5, 0.5), dot(0.9, 0.5)
    assert low[0] < near[0] < high[0]
    assert near[0] == pytest.approx(50, abs=1)
    assert low[1] < near[1]  # further from the target the loss is higher up
    assert dot(-1e9, 0.5)[0] < 10
