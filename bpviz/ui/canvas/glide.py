"""Nodes that glide to new places: seen, not jumped, and at once where motion is not wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from bpviz.ui.canvas.geometry import FloatArray

GLIDE_MS: Final = 250
# The places of more nodes than this are not drawn many times over.
MOST_NODES: Final = 400


class Glide(QObject):
    """Draws nodes between their old and their new places; `draw` takes positions [N, 2].

    The session holds the new places all the time: ending early only shows them sooner.
    """

    def __init__(self, draw: Callable[[FloatArray], None], parent: QObject) -> None:
        super().__init__(parent)
        self._draw = draw
        self._is_allowed = False
        self._old: FloatArray | None = None
        self._new: FloatArray | None = None
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(GLIDE_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._animation.valueChanged.connect(self._on_value)
        self._animation.finished.connect(self.finish)

    @property
    def is_running(self) -> bool:
        """Whether nodes are on their way."""
        return self._new is not None

    def allow(self, wanted: bool) -> None:
        """Say whether motion is wanted and seen; else the new places are shown at once."""
        self._is_allowed = wanted
        self.finish()

    def start(self, old: FloatArray, new: FloatArray) -> None:
        """Let nodes glide from `old` to `new` [N, 2]."""
        self.finish()
        if not self._is_allowed or old.shape != new.shape or len(old) > MOST_NODES:
            return
        self._old, self._new = old.copy(), new.copy()
        self._draw(self._old)
        self._animation.start()

    def finish(self) -> None:
        """Show the new places at once, where nodes are on their way."""
        new, self._new = self._new, None
        self._animation.stop()
        if new is not None:
            self._draw(new)

    def forget(self) -> None:
        """Stop where another network is drawn: these places are no more."""
        self._new = None
        self._animation.stop()

    def _on_value(self, share: float) -> None:
        if self._new is not None and self._old is not None:
            self._draw(self._old + share * (self._new - self._old))
