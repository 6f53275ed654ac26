"""Formulas on the screen: the derivation panel, matrices, the gradient check, steps."""
