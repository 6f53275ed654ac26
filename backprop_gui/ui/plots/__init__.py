"""Plots over the epochs, with pyqtgraph."""
