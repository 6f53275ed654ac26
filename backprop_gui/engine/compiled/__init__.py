"""The training loop once more, in C: many updates in one call, while other threads run."""
