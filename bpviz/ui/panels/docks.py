"""Docks: movable panels under small headings, with a menu entry each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontInfo, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QWidget,
)

from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import guard, scaled_font

MARGINS: Final = (12, 10, 12, 4)
# What is left of the heading of a dock whose tab names it: enough to drag it by.
SLIM_MARGINS: Final = (0, 3, 0, 3)
# Panels side by side must not keep the window from fitting on a small screen.
NARROWEST: Final = 120

COVERED: Final = (
    "Hidden while you predict: what stands here would give the numbers away. It comes back when "
    "you end the questions in the panel Predict."
)
COVERED_SHORT: Final = "Hidden while you predict."

# The pixels of a title at 100 %, as in the style sheet.
TITLE_SIZE: Final = 15


class DockTitle(QWidget):
    """A small bold heading, as "SELECTED h1"; dragging it moves the dock."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._word = QLabel(text.upper())
        self._about = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(*MARGINS)
        row.setSpacing(6)
        for label in (self._word, self._about):
            label.setFont(scaled_font(self.font(), 12, bold=True))
            row.addWidget(label)
        row.addStretch(1)
        self._word.setProperty("role", "muted")
        self._about.setTextFormat(Qt.TextFormat.PlainText)

    def set_slim(self, slim: bool) -> None:
        """Show no words, only a strip to drag the dock by."""
        for label in (self._word, self._about):
            label.setHidden(slim)
        row = self.layout()
        assert row is not None
        row.setContentsMargins(*(SLIM_MARGINS if slim else MARGINS))

    def set_about(self, text: str) -> None:
        """Say what the panel is about."""
        self._about.setText(text)


class _Holder(QWidget):
    """Holds a heading that may be cut off where there is no room: docks ask for all of it."""

    def __init__(self, heading: QWidget) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(heading)

    @guard
    def minimumSizeHint(self) -> QSize:
        """Return a width that fits beside other docks."""
        return QSize(NARROWEST, super().minimumSizeHint().height())


class Dock(QDockWidget):
    """A panel in a dock; `scrolled` gives it a scroll area of its own."""

    scaled = Signal(float)

    def __init__(self, name: str, text: str, panel: QWidget, *, scrolled: bool) -> None:
        """Put `panel` under the heading `text`; `name` is the dock's id in layouts and menus."""
        super().__init__(text)
        self.setObjectName(f"dock.{name}")
        self._panel = panel
        self._tabbed = False
        self._cover: QLabel | None = None
        self._under_cover: tuple[QWidget, QWidget] | None = None
        # Where others share its place a dock that is shown may stand behind them.
        self._in_front = True
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
        self.topLevelChanged.connect(self._on_floating_changed)
        self.visibilityChanged.connect(self.set_front)
        action = self.toggleViewAction()
        action.setObjectName(f"view.panel_{name}")
        action.setToolTip(f"Show or hide the panel {text}")
        action.setStatusTip(action.toolTip())
        action.triggered.connect(self.set_shown)

    def set_shown(self, shown: bool) -> None:
        """Show the dock, in front of those it shares its place with, or hide it."""
        appears = shown and not self._in_front
        self.setVisible(shown)
        if appears:
            self.raise_()

    def set_heading(self, heading: QWidget) -> None:
        """Put `heading` in the place of the dock's title."""
        self.setTitleBarWidget(_Holder(heading))

    @property
    def is_covered(self) -> bool:
        """Whether a sheet stands in the place of the panel."""
        return self._under_cover is not None

    def set_covered(self, covered: bool) -> None:
        """Put a sheet in the place of heading and panel, whose numbers are to be predicted.

        Both are hidden, so that neither eyes nor a screen reader find anything; or bring them back.
        """
        if covered == self.is_covered:
            return
        if self._under_cover is not None:
            heading, content = self._under_cover
            self._under_cover = None
        else:
            self._under_cover = (self.titleBarWidget(), self.widget())
            if self._cover is None:
                self._cover = Cover()
            heading, content = self.title, self._cover
        self.setTitleBarWidget(heading)
        self.setWidget(content)

    def set_scale(self, factor: float) -> None:
        """Write all that stands in the dock `factor` times as large."""
        size = round(QFontInfo(QApplication.font()).pixelSize() * factor)
        title = round(TITLE_SIZE * factor)
        # A style sheet reaches all widgets within, those too that have one of their own.
        sheet = f"QWidget {{ font-size: {size}px; }}"
        sheet += f' QLabel[role="title"] {{ font-size: {title}px; }}'
        self.setStyleSheet("" if factor == 1.0 else sheet)
        self.scaled.emit(factor)

    def set_tabbed(self) -> None:
        """Leave the name to the tab; a dock that floats alone has its heading still."""
        self._tabbed = True
        self.title.set_slim(not self.isFloating())

    def _on_floating_changed(self, floating: bool) -> None:
        if self._tabbed:
            self.title.set_slim(not floating)

    @property
    def is_front(self) -> bool:
        """Whether the panel is in front of those it shares its place with."""
        return self._in_front

    def set_front(self, front: bool) -> None:
        """Say whether the dock's tab is in front."""
        self._in_front = front
        # Qt only moves the panel of a tab behind others away; it counts as visible all the time.
        if isinstance(self._panel, Panel):
            self._panel.set_front(front)


