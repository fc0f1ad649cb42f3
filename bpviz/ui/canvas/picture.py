"""The items of the drawing, kept equal to a session and to what is shown of a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QGraphicsScene

from bpviz.model.schema import Session
from bpviz.ui.canvas.card import NAME_FROM, SQUARE_TEXT, VALUE_FROM, Card, card_bounds
from bpviz.ui.canvas.cards import CardMaker, look_of, number_text, tie_mark, touched
from bpviz.ui.canvas.edge_layer import EdgeLayer
from bpviz.ui.canvas.flow import FlowLayer
from bpviz.ui.canvas.geometry import RADIUS, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.label_room import LabelRoom, Spot, follow_edges
from bpviz.ui.canvas.labels import (
    ALL_LABELS_LIMIT,
    LABELS_FROM,
    Label,
    LabelLayer,
    LabelText,
    box_size,
)
from bpviz.ui.canvas.letters import Letters
from bpviz.ui.canvas.node_item import CARD_LIMIT, NodeItem, NodeLayer
from bpviz.ui.canvas.pens import text_color
from bpviz.ui.canvas.room import Lines, lines_with_room
from bpviz.ui.canvas.shown import Shown
from bpviz.ui.canvas.stream import Stream
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme

MOST_PLACED_LABELS: Final = 40
# Of more nodes than these, too small for names, one layer draws all.
TINY_LIMIT: Final = 80
# The letters of two nodes' names that a label has room for.
LONGEST_NAMES: Final = 6


@dataclass(frozen=True)
class Marks:
    """What the pointer and the selection change of the drawing; positions as in the geometry.

    `offers` says of nodes whether an edge being drawn may end there ("yes" or "no"); `path_nodes`
    and `path_edges` are lit as a path through the network.
    """

    nodes: frozenset[int] = frozenset()
    edges: frozenset[int] = frozenset()
    hovered_node: int = -1
    hovered_edge: int = -1
    offers: Mapping[int, str] = field(default_factory=dict)
    path_nodes: frozenset[int] = frozenset()
    path_edges: frozenset[int] = frozenset()


class Picture:
    """Owns all items of a scene and hands them what to draw.

    The items are held here: a scene alone does not keep Python's side of an item alive.
    """

    def __init__(
        self,
        scene: QGraphicsScene,
        session: Session,
        geometry: Geometry,
        shown: Shown,
        theme: Theme,
        font: QFont,
    ) -> None:
        self._scene = scene
        self._font, letters = font, Letters(font)
        self._letters = letters
        self.session, self.geometry, self.shown, self.theme = session, geometry, shown, theme
        self.marks = Marks()
        self.stream = Stream()
        self._digits = 4
        self._zoom = 1.0
        self._brief_for: tuple[object, ...] = ()
        self._heat: Sequence[QImage] = ()
        self._scale = 1.0
        self._lines: Lines | None = None
        self._room: LabelRoom | None = None
        self._maker = CardMaker(session, geometry, shown, theme, self._digits)
        self._placed: dict[int, Spot] = {}
        self._placed_for: tuple[object, ...] = ()
        self.node_items: dict[int, NodeItem] = {}
        self.edge_layer = EdgeLayer(geometry, shown, theme)
        self.label_layer = LabelLayer(theme, letters)
        self.flow_layer = FlowLayer(theme)
        self.node_layer = NodeLayer(theme, letters)
        for item in (self.edge_layer, self.label_layer, self.flow_layer, self.node_layer):
            scene.addItem(item)

    @property
    def font(self) -> QFont:
        """The font of all texts, at its usual size."""
        return self._font

    @property
    def digits(self) -> int:
        """Significant digits of the numbers."""
        return self._digits

    @property
    def has_items(self) -> bool:
        """Whether each node has an item of its own."""
        return self.geometry.node_count <= (TINY_LIMIT if self._zoom < NAME_FROM else CARD_LIMIT)

    def show(
        self,
        session: Session,
        geometry: Geometry,
        shown: Shown,
        theme: Theme,
        digits: int,
        stream: Stream | None = None,
    ) -> None:
        """Draw all of this from now on; `stream` is what the step carries along the edges."""
        self.stream = stream or Stream()
        if geometry is not self.geometry:
            # Marks count edges by their place, which is another in another network.
            self.marks = Marks()
            self._lines = None
            self._mark_edges()
        self.session, self.geometry, self.shown, self.theme = session, geometry, shown, theme
        self._digits = digits
        self._maker = CardMaker(session, geometry, shown, theme, digits)
        self.edge_layer.show_edges(geometry, shown, theme)
        self._show_nodes()
        self._show_labels()

    def show_heat(self, images: Sequence[QImage]) -> None:
        """Draw these heat maps, one for each node of the network or none, behind its texts."""
        self._heat = images
        self.node_layer.show_heat(images)
        for node, item in self.node_items.items():
            item.show_heat(images[node] if node < len(images) else None)

    def mark(self, marks: Marks) -> None:
        """Draw selection, hover and offers as in `marks`."""
        if marks == self.marks:
            return
        before, self.marks = self.marks, marks
        self._mark_edges()
        if self.has_items:
            for node in _remarked(before, marks):
                if node in self.node_items:
                    self.node_items[node].show_card(self.card(node), self.theme)
        else:
            self._show_nodes()
        if self._wanted() != self._placed_for[:1]:
            self._show_labels()

    def set_zoom(self, zoom: float) -> float:
        """Say how large the drawing is seen; return what it was before.

        No text is made that can't be read, and no item for nodes that are dots.
        """
        before, self._zoom = self._zoom, zoom
        if any((zoom < limit) != (before < limit) for limit in (VALUE_FROM, NAME_FROM)):
            self._show_nodes()
        if before < LABELS_FROM <= zoom:
            self._show_labels()
        return before

    @property
    def _is_brief(self) -> bool:
        return self._zoom < VALUE_FROM

    def marks_of(
        self,
        nodes: Iterable[str],
        edges: Iterable[str],
        hovered: tuple[int, int],
        offers: Mapping[int, str],
    ) -> Marks:
        """Return marks for selected nodes and edges by name, a hovered (node, edge), offers."""
        edge_index = self.session.network.edge_index
        return Marks(
            nodes=frozenset(self.geometry.index[each] for each in nodes),
            edges=frozenset(edge_index[each] for each in edges),
            hovered_node=hovered[0],
            hovered_edge=hovered[1],
            offers=dict(offers),
        )

    def place(self, positions: FloatArray) -> None:
        """Put the nodes at `positions` [N, 2]."""
        self.geometry.place(positions)
        # Labels go along with their edges; a better place is looked for when all is still.
        self._placed_for = ()
        self._lines = self._room = None
        self.edge_layer.show_edges(self.geometry, self.shown, self.theme)
        self._show_nodes()
        size = self.label_layer.size
        self._draw_labels(follow_edges(self.geometry, self._placed, size), size)

    def content_rect(self) -> QRectF:
        """Return the box around everything that is drawn of the network."""
        if not len(self.geometry.positions):
            return QRectF()
        left, top, right, bottom = self.geometry.bounds
        low, high = self.geometry.positions.min(axis=0), self.geometry.positions.max(axis=0)
        card = card_bounds()
        side = SQUARE_TEXT - RADIUS
        cards = QRectF(low[0], low[1], *(high - low)).adjusted(
            -side, card.top() + 8, side, card.bottom() - 8
        )
        return cards.united(QRectF(left, top, right - left, bottom - top))

    def card(self, node: int) -> Card:
        """Return the card of a node as it looks now."""
        marks = self.marks
        made = self._maker.brief(node) if self._is_brief else self._with_room(node)
        if node in marks.path_nodes:
            made = replace(made, lit=self.theme.accent)
        return touched(
            made,
            selected=node in marks.nodes,
            hovered=node == marks.hovered_node,
            offered=marks.offers.get(node, ""),
        )

    def _with_room(self, node: int) -> Card:
        """Return a node's card with those of the lines over and under it that have room."""
        if self._lines is None:
            self._lines = lines_with_room(self.geometry)
        made = self._maker.card(node)
        below = made.below if self._lines.below[node] else ""
        return replace(made, below=below, above=made.above if self._lines.above[node] else "")

    def _show_nodes(self) -> None:
        looks = self._looks()
        if looks and looks == self._brief_for:
            return
        self._brief_for = looks
        wanted = range(len(self.geometry.positions)) if self.has_items else range(0)
        for node in [node for node in self.node_items if node not in wanted]:
            self._scene.removeItem(self.node_items.pop(node))
        for node in wanted:
            card = self.card(node)
            item = self.node_items.get(node)
            if item is None:
                item = NodeItem(card, self.theme, self._letters)
                self.node_items[node] = item
                item.show_heat(self._heat[node] if node < len(self._heat) else None)
                self._scene.addItem(item)
            item.show_card(card, self.theme)
            item.setPos(*self.geometry.positions[node])
        self.node_layer.setVisible(not self.has_items)
        if not self.has_items:
            marked = np.array(sorted(self.marks.nodes), np.int64)
            self.node_layer.show_nodes(
                self.geometry, self.shown, marked, self._special(), self.card, self.theme
            )

    def _looks(self) -> tuple[object, ...]:
        """Return all that brief cards depend on; nothing where cards show numbers."""
        if not self._is_brief:
            return ()
        shown = self.shown
        states = (look_of(shown.value.state), look_of(shown.loss.state))
        known = (*states, shown.active_nodes, self.geometry.positions)
        places = (shown.phase, shown.current_node, shown.loss_is_current, self.has_items)
        held = (self.session.network.nodes, self.theme, self.geometry, self.marks)
        return (*held, *places, *(each.tobytes() for each in known))

    def _special(self) -> IntArray:
        """Return the nodes whose cards are like no other's."""
        marks = self.marks
        chosen = {*marks.nodes, *marks.path_nodes, *marks.offers, marks.hovered_node}
        return np.array(sorted({*chosen, self.shown.current_node}), np.int64)

    def _mark_edges(self) -> None:
        selected = np.array(sorted(self.marks.edges), np.int64)
        path = np.array(sorted(self.marks.path_edges), np.int64)
        self.edge_layer.mark(selected, self.marks.hovered_edge, path)

    # -- labels --------------------------------------------------------------------------------

    def _wanted(self) -> tuple[tuple[int, ...]]:
        """Return the edges that should have a label, the most important first."""
        count = self.geometry.edge_count
        if count <= ALL_LABELS_LIMIT:
            return (tuple(range(count)),)
        active = np.flatnonzero(self.shown.active_edges[:count])
        strongest = active[np.argsort(-self.shown.strength[active], kind="stable")]
        strongest = strongest[:MOST_PLACED_LABELS]
        marked = sorted(self.marks.edges)
        if self.marks.hovered_edge >= 0:
            marked.insert(0, self.marks.hovered_edge)
        chosen = dict.fromkeys([*marked, *(int(edge) for edge in strongest)])
        return (tuple(chosen)[:MOST_PLACED_LABELS],)

    def _show_labels(self) -> None:
        size = box_size(self._font, self._digits)
        wanted = self._wanted()
        key = (*wanted, size, self.geometry)
        if key != self._placed_for:
            self._placed, self._scale = self._room_for(size).fit(wanted[0])
            self._placed_for = key
        self._draw_labels(self._placed, (size[0] * self._scale, size[1] * self._scale))

    def _room_for(self, size: tuple[float, float]) -> LabelRoom:
        """Return the room for labels of `size` as the nodes stand."""
        room = self._room
        if room is None or room.geometry is not self.geometry or room.size != size:
            room = self._room = LabelRoom(self.geometry, size)
        return room

    def _draw_labels(self, spots: Mapping[int, Spot], size: tuple[float, float]) -> None:
        # Where they are too small to read only their places count.
        text = self._label_text if self._zoom >= LABELS_FROM else _without_text
        labels = tuple(Label(edge, spot.x, spot.y, text(edge)) for edge, spot in spots.items())
        self.label_layer.show_labels(labels, size, self._scale, self.theme)
        half = np.array([*size, *size]) / 2 * (-1, -1, 1, 1)
        middles = np.array([(label.x, label.y) * 2 for label in labels]).reshape(-1, 4)
        boxes = middles + half
        self.flow_layer.show_flow(self.geometry, self.shown, self.stream, boxes, self.theme)

    def _label_text(self, edge: int) -> LabelText:
        shown = self.shown
        number = number_text(shown.edges, edge, self._digits)
        color = text_color(self.theme, shown.overlay, int(shown.edges.state[edge]))
        tie = tie_mark(self.session.network.edges[edge].share)
        if shown.overlay == "weights":
            return LabelText(f"w{tie}", number, color)
        weight = format_number(float(shown.weight[edge]), self._digits, trim=True)
        return LabelText(f"w {weight}{tie}", f"{self._edge_symbol(edge)} {number}", color)

    def _edge_symbol(self, edge: int) -> str:
        """Return what stands before the edge's number; of a local gradient it is ∂y/∂x."""
        if self.shown.overlay == "local":
            network = self.session.network
            ends = (network.edges[edge].target, network.edges[edge].source)
            after, before = (network.names[end] for end in ends)
            if len(after) + len(before) <= LONGEST_NAMES:
                return f"∂{after}/∂{before}"
        return self.shown.symbol


