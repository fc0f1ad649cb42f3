"""The bar over the canvas that finds nodes and edges by name while it is typed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from bpviz.model.counts import grouped
from bpviz.ui.canvas.find import Found, find
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.style import guard

WIDTH: Final = 320
BUTTON_WIDTH: Final = 30


class FindBar(QFrame):
    """A text field, the number of what was found, and the ways to the next and the one before."""

    def __init__(self, view: CanvasView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._found: list[Found] = []
        self._place = 0
        self.setObjectName("find_bar")
        self.setFixedWidth(WIDTH)
        self.field = QLineEdit()
        self.field.setObjectName("find_field")
        self.field.setPlaceholderText("Find: h1, h1->y1")
        self.field.setAccessibleName("Find a node or an edge")
        self.field.setToolTip("Part of a name; h1->y1 for an edge, h1-> for all edges from h1")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.count.setMinimumWidth(52)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for name, text, tip, go in (
            ("previous", "▲", "The one before (Shift+Enter)", self.go_back),
            ("next", "▼", "The next one (Enter)", self.go_on),
            ("close", "✕", "Close (Esc)", self.close_bar),
        ):
            button = QToolButton()
            button.setObjectName(f"button.find_{name}")
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(" (")[0])
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setProperty("role", "link")
            button.setMaximumWidth(BUTTON_WIDTH)
            button.clicked.connect(go)
            row.addWidget(button)
        self.field.textChanged.connect(self._on_text_changed)
        self.hide()

    def open_bar(self) -> None:
        """Show the bar with its text ready to be replaced."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._search(0)

    def close_bar(self) -> None:
        """Go back to the canvas; what was found stays selected."""
        self.hide()
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def go_on(self) -> None:
        """Go to the next one found, after the last one to the first."""
        self._search(self._place + 1)

    def go_back(self) -> None:
        """Go to the one found before."""
        self._search(self._place - 1)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, with Shift back, Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.go_back()
            else:
                self.go_on()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _on_text_changed(self) -> None:
        self._search(0)

    def _search(self, place: int) -> None:
        # Looked for anew each time: the network may be another by now.
        self._found = find(self._view.canvas.session.network, self.field.text())
        self._place = place % len(self._found) if self._found else 0
        if self._found:
            self.count.setText(f"{self._place + 1} of {grouped(len(self._found))}")
            self._show(self._found[self._place])
        else:
            self.count.setText("none" if self.field.text().strip() else "")

    def _show(self, found: Found) -> None:
        nodes, edges = ([found.name], []) if found.kind == "node" else ([], [found.name])
        self._view.canvas.select(nodes, edges)
        self._view.reveal_selection()
