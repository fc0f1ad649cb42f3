"""Help: what keys and mouse do, and what the program is."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QTextBrowser, QVBoxLayout
from PySide6.QtWidgets import QWidget as Widget

from bpviz import __version__
from bpviz.engine import numba_setup
from bpviz.explain.quantities import HELP

MOUSE: Final = (
    ("Click", "Select a node or an edge; with Shift or Ctrl add to the selection"),
    ("Click the loss", "Explain it: how it is made, and what it sends back to the outputs"),
    ("Drag a node", "Move what is selected"),
    ("Drag from a node's rim", "Connect it to another node"),
    ("Drag an edge's end", "Take it to another node; its weight stays"),
    ("Drop a unit on an edge", "Put it in: the weight stays before it, after it is 1"),
    ("Click a layer's head", "Select the layer; − and + change its size, + between adds one"),
    (
        "Drag a button of the toolbox",
        "Place such a node where it is dropped; a click on the button hands it to the pointer",
    ),
    ("Drag with Alt", "Move without snapping to the guides"),
    ("Point at a node or an edge", "Its numbers; what is not connected to it fades"),
    ("Right click, Menu key", "Show what can be done with a node, an edge or the canvas"),
    ("Drag on the empty canvas", "Select what the box touches"),
    ("Double-click the empty canvas", "Add a unit"),
    ("Click a weight, bias or target", "Type another number; of an input at the second click"),
    ("Drag a weight, bias or target", "Change it while you look; an input with Alt"),
    ("Shift+Enter in such a number", "Only try it: the session stays as it is"),
    ("Wheel, or two fingers", "Zoom"),
    ("Ctrl+Wheel on a number", "Change it by small steps"),
    ("Drag with the middle button", "Move the drawing"),
    ("Click or drag on the minimap", "Move the drawing to that place"),
    ("Drop a session file on the window", "Open it"),
    ("Esc", "Give up a gesture, a trial, a long way along the history, or the selection"),
    ("Click or drag on the timeline", "Go to that step of the iteration, or of the history"),
    ("Click a row of the data", "Show that row's step"),
    ("Click a small drawing of the panel Samples", "Show that sample; Up and Down go through them"),
    ("Click the plane of points", "Draw a point; with Shift and a drag spray many"),
    ("0 to 9, + or − over the points", "Choose the class that is drawn"),
    ("Drag a point, Del", "Move it; delete the one clicked last"),
    ("Ctrl+V in the table of rows", "Paste cells from a spreadsheet, or a table with its heading"),
    ("Enter on a button", "Press the button that Tab has led to; Space always runs and pauses"),
    ("Tab on the drawing", "Go through all nodes and edges; a screen reader hears their numbers"),
    (
        "Letters and Shift with letters",
        "Edit the drawing while it has the focus; in a list or a choice they go to what begins so",
    ),
    ("M, then Tab", "Keep what is selected and go on, to select several by keys"),
)

DRAWING: Final = (
    ("Solid or dashed", "A number above or below zero; width and colour tell its size"),
    ("Hatched, dotted, thin, thick red",
     "Not computed yet, from before the last edit, exactly zero, not finite"),
    ("Dots", "How much a step carries along an edge: twice as much, twice as many dots a second; "
     "the line under the heading says how much one is"),
    ("Dots around a node", "Where parts of a gradient come back and meet: their sum goes on. "
     "Those of the two signs cancel"),
)  # fmt: skip


def show_keys(parent: Widget, actions: dict[str, QAction]) -> QDialog:
    """Show all keys, from the table of actions, and what the mouse does."""
    dialog = QDialog(parent)
    dialog.setObjectName("keys")
    dialog.setWindowTitle("Keys and mouse")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    text = QTextBrowser()
    text.setHtml(keys_html(actions))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(text)
    layout.addWidget(buttons)
    dialog.resize(640, 640)
    dialog.open()
    return dialog


def keys_html(actions: dict[str, QAction]) -> str:
    """Return the tables of keys, of what the mouse does, and of what figures can be written."""
    keys = [
        (" or ".join(key.toString() for key in action.shortcuts()), action.statusTip())
        for action in actions.values()
        if not action.shortcut().isEmpty()
    ]
    figures = f"<h3>Figures on the pages of a lesson</h3>{_table(HELP)}"
    drawing = f"<h3>The drawing</h3>{_table(DRAWING)}"
    return f"<h3>Keys</h3>{_table(keys)}<h3>Mouse</h3>{_table(MOUSE)}{drawing}{figures}"


def show_about(parent: Widget) -> QMessageBox:
    """Show version and licence, and what computes here."""
    box = QMessageBox(parent)
    box.setObjectName("about")
    box.setWindowTitle("About bpviz")
    box.setIconPixmap(parent.windowIcon().pixmap(64, 64))
    box.setText(f"<b>bpviz {__version__}</b>")
    box.setInformativeText(
        "See back propagation: an editable neural network, stepped forwards and backwards with "
        "its gradients in view. Free under the MIT licence.\n\n" + _kernel_text()
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def _kernel_text() -> str:
    """Return what computes the training here."""
    if numba_setup.is_loaded():
        return f"Small networks train with compiled code (numba {version('numba')})."
    if numba_setup.state() == "absent":
        return "Training is computed by NumPy; with numba installed, small networks train faster."
    return "Training is computed by NumPy until the faster kernel is compiled, in a minute or so."


def _table(rows: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td><b>{escape(key)}</b></td><td style='padding-left:18px'>{escape(tip)}</td></tr>"
        for key, tip in rows
    )
    return f"<table cellpadding='3'>{lines}</table>"
