"""Formulas set by TeX's rules and drawn, and the paper they stand on."""
