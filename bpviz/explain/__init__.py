"""Explanations: a frame as title, sentence and expression trees. No Qt."""
