"""Weights and history in other formats."""
