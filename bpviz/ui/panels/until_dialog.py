"""The dialog "Run until": what a run stops at by itself."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.stops import STANDARD, Stops
from bpviz.model.checks import MAX_NUMBER
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import guard

MOST: Final = 10**9


class Condition(NamedTuple):
    """A row of the dialog: a field of Stops, its words and tip, and whether it takes a count."""

    field: str
    text: str
    tip: str
    whole: bool = False
    has_number: bool = True


CONDITIONS: Final = (
    Condition("epochs", "&Epochs done", "Stop after so many epochs", whole=True),
    Condition("iterations", "&Iterations done", "Stop after so many iterations", whole=True),
    Condition("loss_below", "&Loss below", "The loss over all training rows, when an epoch ends"),
    Condition("change_below", "Loss changes by &less than",
              "Converged: over the number of epochs below the loss changes by less than this"),
    Condition("change_epochs", "over epochs", "How many epochs the change is taken over",
              whole=True),
    Condition("loss_rises", "Loss &rises", "The loss at the end of an epoch is above the last",
              has_number=False),
    Condition("gradient_below", "Gradient &vanishes below",
              "The size of the gradient of any layer is below this when an epoch ends"),
    Condition("gradient_above", "Gradient e&xplodes above",
              "The size of the gradient of any layer is above this when an epoch ends"),
)  # fmt: skip
NOTE: Final = "A number that is not finite stops every run. Space pauses at any time."


class UntilDialog(QDialog):
    """Asks for conditions; the first that holds ends the run. `chosen` tells them, as Stops."""

    chosen = Signal(object)

    def __init__(self, stops: Stops, parent: QWidget | None = None) -> None:
        """Offer `stops` first."""
        super().__init__(parent)
        self.setObjectName("until")
        self.setWindowTitle("Run until")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._boxes: dict[str, QCheckBox] = {}
        self._fields: dict[str, NumberField] = {}
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for row, condition in enumerate(CONDITIONS):
            self._add(grid, row, condition, stops)
        note = QLabel(NOTE)
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(QLabel("Stop as soon as one of these holds:"))
        layout.addLayout(grid)
        layout.addWidget(note)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(400)
        run = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        run.setText("&Run")
        run.setObjectName("until.run")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._show_fields()

    @guard
    def accept(self) -> None:
        """Tell what was chosen."""
        if all(field.commit() for field in self._fields.values()):
            stops = self._stops()
            super().accept()
            self.chosen.emit(stops)

    def _add(self, grid: QGridLayout, row: int, condition: Condition, stops: Stops) -> None:
        name, value = condition.field, getattr(stops, condition.field)
        if name == "change_epochs":
            label = QLabel(condition.text)
            label.setIndent(_text_place(self._boxes["change_below"]))
            grid.addWidget(label, row, 0)
        else:
            box = self._boxes[name] = QCheckBox(condition.text)
            box.setObjectName(f"until.{name}")
            box.setToolTip(condition.tip)
            box.setChecked(value is not None and value is not False)
            box.toggled.connect(self._show_fields)
            grid.addWidget(box, row, 0)
        if not condition.has_number:
            return
        if condition.whole:
            field = NumberField(low=1, high=MOST, whole=True)
        else:
            field = NumberField(above=0.0, high=MAX_NUMBER)
        field.setObjectName(f"until.{name}.number")
        field.setAccessibleName(condition.text.replace("&", "").strip())
        field.set_value(getattr(STANDARD, name) if value is None else value)
        self._fields[name] = field
        grid.addWidget(field, row, 1)

    def _show_fields(self, _checked: bool = False) -> None:
        """Let numbers be typed where they count; without any condition there is nothing to do."""
        for name, field in self._fields.items():
            box = self._boxes["change_below" if name == "change_epochs" else name]
            field.setEnabled(box.isChecked())
        any_chosen = any(box.isChecked() for box in self._boxes.values())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(any_chosen)

    def _stops(self) -> Stops:
        chosen: dict[str, float | int | bool] = {}
        for name, box in self._boxes.items():
            field = self._fields.get(name)
            if not box.isChecked():
                continue
            if field is None:
                chosen[name] = True
            elif field.value is not None:
                chosen[name] = field.value
        epochs = self._fields["change_epochs"].value
        chosen["change_epochs"] = Stops().change_epochs if epochs is None else epochs
        return msgspec.convert(chosen, Stops, strict=False)


def _text_place(box: QCheckBox) -> int:
    """Return how far off its left rim a check box writes."""
    option = QStyleOptionButton()
    box.ensurePolished()
    box.initStyleOption(option)
    option.rect = QRect(0, 0, box.sizeHint().width(), box.sizeHint().height())
    contents = QStyle.SubElement.SE_CheckBoxContents
    return box.style().subElementRect(contents, option, box).x()
