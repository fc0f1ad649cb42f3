"""A document and a player on the small session of the examples, untrained or trained a little."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from tests.document.examples import xor_session


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    """A document at iteration 0."""
    return Document(xor_session())


@pytest.fixture
def trained(document: Document) -> None:
    """Train the document 60 iterations on, before a player is made for it."""
    document.timeline.advance(60)
    document.publish("Train")


@pytest.fixture
def player(document: Document) -> Player:
    """A player on `document`."""
    return Player(document)
