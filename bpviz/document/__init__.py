"""The document, its history and the player. QtCore only."""
