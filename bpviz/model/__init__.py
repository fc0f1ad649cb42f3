"""What a session is: network, data, training settings, history. Standard library and msgspec."""
