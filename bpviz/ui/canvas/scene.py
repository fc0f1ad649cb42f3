"""The scene: keeps the drawing equal to the document and the player, and edits by gestures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.hiding import Hidden
from bpviz.engine.plane import Axes
from bpviz.model.edit import Edit
from bpviz.model.schema import Session
from bpviz.ui.canvas.around import paint_all, surround_of
from bpviz.ui.canvas.covered import covered
from bpviz.ui.canvas.editor import Editor
from bpviz.ui.canvas.fade import Fader
from bpviz.ui.canvas.flow import Clock
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.glide import Glide
from bpviz.ui.canvas.heads import tip_of
from bpviz.ui.canvas.heat_maps import HeatMaps
from bpviz.ui.canvas.heat_show import HeatShow
from bpviz.ui.canvas.legend import Surround
from bpviz.ui.canvas.marker import Marker
from bpviz.ui.canvas.overlays import OVERLAYS, Look
from bpviz.ui.canvas.picture import Picture, positions_of, same_structure
from bpviz.ui.canvas.quantities import quantity_at
from bpviz.ui.canvas.selection import Selection
from bpviz.ui.canvas.shown import Shown, as_stale, shown
from bpviz.ui.canvas.sketch import Sketch
from bpviz.ui.canvas.stream import stream_of
from bpviz.ui.canvas.targets import (
    cursor_over,
    edge_under,
    end_under,
    named,
    node_under,
    placed,
    tip_text,
)
from bpviz.ui.style import Theme


class CanvasScene(QGraphicsScene):
    """The network as a drawing: selects, edits and shows each number of the player's step.

    `tip_asked` carries a text to show at a point; `surround_changed`: texts around are others.
    `hovered` carries kind ("node", "edge", "network" for the loss, or "") and name under the
    pointer; `loss_asked`: the loss was clicked; `look_changed`: edges show something else.
    `placed`: nodes are dragged or on their way.
    """

    selection_changed = Signal()
    tip_asked = Signal(str, QPointF)
    surround_changed = Signal()
    hovered = Signal(str, str)
    loss_asked = Signal()
    look_changed = Signal()
    placed = Signal()

    def __init__(
        self,
        document: Document,
        player: Player,
        theme: Theme,
        digits: int = 4,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._document, self._player = document, player
        self._theme, self._digits = theme, digits
        self._look = Look()
        self.selection = Selection(self)
        self.selection.changed.connect(self._on_selected)
        self.editor = Editor(self, document, player, self)
        self.editor.refused.connect(self.tip_asked)
        self._watched, self._motion = False, True
        self._session = document.session
        geometry = Geometry(self._session.network)
        blank = shown(None, self._session.network, geometry, self._look)
        self._last: tuple[Geometry, Shown] | None = None
        self.heat_maps = HeatMaps(player, theme)
        self.picture = Picture(self, self._session, geometry, blank, theme, QApplication.font())
        self._heat = HeatShow(self.heat_maps, self.picture, self)
        self.sketch = Sketch(self, theme)
        self.fader = Fader(self)
        self.marker = Marker(self.picture, self.selection, self.sketch, self.fader)
        self.glide = Glide(self.preview, self)
        self.clock = Clock(self)
        self.clock.ticked.connect(self.picture.flow_layer.advance_by)
        document.edited.connect(self._on_edited)
        document.replaced.connect(self._on_replaced)
        player.stepped.connect(self.refresh)
        player.run_changed.connect(self.refresh)
        self.refresh()

    # -- what is drawn -------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session that is drawn."""
        return self._session

    @property
    def geometry(self) -> Geometry:
        """Where all nodes and edges lie."""
        return self.picture.geometry

    @property
    def theme(self) -> Theme:
        """The theme of the drawing."""
        return self._theme

    @property
    def look(self) -> Look:
        """What the edges show, and how sizes become widths."""
        return self._look

    @property
    def overlay(self) -> str:
        """What the edges show, one of `OVERLAYS`."""
        return self._look.overlay

    @property
    def hidden(self) -> Hidden:
        """Which numbers a learner is to predict."""
        return self._player.hidden

    @property
    def is_running(self) -> bool:
        """Whether a run is on, so that all numbers change all the time."""
        return bool(self._player.running)

    def set_overlay(self, name: str) -> None:
        """Let the edges show `name`, one of `OVERLAYS`; ValueError for another name."""
        if name not in OVERLAYS:
            raise ValueError(f"no overlay is called {name!r}")
        self.set_look(replace(self._look, overlay=OVERLAYS[OVERLAYS.index(name)]))

    def set_look(self, look: Look) -> None:
        """Draw numbers as `look` says from now on."""
        self._look = look
        self.refresh()
        self.look_changed.emit()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.heat_maps.apply_theme(theme)
        self.sketch.apply_theme(theme)
        self.refresh()

    def set_heat_maps(self, on: bool) -> None:
        """Draw in each node its value over a plane of inputs, or don't."""
        self.heat_maps.set_on(on)
        self.refresh()

    def set_axes(self, axes: Axes) -> None:
        """Let the heat maps span these inputs."""
        self.heat_maps.set_axes(axes)
        self.refresh()

    def set_motion(self, moves: bool) -> None:
        """Let dots flow, or stand where motion is not wanted."""
        self._motion = moves
        self.glide.allow(moves and self._watched)
        self._run_clock()

    def set_watched(self, watched: bool) -> None:
        """Say whether anyone sees the scene: dots flow only then."""
        self._watched = watched
        self.glide.allow(watched and self._motion)
        self._run_clock()

    def set_zoom(self, zoom: float) -> None:
        """Say how large the drawing is seen, so that no text is made that can't be read."""
        self.picture.set_zoom(zoom)
        if self.sketch.heads.set_zoom(zoom):
            self.marker.show_tools()

    def set_moving(self, moving: bool) -> None:
        """Say whether the whole picture moves: then no more is drawn than fits into a frame."""
        self.picture.edge_layer.set_moving(moving or self.is_running)

    def refresh(self) -> None:
        """Draw what the document and the player show now."""
        self._follow()
        network, geometry = self._session.network, self.geometry
        snapshot = self._player.snapshot
        now = covered(shown(snapshot, network, geometry, self._look), snapshot, geometry)
        if snapshot is not None:
            self._last = (geometry, now)
        elif self._last is not None:
            now = as_stale(now, self._last[1], self._last[0], geometry)
        self.picture.edge_layer.set_moving(self.is_running)
        stream = stream_of(now, self._player.trace, snapshot, geometry)
        self.picture.show(self._session, geometry, now, self._theme, self._digits, stream)
        self._heat.refresh()
        self.marker.may_fade = not self.is_running
        self.marker.mark()
        self._run_clock()
        self.surround_changed.emit()

    def _on_edited(self, _edit: Edit) -> None:
        # The numbers follow with the player's `stepped`, once all have heard of the edit.
        self.editor.cancel_gesture()
        self.glide.finish()
        self._follow()

    def _on_replaced(self) -> None:
        self.editor.cancel_gesture()
        self.glide.forget()
        self._last = None
        self.selection.forget()
        self._follow()
        self.selection_changed.emit()

    def _follow(self) -> None:
        """Make the drawing hold exactly the nodes and edges of the document's session."""
        session = self._document.session
        if session is self._session:
            return
        self._session = session
        if same_structure(self.geometry, session):
            places = positions_of(session)
            if not np.array_equal(places, self.geometry.positions[: len(places)]):
                self.picture.place(places)
                self.marker.show_tools()
            return
        geometry = Geometry(session.network)
        blank = shown(None, session.network, geometry, self._look)
        self.marker.forget()
        self.picture.show(session, geometry, blank, self._theme, self._digits)
        self.selection.keep(geometry.index, session.network.edge_index)
        self.marker.mark()

    def _run_clock(self) -> None:
        moves = self.picture.flow_layer.flows and self._watched and self._motion
        self.clock.set_running(moves and not self.is_running)
        self.picture.edge_layer.set_still(self.clock.is_running or self.fader.is_on)

    # -- selection and editing -----------------------------------------------------------------

    def selected_nodes(self) -> list[str]:
        """Return the ids of the selected nodes, in the order of selection."""
        return self.selection.nodes

    def selected_edges(self) -> list[str]:
        """Return the names of the selected edges, in the order of selection."""
        return self.selection.edges

    def select(self, nodes: Iterable[str], edges: Iterable[str]) -> None:
        """Select exactly these nodes and edges."""
        self.selection.select(nodes, edges)

    def select_all(self) -> None:
        """Select every node and edge."""
        self.select(self.geometry.ids, self.geometry.names)

    def push(self, edit: Edit, at: QPointF) -> bool:
        """Hand `edit` to the document; a refusal becomes a tip at `at`. Return whether it went."""
        return self.editor.attempt(lambda: edit, at)

    def ask_loss(self) -> None:
        """Tell that the loss was clicked."""
        self.loss_asked.emit()

    def refuse(self, reason: str, at: QPointF) -> None:
        """Show, at a point, why nothing happens."""
        self.tip_asked.emit(reason, at)

    def preview(self, positions: FloatArray) -> None:
        """Draw the nodes at `positions` [N, 2]; the session stays as it is."""
        self.fader.show(self.picture, -1)
        self.picture.place(positions)
        self.marker.show_tools()
        self.placed.emit()

    def settle(self) -> None:
        """Let a run end, so that the session holds its numbers."""
        self._document.settle()

    def _on_selected(self) -> None:
        self.marker.mark()
        self.selection_changed.emit()

    # -- under the pointer ---------------------------------------------------------------------

    def hover(self, at: QPointF, zoom: float) -> Qt.CursorShape:
        """Mark what lies under the pointer; return the cursor that says what a press does."""
        part = self.sketch.heads.part_at(at, zoom)
        self.sketch.heads.light(part)
        if part is not None:
            return Qt.CursorShape.PointingHandCursor
        node, on_rim = node_under(self.geometry, at, zoom)
        edge = edge_under(self.picture, at, zoom) if node < 0 else -1
        if self.marker.hover(node, edge, points=True):
            self._run_clock()
            self.hovered.emit(*named(self.geometry, node, edge))
        if quantity_at(self.picture, at, zoom) is not None:
            return Qt.CursorShape.IBeamCursor if node >= 0 else Qt.CursorShape.SizeHorCursor
        grasps = end_under(self.geometry, at, zoom, (edge,)) is not None
        return cursor_over(node, edge, can_draw=on_rim or grasps)

    def tip_at(self, at: QPointF, zoom: float) -> str:
        """Return what there is to say of what lies at a point."""
        part = self.sketch.heads.part_at(at, zoom)
        return tip_of(part) if part else tip_text(self.picture, at, zoom)

    def highlight(self, kind: str, name: str) -> None:
        """Mark the node, edge or loss of this kind and name as if the pointer were over it."""
        self.marker.hover(*placed(self.geometry, kind, name))

    def light_path(self, nodes: Iterable[int], edges: Iterable[int]) -> None:
        """Light nodes and edges, numbered as in the geometry, as a path; none ends that."""
        self.marker.light_path(nodes, edges)

    # -- around the drawing --------------------------------------------------------------------

    def content_rect(self) -> QRectF:
        """Return the box around the drawing and what one edits it with."""
        return self.picture.content_rect().united(self.sketch.heads.boundingRect())

    def surround(self, zoom: float = 0.0) -> Surround:
        """Return the texts that stand over the drawing; without a zoom that is left out."""
        return surround_of(self._player, self.picture, zoom, self.heat_maps.note)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the drawing with header and legend into `rect` of a picture or file."""
        self._heat.refine()
        zoom = self.picture.set_zoom(1.0)
        self.sketch.set_visible(False)
        self.fader.show(self.picture, -1)
        paint_all(self, self.picture, self.surround(), painter, rect)
        self.sketch.set_visible(True)
        self.picture.set_zoom(zoom)
        self.marker.mark()
