"""The canvas with what floats over it: where the player stands, and the zoom buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.ui.panels.step_line import caption
from bpviz.ui.style import Theme, scaled_font

MARGIN = 14


class CanvasFrame(QWidget):
    """Lays the caption and the zoom buttons over the canvas view."""

    def __init__(
        self,
        document: Document,
        player: Player,
        canvas: QWidget,
        zoom_actions: Sequence[QAction],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._theme = theme
        self._caption = QLabel()
        self._caption.setObjectName("canvas.caption")
        self._caption.setFont(scaled_font(self.font(), 15, bold=True))
        self._caption.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        zoom = QWidget()
        row = QHBoxLayout(zoom)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for action in zoom_actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(canvas, 0, 0)
        top, bottom = QWidget(), QWidget()
        for holder, inside in ((top, self._caption), (bottom, zoom)):
            padded = QHBoxLayout(holder)
            padded.setContentsMargins(MARGIN + 4, MARGIN - 2, MARGIN, MARGIN)
            padded.addWidget(inside)
        top.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        grid.addWidget(top, 0, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(bottom, 0, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Say where the player stands, in the colour of its phase."""
        phase, title = caption(self._player, self._document.session.network)
        color = self._theme.phase_color(phase) if phase else self._theme.muted
        style = f"color: {color};"
        if self._caption.styleSheet() != style:
            self._caption.setStyleSheet(style)
        if self._caption.text() != title:
            self._caption.setText(title)
            self._caption.adjustSize()
