"""What forms are made of: aligned rows, choices that the wheel leaves alone, edits with a tip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QToolTip,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.model.checks import MAX_TEXT
from bpviz.model.edit import Edit, EditError
from bpviz.ui.style import guard, text_scale

LABEL_WIDTH = 88
# A field narrower than this stands below its label.
LEAST_FIELD = 112
SEVERAL = "several"
# Milliseconds until a tip looks again whether the mouse has let go, and how often it does.
BUTTON_WAIT, MOST_LOOKS = 40, 25


class Form(QWidget):
    """Rows of a label and a field, in columns that line up over all panels."""

    def __init__(self, parent: QWidget | None = None, *, aside: int = 12) -> None:
        """Leave `aside` pixels free at both sides."""
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(aside, 2, aside, 8)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._labels: dict[QWidget, QLabel] = {}
        self._rows: dict[QWidget, int] = {}
        self._is_narrow = False

    def add(self, text: str, field: QWidget, name: str, tip: str = "") -> None:
        """Add a row; `name` becomes the field's object name and `tip` the label's tip."""
        label = QLabel(text)
        label.setBuddy(field)
        label.setToolTip(tip)
        field.setObjectName(name)
        field.setAccessibleName(text)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._labels[field] = label
        # Each takes two of the grid's rows, the first for a label over its field.
        self._rows[field] = self._grid.rowCount() + 1
        self._put(field)

    def add_wide(self, field: QWidget) -> None:
        """Add a widget over both columns."""
        self._grid.addWidget(field, self._grid.rowCount(), 0, 1, 2)

    def show_row(self, field: QWidget, shown: bool) -> None:
        """Show or hide a field with its label."""
        field.setVisible(shown)
        self._labels[field].setVisible(shown)

    def set_label(self, field: QWidget, text: str) -> None:
        """Change the text beside a field."""
        self._labels[field].setText(text)
        field.setAccessibleName(text)

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put labels over their fields where there is no room beside them."""
        super().resizeEvent(event)
        beside = max([LABEL_WIDTH, *(label.sizeHint().width() for label in self._labels.values())])
        margins, scale = self._grid.contentsMargins(), text_scale(self.font())
        taken = margins.left() + margins.right() + self._grid.horizontalSpacing() + beside
        is_narrow = self.width() - taken < LEAST_FIELD * scale
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            for field in self._rows:
                self._put(field)

    def _put(self, field: QWidget) -> None:
        """Put a field beside its label, or below it."""
        label, row = self._labels[field], self._rows[field]
        for widget in (label, field):
            self._grid.removeWidget(widget)
        if self._is_narrow:
            self._grid.addWidget(label, row - 1, 0, 1, 2)
            self._grid.addWidget(field, row, 0, 1, 2)
        else:
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(field, row, 1)


class Choice(QComboBox):
    """One of several named values; `chosen` tells the key a person has picked."""

    chosen = Signal(str)

    def __init__(self, names: Mapping[str, str], parent: QWidget | None = None) -> None:
        """Offer `names`: key to text."""
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setPlaceholderText(SEVERAL)
        for key, text in names.items():
            self.addItem(text, key)
        self.activated.connect(self._on_activated)

    def set_key(self, key: str | None) -> None:
        """Show the value `key`, added where it is not offered; None for several values."""
        if key is not None and self.findData(key) < 0:
            self.addItem(key, key)
        self.setCurrentIndex(-1 if key is None else self.findData(key))

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(str(self.itemData(index)))

    @guard
    def event(self, event: QEvent) -> bool:
        """Keep the keys to the first and last value, which go through the history elsewhere."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End)
            and not event.modifiers()
        ):
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.whole_tip, self)
            return True
        return bool(super().event(event))

    @property
    def whole_tip(self) -> str:
        """The tip, after the chosen text where that is cut."""
        option = QStyleOptionComboBox()
        super().initStyleOption(option)
        cut = self._fitting(option) != self.currentText()
        texts = (self.currentText() if cut else "", self.toolTip())
        return "\n".join(text for text in texts if text)

    @guard
    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Cut a text without room by an ellipsis, not in the middle of a letter."""
        super().initStyleOption(option)
        option.currentText = self._fitting(option)

    def _fitting(self, option: QStyleOptionComboBox) -> str:
        box, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(box, option, part, self).width()
        elided = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(self.currentText(), elided, room)

    @guard
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel: scrolling past must not change a setting."""
        event.ignore()


def set_check(box: QCheckBox, value: bool | None) -> None:
    """Show yes, no or (None) several values in `box`, without telling anyone."""
    box.blockSignals(True)
    box.setTristate(value is None)
    states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
    box.setCheckState(Qt.CheckState.PartiallyChecked if value is None else states[value])
    box.blockSignals(False)


def side_by_side(*fields: QWidget, first: bool = False) -> QWidget:
    """Return a widget with `fields` in a row, all as wide, or all room left for the `first`."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for place, field in enumerate(fields):
        row.addWidget(field, 1 if not (first and place) else 0)
    return holder


def attempt(document: Document, make: Callable[[], Edit], at: QWidget) -> bool:
    """Push the edit that `make` returns; where it is refused say so at `at`, return False."""
    try:
        document.push(make())
    except EditError as refusal:
        show_tip(at, str(refusal))
        return False
    return True


def limit_text(field: QLineEdit) -> None:
    """Let `field` take as much as a name or title can hold, and say so where more is typed."""
    field.setMaxLength(MAX_TEXT)
    field.inputRejected.connect(partial(show_tip, field, f"At most {MAX_TEXT} characters"))


def show_tip(at: QWidget, text: str) -> None:
    """Say `text` in a tip under the widget `at`.

    Qt hides every tip as the focus goes on and as a mouse button goes up; one that comes as a
    field is left is shown again once that is over.
    """
    if at.isVisible():
        place, holder = at.mapToGlobal(QPoint(0, at.height())), at.parentWidget() or at
        QToolTip.showText(place, text, holder)
        _show_again(place, text, holder)


def _show_again(place: QPoint, text: str, holder: QWidget) -> None:
    """Show the tip after this event if it is gone by then, and once the mouse has let go."""
    looks = iter(range(MOST_LOOKS))

    def show() -> None:
        if not QToolTip.isVisible() and holder.isVisible():
            QToolTip.showText(place, text, holder)
        held = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if held and next(looks, None) is not None:
            QTimer.singleShot(BUTTON_WAIT, holder, show)

    QTimer.singleShot(0, holder, show)
