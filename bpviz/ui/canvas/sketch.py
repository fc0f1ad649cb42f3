"""All that is drawn to edit with, over the drawing and never in a file."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication, QGraphicsScene

from bpviz.ui.canvas.badges import BadgesItem
from bpviz.ui.canvas.guides import GuidesItem
from bpviz.ui.canvas.heads import HeadsItem
from bpviz.ui.canvas.wire import BandItem, GhostItem, HandlesItem, WireItem
from bpviz.ui.style import Theme

SketchItem: TypeAlias = (
    WireItem | BandItem | GhostItem | HandlesItem | GuidesItem | HeadsItem | BadgesItem
)


class Sketch:
    """Owns what one edits with: the edge and the node being made, handles, guides, heads, a box."""

    def __init__(self, scene: QGraphicsScene, theme: Theme) -> None:
        self.wire = WireItem(theme)
        self.band = BandItem(theme)
        self.ghost = GhostItem(theme)
        self.handles = HandlesItem(theme)
        self.guides = GuidesItem(theme)
        self.heads = HeadsItem(theme, QApplication.font())
        self.badges = BadgesItem(theme, QApplication.font())
        self._snaps = True
        self._is_held = False
        for item in self._items():
            scene.addItem(item)

    @property
    def snaps(self) -> bool:
        """Whether what is moved snaps to guides."""
        return self._snaps and not self._is_held

    def set_snap(self, wanted: bool) -> None:
        """Let what is moved snap to guides, or not."""
        self._snaps = wanted

    def hold_snap(self, held: bool) -> None:
        """Leave snapping out as long as a key is held."""
        self._is_held = held

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        for item in self._items():
            item.apply_theme(theme)

    def set_visible(self, visible: bool) -> None:
        """Leave all of it out of a picture, or show it again."""
        for item in self._items():
            item.setOpacity(1.0 if visible else 0.0)

    def clear(self) -> None:
        """Take away what belongs to a gesture that has ended; handles stay."""
        self.wire.hide()
        self.ghost.hide()
        self.guides.show_guides(())
        self.band.show_box(QRectF())

    def _items(self) -> tuple[SketchItem, ...]:
        return (
            self.wire, self.band, self.ghost, self.handles, self.guides, self.heads, self.badges
        )  # fmt: skip
