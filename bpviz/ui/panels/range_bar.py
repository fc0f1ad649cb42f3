"""The controls in the drawing's key: linear or logarithmic size, automatic or fixed range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAction, QFontInfo
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QToolButton, QWidget

from bpviz.ui.canvas.corners import has_key, key_rect, key_scale
from bpviz.ui.canvas.scale_key import range_text
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.panels.number_field import NumberField

SCALE_IDS: Final = ("view.size_log", "view.range_fixed")
FIELD_WIDTH: Final = 64
HEIGHT: Final = 20


class RangeBar(QWidget):
    """Stands in the key's upper right corner: a menu of two switches and the fixed range."""

    def __init__(
        self, scene: CanvasScene, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._scene = scene
        self.field = NumberField(above=0.0)
        self.field.setObjectName("range_field")
        self.field.setAccessibleName("Number drawn widest")
        self.field.setFixedSize(FIELD_WIDTH, HEIGHT + 2)
        self.field.setProperty("role", "small")
        self.field.accepted.connect(self._on_accepted)
        self.button = QToolButton()
        self.button.setObjectName("button.range")
        self.button.setAccessibleName("Scale of width and colour")
        self.button.setToolTip("How numbers become width and colour")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setFixedHeight(HEIGHT)
        self.button.setProperty("role", "link")
        menu = QMenu(self.button)
        menu.setToolTipsVisible(True)
        for each in SCALE_IDS:
            menu.addAction(actions[each])
        self.button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setSpacing(4)
        self._row, self._scale, self._size = row, 1.0, 0.0
        row.addWidget(self.field)
        row.addWidget(self.button)
        scene.look_changed.connect(self.refresh)
        scene.surround_changed.connect(self.find_room)
        self.refresh()

    def refresh(self) -> None:
        """Show the scene's range and scale."""
        look = self._scene.look
        self.button.setText(
            range_text(is_logarithmic=look.is_logarithmic, is_fixed=look.fixed > 0.0) + " ▾"
        )
        self.field.setVisible(look.fixed > 0.0)
        self.field.set_value(look.fixed or None)
        self.find_room()

    def set_scale(self, scale: float) -> None:
        """Follow a key that is `scale` times as large where it has the room."""
        self._scale = scale
        self.find_room()

    def _place(self, area: QRectF) -> None:
        """Stand in the upper right corner of the key over a canvas of `area`."""
        size, key = key_scale(area, self._scale), key_rect(area, self._scale)
        high = round(HEIGHT * size)
        below = round(area.bottom() - key.top() - high - 5 * size)
        self._row.setContentsMargins(0, 0, 20, below)
        if size == self._size:
            return
        self._size = size
        pixels = round(QFontInfo(QApplication.font()).pixelSize() * size)
        self.setStyleSheet("" if size == 1.0 else f"QWidget {{ font-size: {pixels}px; }}")
        self.field.setFixedSize(round(FIELD_WIDTH * size), high + 2)
        self.button.setFixedHeight(high)

    def find_room(self) -> None:
        """Show where the key has room, and nowhere else."""
        frame = self.parentWidget()
        room = frame is None or has_key(QRectF(frame.rect()), self._scale)
        if frame is not None:
            self._place(QRectF(frame.rect()))
        self.setVisible(room and bool(self._scene.session.network.nodes))

    def _on_accepted(self, value: object) -> None:
        look = self._scene.look
        if isinstance(value, float):
            self._scene.set_look(replace(look, ranges={**look.ranges, look.overlay: value}))
