"""Words and formulas for what the engine computes; no rendering."""
