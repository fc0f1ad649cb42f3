"""bpviz draws a neural network and walks through back propagation, one step at a time."""

import os

# One thread for linear algebra, decided before numpy is loaded: networks that can be drawn are
# too small to gain from more, and the same order of additions gives the same bits everywhere.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
