"""Where the rows come from: a table of one's own, or a generator with its settings."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.engine.datasets import GENERATORS, as_table
from bpviz.model.data import Data, GeneratorData
from bpviz.model.edit import Edit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_data
from bpviz.ui.panels import names
from bpviz.ui.panels.form import Choice, Form, attempt
from bpviz.ui.panels.number_field import NumberField

TABLE: Final = "table"
SEED_LIMIT: Final = 2**53


class GeneratorForm(QWidget):
    """The source of the data and, for a generator, its settings."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        offered = {key: names.GENERATORS.get(key, key) for key in GENERATORS}
        self._source = Choice({TABLE: "Own table", **offered})
        self._samples = NumberField(low=2, high=100_000, whole=True)
        self._noise = NumberField(low=0)
        self._seed = NumberField(low=0, high=SEED_LIMIT, whole=True)
        self._test_fraction = NumberField(low=0, high=0.99)
        self._encoding = Choice(names.ENCODINGS)
        self._make_table = QPushButton("Make editable")
        self._form = Form()
        self._build()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show the session's source."""
        data = self._document.session.data
        generated = isinstance(data, GeneratorData)
        for field in (
            self._samples, self._noise, self._seed, self._test_fraction, self._encoding,
        ):  # fmt: skip
            self._form.show_row(field, generated)
        self._make_table.setVisible(generated)
        if not isinstance(data, GeneratorData):
            self._source.set_key(TABLE)
            return
        self._source.set_key(data.name)
        self._samples.set_value(data.samples)
        self._noise.set_value(data.noise)
        self._seed.set_value(data.seed)
        self._test_fraction.set_value(data.test_fraction)
        self._encoding.set_key(data.encoding)

    def _build(self) -> None:
        form = self._form
        form.add("Rows from", self._source, "data.source", "A table of your own, or a generator")
        form.add("Samples", self._samples, "data.samples", "Train and test rows together")
        form.add("Noise", self._noise, "data.noise", "Standard deviation of what is added")
        form.add("Seed", self._seed, "data.seed", "Another seed makes other rows")
        form.add("Test share", self._test_fraction, "data.test_fraction",
                 "Share of the rows held back for testing")  # fmt: skip
        form.add("Classes as", self._encoding, "data.encoding", "How classes become targets")
        form.add_wide(self._make_table)
        self._make_table.setObjectName("data.make_table")
        self._make_table.setToolTip("Write the rows out as a table of your own")
        form.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(form)

    def _connect(self) -> None:
        self._encoding.chosen.connect(partial(self._on_setting, "encoding", self._encoding))
        self._make_table.clicked.connect(self._on_make_table)
        self._noise.accepted.connect(partial(self._on_setting, "noise", self._noise))
        self._samples.accepted.connect(partial(self._on_count, "samples", self._samples))
        self._seed.accepted.connect(partial(self._on_count, "seed", self._seed))
        self._source.chosen.connect(self._on_source_chosen)
        self._test_fraction.accepted.connect(
            partial(self._on_setting, "test_fraction", self._test_fraction)
        )

    def _push(self, data: Data, label: str, at: QWidget) -> None:
        if not attempt(self._document, partial(_edit, self._document.session, data, label), at):
            self.refresh()

    def _on_source_chosen(self, source: str) -> None:
        old = self._document.session.data
        if source == TABLE:
            self._on_make_table()
        elif not isinstance(old, GeneratorData):
            made = msgspec.convert({"source": "generator", "name": source}, GeneratorData)
            self._push(made, f"Use the data set {names.GENERATORS[source]}", self._source)
        elif old.name != source:
            self._on_setting("name", self._source, source)

    def _on_count(self, field: str, at: QWidget, value: float) -> None:
        self._on_setting(field, at, int(value))

    def _on_setting(self, field: str, at: QWidget, value: Any) -> None:  # noqa: ANN401
        old = self._document.session.data
        if isinstance(old, GeneratorData) and getattr(old, field) != value:
            data = msgspec.structs.replace(old, **{field: value})
            self._push(data, f"Set {field.replace('_', ' ')} of the data", at)

    def _on_make_table(self) -> None:
        old = self._document.session.data
        if isinstance(old, GeneratorData):
            self._push(as_table(old), "Make the rows a table", self._make_table)


def _edit(session: Session, data: Data, label: str) -> Edit:
    return set_data(session, data, label)
