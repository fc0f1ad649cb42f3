"""The bar on the drawing that says what the session lacks, with buttons that put it right."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from bpviz.document.player import Player
from bpviz.engine.datasets import as_table
from bpviz.model.remedies import Fix, Lack, lack_of
from bpviz.ui.canvas.card import BELOW_BAND
from bpviz.ui.canvas.corners import BOTTOM, LOW_HEIGHT
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.numbers import localised

GAP, BESIDE = 6, 24
MARGIN: Final = 8


class LackBar(QFrame):
    """Stands below the node it is about, moves with it, and hides where nothing is missing."""

    def __init__(self, canvas: CanvasView, player: Player, parent: QWidget) -> None:
        super().__init__(parent)
        self._frame = parent
        self._canvas = canvas
        self._player = player
        self._lack: Lack | None = None
        self._seen: tuple[object, ...] = ()
        self.setObjectName("lack")
        self.setProperty("role", "card")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 6, 4)
        self._row.addWidget(self._text)
        self._buttons: list[QToolButton] = []
        player.stepped.connect(self.refresh)
        canvas.camera.moved.connect(self.stand)
        self.refresh()

    @property
    def text(self) -> str:
        """What is missing, empty where nothing is."""
        return self._lack.text if self._lack is not None else ""

    def refresh(self) -> None:
        """Show what is missing now."""
        session = self._canvas.canvas.session
        seen = (session.network, session.data, session.training, self._player.lack)
        if len(seen) != len(self._seen) or any(
            a is not b for a, b in zip(seen, self._seen, strict=True)
        ):
            self._seen = seen
            lacks = bool(self._player.problem)
            self._show(lack_of(session, as_table(session.data)) if lacks else None)
        self.stand()

    def put_right(self) -> None:
        """Do what the first button does; say so where nothing is missing."""
        if self._lack is not None and self._lack.fixes:
            self._put_right(self._lack.fixes[0])
        else:
            said = localised(self._player.problem) or "Nothing is missing"
            editor = self._canvas.canvas.editor
            editor.refused.emit(said, editor.anchor())

    def stand(self) -> None:
        """Stand below the node, inside the canvas."""
        geometry = self._canvas.canvas.geometry
        if self._lack is None or self._lack.node not in geometry.index:
            self.hide()
            return
        x, y = geometry.positions[geometry.index[self._lack.node]]
        at = self._canvas.camera.viewport_point(QPointF(x, y + BELOW_BAND[1])).toPoint()
        self.adjustSize()
        area = self._canvas.viewport().rect()
        # Away from the rest of the drawing: inputs stand on its left, outputs on its right.
        is_left = 2 * x < geometry.positions[:, 0].min() + geometry.positions[:, 0].max()
        wanted = at.x() + BESIDE - self.width() if is_left else at.x() - BESIDE
        left = max(MARGIN, min(wanted, area.width() - self.width() - MARGIN))
        # Above the buttons in the canvas's corner, where there are any.
        low = MARGIN if area.height() < LOW_HEIGHT else round(BOTTOM)
        top = max(MARGIN, min(at.y() + GAP, area.height() - self.height() - low))
        self.move(self._canvas.viewport().mapTo(self._frame, QPoint(left, top)))
        self.show()
        self.raise_()

    def _show(self, lack: Lack | None) -> None:
        self._lack = lack
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.setObjectName("")
            button.deleteLater()
        self._text.setText(self.text)
        self._buttons = [self._button(fix) for fix in (lack.fixes if lack is not None else ())]
        for button in self._buttons:
            self._row.addWidget(button)
            button.show()

    def _button(self, fix: Fix) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"lack.{fix.text}")
        button.setText(fix.text)
        button.setToolTip(fix.tip)
        button.setAccessibleName(f"{self.text}: {fix.text}")
        button.clicked.connect(partial(self._put_right, fix))
        return button

    def _put_right(self, fix: Fix, _checked: bool = False) -> None:
        self._canvas.canvas.editor.attempt(fix.make)
        self._canvas.setFocus()
