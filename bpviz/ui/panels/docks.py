"""Docks: movable panels under small headings, with a menu entry each."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from bpviz.ui.style import scaled_font


class DockTitle(QWidget):
    """A small bold heading, as "SELECTED h1"; dragging it moves the dock."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._word = QLabel(text.upper())
        self._about = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 4)
        row.setSpacing(6)
        for label in (self._word, self._about):
            label.setFont(scaled_font(self.font(), 12, bold=True))
            row.addWidget(label)
        row.addStretch(1)
        self._word.setProperty("role", "muted")
        self._about.setTextFormat(Qt.TextFormat.PlainText)

    def set_about(self, text: str) -> None:
        """Say what the panel is about."""
        self._about.setText(text)


class Dock(QDockWidget):
    """A panel in a dock; `scrolled` gives it a scroll area of its own."""

    def __init__(self, name: str, text: str, panel: QWidget, *, scrolled: bool) -> None:
        """Put `panel` under the heading `text`; `name` is the dock's id in layouts and menus."""
        super().__init__(text)
        self.setObjectName(f"dock.{name}")
        self.title = DockTitle(text)
        self.setTitleBarWidget(self.title)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        if scrolled:
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(panel)
            self.setWidget(area)
        else:
            self.setWidget(panel)
        action = self.toggleViewAction()
        action.setObjectName(f"view.panel_{name}")
        action.setToolTip(f"Show or hide the panel {text}")
        action.setStatusTip(action.toolTip())
