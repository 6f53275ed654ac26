"""Worked sheets as documents: PDF and HTML."""