def _without_text(_edge: int) -> LabelText:
    return LabelText("", "", "")


def _remarked(before: Marks, after: Marks) -> set[int]:
    """Return the nodes whose cards two sets of marks make different."""
    changed = (before.nodes ^ after.nodes) | (before.path_nodes ^ after.path_nodes)
    offers = {node for node in {*before.offers, *after.offers}
              if before.offers.get(node) != after.offers.get(node)}  # fmt: skip
    return {*changed, *offers, before.hovered_node, after.hovered_node}


def positions_of(session: Session) -> FloatArray:
    """Return the positions [N, 2] of a session's nodes."""
    return np.array([node.position for node in session.network.nodes], float).reshape(-1, 2)


def same_structure(geometry: Geometry, session: Session) -> bool:
    """Return whether `geometry` holds the nodes, edges and outputs of `session`, in order."""
    network = session.network
    outputs: IntArray = geometry.outputs
    return (
        # The names stand in the networks' indices, which an edit of numbers hands on.
        _same_names(geometry.index, network.node_index)
        and _same_names(geometry.edge_index, network.edge_index)
        and [geometry.ids[place] for place in outputs] == list(network.outputs)
    )


def _same_names(first: dict[str, int], second: dict[str, int]) -> bool:
    return first is second or list(first) == list(second)
