"""bpviz draws a neural network and walks through back propagation, one step at a time."""

__version__ = "0.1.0"