class Cover(QLabel):
    """Says in the place of a panel that it is hidden; where it is low in fewer words."""

    def __init__(self) -> None:
        super().__init__(COVERED)
        self.setObjectName("cover")
        self.setProperty("role", "cover")
        self.setToolTip(COVERED)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setContentsMargins(14, 14, 14, 14)
        self.setMinimumSize(NARROWEST, NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say what there is room for."""
        super().resizeEvent(event)
        self._fit()

    @guard
    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of texts."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        for text in (COVERED, COVERED_SHORT):
            self.setText(text)
            if self.heightForWidth(self.width()) <= self.height():
                return


class TabBars(QObject):
    """Cares for the tab bars of docks, which Qt makes and drops as it likes.

    Their words are never cut: where there is no room for all of them the bar has arrows. The bars
    that Qt leaves standing where docks were, those that touch no dock, are hidden.
    """

    def __init__(self, window: QMainWindow, docks: Iterable[Dock]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = list(docks)
        self._factor = 1.0
        # Once all docks have found their places.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.tidy)
        for dock in self._docks:
            dock.visibilityChanged.connect(self.tidy_soon)
            dock.scaled.connect(self.set_scale)

    def tidy_soon(self) -> None:
        """Tidy up as soon as the window is laid out."""
        self._timer.start()

    def set_scale(self, factor: float) -> None:
        """Write the words `factor` times as large."""
        self._factor = factor
        self.tidy_soon()

    def is_front(self, dock: QDockWidget) -> bool:
        """Whether the tab of `dock` is the one in front, also while nothing is shown yet."""
        return any(bar.tabText(bar.currentIndex()) == dock.windowTitle() for bar in self._bars())

    def tidy(self) -> None:
        """Hide what touches no dock; names are whole, and scroll where there is no room."""
        size = round(QFontInfo(QApplication.font()).pixelSize() * self._factor)
        sheet = "" if self._factor == 1.0 else f"QTabBar {{ font-size: {size}px; }}"
        tops = {
            (dock.windowTitle(), dock.x(), dock.y()) for dock in self._docks if dock.isVisible()
        }
        for bar in self._bars():
            if bar.currentIndex() < 0:
                continue
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
            if bar.styleSheet() != sheet:
                bar.setStyleSheet(sheet)
            place = (bar.tabText(bar.currentIndex()), bar.x(), bar.y() + bar.height())
            if bar.isVisible() and place not in tops:
                bar.hide()

    def _bars(self) -> list[QTabBar]:
        """Return the window's own tab bars, those of docks; not those in its panels."""
        only = Qt.FindChildOption.FindDirectChildrenOnly
        return self._window.findChildren(QTabBar, options=only)
