"""The program's icons, drawn in a theme's colours once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from bpviz.ui.style import Theme, resource_path

# What buttons show, and twice as large for dense screens.
ICON_SIZES: Final = (16, 20, 40)


def icon(name: str, theme: Theme) -> QIcon:
    """Return the icon resources/icons/`name`.svg in the theme's colours, drawn once.

    Its strokes are drawn in the text colour, when disabled in the theme's grey, and on a
    checked button in the colour for text on the accent. FileNotFoundError for no such icon.
    """
    application = QApplication.instance()
    if application is None:
        return drawn_icon(name, theme)
    store = application.findChild(IconStore) or IconStore(application)
    return store.icon(name, theme)


class IconStore(QObject):
    """The icons drawn so far. It belongs to the application, as they must not outlive it."""

    def __init__(self, application: QObject) -> None:
        super().__init__(application)
        self._drawn: dict[tuple[str, str, str, str], QIcon] = {}

    def icon(self, name: str, theme: Theme) -> QIcon:
        """Return an icon, drawn where it has not been in these colours."""
        key = (name, theme.text, theme.on_accent, theme.disabled)
        if key not in self._drawn:
            self._drawn[key] = drawn_icon(name, theme)
        return self._drawn[key]


def drawn_icon(name: str, theme: Theme) -> QIcon:
    """Draw the icon resources/icons/`name`.svg; FileNotFoundError for no such icon."""
    drawing = resource_path("icons", f"{name}.svg").read_text("utf-8")
    made = QIcon()
    for mode, states, color in (
        (QIcon.Mode.Normal, (QIcon.State.Off,), theme.text),
        (QIcon.Mode.Normal, (QIcon.State.On,), theme.on_accent),
        (QIcon.Mode.Disabled, (QIcon.State.Off, QIcon.State.On), theme.disabled),
    ):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", color).encode()))
        for size in ICON_SIZES:
            pixmap = QPixmap(QSize(size, size))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter)
            painter.end()
            for state in states:
                made.addPixmap(pixmap, mode, state)
    return made
