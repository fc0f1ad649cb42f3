"""Help > Keys tells every key, and everything that the mouse can do on the drawing."""

from __future__ import annotations

import importlib
import pkgutil
from html import escape

from PySide6.QtGui import QKeySequence

from bpviz.ui import canvas
from bpviz.ui.actions import ACTIONS
from bpviz.ui.canvas.gestures import Gesture
from bpviz.ui.canvas.minimap import Minimap
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.help_dialog import MOUSE, keys_html

# Under which words the help tells of each gesture, and of what Qt hands to the drawing.
GESTURES = {
    "Connect": {"Drag from a node's rim"},
    "Retarget": {"Drag an edge's end"},
    "SelectBox": {"Drag on the empty canvas"},
    "PressLoss": {"Click the loss"},
    "PressHead": {"Click a layer's head"},
    "MoveNodes": {"Drag a node", "Click", "Drop a unit on an edge", "Drag with Alt"},
    "PlaceNode": {"Drag a button of the toolbox"},
    "ScrubNumber": {"Drag a weight, bias or target"},
    "PressNumber": {"Click a weight, bias or target"},
}
EVENTS = {
    "wheelEvent": {"Wheel, or two fingers", "Ctrl+Wheel on a number"},
    "mousePressEvent": {"Drag with the middle button"},
    "mouseDoubleClickEvent": {"Double-click the empty canvas"},
    "contextMenuEvent": {"Right click, Menu key"},
    "mouseMoveEvent": {"Point at a node or an edge"},
    "keyPressEvent": {"Esc"},
    "viewportEvent": {"Wheel, or two fingers"},
}
# What only follows, ends or draws.
SILENT = {"mouseReleaseEvent", "resizeEvent", "leaveEvent", "showEvent", "hideEvent"}


def kinds(base: type) -> set[type]:
    found: set[type] = set(base.__subclasses__())
    return found.union(*(kinds(each) for each in found)) if found else found


def test_every_gesture_of_the_drawing_stands_in_the_help() -> None:
    for module in pkgutil.iter_modules(canvas.__path__):
        importlib.import_module(f"{canvas.__name__}.{module.name}")
    names = {kind.__name__ for kind in kinds(Gesture) if kind.__module__.startswith("bpviz.")}
    assert names == set(GESTURES)
    told = {words for words, _ in MOUSE}
    for words in (*GESTURES.values(), *EVENTS.values()):
        assert words <= told
    assert {name for name in vars(CanvasView) if name.endswith("Event")} == set(EVENTS) | SILENT
    assert "mousePressEvent" in vars(Minimap)
    assert "Click or drag on the minimap" in told


def test_every_key_stands_in_the_help(window: MainWindow) -> None:
    html = keys_html(window.commands)
    for row in ACTIONS:
        for key in filter(None, (row.key, row.also)):
            assert escape(QKeySequence(key).toString()) in html, row.id
        assert not row.key or escape(row.tip) in html, row.id
