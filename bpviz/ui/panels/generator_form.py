"""The settings of a generated data set, each change one Edit."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.engine.datasets import GENERATORS, as_table, generate
from bpviz.model.checks import row_faults
from bpviz.model.data import Data, Encoding, GeneratorData, GeneratorName
from bpviz.model.edit import Edit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_data
from bpviz.ui.panels import names
from bpviz.ui.panels.form import Choice, Form, attempt, side_by_side
from bpviz.ui.panels.number_field import NumberField

SEED_LIMIT: Final = 2**53
# How much a data set is blurred at first whose points would lie on top of each other.
FIRST_NOISE: Final = 0.1
CHECKED_SAMPLES: Final = 12


class GeneratorForm(QWidget):
    """Samples, noise, seed, test share and class targets of the session's generator."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._samples = NumberField(low=2, high=100_000, whole=True)
        self._noise = NumberField(low=0)
        self._seed = NumberField(low=0, high=SEED_LIMIT, whole=True)
        self._test_fraction = NumberField(low=0, high=0.99)
        self._encoding = Choice(names.ENCODINGS)
        self._make_table = QPushButton("Make Editable")
        self._form = Form()
        self._build()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show the session's generator; nothing where the rows are a table."""
        data = self._document.session.data
        self.setVisible(isinstance(data, GeneratorData))
        if not isinstance(data, GeneratorData):
            return
        self._samples.set_value(data.samples)
        self._noise.set_value(data.noise)
        self._seed.set_value(data.seed)
        self._test_fraction.set_value(data.test_fraction)
        self._encoding.set_key(data.encoding)
        self._form.show_row(self._encoding, GENERATORS[data.name].classes > 0)

    def choose(self, name: GeneratorName) -> None:
        """Take the rows from the data set `name`, with the settings of the one before."""
        session = self._document.session
        old = session.data
        if isinstance(old, GeneratorData):
            if old.name == name:
                return
            data = msgspec.structs.replace(old, name=name)
        else:
            noise = FIRST_NOISE if GENERATORS[name].ordered else 0.0
            data = GeneratorData(name=name, noise=noise)
        label = f"Use the data set {names.GENERATORS.get(name, name)}"
        self._push(suited(data, session), label, self)

    def make_table(self) -> None:
        """Write the rows out as a table."""
        old = self._document.session.data
        if isinstance(old, GeneratorData):
            self._push(as_table(old), "Make the rows a table", self._make_table)

    def _build(self) -> None:
        form = self._form
        for field, name, text, tip in (
            (self._samples, "data.samples", "Samples", "Train and test rows together"),
            (self._noise, "data.noise", "Noise", "Standard deviation of what is added"),
            (self._seed, "data.seed", "Seed", "Another seed makes other rows"),
            (self._test_fraction, "data.test_fraction", "Test share",
             "Share of the rows held back for testing"),
        ):  # fmt: skip
            field.setObjectName(name)
            field.setAccessibleName(text)
            field.describe(tip)
        form.add("Samples, noise", side_by_side(self._samples, self._noise), "data.amount",
                 "How many rows in all; standard deviation of what is added to them")  # fmt: skip
        form.add("Test, seed", side_by_side(self._test_fraction, self._seed), "data.draw",
                 "Share of the rows held back; another seed makes other rows")  # fmt: skip
        form.add("Classes as", self._encoding, "data.encoding", "How classes become targets")
        self._make_table.setObjectName("data.make_table")
        self._make_table.setToolTip("Write the rows out as a table of your own")
        form.add_wide(self._make_table)
        form.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(form)

    def _connect(self) -> None:
        self._encoding.chosen.connect(partial(self._on_setting, "encoding", self._encoding))
        self._make_table.clicked.connect(self.make_table)
        self._noise.accepted.connect(partial(self._on_setting, "noise", self._noise))
        self._samples.accepted.connect(partial(self._on_count, "samples", self._samples))
        self._seed.accepted.connect(partial(self._on_count, "seed", self._seed))
        self._test_fraction.accepted.connect(
            partial(self._on_setting, "test_fraction", self._test_fraction)
        )

    def _push(self, data: Data, label: str, at: QWidget) -> None:
        if not attempt(self._document, partial(_edit, self._document.session, data, label), at):
            self.refresh()

    def _on_count(self, field: str, at: QWidget, value: float) -> None:
        self._on_setting(field, at, int(value))

    def _on_setting(self, field: str, at: QWidget, value: Any) -> None:  # noqa: ANN401
        old = self._document.session.data
        if isinstance(old, GeneratorData) and getattr(old, field) != value:
            data = msgspec.structs.replace(old, **{field: value})
            self._push(data, f"Set {field.replace('_', ' ')} of the data", at)


def fits(data: GeneratorData, session: Session) -> bool:
    """Whether rows of `data` suit the session's network and loss."""
    rows = generate(msgspec.structs.replace(data, samples=CHECKED_SAMPLES, test_fraction=0.0))
    columns = (rows.inputs.shape[1], rows.targets.shape[1])
    return next(row_faults(session, columns, rows.targets.tolist(), ()), None) is None


def suited(data: GeneratorData, session: Session) -> GeneratorData:
    """Return `data` with classes encoded as network and loss need, if there is such a way."""
    encodings: tuple[Encoding, ...] = (data.encoding, "binary", "one_hot", "signed")
    ways = [msgspec.structs.replace(data, encoding=each) for each in encodings]
    return next((way for way in ways if fits(way, session)), data)


def _edit(session: Session, data: Data, label: str) -> Edit:
    return set_data(session, data, label)
