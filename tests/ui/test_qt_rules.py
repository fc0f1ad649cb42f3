"""What Qt punishes with a crash or a frozen window, and only tests can forbid."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsItem,
    QGraphicsScene,
    QStyleOptionGraphicsItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

import bpviz.app
import bpviz.ui
from bpviz.ui.style import guard

SOURCES = [*Path(bpviz.ui.__path__[0]).rglob("*.py"), Path(bpviz.app.__file__)]


def modules() -> Iterator[ModuleType]:
    """Yield every module that has to do with widgets."""
    for found in pkgutil.walk_packages(bpviz.ui.__path__, "bpviz.ui."):
        yield importlib.import_module(found.name)
    yield bpviz.app


def classes(owner: ModuleType | type, module: str) -> Iterator[type]:
    """Yield the classes that `module` defines in `owner`, and those inside them."""
    for value in vars(owner).values():
        if isinstance(value, type) and value.__module__ == module and value is not owner:
            yield value
            yield from classes(value, module)


def overrides(owner: type) -> Iterator[tuple[str, FunctionType]]:
    """Yield the methods of `owner` that Qt calls in place of its own."""
    qt = [base for base in owner.__mro__ if base.__module__.split(".")[0] == "PySide6"]
    for name, value in vars(owner).items():
        public = isinstance(value, FunctionType) and not name.startswith("__")
        if public and any(hasattr(base, name) for base in qt):
            yield name, value


def test_every_override_of_qt_is_guarded() -> None:
    @guard
    def example(_self: object) -> None: ...

    found = [
        (f"{owner.__module__}.{owner.__qualname__}.{name}", method.__code__ is example.__code__)
        for module in modules()
        for owner in classes(module, module.__name__)
        for name, method in overrides(owner)
    ]
    assert len(found) >= 20
    assert [name for name, guarded in found if not guarded] == []


def test_an_unguarded_override_would_be_found() -> None:
    class Panel(QWidget):
        def paintEvent(self, event: object) -> None: ...
        def refresh(self) -> None: ...

    assert [name for name, _ in overrides(Panel)] == ["paintEvent"]


def test_no_widget_class_hides_in_a_function() -> None:
    """There the check of overrides would not see it."""
    hidden = [
        f"{path.name}:{inner.lineno}: {inner.name}"
        for path in SOURCES
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.ClassDef)
    ]
    assert hidden == []


def test_menus_are_shown_by_popup() -> None:
    """A menu's exec runs an event loop of its own, and tests can't replace it."""
    waiting = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("exec", "exec_")
        and "menu" in ast.unparse(node.func.value).lower()
    ]
    assert waiting == []


class Torn(QWidget):
    """A widget that fails while it paints on itself and on a picture."""

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.save()
        self._paint_picture(painter)

    def _paint_picture(self, painter: QPainter) -> None:
        picture = QPixmap(10, 10)
        inside = QPainter(picture)
        inside.save()
        painter.drawPixmap(0, 0, picture)
        raise ValueError("torn")


class TornDot(QGraphicsItem):
    """An item that fails while it paints; the painter is Qt's."""

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, 8, 8)

    @guard
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        raise ValueError("torn")


@pytest.mark.qt_log_ignore("QPainter::end")
def test_a_failure_while_painting_ends_its_painters(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A painter left at work when the event is over makes Qt crash."""
    failures: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: failures.append(error))
    widget = Torn()
    qtbot.addWidget(widget)
    widget.resize(40, 40)
    for _ in range(3):
        widget.grab()
    assert [str(failure) for failure in failures] == ["torn"] * 3
    assert not widget.paintingActive()


def test_a_failure_while_painting_leaves_the_painter_qt_has_given(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: failures.append(error))
    image = QImage(16, 16, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    TornDot().paint(painter, QStyleOptionGraphicsItem())
    assert len(failures) == 1
    assert painter.isActive()
    painter.end()


class Dot(QGraphicsItem):
    """An item drawn by Python."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, 8, 8)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        painter.setPen(QColor("#336699"))
        painter.drawLine(0, 0, 8, 8)
        self.drawn += 1


@pytest.mark.usefixtures("qapp")
def test_drawing_keeps_the_references_to_none() -> None:
    """PySide6 6.12.0 on Python 3.11 loses one at each call, and Python aborts when none is left."""
    scene = QGraphicsScene()
    dots = [Dot() for _ in range(100)]
    for dot in dots:
        scene.addItem(dot)
    image = QImage(16, 16, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    while dots[0].drawn < 50:
        scene.render(painter)
    after = sys.getrefcount(None)
    painter.end()
    assert sum(dot.drawn for dot in dots) >= 5_000
    assert after > before - 500, f"{before - after} references to None were lost"
    QApplication.processEvents()
