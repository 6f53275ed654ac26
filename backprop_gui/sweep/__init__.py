"""Many runs of one session: from many start seeds, under a grid of settings."""
