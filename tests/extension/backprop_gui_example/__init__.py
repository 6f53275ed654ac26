"""One thing more of each kind that Backprop GUI lets other packages add."""
