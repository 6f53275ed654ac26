"""Forms that edit the session: network, samples, training."""
