"""How well classes are told: accuracy, confusion matrix, the chosen sample's probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.engine.classes import (
    ClassKind,
    accuracy,
    class_count,
    class_kind,
    class_scores,
    confusion,
    decide,
    threshold,
)
from bpviz.engine.survey import SurveyResult
from bpviz.model.counts import grouped
from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.rows_source import tool_button
from bpviz.ui.plots.grid_plot import MOST_CLASSES, ConfusionPlot, ScoreBars, mistakes
from bpviz.ui.style import Theme

FloatArray = NDArray[np.float64]

NO_CLASSES = (
    "These targets are numbers, not classes: nothing to count. Classes are targets of 0 and 1, of "
    "−1 and 1, or one column a class."
)


class ClassSection(QWidget):
    """The part of the statistics that is about classes."""

    def __init__(self, player: Player, theme: Theme) -> None:
        super().__init__()
        self._player = player
        self._kind: ClassKind = ""
        self._kind_for: tuple[object, str] | None = None
        self._names: list[str] = []
        self._result: SurveyResult | None = None
        self._words = QLabel()
        self._sample = QLabel()
        self._train_button = tool_button(
            "statistics.train", "Confusion matrix of the training rows", "Train", checkable=True
        )
        self._test_button = tool_button(
            "statistics.test", "Confusion matrix of the test rows", "Test", checkable=True
        )
        self._parts = QButtonGroup(self)
        self.confusion = ConfusionPlot(theme)
        self.scores = ScoreBars(theme)
        self._build()
        self._parts.buttonClicked.connect(self._show_confusion)

    def show_result(self, session: Session, result: SurveyResult | None) -> None:
        """Show what a survey of `session` found; None: nothing is known yet."""
        self._result = result
        rows, loss = self._player.rows, session.training.loss
        if self._kind_for is None or self._kind_for[0] is not rows or self._kind_for[1] != loss:
            self._kind_for = (rows, loss)
            self._kind = class_kind(loss, rows.targets)
        self._names = _names(session, self._kind, rows.targets)
        shown = bool(self._kind) and result is not None
        for widget in (self._train_button, self._test_button, self.confusion):
            widget.setVisible(shown)
        self._test_button.setEnabled(rows.test_count > 0)
        if not rows.test_count:
            self._train_button.setChecked(True)
        self._words.setText(self._about(result) if self._kind else NO_CLASSES)
        self._show_confusion()

    def show_sample(self) -> None:
        """Show what the network makes of the chosen sample, once its outputs are known."""
        player, trace, known = self._player, self._player.trace, self._player.snapshot
        if trace is None or known is None or not self._kind:
            self._sample.setText("")
            self.scores.show_scores((), np.empty(0), -1, -1)
            return
        row = f"Row {known.row + 1}"
        if not known.value_known[player.program.output_nodes].all():
            self._sample.setText(f"{row}: the outputs are not computed yet")
            self.scores.show_scores((), np.empty(0), -1, -1)
            return
        outputs = trace.outputs[known.sample]
        shares = None if trace.probabilities is None else trace.probabilities[known.sample]
        scores, certain = class_scores(player.program, self._kind, outputs, shares)
        decided = int(decide(self._kind, outputs[None, :])[0])
        true = int(decide(self._kind, trace.targets[known.sample][None, :])[0])
        single = len(scores) == 1
        names = ["output"] if single else self._names
        mark = threshold(self._kind) if single else 0.5 if self._kind == "binary" else None
        if len(scores) > MOST_CLASSES:
            # Those with the highest scores, and the true class in any case.
            ranked = np.argsort(-scores, kind="stable")
            kept = ranked[:MOST_CLASSES].tolist()
            kept = kept if true in kept else [*kept[:-1], true]
            places = {index: place for place, index in enumerate(kept)}
            shown = [self._name(index) for index in kept]
            self.scores.show_scores(shown, scores[kept], places.get(decided, -1), places[true])
        else:
            self.scores.show_scores(names, scores, decided, true, mark)
        what = "probabilities" if certain else "outputs"
        verdict = "right" if decided == true else f"wrong: it is {self._name(true)}"
        how = f"threshold {mark:g}" if mark is not None else f"the largest of the {what}"
        self._sample.setText(f"{row}: class {self._name(decided)} by {how} — {verdict}")

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self.confusion.set_scale(factor)
        self.scores.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.confusion.apply_theme(theme)
        self.scores.apply_theme(theme)

    @property
    def words(self) -> str:
        """What is said about the accuracy."""
        return self._words.text()

    @property
    def sample_words(self) -> str:
        """What is said about the chosen sample."""
        return self._sample.text()

    def _build(self) -> None:
        for label, name in ((self._words, "accuracy"), (self._sample, "sample")):
            label.setObjectName(f"statistics.{name}")
            label.setWordWrap(True)
        self._train_button.setChecked(True)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for button in (self._train_button, self._test_button):
            self._parts.addButton(button)
            bar.addWidget(button)
        bar.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._words)
        layout.addLayout(bar)
        layout.addWidget(self.confusion)
        layout.addWidget(self._sample)
        layout.addWidget(self.scores)

    def _counts(self, part: str) -> NDArray[np.int64]:
        rows, result = self._player.rows, self._result
        assert result is not None
        targets, outputs = (
            (rows.targets, result.outputs)
            if part == "train"
            else (rows.test_targets, result.test_outputs)
        )
        true, decided = decide(self._kind, targets), decide(self._kind, outputs)
        return confusion(true, decided, class_count(self._kind, rows.targets))

    def _about(self, result: SurveyResult | None) -> str:
        if result is None:
            return "Counting…"
        texts = []
        for part, rows in (("train", result.outputs), ("test", result.test_outputs)):
            if len(rows):
                counts = self._counts(part)
                share = format_number(100 * accuracy(counts), 4, trim=True)
                right = f"{grouped(int(np.trace(counts)))} of {grouped(int(counts.sum()))}"
                texts.append(f"{part} {share} %, {right}")
        return "Right:  " + "\n".join(texts)

    def _show_confusion(self) -> None:
        if self._result is None or not self._kind:
            return
        counts = self._counts("test" if self._test_button.isChecked() else "train")
        if len(counts) > MOST_CLASSES:
            wrong = mistakes(counts, self._names)
            self._words.setText("\n".join(filter(None, (self._about(self._result), wrong))))
        self.confusion.show_counts(counts, self._names)

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else str(index)


def _names(session: Session, kind: ClassKind, targets: FloatArray) -> list[str]:
    """Return the classes' names: the data's own, else targets or the outputs' labels."""
    if not kind:
        return []
    count = class_count(kind, targets)
    data, network = session.data, session.network
    if isinstance(data, TableData) and len(data.class_names) == count:
        return list(data.class_names)
    if kind in ("binary", "signed"):
        return ["0", "1"] if kind == "binary" else ["−1", "1"]
    return [network.names[output] for output in network.outputs]
