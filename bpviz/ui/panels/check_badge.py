"""The badge over the drawing: whether back propagation agrees with central differences."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontInfo, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QWidget

from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.idle_check import IdleCheck
from bpviz.ui.style import Theme, guard

MARGIN: Final = 14
NAME, SHORT_NAME = "gradient check", "check"


class CheckBadge(QToolButton):
    """Says how far the gradient check has come, and what came out; a click opens its panel.

    `widened` carries what it takes of the drawing's width, with its margins; 0 while hidden.
    `measured` tells that its text needs another room: it must be given before the next paint.
    """

    widened = Signal(float)
    measured = Signal()

    def __init__(self, check: IdleCheck, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check = check
        self._theme = theme
        self._factor = 1.0
        self._name = NAME
        self.setObjectName("gradient_check")
        self.setAccessibleName("Gradient check")
        self.setAutoRaise(True)
        check.progressed.connect(self.refresh)
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.refresh()

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large."""
        self._factor = factor
        self.refresh()

    def set_short(self, short: bool) -> None:
        """Say it shorter, where there is little room."""
        name = SHORT_NAME if short else NAME
        if name != self._name:
            self._name = name
            self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        size = round(QFontInfo(QApplication.font()).pixelSize() * self._factor)
        text, tone, tip = self._told()
        color = getattr(self._theme, tone)
        self.setText(text)
        self.setToolTip(f"{tip}. Click for every parameter")
        sheet = (
            f"QToolButton {{ color: {color}; background: {self._theme.field};"
            f" border: 1px solid {self._theme.border}; padding: 4px 10px; font-weight: bold;"
            f" font-size: {size}px; }}"
            f"QToolButton:hover {{ border-color: {self._theme.accent}; }}"
        )
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)
        room = self.sizeHint().width() + self._growth()
        if room != self.minimumWidth():
            self.setMinimumWidth(room)
            self.measured.emit()

    def _growth(self) -> int:
        """Return the room in pixels that counting up will still take: the badge keeps its width."""
        total = self._check.total
        if not total or self._check.is_done:
            return 0
        measure = self.fontMetrics().horizontalAdvance
        return max(0, measure(self._counted(total, total)) - measure(self.text()))

    def _told(self) -> tuple[str, str, str]:
        """Return text, colour and tip."""
        check = self._check
        about = "Back propagation against central differences"
        if check.problem:
            return f"✗ {self._name}", "non_finite", f"Not finite: {localised(check.problem)}"
        if check.waits:
            some = self._counted(check.count, check.total)
            return some, "muted", f"{about}; the rest waits to be asked for"
        if not check.is_done:
            far = self._counted(check.count, check.total) if check.total else self._name
            return far, "muted", f"{about}, in the pauses of the program"
        result = check.result
        kinks = f" · {grouped(len(result.kinks))} at a kink" if result.kinks else ""
        worst = format_number(result.worst, 1)
        if not result.passed:
            return f"✗ {self._name} {worst}{kinks}", "non_finite", f"{about}: they differ"
        return f"✓ {self._name} {worst}{kinks}", "success", f"{about}: the largest error"

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the width."""
        super().resizeEvent(event)
        if self.isVisible():
            self.widened.emit(float(self.width() + 2 * MARGIN))

    @guard
    def showEvent(self, event: QShowEvent) -> None:
        """Check while the badge is seen."""
        super().showEvent(event)
        self.widened.emit(float(self.width() + 2 * MARGIN))
        self._check.set_watched("badge", True)

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self.widened.emit(0.0)
        self._check.set_watched("badge", False)

    def _counted(self, count: int, total: int) -> str:
        """Say how far the check has come."""
        return f"{self._name} {grouped(count)} of {grouped(total)}"


def inset(badge: CheckBadge) -> QWidget:
    """Return the badge with the room around it that it has in a corner."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, MARGIN, MARGIN, 0)
    row.addWidget(badge)
    return holder
