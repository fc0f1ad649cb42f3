"""Numbers of what is selected, changed by keys: typed, by steps, or field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea, QWidget

from bpviz.ui.canvas.quantities import Quantity
from bpviz.ui.panels.workspace import Workspace

# A step is that of dragging a number, a fine one that of the wheel.
STEP: Final = 10.0
FINE: Final = 1.0
NOTHING: Final = "Select the edge or the node whose number is to be changed"
# These leave their keys to tables and text fields, wherever those have the focus.
CANVAS_ONLY: Final = (
    "edit.set_number", "edit.larger", "edit.smaller", "edit.little_larger", "edit.little_smaller",
)  # fmt: skip


class NumberCommands(QObject):
    """Carries out what the keys do with weights, biases, inputs and targets."""

    def __init__(
        self, workspace: Workspace, commands: Mapping[str, QAction], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._scene = workspace.scene
        self._editor = workspace.scene.editor
        for name in CANVAS_ONLY:
            commands[name].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            workspace.canvas.addAction(commands[name])

    def type_number(self) -> None:
        """Open a field on the number selected; where several are, the field that sets them all."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        if len(nodes) + len(edges) > 1:
            self._enter("number", "Nothing selected has a weight or a bias")
        elif numbers := self._numbers():
            self._workspace.canvas.walker.show_item()
            self._workspace.number_spot.open(numbers[0])

    def larger(self) -> None:
        """Make the number selected a step larger."""
        self._step(STEP)

    def smaller(self) -> None:
        """Make the number selected a step smaller."""
        self._step(-STEP)

    def little_larger(self) -> None:
        """Make the number selected a fine step larger."""
        self._step(FINE)

    def little_smaller(self) -> None:
        """Make the number selected a fine step smaller."""
        self._step(-FINE)

    def scale(self) -> None:
        """Go to the field that multiplies all selected weights and biases."""
        self._enter("factor", "Select the weights and biases to be multiplied")

    def go_to_fields(self) -> None:
        """Go to the fields of what is selected."""
        self._enter("", "Select a node or an edge to see its fields")

    def _step(self, steps: float) -> None:
        if numbers := self._numbers():
            number = numbers[0]
            self._editor.trials.turn(number, steps, number.box.center())

    def _numbers(self) -> list[Quantity]:
        """Return the numbers of the one thing selected; where there are none, say so."""
        item = self._workspace.canvas.walker.item
        numbers = [] if item is None else self._editor.trials.numbers_of(*item)
        if not numbers:
            said = NOTHING if item is None else "There is no number to change here"
            self._editor.refused.emit(said, self._editor.anchor())
        return numbers

    def _enter(self, field: str, otherwise: str) -> None:
        self._workspace.bring_to_front("inspector")
        inspector = self._workspace.inspector
        if not inspector.enter(field):
            self._editor.refused.emit(otherwise, self._editor.anchor())
            return
        area, entered = _scroll_area(inspector), inspector.focusWidget()
        if area is not None and entered is not None:
            area.ensureWidgetVisible(entered)


def _scroll_area(widget: QWidget) -> QScrollArea | None:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    return above
