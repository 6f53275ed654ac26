"""Runs that go wrong: what it is, where it shows, and what mends it (``diagnose.py``)."""
