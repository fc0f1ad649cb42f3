"""The training settings: loss, batches, penalties, the optimizer and its parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.losses import LOSSES
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.model.counts import grouped
from bpviz.model.training import (
    Adagrad,
    Adam,
    Adamw,
    Momentum,
    Nesterov,
    Optimizer,
    Rmsprop,
    Rprop,
    Sgd,
)
from bpviz.model.verbs import set_training
from bpviz.ui.panels import names
from bpviz.ui.panels.form import Choice, Form, attempt, set_check, side_by_side
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.panel import Panel

SEED_LIMIT = 2**53
OPTIMIZER_TYPES: tuple[type[Optimizer], ...] = (
    Sgd, Momentum, Nesterov, Adagrad, Rmsprop, Adam, Adamw, Rprop,
)  # fmt: skip


class TrainingPanel(Panel):
    """Shows and edits `session.training`; every change is one Edit."""

    def __init__(self, document: Document, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._form = Form()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._form)
        layout.addStretch(1)
        self._loss = Choice({key: names.LOSSES.get(key, key) for key in LOSSES})
        self._reduction = Choice(names.REDUCTIONS)
        self._batch = NumberField(low=1, whole=True, empty="all rows")
        self._optimizer = Choice({key: names.OPTIMIZERS.get(key, key) for key in OPTIMIZERS})
        self._optimizer_fields = {key: _optimizer_field(key) for key in names.OPTIMIZER_FIELDS}
        self._shuffle = QCheckBox("Shuffle")
        self._seed = NumberField(low=0, high=SEED_LIMIT, whole=True)
        self._l1 = NumberField(low=0)
        self._l2 = NumberField(low=0)
        self._build()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show the session's settings."""
        training = self._document.session.training
        self._loss.set_key(training.loss)
        self._reduction.set_key(training.batch_reduction)
        self._batch.set_value(training.batch_size, self._all_rows())
        set_check(self._shuffle, training.shuffle)
        self._seed.set_value(training.seed)
        self._l1.set_value(training.l1)
        self._l2.set_value(training.l2)
        self._optimizer.set_key(training.optimizer.name)
        values = msgspec.structs.asdict(training.optimizer)
        for key, field in self._optimizer_fields.items():
            self._form.show_row(field, key in values)
            if key in values:
                field.set_value(values[key])

    def refresh_numbers(self) -> None:
        """Nothing here changes on a step."""

    def _build(self) -> None:
        form = self._form
        form.add("Loss", self._loss, "training.loss", "How far outputs are from their targets")
        form.add("Optimizer", self._optimizer, "training.optimizer",
                 "How gradients change the parameters")  # fmt: skip
        for key, field in self._optimizer_fields.items():
            form.add(names.OPTIMIZER_FIELDS[key], field, f"training.optimizer.{key}")
        form.add("Batch size", self._batch, "training.batch_size",
                 "Rows per iteration; left empty: all rows")  # fmt: skip
        form.add("Join", self._reduction, "training.batch_reduction",
                 "Whether the samples of a batch are averaged or added")  # fmt: skip
        self._shuffle.setObjectName("training.shuffle")
        self._shuffle.setToolTip("Another order of the rows in each epoch")
        self._seed.setAccessibleName("Seed")
        form.add("Seed", side_by_side(self._seed, self._shuffle), "training.seed_row",
                 "Fixes the order of shuffled rows")  # fmt: skip
        self._seed.setObjectName("training.seed")
        penalties = side_by_side(self._l1, self._l2)
        form.add("L1, L2", penalties, "training.penalties", "Penalties on the size of weights")
        self._l1.setObjectName("training.l1")
        self._l2.setObjectName("training.l2")
        self._l1.setAccessibleName("L1 penalty")
        self._l2.setAccessibleName("L2 penalty")

    def _connect(self) -> None:
        self._batch.accepted.connect(self._on_batch_accepted)
        self._loss.chosen.connect(partial(self._set, "loss", self._loss))
        self._l1.accepted.connect(partial(self._set, "l1", self._l1))
        self._l2.accepted.connect(partial(self._set, "l2", self._l2))
        self._optimizer.chosen.connect(self._on_optimizer_chosen)
        for key, field in self._optimizer_fields.items():
            field.accepted.connect(partial(self._on_optimizer_field, key, field))
        self._reduction.chosen.connect(partial(self._set, "batch_reduction", self._reduction))
        self._seed.accepted.connect(self._on_seed_accepted)
        self._shuffle.toggled.connect(partial(self._set, "shuffle", self._shuffle))

    def _all_rows(self) -> str:
        rows = self._player.rows
        count = 0 if rows is None else rows.count
        return f"all {grouped(count)}" if count else "all rows"

    def _set(self, field: str, widget: QWidget, value: Any) -> None:  # noqa: ANN401
        session = self._document.session
        if getattr(session.training, field) == value:
            return
        if not attempt(self._document, partial(set_training, session, field, value), widget):
            self.refresh()

    def _on_batch_accepted(self, value: float | None) -> None:
        self._set("batch_size", self._batch, None if value is None else int(value))

    def _on_seed_accepted(self, value: float) -> None:
        self._set("seed", self._seed, int(value))

    def _on_optimizer_chosen(self, name: str) -> None:
        """Change to another optimizer, keeping the parameters both know."""
        old = self._document.session.training.optimizer
        if name == old.name:
            return
        made = next(kind for kind in OPTIMIZER_TYPES if kind.__struct_config__.tag == name)
        shared = {
            key: value
            for key, value in msgspec.structs.asdict(old).items()
            if key in made.__struct_fields__ and key != "epsilon"
        }
        self._set("optimizer", self._optimizer, made(**shared))

    def _on_optimizer_field(self, key: str, field: NumberField, value: float) -> None:
        optimizer = self._document.session.training.optimizer
        self._set("optimizer", field, msgspec.structs.replace(optimizer, **{key: value}))


def _optimizer_field(key: str) -> NumberField:
    """Return the field for one optimizer parameter, with the range it must keep to."""
    if key in ("learning_rate", "epsilon", "minimum_step", "maximum_step", "increase"):
        return NumberField(above=0)
    if key in ("momentum", "decay", "beta1", "beta2", "decrease"):
        return NumberField(low=0, high=1)
    return NumberField(low=0)
