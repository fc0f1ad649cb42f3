"""No text of any panel is cut at the usual size and at the projector's; hints can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session
from bpviz.model.training import Momentum
from bpviz.ui.canvas.corners import MARGIN
from bpviz.ui.canvas.legend import fitting_header
from bpviz.ui.main_window import MainWindow
from bpviz.ui.numbers import localised
from bpviz.ui.panels.docks import COVERED, COVERED_SHORT, Cover
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.workspace import PLACES
from bpviz.ui.plots.lines_table import Line, LinesTable
from bpviz.ui.style import DARK, THEMES, contrast, scaled_font
from tests.ui.conftest import NO_RAISE

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)
Opener = Callable[[Session | None], MainWindow]


@pytest.fixture
def classes() -> Session:
    """Three classes, softmax: the longest names of losses and outputs."""
    data = GeneratorData("blobs3", samples=24, seed=1, test_fraction=0.25, encoding="one_hot")
    return new_layered((2, 4, 3), activation="relu", data=data, loss="softmax_cross_entropy")


def needed(widget: QWidget) -> tuple[str, float]:
    """The text of a widget in one line, and the width that it needs."""
    if isinstance(widget, QLabel) and not widget.wordWrap():
        return widget.text(), widget.sizeHint().width()
    if isinstance(widget, QToolButton) and not widget.text():
        return "", 0.0
    icons = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(widget, QToolButton) and widget.toolButtonStyle() == icons:
        return "", 0.0
    if isinstance(widget, QAbstractButton):
        return widget.text(), widget.sizeHint().width()
    return "", 0.0


def cut(window: MainWindow) -> Iterator[str]:
    """What is cut among all that is seen, where no tip has the whole of it."""
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            # What is seen of a widget is dear to ask for, so last.
            yield from (said for said in cut_in(widget) if not widget.visibleRegion().isEmpty())


def cut_in(widget: QWidget) -> Iterator[str]:
    """What is cut in a widget, were all of it in sight."""
    text, width = needed(widget)
    if width > widget.width() + 1 and text not in widget.toolTip():
        yield f"{text!r} needs {width}, has {widget.width()}"
    if isinstance(widget, QLabel) and widget.wordWrap():
        high = widget.heightForWidth(widget.width())
        if high > widget.height() + 2:
            yield f"{widget.text()!r} needs a height of {high}, has {widget.height()}"
    if isinstance(widget, QHeaderView) and widget.orientation() == Qt.Orientation.Horizontal:
        yield from cut_heads(widget)


def cut_heads(head: QHeaderView) -> Iterator[str]:
    """Which headings of a table are wider than their columns."""
    for section in range(head.count()):
        if head.isSectionHidden(section):
            continue
        text = str(head.model().headerData(section, Qt.Orientation.Horizontal))
        if head.fontMetrics().horizontalAdvance(text) + 6 > head.sectionSize(section):
            yield f"heading {text!r} in {head.sectionSize(section)}"


def settled(window: MainWindow) -> list[str]:
    """What is still cut once all is laid out: numbers that come in pauses may move the rest."""
    found = [""]
    for _ in range(20):
        QApplication.processEvents()
        found = list(cut(window))
        if not found:
            break
        QTest.qWait(25)
    return found


def test_no_text_of_any_panel_is_cut(open_window: Opener, classes: Session) -> None:
    window = open_window(classes)
    window.resize(1440, 900)
    workspace, player = window.workspace, window.player
    player.step_forward("iteration")
    player.step_forward("phase")
    window.scene.select([], [classes.network.edges[0].name])
    for percent in (100, 150):
        window.commands[f"view.scale_{percent}"].trigger()
        for name in PLACES:
            workspace.bring_to_front(name)
            groups = workspace.analysis.groups
            for inner in groups[name].panels if name in groups else [""]:
                if inner:
                    groups[name].turn_to(inner)
                assert not settled(window), (percent, name, inner)
        for page in ("sets", "points", "rows"):
            workspace.data_panel.show_page(page)
            assert not settled(window), (percent, page)


def test_hints_in_empty_fields_can_be_read(window: MainWindow) -> None:
    fields = [field for field in window.findChildren(QLineEdit) if field.placeholderText()]
    assert len(fields) > 5
    for name, theme in THEMES.items():
        window.commands[f"view.theme_{name}"].trigger()
        for field in fields:
            field.ensurePolished()
            hint = field.palette().color(QPalette.ColorRole.PlaceholderText)
            assert hint.alpha() == 255
            assert contrast(hint.name(), theme.field) >= 4.5, (name, field.objectName())


def test_a_chosen_value_without_room_ends_in_an_ellipsis_and_its_tip_has_it(
    qapp: QApplication,
) -> None:
    choice = Choice({"long": "A value with a very long name", "short": "a"})
    choice.setToolTip("What is chosen")
    choice.set_key("long")
    for width, is_whole in ((400, True), (90, False)):
        choice.resize(width, 30)
        tip = choice.whole_tip
        assert (tip == "What is chosen") is is_whole
        assert tip.endswith("What is chosen")
        assert ("very long name" in tip) is not is_whole
    choice.deleteLater()


@pytest.mark.parametrize("width", [180, 260, 340, 600])
def test_numbers_of_a_table_are_whole_whatever_the_words_beside_them(
    qapp: QApplication, width: int
) -> None:
    table = LinesTable(DARK, [("Why it moved", ""), ("in ∂E/∂w", ""), ("moves by", "")])
    words = "a long name of a cause, −η·μ·v"
    lines = [
        Line((words, "", "0.004707"), "Click"),
        Line(("together", "−0.04544", "−0.0001631"), strong=True),
    ]
    table.show_lines(lines, -1)
    table.resize(width, 80)
    edges = table._edges()
    assert edges[-1] == pytest.approx(width)
    for line in lines:
        letters = QFontMetricsF(scaled_font(table.font(), 11.5, bold=line.strong))
        for column, text in enumerate(line.cells[1:], start=1):
            if width >= 260:
                assert letters.horizontalAdvance(text) <= edges[column + 1] - edges[column] - 8
    is_cut = QFontMetricsF(scaled_font(table.font(), 11.5)).horizontalAdvance(words) > edges[1] - 8
    assert table._tip(lines[0]) == (f"{words}\nClick" if is_cut else "Click")
    table.deleteLater()


def test_the_line_over_the_drawing_ends_before_the_badge(window: MainWindow) -> None:
    window.resize(1280, 900)
    badge, frame = window.workspace.badge, window.workspace.canvas_frame
    for percent, name in ((100, "gradient check"), (150, "check"), (200, "check")):
        window.commands[f"view.scale_{percent}"].trigger()
        QApplication.processEvents()
        left = badge.mapTo(frame, QPoint(0, 0)).x()
        room = frame.width() - 2 * MARGIN - window.canvas.camera.corner
        assert MARGIN + room <= left, percent
        assert badge.text().lstrip("✓ ").startswith(name), percent
    window.commands["view.gradient_check"].trigger()
    QApplication.processEvents()
    assert badge.isHidden()
    assert window.canvas.camera.corner == 0.0


def test_a_header_without_room_loses_parts_before_letters(qapp: QApplication) -> None:
    metrics = QFontMetricsF(qapp.font())
    whole = "Backward · weight x₁ → y · sample 1 of 2"
    for expected in (whole, "Backward · weight x₁ → y", "Weight x₁ → y", "Loss"):
        header = expected if expected == "Loss" else whole
        assert fitting_header(header, metrics, metrics.horizontalAdvance(expected)) == expected
    assert fitting_header(whole, metrics, 40.0).startswith("W")
    assert fitting_header(whole, metrics, 40.0).endswith("…")


def test_hats_stand_behind_their_letters() -> None:
    assert localised("√v\u0302 + ε, m\u0302") == "√vˆ + ε, mˆ"


def test_a_run_of_one_iteration_is_told_in_the_singular(
    open_window: Opener, session: Session
) -> None:
    training = msgspec.structs.replace(session.training, optimizer=Momentum(0.1))
    window = open_window(msgspec.structs.replace(session, training=training))
    panel = window.workspace.runs_panel
    window.workspace.bring_to_front("runs")
    for said in ("0 iterations", "1 iteration", "2 iterations"):
        panel.refresh()
        assert panel.runs.item(0).text().endswith(said)
        window.player.step_forward("iteration")


def test_labels_stand_over_their_fields_where_a_panel_is_narrow(window: MainWindow) -> None:
    training = window.workspace.training_panel
    field = training.findChild(QComboBox, "training.batch_reduction")
    assert field is not None
    small = (1024, 768)
    places = ((1440, 900), 100, True), (small, 150, False), (small, 100, True)
    for size, percent, beside in places:
        window.resize(*size)
        window.commands[f"view.scale_{percent}"].trigger()
        QApplication.processEvents()
        QTest.qWait(50)
        labels = [label for label in training.findChildren(QLabel) if label.isVisible()]
        assert len(labels) >= 7
        for label in labels:
            assert label.width() >= label.sizeHint().width(), label.text()
        (label,) = [label for label in labels if label.text() == "Join"]
        assert (label.geometry().bottom() > field.y()) is beside
        assert (label.geometry().right() < field.x()) is beside
    # Heads of plots are measured with their present letters, not those before.
    (key,) = [each for each in window.findChildren(QLabel) if "train</span>" in each.text()]
    assert key.text().startswith("<b>Loss</b>")


def test_what_covers_a_low_panel_says_less(qapp: QApplication) -> None:
    cover = Cover()
    for width, height, said in ((320, 200, COVERED), (160, 60, COVERED_SHORT), (320, 200, COVERED)):
        cover.setMinimumSize(0, 0)
        cover.setFixedSize(width, height)
        cover.show()
        assert cover.text() == said
        assert cover.toolTip() == COVERED
    cover.close()
    cover.deleteLater()
