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
        self.view.chosen.connect(player.choose_sample)
        scene.look_changed.connect(self.follow_numbers)
        document.replaced.connect(self.view.restart)

    def refresh(self) -> None:
        """Show all samples as the player has them now."""
        self._later.stop()
        self._drawn_at, self._hidden = time.monotonic(), self._player.hidden
        self.view.refresh()
        count = self.view.multiples.count
        self.view.setVisible(count > 1)
        if count > 1:
            self.key.setText(key_text(self._scene))
        else:
            self.key.setText(ALONE if count else EMPTY)

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


def key_text(scene: CanvasScene) -> str:
    """Return what the colours of the small drawings stand for."""
    geometry, by_error = scene.geometry, scene.overlay == "gradients"
    if has_shapes(geometry):
        nodes = "Nodes: value, ring: δ." if by_error else "Nodes: value."
    else:
        nodes = "Cells: value, δ where it is known." if by_error else "Cells: value."
    return f"{nodes} Edges: as on the drawing." if has_lines(geometry) else nodes
