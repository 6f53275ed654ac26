"""The mathematics of training: networks, losses, backpropagation, optimizers. NumPy alone."""
