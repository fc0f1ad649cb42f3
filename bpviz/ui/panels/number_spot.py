"""The field that opens on a number of the drawing, to type another one in its place."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from bpviz.model.edit import EditError
from bpviz.ui.canvas.quantities import Quantity
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.numbers import full_number
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import guard

WIDTH, HEIGHT = 104, 28
KEEPS: Final = (
    "Enter sets it · Esc leaves it · drag, Ctrl+wheel or Ctrl+Up and Down change it while you look"
)
TRIES: Final = f"{KEEPS}\nShift+Enter only tries it: the data stay as they are"


class SpotField(NumberField):
    """A number field that closes with the keyboard: Enter, Shift+Enter and Esc."""

    tried = Signal()
    next_asked = Signal()
    given_up = Signal()
    left = Signal()

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up with Esc, only try with Shift+Enter, go to the next number with F2."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.tried.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.next_asked.emit()
        else:
            super().keyPressEvent(event)

    @guard
    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell, once what was typed is accepted, that the focus has gone elsewhere."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()


class NumberSpot(QObject):
    """Opens a field over a number of the canvas that was clicked, and hands on what is typed."""

    def __init__(self, canvas: CanvasView, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._field: SpotField | None = None
        self._quantity: Quantity | None = None
        self._trials = canvas.canvas.editor.trials
        self._trials.chosen.connect(self.open)
        canvas.camera.moved.connect(self.close)
        canvas.canvas.surround_changed.connect(self._on_changed)

    @property
    def field(self) -> QWidget | None:
        """The field that is open, None where there is none."""
        return self._field

    def open(self, quantity: Quantity) -> None:
        """Open a field on `quantity`."""
        self.close()
        field = SpotField(self._canvas.viewport())
        field.setObjectName("canvas.number")
        field.setAccessibleName(quantity.title)
        field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        field.set_value(quantity.value)
        field.setText(full_number(quantity.value))
        field.setToolTip(TRIES if quantity.kind in ("input", "target") else KEEPS)
        middle = self._canvas.camera.viewport_point(quantity.box.center())
        area = self._canvas.viewport().rect()
        x = min(max(middle.x() - WIDTH / 2, 2.0), max(area.width() - WIDTH - 2.0, 2.0))
        y = min(max(middle.y() - HEIGHT / 2, 2.0), max(area.height() - HEIGHT - 2.0, 2.0))
        field.setGeometry(round(x), round(y), WIDTH, HEIGHT)
        field.accepted.connect(self._on_accepted)
        field.returnPressed.connect(self._on_returned)
        field.tried.connect(self._on_tried)
        field.next_asked.connect(self._on_next)
        field.given_up.connect(self.close)
        field.left.connect(self.close)
        self._field, self._quantity = field, quantity
        field.show()
        field.setFocus()
        field.selectAll()

    def close(self) -> None:
        """Close the field without taking what stands in it."""
        if self._field is None:
            return
        field, self._field = self._field, None
        field.blockSignals(True)
        if field.hasFocus():  # before it hides: else the focus goes on to the next node or edge
            self._canvas.setFocus()
        field.hide()
        field.deleteLater()

    def _on_changed(self) -> None:
        """Close where what the number belongs to is gone."""
        quantity, network = self._quantity, self._canvas.canvas.session.network
        if self._field is not None and quantity is not None:
            is_edge = quantity.kind == "weight"
            if quantity.name not in (network.edge_index if is_edge else network.node_index):
                self.close()

    def _on_accepted(self, value: float) -> None:
        """Set the number; a refusal is said where it stands."""
        quantity = self._quantity
        if quantity is None:
            return
        at = quantity.box.center()
        self._canvas.canvas.editor.attempt(lambda: self._trials.edit_of(quantity, value), at)

    def _on_next(self) -> None:
        """Go to the node's next number, from an output's bias to its target."""
        quantity = self._quantity
        if quantity is None or quantity.kind == "weight":
            return
        numbers = self._trials.numbers_of("node", quantity.name)
        kinds = [each.kind for each in numbers]
        if len(numbers) > 1 and quantity.kind in kinds:
            self._canvas.setFocus()  # takes what was typed
            self.open(numbers[(kinds.index(quantity.kind) + 1) % len(numbers)])

    def _on_returned(self) -> None:
        """Close, unless what was typed is no number: then the tip says so and the field stays."""
        if self._field is not None and not self._field.property("wrong"):
            self.close()

    def _on_tried(self) -> None:
        """Show all with the number typed, and set nothing."""
        field, quantity = self._field, self._quantity
        if field is None or quantity is None:
            return
        value = field.typed()
        if value is None:
            return
        self.close()
        try:
            self._trials.keep_trying(quantity, value)
        except EditError as refused:
            self._canvas.canvas.editor.refused.emit(str(refused), quantity.box.center())
