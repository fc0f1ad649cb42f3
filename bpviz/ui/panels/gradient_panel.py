"""The gradient plot beside the loss: live while a run is on, filled in over a history on demand."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.retrace import Retrace
from bpviz.document.slices import Slices
from bpviz.ui.panels.panel import Panel
from bpviz.ui.plots.gradient_plot import GradientPlot
from bpviz.ui.style import Theme, guard

# Of many wide curves a picture takes as long as the rest of the window: the loss comes first.
LIVE_INTERVAL: Final = 0.4


class GradientPanel(Panel):
    """Shows the gradients measured along the history line."""

    def __init__(
        self, document: Document, player: Player, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._drawn_at = 0.0
        self._drawn: tuple[object, ...] = ()
        self._retrace: Retrace | None = None
        self._slices = Slices(self)
        self.plot = GradientPlot(theme)
        self.heading = self.plot.heading
        self._fill_button = QToolButton()
        self._fill_button.setObjectName("gradients.fill")
        self._fill_button.setToolTip(
            "Walk the history once more and measure the gradients that were not kept"
        )
        # Hidden it keeps its place, so that both plots' headings stay of one height.
        policy = self._fill_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._fill_button.setSizePolicy(policy)
        head = self.heading.layout()
        assert head is not None
        head.addWidget(self._fill_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._fill_button.clicked.connect(self._on_fill_clicked)
        self._slices.advanced.connect(self._show_button)
        self._slices.ended.connect(self._on_filled)
        self.refresh()

    def refresh(self) -> None:
        """Draw the curve of the line as it is now; what is being filled in was of another line."""
        self._cancel()
        self._draw()

    def refresh_numbers(self) -> None:
        """Draw the curve anew, while a run is on no more often than the eye follows."""
        if self._player.running:
            self._cancel()
        moving = self._moving
        if not moving and self._drawn == self._place():
            return
        if not moving or time.monotonic() - self._drawn_at >= max(LIVE_INTERVAL, self._player.pace):
            self._draw()

    def set_scale(self, factor: float) -> None:
        """Write at the axes `factor` times as large."""
        self.plot.set_scale(factor)
        policy = self._fill_button.sizePolicy()
        policy.setRetainSizeWhenHidden(factor == 1.0)
        self._fill_button.setSizePolicy(policy)

    def set_digits(self, digits: int) -> None:
        """Read numbers out with `digits` significant digits."""
        self.plot.set_digits(digits)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.plot.apply_theme(theme)

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Do no work that nobody sees."""
        super().hideEvent(event)
        self._cancel()

    def _place(self) -> tuple[object, ...]:
        """Return what the curve depends on: other frames of one trace leave it as it is."""
        player, letter = self._player, self._player.notation.loss_symbol
        curve, moving = player.curve, self._moving
        return (player.trace, letter, player.iteration, moving, curve, len(curve.gradients))

    @property
    def _moving(self) -> bool:
        """Whether the curve is drawn again and again: then it is drawn with fewer points."""
        return self._player.running or self._player.scrubbing

    def _draw(self) -> None:
        self._drawn_at, self._drawn = time.monotonic(), self._place()
        player = self._player
        self.plot.set_loss_symbol(player.notation.loss_symbol)
        self.plot.show_curve(player.curve.gradients, player.iteration, moving=self._moving)
        self._show_button()

    def _show_button(self) -> None:
        """Offer to fill in where losses are known and gradients are not."""
        curve, busy = self._player.curve, self._slices.busy
        lacking = 2 * len(curve.gradients) < len(curve.iteration) and not self._player.running
        self._fill_button.setVisible(busy or lacking)
        share = f"Cancel · {self._slices.share:.0%}"
        self._fill_button.setText(share if busy else "Fill in")

    def _cancel(self) -> None:
        self._slices.cancel()
        self._retrace = None

    def _on_fill_clicked(self) -> None:
        if self._slices.busy:
            self._cancel()
        else:
            self._retrace = Retrace(self._document.timeline.history)
            self._slices.begin(self._retrace)
        self._show_button()

    def _on_filled(self) -> None:
        if self._retrace is not None:
            self._player.curve.gradients.add_missing(self._retrace.curve.gradients)
        self._retrace = None
        self._draw()
