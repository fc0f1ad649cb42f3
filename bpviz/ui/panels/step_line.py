"""The line under the canvas: what this step did, in words and numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.explain.questions import gives_away
from bpviz.model.counts import grouped
from bpviz.ui.numbers import localised
from bpviz.ui.panels.sample_strip import SampleStrip
from bpviz.ui.style import Theme, guard

READY = "The next step feeds the inputs forward. → steps, Space runs."
RUNNING = "Training. Space pauses; then every step can be walked back and forth."
LINES = 2
WORD_JOINER = "\u2060"
# Sentences mostly begin at the same place.
TITLE_WIDTH = 150
TITLE_SIZE = 15


class ElidedLabel(QLabel):
    """Text over at most two lines; what does not fit is cut, and whole in the tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        # Always two lines high, so that the canvas above never moves.
        self.setFixedHeight(LINES * self.fontMetrics().lineSpacing() + 2)

    @property
    def whole_text(self) -> str:
        """The text, also what is cut on screen."""
        return self._whole

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large, still in two lines."""
        font = QApplication.font()
        if factor != 1.0:
            font.setPixelSize(round(QFontInfo(font).pixelSize() * factor))
        self.setFont(font)
        self.setFixedHeight(LINES * self.fontMetrics().lineSpacing() + 2)
        self._fit()

    def set_whole_text(self, text: str) -> None:
        """Show `text`."""
        if text == self._whole:
            return
        self._whole = text
        self.setToolTip("")
        self._fit()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # No line ends within a symbol like ∂E/∂w.
        whole = self._whole.replace("/∂", "/" + WORD_JOINER + "∂")
        shown = fitted(whole, self.fontMetrics(), max(60, self.width()), LINES)
        if shown != self.text():
            self.setText(shown)
        if shown != whole:
            self.setToolTip(self._whole)


def fitted(text: str, metrics: QFontMetrics, width: int, lines: int) -> str:
    """Return `text`, cut with "…" after the words that fit into `lines` lines of `width`.

    What a computation comes to stays at the end.
    """
    flags = int(Qt.TextFlag.TextWordWrap)

    def fits(part: str) -> bool:
        box = metrics.boundingRect(0, 0, width, 10_000, flags, part)
        return box.height() <= lines * metrics.lineSpacing() + 1

    if fits(text):
        return text
    words, end = text.split(" "), _result(text)
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(f"{' '.join(words[:middle])} …{end}"):
            low = middle
        else:
            high = middle - 1
    return f"{' '.join(words[:low])} …{end}"


def _result(text: str) -> str:
    """Return " = 0.0026" where `text` ends so: what comes out is never cut."""
    _, _, last = text.rpartition(" = ")
    return f" = {last}" if last != text and " " not in last else ""


def _column(upper: QWidget, lower: QWidget, side: Qt.AlignmentFlag) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(upper, 0, side)
    column.addWidget(lower, 0, side)
    return column


class StepLine(QFrame):
    """Title and sentence of the present step, and how far the iteration has come."""

    def __init__(
        self, document: Document, player: Player, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._theme = theme
        self._digits = 4
        self._notice, self._notice_title = "", ""
        self._title = QLabel()
        self._count = QLabel()
        self._sentence = ElidedLabel()
        self._chosen = QLabel()
        self._chosen.setProperty("role", "muted")
        self._chosen.setObjectName("step.sample")
        self.samples = SampleStrip(player, theme)
        self.samples.chosen.connect(player.choose_sample)
        self._title.setProperty("role", "title")
        self._title.setObjectName("step.title")
        self._sentence.setObjectName("step.sentence")
        self._count.setProperty("role", "muted")
        self._count.setObjectName("step.count")
        # Three columns, two lines high: the height is the drawing's.
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 14, 4)
        layout.setSpacing(16)
        layout.addLayout(_column(self._title, self._count, Qt.AlignmentFlag.AlignLeft))
        layout.addWidget(self._sentence, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addLayout(_column(self.samples, self._chosen, Qt.AlignmentFlag.AlignRight))
        self._title.setMinimumWidth(TITLE_WIDTH)
        self.setObjectName("step_line")
        self.apply_theme(theme)

    @property
    def sentence(self) -> str:
        """What is said, whole."""
        return self._sentence.whole_text

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.samples.set_digits(digits)
        self.refresh()

    def set_scale(self, factor: float) -> None:
        """Write all `factor` times as large."""
        self._sentence.set_scale(factor)
        usual = QFontInfo(QApplication.font()).pixelSize()
        for label, size in (
            (self._title, TITLE_SIZE), (self._count, usual), (self._chosen, usual),
        ):  # fmt: skip
            sheet = f"font-size: {round(size * factor)}px;"
            label.setStyleSheet("" if factor == 1.0 else sheet)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.samples.apply_theme(theme)
        self.setStyleSheet(
            f"#step_line {{ background: {theme.window}; border-top: 1px solid {theme.border}; }}"
        )
        self.refresh()

    def show_notice(self, text: str, title: str = "Stopped") -> None:
        """Say `text` until the next step: why a run has stopped, say."""
        self._notice, self._notice_title = text, title
        self._title.setText(self._say())

    def refresh(self) -> None:
        """Say what the present step did."""
        self._notice = ""
        self._title.setText(self._say())
        count, index = len(self._player.frames or ()), self._player.frame_index
        stands = count > 0 and not self._player.running and index >= 0
        self.samples.refresh()
        batch = len(self._player.batch)
        self._chosen.setText(
            f"sample {self._player.sample + 1} of {grouped(batch)}" if batch > 1 else ""
        )
        self._count.setText(f"step {grouped(index + 1)} of {grouped(count)}" if stands else "")

    def _say(self) -> str:
        """Show the sentence and return the title."""
        player = self._player
        trace, frame = player.trace, player.frame
        if self._notice:
            self._sentence.set_whole_text(self._notice)
            return self._notice_title
        if player.problem and (trace is None or not player.running):
            self._sentence.set_whole_text(localised(player.problem))
            return "Stopped" if trace is not None else "Not complete yet"
        if player.running:
            self._sentence.set_whole_text(RUNNING)
            return "Running"
        if frame is None or trace is None:
            self._sentence.set_whole_text(READY)
            return "Ready"
        told = player.told_step(trace, frame, self._digits)
        inputs = frozenset(node.id for node in trace.program.network.inputs)
        covered = gives_away(told, player.hidden, inputs)
        words = told.sentence.partition(": ")[0] + ": ?" if covered else told.sentence
        self._sentence.set_whole_text(localised(words))
        return told.title
