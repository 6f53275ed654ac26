"""The table of panels: what is docked around the canvas, under which name, and where at first."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtWidgets import QWidget

from backprop_gui.ui.derivation.gradient_panel import GradientPanel
from backprop_gui.ui.derivation.matrix_view import MatrixView
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.plots.decision_surface import DecisionSurface
from backprop_gui.ui.plots.layer_plot import LayerPlot
from backprop_gui.ui.plots.loss_landscape import LossLandscape
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.results_view import ResultsView
from backprop_gui.ui.plots.weight_plot import WeightPlot
from backprop_gui.ui.runs.runs_panel import RunsPanel
from backprop_gui.ui.sweep.panel import SweepPanel


class Place(Enum):
    """Where a panel is at first. Panels of one place are tabs, the first of the table in front."""

    LEFT_TOP = auto()
    LEFT = auto()
    LEFT_BOTTOM = auto()
    BOTTOM = auto()
    BOTTOM_RIGHT = auto()
    RIGHT = auto()


@dataclass(frozen=True, slots=True)
class Panel:
    """One row of the table: ``name`` is what kept layouts know it by and never changes, ``title`` what people read.

    ``picture`` is what the File menu calls the plot in it, which then leaves as a picture; only a ``PlotPanel`` can.
    ``hidden``: it is not there, nor made, until it is asked for in the View menu. ``later``: it is not made before it
    is looked at, for it collects nothing until then.
    """

    name: str
    title: str
    make: Callable[[Desk], QWidget]
    place: Place
    scrolls: bool = False
    picture: str = ""
    hidden: bool = False
    later: bool = False


PANELS = (
    Panel("network", "Network", NetworkForm, Place.LEFT_TOP, scrolls=True),
    Panel("training", "Training", TrainingForm, Place.LEFT, scrolls=True),
    Panel("samples", "Samples", SamplesForm, Place.LEFT_BOTTOM),
    Panel("loss", "Loss", LossPlot, Place.BOTTOM, picture="Loss plot"),
    Panel("weights", "Weights", WeightPlot, Place.BOTTOM_RIGHT, picture="Weight plot"),
    Panel("results", "Results", ResultsView, Place.BOTTOM_RIGHT, later=True),
    Panel("layers", "Layers", LayerPlot, Place.BOTTOM_RIGHT, picture="Layers"),
    Panel("landscape", "Landscape", LossLandscape, Place.BOTTOM_RIGHT, picture="Landscape", later=True),
    Panel("runs", "Runs", RunsPanel, Place.BOTTOM_RIGHT, later=True),
    Panel("derivation", "Derivation", DerivationPanel, Place.RIGHT),
    Panel("matrices", "Matrices", MatrixView, Place.RIGHT, later=True),
    Panel("check", "Check", GradientPanel, Place.RIGHT, later=True),
    Panel("surface", "Surface", DecisionSurface, Place.RIGHT, picture="Surface", later=True),
    Panel("sweep", "Sweep", SweepPanel, Place.RIGHT, hidden=True),
)
