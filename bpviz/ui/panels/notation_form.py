"""A form for the session's notation: the letters and index orders of the text it follows."""

from __future__ import annotations

from functools import partial
from typing import Final

from msgspec.structs import replace
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.model.schema import Notation
from bpviz.model.verbs import set_notation
from bpviz.ui.panels.form import Choice, Form, attempt

LAYERS: Final = {"target": "of the layer they lead to", "source": "of the layer they leave"}
ORDERS: Final = {"to_from": "to, from: w_jk", "from_to": "from, to: w_kj"}


class NotationForm(QWidget):
    """Shows and sets how explanations name things; each change is one Edit."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._loss = QLineEdit()
        self._target = QLineEdit()
        self._layer = Choice(LAYERS)
        self._order = Choice(ORDERS)
        form = Form()
        form.add("Loss", self._loss, "notation.loss", "The letter of the loss: E, L, C or J")
        form.add("Target", self._target, "notation.target", "The letter of a target: t, y or r")
        form.add("Weights count", self._layer, "notation.layer", "Which layer numbers the weights")
        form.add("Index order", self._order, "notation.order", "Whether W has a row per target")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(form)
        inside = form.layout()
        assert inside is not None
        inside.setContentsMargins(0, 2, 0, 4)
        self._loss.editingFinished.connect(partial(self._on_letter, self._loss, "loss_symbol"))
        self._target.editingFinished.connect(
            partial(self._on_letter, self._target, "target_symbol")
        )
        self._layer.chosen.connect(self._on_layer_chosen)
        self._order.chosen.connect(self._on_order_chosen)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's notation."""
        now = self._now()
        for field, text in ((self._loss, now.loss_symbol), (self._target, now.target_symbol)):
            if not field.hasFocus():
                field.setText(text)
        self._layer.set_key(now.weight_layer)
        self._order.set_key(now.weight_order)

    def _now(self) -> Notation:
        notation = self._document.session.notation
        return notation if isinstance(notation, Notation) else Notation()

    def _on_letter(self, field: QLineEdit, name: str) -> None:
        text = field.text().strip()
        if text != getattr(self._now(), name) and not self._set(
            replace(self._now(), **{name: text}), field
        ):
            field.setText(getattr(self._now(), name))

    def _on_layer_chosen(self, key: str) -> None:
        layer = "source" if key == "source" else "target"
        self._set(replace(self._now(), weight_layer=layer), self._layer)

    def _on_order_chosen(self, key: str) -> None:
        order = "from_to" if key == "from_to" else "to_from"
        self._set(replace(self._now(), weight_order=order), self._order)

    def _set(self, notation: Notation, at: QWidget) -> bool:
        if notation == self._now():
            return True
        session = self._document.session
        return attempt(self._document, partial(set_notation, session, notation), at)
