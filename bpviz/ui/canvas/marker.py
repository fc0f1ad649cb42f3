"""What is marked on the drawing: selection, the pointer's place, a path, offers, an edge's ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bpviz.ui.canvas.fade import Fader
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.selection import Selection
from bpviz.ui.canvas.sketch import Sketch
from bpviz.ui.canvas.targets import handle_points


class Marker:
    """Marks nodes and edges of a picture; numbers are those of its geometry."""

    def __init__(
        self, picture: Picture, selection: Selection, sketch: Sketch, fader: Fader
    ) -> None:
        self._picture = picture
        self._selection = selection
        self._sketch = sketch
        self._fader = fader
        self.may_fade = True
        """Whether there is time to fade what is not connected to the node under the pointer."""
        self.forget()

    def forget(self) -> None:
        """Forget all but the selection: another network is drawn."""
        self.hovered = (-1, -1)
        """The node and the edge under the pointer, −1 for none."""
        self._points = False
        self._offers: Mapping[int, str] = {}
        self._path: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())

    def mark(self) -> None:
        """Draw all marks."""
        chosen, (nodes, edges) = self._selection, self._path
        marks = self._picture.marks_of(chosen.nodes, chosen.edges, self.hovered, self._offers)
        self._picture.mark(replace(marks, path_nodes=nodes, path_edges=edges))
        fades = self._points and self.may_fade and not self._offers
        self._fader.show(self._picture, self.hovered[0] if fades else -1)
        self.show_tools()

    def hover(self, node: int, edge: int, *, points: bool = False) -> bool:
        """Mark what lies under the pointer; return whether that is something else now.

        `points`: the pointer itself is there, not only in a formula; then the rest may fade.
        """
        if (node, edge) == self.hovered and points == self._points:
            return False
        self.hovered, self._points = (node, edge), points
        self.mark()
        return True

    def point_at(self, edge: int) -> None:
        """Mark an edge into which something can be dropped, −1 for none."""
        self.hover(-1, edge)

    def light_path(self, nodes: Iterable[int], edges: Iterable[int]) -> None:
        """Light nodes and edges as a path; none ends that."""
        path = (frozenset(nodes), frozenset(edges))
        if path != self._path:
            self._path = path
            self.mark()

    def offer(self, offers: Mapping[int, str]) -> None:
        """Say of nodes whether an edge being drawn may end there ("yes" or "no")."""
        self._offers = offers
        self.mark()

    def show_tools(self) -> None:
        """Show heads of layers, and the ends of the edge under the pointer or selected alone."""
        geometry = self._picture.geometry
        self._sketch.heads.show_heads(self._picture.session.network, geometry)
        self._sketch.badges.show_lacking(self._picture.session.network, geometry)
        edge, chosen = self.hovered[1], self._selection.edges
        if edge < 0 and len(chosen) == 1 and not self._selection.nodes:
            edge = self._picture.session.network.edge_index.get(chosen[0], -1)
        grasps = 0 <= edge < geometry.edge_count and not self._offers
        self._sketch.handles.show_handles(handle_points(geometry, edge) if grasps else ())
