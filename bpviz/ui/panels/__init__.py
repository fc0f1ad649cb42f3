"""The panels around the canvas, and the fields they are made of."""
