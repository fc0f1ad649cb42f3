"""Numbers: compiled networks, traces, training, data sets. NumPy, no Qt."""
