"""The statistics: every number against the trace, empty states, live updates, cost when hidden."""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.engine.builders import new_layered
from bpviz.engine.evaluation import evaluate
from bpviz.engine.statistics import layer_norms
from bpviz.engine.survey import Survey
from bpviz.explain.numbers import format_number
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.names import pretty_name
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.panels.statistics_panel import StatisticsPanel
from bpviz.ui.plots.histogram_plot import BINS, bins_of
from bpviz.ui.plots.lines_table import ROW
from bpviz.ui.style import apply_theme

from .conftest import named
from .statistics_stand import Stand

Left = Qt.MouseButton.LeftButton
Show = Callable[[Session], None]


@pytest.fixture
def window(session: Session, qtbot: QtBot, qapp: QApplication) -> Iterator[Stand]:
    """The panel with its document, shown."""
    apply_theme(qapp, "dark")
    made = Stand(session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.player.pause()


@pytest.fixture
def panel(window: Stand) -> StatisticsPanel:
    """The panel."""
    return window.panel


@pytest.fixture
def show(window: Stand, panel: StatisticsPanel, qtbot: QtBot) -> Show:
    """Open a session and wait until all its rows are measured."""

    def shown(session: Session) -> None:
        window.document.new(session)
        qtbot.waitUntil(lambda: panel.is_measured)

    return shown


def circles(activation: str = "tanh", loss: str = "binary_cross_entropy") -> Session:
    data = GeneratorData(name="circles", samples=80, test_fraction=0.25)
    return new_layered((2, 5, 4, 1), activation=activation, data=data, loss=loss, seed=2)  # type: ignore[arg-type]


def test_the_numbers_are_those_of_the_trace(
    window: Stand, panel: StatisticsPanel, show: Show
) -> None:
    show(circles())
    player = window.player
    for _ in range(3):
        player.step_iteration()
    trace = player.trace
    assert trace is not None
    sizes = layer_norms(player.program, trace.gradient)
    shown = [line.cells for line in panel.table.lines]
    assert [cells[:2] for cells in shown] == [("1", "5"), ("2", "4"), ("3", "1")]
    assert [cells[4] for cells in shown] == [format_number(s, 3, trim=True) for s in sizes]
    before, after = trace.theta, trace.updated
    slots = player.program.edge_slot[player.program.node_level[player.program.target] == 2]
    ratio = np.linalg.norm((after - before)[slots]) / np.linalg.norm(before[slots])
    assert shown[1][5] == format_number(float(ratio), 3, trim=True)


def test_a_click_on_a_layer_shows_its_weights_and_activations(
    window: Stand, panel: StatisticsPanel, show: Show
) -> None:
    show(circles())
    assert panel.weights.counts.sum() == 10
    assert panel.activations.counts.sum() == 60 * 5
    QTest.mouseClick(panel.table, Left, pos=QPoint(30, int(2.5 * ROW)))
    assert panel.weights.counts.sum() == 20
    assert panel.activations.counts.sum() == 60 * 4
    trace = window.player.trace
    assert trace is not None
    hidden = trace.a[:, window.player.program.node_level == 2]
    assert np.array_equal(panel.activations.counts, bins_of(hidden)[0])


def test_dead_units_are_counted_and_named(
    window: Stand, panel: StatisticsPanel, show: Show
) -> None:
    session = circles("relu")
    nodes = tuple(
        msgspec.structs.replace(node, bias=-90.0) if node.id in ("h1_2", "h1_5") else node
        for node in session.network.nodes
    )
    network = Network(nodes, session.network.edges, session.network.outputs)
    show(msgspec.structs.replace(session, network=network))
    line = panel.table.lines[0]
    assert line.cells[2] == "2"
    assert line.tip == "Dead: h₁,₂, h₁,₅"
    assert "2 of 5 units of layer 1 are dead" in panel.verdict


def test_accuracy_and_confusion_are_counted_row_by_row(
    window: Stand, panel: StatisticsPanel, show: Show, qtbot: QtBot
) -> None:
    show(circles())
    window.player.run()
    qtbot.waitUntil(lambda: window.player.iteration > 30)
    window.player.pause()
    qtbot.waitUntil(lambda: panel.is_measured)
    player = window.player
    assert player.trace is not None
    training = window.document.session.training
    for part, count in (("train", 60), ("test", 20)):
        found = evaluate(player.program, player.rows, training, player.trace.theta, part)  # type: ignore[arg-type]
        targets = player.rows.targets if part == "train" else player.rows.test_targets
        right = int(((found.outputs > 0.5) == (targets > 0.5)).sum())
        assert f"{part} {format_number(100 * right / count, 4, trim=True)} %" in panel.classes.words
        assert f"{right} of {count}" in panel.classes.words
        QTest.mouseClick(named(window, f"statistics.{part}"), Left)
        counts = panel.classes.confusion.counts
        assert int(np.trace(counts)) == right
        assert counts.sum(axis=1).tolist() == [int((targets == k).sum()) for k in (0, 1)]


def test_probabilities_of_the_sample_come_once_they_are_computed(
    window: Stand, panel: StatisticsPanel, show: Show
) -> None:
    show(circles())
    assert "not computed yet" in panel.classes.sample_words
    assert not len(panel.classes.scores.scores)
    window.player.step_forward("phase")
    trace = window.player.trace
    assert trace is not None
    a = float(trace.outputs[0, 0])
    assert panel.classes.scores.scores == pytest.approx([1 - a, a])
    window.player.choose_sample(5)
    a = float(trace.outputs[5, 0])
    assert panel.classes.scores.scores == pytest.approx([1 - a, a])
    assert panel.classes.sample_words.startswith("Row 6: class ")
    is_right = (a > 0.5) == (trace.targets[5, 0] > 0.5)
    assert ("right" in panel.classes.sample_words) == is_right


def test_softmax_takes_the_largest(window: Stand, panel: StatisticsPanel, show: Show) -> None:
    data = GeneratorData(name="blobs3", samples=30, test_fraction=0.0)
    session = new_layered((2, 4, 3), data=data, loss="softmax_cross_entropy", seed=1)
    show(session)
    window.player.step_forward("phase")
    trace = window.player.trace
    assert trace is not None
    assert trace.probabilities is not None
    assert np.array_equal(panel.classes.scores.scores, trace.probabilities[0])
    assert panel.classes.confusion.counts.shape == (3, 3)
    assert "the largest of the probabilities" in panel.classes.sample_words
    assert not named(window, "statistics.test").isEnabled()


def test_many_classes_are_told_by_colour_tip_and_words(
    window: Stand, panel: StatisticsPanel, show: Show
) -> None:
    classes = 14
    rows = tuple((place / classes, (place % 5) / 5) for place in range(3 * classes))
    targets = tuple(
        tuple(float(k == place % classes) for k in range(classes)) for place in range(len(rows))
    )
    data = TableData(inputs=rows, targets=targets)
    show(new_layered((2, classes), data=data, loss="softmax_cross_entropy", seed=2))
    window.player.step_forward("phase")
    plot, counts = panel.classes.confusion, panel.classes.confusion.counts
    assert counts.shape == (classes, classes)
    assert counts.sum(axis=1).tolist() == [3] * classes
    wrong = np.where(np.eye(classes, dtype=bool), 0, counts)
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    names = [pretty_name(f"y{place + 1}") for place in range(classes)]
    told = f"{names[row]} for {names[column]} ({wrong.max()}×)"
    assert told in panel.classes.words
    cell = plot.cell(int(row), int(column))
    assert plot.tip_at(cell.center().toPoint()) == (
        f"{names[row]} taken for {names[column]}: {wrong.max()} of 3 rows"
    )
    assert plot.tip_at(QPoint(2, 2)) == ""
    pixel = plot.grab().toImage().pixelColor(cell.center().toPoint())
    assert pixel.red() > pixel.green(), "a mistake is red"
    # Of the scores the ten highest, and the true class among them.
    trace = window.player.trace
    assert trace is not None
    assert trace.probabilities is not None
    shown = panel.classes.scores.scores
    assert len(shown) == 10
    assert shown[0] == trace.probabilities[0].max()
    assert trace.probabilities[0, 0] in shown


def test_all_grows_with_the_scale(window: Stand, panel: StatisticsPanel, show: Show) -> None:
    show(circles())
    window.player.step_forward("phase")
    parts = (
        panel.table, panel.weights, panel.activations, panel.classes.confusion,
        panel.classes.scores,
    )  # fmt: skip
    before = [part.height() for part in parts]
    panel.set_scale(1.5)
    for part, height in zip(parts, before, strict=True):
        assert part.height() == pytest.approx(1.5 * height, abs=4)
    panel.set_scale(1.0)
    assert [part.height() for part in parts] == before


def test_numbers_are_no_classes_and_an_incomplete_session_says_so(
    window: Stand, panel: StatisticsPanel, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: panel.is_measured)
    assert "not classes" in panel.classes.words
    assert not panel.classes.confusion.isVisible()
    session = msgspec.structs.replace(window.document.session, data=TableData())
    window.document.new(session)
    about = named(window, "statistics.about")
    said = about.text()  # type: ignore[attr-defined]
    assert said.startswith("Nothing to measure yet. There are no rows yet: ")
    assert not panel.table.isVisible()


def test_hidden_it_measures_nothing(
    window: Stand, panel: StatisticsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.hide()
    asked: list[object] = []
    monkeypatch.setattr(Survey, "begin", lambda *given: asked.append(given))
    window.player.step_iteration()
    assert asked == []
    monkeypatch.undo()
    panel.show()
    assert named(window, "statistics.about").text().startswith("Iteration 2, the coming one, over")  # type: ignore[attr-defined]


def test_many_rows_are_surveyed_in_slices(
    window: Stand, panel: StatisticsPanel, show: Show, qtbot: QtBot
) -> None:
    data = GeneratorData(name="moons", samples=40_000, test_fraction=0.0)
    show(new_layered((2, 30, 30, 1), data=data, seed=1))
    about = named(window, "statistics.about")
    qtbot.waitUntil(lambda: "every" in about.text())  # type: ignore[attr-defined]
    assert panel.table.lines[0].cells[2] == "0"


def test_bins_hold_every_finite_value() -> None:
    values = np.array([0.0, 1.0, -1.0, np.nan, np.inf, 0.5])
    counts, edges = bins_of(values)
    assert (counts.sum(), len(counts), edges[0], edges[-1]) == (4, BINS, -1.0, 1.0)
    counts, edges = bins_of(np.full(7, 3.0))
    assert counts[BINS // 2] == 7
    assert edges[0] < 3.0 < edges[-1]
    assert len(bins_of(np.array([np.nan]))[0]) == 0
