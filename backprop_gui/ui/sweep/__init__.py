"""The panel of sweeps: many runs of the session at once, and what came of them."""
