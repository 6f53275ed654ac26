"""Runs as they happened: their curves, their states, how they branch."""
