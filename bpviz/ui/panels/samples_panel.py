"""The panel Samples: each sample of the batch as a small drawing, with a key to the colours."""

from __future__ import annotations

import math
import time
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.small_drawing import has_lines, has_shapes
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.samples_view import SamplesView
from bpviz.ui.style import Theme

# While a run is on, drawings are painted anew at most so often (seconds).
LIVE_INTERVAL: Final = 0.3
# Where steps follow each other fast, drawings take at most one part of so many of the time.
SPARE: Final = 5
ALONE: Final = (
    "The batch has only one sample: it is the one on the drawing. With a larger batch, under "
    "Training, each sample has a small drawing here."
)
STALE: Final = "As it was before the last edit."
EMPTY: Final = "Once the network is complete, each sample of the batch has a small drawing here."


class SamplesPanel(Panel):
    """Shows the batch's samples as small multiples; a click shows one on the canvas."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._player, self._scene = player, scene
        self._drawn_at, self._hidden = -1.0, player.hidden
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.follow_numbers)
        self.key = QLabel()
        self.key.setObjectName("samples.key")
        self.key.setProperty("role", "muted")
        self.key.setWordWrap(True)
        self.key.setContentsMargins(12, 6, 12, 2)
        self.view = SamplesView(player, scene, theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.key)
        layout.addWidget(self.view, 1)
        layout.addStretch(0)
        self.view.chosen.connect(self.on_chosen)
        scene.look_changed.connect(self.follow_numbers)
        scene.placed.connect(self.follow_numbers)
        # The key tells the drawing's scale, which an edit changes after panels have heard of it.
        scene.surround_changed.connect(self.tell)
        document.replaced.connect(self.view.restart)

    def on_chosen(self, sample: int) -> None:
        """Show a sample on the canvas, and mark it here at once."""
        self._player.choose_sample(sample)
        self.refresh()

    def refresh(self) -> None:
        """Show all samples as the player has them now."""
        self._later.stop()
        self._drawn_at, self._hidden = time.monotonic(), self._player.hidden
        self.view.refresh()
        self.view.setVisible(self.view.multiples.count > 1)
        self.tell()

    def tell(self) -> None:
        """Write the key to the drawings, or why there are none."""
        if self.is_seen:
            self.key.setText(self._text())

    def _text(self) -> str:
        count, problem = self.view.multiples.count, self._player.problem
        if count > 1:
            key = key_text(self._scene, self.view.multiples.scales.edges)
            return f"{STALE} {problem}" if problem else key
        if count:
            return ALONE
        return EMPTY if self._player.lack or not problem else problem

    def refresh_numbers(self) -> None:
        """Follow a step, soon where the last ones took long; in a run as often as the eye does."""
        passed, wait = time.monotonic() - self._drawn_at, SPARE * self.view.cost
        if self._player.running:
            if passed >= max(LIVE_INTERVAL, self._player.pace):
                self.refresh()
        elif passed >= wait or self._hidden is not self._player.hidden:
            self.refresh()
        elif not self._later.isActive():
            self._later.start(math.ceil(1000 * (wait - passed)))

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits in the tips."""
        self.view.set_digits(digits)
        self.view.redraw()

    def set_scale(self, factor: float) -> None:
        """Draw and write `factor` times as large."""
        self.view.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.view.apply_theme(theme)


def key_text(scene: CanvasScene, scale: float) -> str:
    """Return what the colours of the small drawings stand for; `scale` is that of their edges."""
    geometry, by_error = scene.geometry, scene.overlay == "gradients"
    if has_shapes(geometry):
        nodes = "Nodes: value, ring: δ." if by_error else "Nodes: value."
    else:
        nodes = "Cells: value, δ where it is known." if by_error else "Cells: value."
    return f"{nodes} {_edges_text(scene, scale)}" if has_lines(geometry) else nodes


def _edges_text(scene: CanvasScene, scale: float) -> str:
    """Return how edges are coloured: as on the drawing, or all samples on a scale of their own."""
    drawn = scene.picture.shown.scale
    if not scale or scale == drawn:
        return "Edges: as on the drawing."
    whole = f"Edges: one scale for all, full colour at {format_number(scale, 2, trim=True)}"
    if not drawn:
        return f"{whole}."
    return f"{whole} (on the drawing at {format_number(drawn, 2, trim=True)})."
