"""The dialog for new random weights: which initialiser, and from which seed."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from bpviz.engine.initialise import DEFAULT_CONSTANT, INITIALISERS
from bpviz.model.checks import MAX_NUMBER
from bpviz.ui.panels.form import Choice, Form
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import guard

NAMES: Final = MappingProxyType(
    {
        "normal": "Standard normal",
        "xavier": "Xavier, normal",
        "xavier_uniform": "Xavier, uniform",
        "he": "He, normal",
        "he_uniform": "He, uniform",
        "zeros": "Zeros",
        "constant": "Constant",
    }
)
WITHOUT_SEED: Final = frozenset({"zeros", "constant"})


class ReinitialiseDialog(QDialog):
    """Asks how weights are to be drawn anew.

    `chosen` tells initialiser, seed (of any size, hence an object) and the weight of "constant".
    """

    chosen = Signal(str, object, float)

    def __init__(self, how: str, seed: int, parent: QWidget | None = None) -> None:
        """Offer the initialiser `how` and `seed` first."""
        super().__init__(parent)
        self.setObjectName("reinitialise")
        self.setWindowTitle("Re-initialise")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._how = Choice({key: NAMES.get(key, key) for key in INITIALISERS})
        self._seed = NumberField(low=0, high=2**53, whole=True)
        self._constant = NumberField(low=-MAX_NUMBER, high=MAX_NUMBER)
        self._form = Form()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._how.set_key(how)
        self._seed.set_value(seed)
        self._constant.set_value(DEFAULT_CONSTANT)
        self._form.add("Weights", self._how, "reinitialise.how", "How they are drawn")
        self._form.add("Seed", self._seed, "reinitialise.seed", "The same draws the same weights")
        self._form.add("Weight", self._constant, "reinitialise.constant", "Of every edge")
        note = QLabel("Trainable biases become 0; what is fixed stays as it is.")
        note.setContentsMargins(12, 0, 12, 0)
        layout = QVBoxLayout(self)
        layout.addWidget(self._form)
        layout.addWidget(note)
        layout.addWidget(buttons)
        self.setMinimumWidth(360)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._how.currentIndexChanged.connect(self._show_fields)
        self._show_fields()

    @guard
    def accept(self) -> None:
        """Tell what was chosen."""
        if not (self._seed.commit() and self._constant.commit()):
            return
        how, constant = str(self._how.currentData()), self._constant.value
        seed = int(self._seed.value or 0)
        super().accept()
        self.chosen.emit(how, seed, DEFAULT_CONSTANT if constant is None else constant)

    def _show_fields(self, _index: int = 0) -> None:
        how = self._how.currentData()
        self._form.show_row(self._seed, how not in WITHOUT_SEED)
        self._form.show_row(self._constant, how == "constant")
