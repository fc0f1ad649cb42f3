"""Networks and a canvas for the tests of the drawing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.style import DARK, Theme, resource_path


def lesson(name: str) -> Session:
    """Return the session of a lesson."""
    return load_session(resource_path("lessons", f"{name}.bpviz.json"))


def with_network(network: Network, rows: int = 4, seed: int = 0) -> Session:
    """Return a session on `network` with random weights and rows."""
    draw = random.Random(seed)
    edges = tuple(
        msgspec.structs.replace(edge, weight=edge.weight or draw.gauss(0.0, 0.7))
        for edge in network.edges
    )
    data = TableData(
        inputs=_rows(draw, rows, len(network.inputs)),
        targets=_rows(draw, rows, len(network.outputs)),
    )
    base = lesson("S5")
    session = msgspec.structs.replace(
        base, network=Network(network.nodes, edges, network.outputs), data=data
    )
    return session


def layered(*sizes: int, seed: int = 0) -> Session:
    """Return a layered session."""
    return with_network(Network.layered(sizes, "tanh", "tanh"), seed=seed)


def scattered(nodes: int, edges: int, seed: int) -> Session:
    """Return a session on a random graph whose nodes lie about."""
    draw = random.Random(seed)
    inputs = max(1, nodes // 4)
    made: list[Input | Unit] = []
    for number in range(nodes):
        place = (draw.uniform(-600, 600), draw.uniform(-400, 400))
        if number < inputs:
            made.append(Input(f"x{number}", position=place))
        else:
            made.append(Unit(f"h{number}", activation="tanh", position=place))
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < edges:
        target = draw.randrange(inputs, nodes)
        pairs.add((draw.randrange(0, target), target))
    lines = tuple(Edge(made[source].id, made[target].id, 0.0) for source, target in sorted(pairs))
    return with_network(Network(tuple(made), lines, (made[-1].id,)), seed=seed)


def empty_session() -> Session:
    """Return a session without any node."""
    return msgspec.structs.replace(lesson("S5"), network=Network(), data=TableData())


def _rows(draw: random.Random, count: int, width: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(draw.gauss(0.0, 1.0) for _ in range(width)) for _ in range(count))


@dataclass
class Canvas:
    """A canvas on a document of its own."""

    document: Document
    player: Player
    scene: CanvasScene
    view: CanvasView

    def at(self, node: str, dx: float = 0.0, dy: float = 0.0) -> QPoint:
        """Return the viewport's point at, or beside, a node."""
        x, y = self.scene.geometry.positions[self.scene.geometry.index[node]]
        return self.view.mapFromScene(QPointF(x + dx, y + dy))

    def on_edge(self, name: str, share: float = 0.5) -> QPoint:
        """Return the viewport's point at `share` of an edge's length."""
        import numpy as np

        edge = np.array([self.scene.geometry.names.index(name)])
        x, y = self.scene.geometry.along(edge, np.array([share]))[0]
        return self.view.mapFromScene(QPointF(x, y))

    def step_to(self, kind: str, node: str = "") -> None:
        """Step forward to the next frame of a kind, of a node where one is given."""
        index = self.scene.geometry.index
        for _ in range(1000):
            self.player.step_forward("neuron")
            frame = self.player.frame
            if frame is not None and frame.kind == kind and (not node or frame.node == index[node]):
                return
        raise AssertionError(f"no frame {kind} of {node}")


@contextmanager
def canvas_on(
    session: Session, theme: Theme = DARK, width: int = 900, height: int = 650
) -> Iterator[Canvas]:
    """Show a canvas on `session`, and take it away again."""
    document = Document(session)
    player = Player(document)
    scene = CanvasScene(document, player, theme, 4)
    view = CanvasView(scene)
    view.resize(width, height)
    view.show()
    QApplication.processEvents()
    try:
        yield Canvas(document, player, scene, view)
    finally:
        player.pause()
        view.close()
        view.deleteLater()
        scene.deleteLater()
