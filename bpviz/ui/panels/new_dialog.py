"""The dialog for a new session: layer sizes, activation, data, loss."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from bpviz.engine.builders import BuildError, generator_for, new_layered
from bpviz.engine.datasets import GENERATORS, as_table
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.losses import LOSSES
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session
from bpviz.ui.panels import names
from bpviz.ui.panels.form import Choice, Form
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import guard

ONE_ROW: Final = "one_row"
AUTOMATIC: Final = "automatic"
NEEDS_PARAMETER: Final = frozenset({"power"})
SIZES: Final = re.compile(r"\d+(\D+\d+)*")


class NewDialog(QDialog):
    """Builds a layered session; `chosen` hands it over."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("new")
        self.setWindowTitle("New network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        activations = {
            key: names.ACTIVATIONS.get(key, key)
            for key in ACTIVATIONS
            if key not in NEEDS_PARAMETER
        }
        self._layers = QLineEdit("2-4-1")
        self._activation = Choice(activations)
        self._output_activation = Choice({AUTOMATIC: "By loss and targets", **activations})
        generators = {key: names.GENERATORS.get(key, key) for key in GENERATORS}
        self._data = Choice({ONE_ROW: "One row to fill in", **generators})
        self._loss = Choice({key: names.LOSSES.get(key, key) for key in LOSSES})
        self._seed = NumberField(low=0, high=2**53, whole=True)
        self._problem = QLabel()
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._build()
        self._activation.chosen.connect(self._on_changed)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._data.chosen.connect(self._on_data_chosen)
        self._layers.textChanged.connect(self._on_changed)
        self._loss.chosen.connect(self._on_changed)
        self._output_activation.chosen.connect(self._on_changed)
        self._on_changed()

    def session(self) -> Session:
        """Return the session asked for; BuildError or ValueError where it can't be built."""
        sizes = self._sizes()
        loss = str(self._loss.currentData())
        seed = int(self._seed.value or 0)
        output = str(self._output_activation.currentData())
        return new_layered(
            sizes,
            activation=self._activation.currentData(),
            output_activation=None if output == AUTOMATIC else output,  # type: ignore[arg-type]
            data=self._generator(sizes[-1], loss, seed),
            loss=loss,  # type: ignore[arg-type]
            seed=seed,
        )

    @guard
    def accept(self) -> None:
        """Hand the session over, if it can be built."""
        if not self._seed.commit():
            return
        try:
            session = self.session()
        except (BuildError, ValueError) as problem:
            self._say(str(problem))
            return
        super().accept()
        self.chosen.emit(session)

    def _build(self) -> None:
        self._activation.set_key("sigmoid")
        self._output_activation.set_key(AUTOMATIC)
        self._data.set_key("xor_points" if "xor_points" in GENERATORS else ONE_ROW)
        self._loss.set_key("half_squared_error")
        self._seed.set_value(0)
        form = Form()
        form.add("Layers", self._layers, "new.layers", "Sizes from inputs to outputs: 2-4-2-1")
        form.add("Activation", self._activation, "new.activation", "Of the hidden units")
        form.add("Output", self._output_activation, "new.output", "Activation of the output units")
        form.add("Data", self._data, "new.data", "The rows to learn from")
        form.add("Loss", self._loss, "new.loss", "How far outputs are from their targets")
        form.add("Seed", self._seed, "new.seed", "Fixes the random weights")
        self._problem.setProperty("role", "problem")
        self._problem.setObjectName("new.problem")
        self._problem.setWordWrap(True)
        self._problem.setContentsMargins(12, 0, 12, 0)
        self._problem.setMinimumHeight(2 * self._problem.fontMetrics().lineSpacing())
        layout = QVBoxLayout(self)
        layout.addWidget(form)
        layout.addWidget(self._problem)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(380)
        self._layers.selectAll()
        self._layers.setFocus()

    def _sizes(self) -> tuple[int, ...]:
        text = self._layers.text().strip()
        if not SIZES.fullmatch(text):
            raise ValueError("layers: sizes with a dash between, as in 2-4-2-1")
        return tuple(int(size) for size in re.findall(r"\d{1,9}", text))

    def _generator(self, outputs: int, loss: str, seed: int) -> GeneratorData | None:
        name = str(self._data.currentData())
        if name == ONE_ROW:
            return None
        return generator_for(name, outputs, loss, seed)  # type: ignore[arg-type]

    def _on_data_chosen(self, name: str) -> None:
        """Make the first and last layer fit the data chosen."""
        try:
            sizes = self._sizes()
            data = self._generator(sizes[-1], str(self._loss.currentData()), 0)
        except ValueError:
            return
        if data is not None and len(sizes) >= 2:
            table = as_table(data)
            fitted = (len(table.inputs[0]), *sizes[1:-1], len(table.targets[0]))
            self._layers.setText("-".join(map(str, fitted)))
        self._on_changed(name)

    def _on_changed(self, _text: str = "") -> None:
        """Say at once what does not fit together."""
        try:
            self.session()
        except (BuildError, ValueError) as problem:
            self._say(str(problem))
        else:
            self._say("")

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not problem)
