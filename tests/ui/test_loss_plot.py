"""The loss plot: scales, thinning, crosshair, what lies ahead, values without a place."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bpviz.document.player import Player
from bpviz.ui.plots import scales
from bpviz.ui.plots.loss_plot import LossPlot
from bpviz.ui.style import DARK, LIGHT

from .conftest import named

losses = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


@given(st.integers(0, 10**6), st.integers(2, 1000))
def test_thinning_keeps_first_and_last(count: int, limit: int) -> None:
    chosen = scales.thinned(count, limit)
    assert len(chosen) == min(count, limit) or len(chosen) <= limit
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)
        assert np.all(np.diff(chosen) > 0)


@given(losses, st.booleans())
def test_the_range_holds_all_that_is_drawn(values: list[float], logarithmic: bool) -> None:
    drawn = scales.drawable(np.array(values), logarithmic)
    span = scales.loss_span(drawn, logarithmic)
    assert span.low < span.high
    finite = drawn[np.isfinite(drawn)]
    assert np.all(finite >= span.low - 1e-9 * abs(span.low))
    assert np.all(finite <= span.high + 1e-9 * abs(span.high))


@given(losses, st.booleans(), st.integers(2, 8))
def test_ticks_lie_in_the_range_and_are_few(
    values: list[float], logarithmic: bool, wanted: int
) -> None:
    span = scales.loss_span(scales.drawable(np.array(values), logarithmic), logarithmic)
    ticks = scales.ticks(span, logarithmic, wanted)
    slack = 1e-6 * (span.high - span.low)
    assert 1 <= len(ticks) <= 2 * wanted + 3
    assert all(span.low - slack <= tick <= span.high + slack for tick in ticks)
    assert all(a < b for a, b in pairwise(ticks))


@given(st.integers(0, 10**9))
def test_the_range_of_iterations_jumps(last: int) -> None:
    span = scales.iteration_span(last)
    assert last <= span.high * 1.001
    assert span.high <= max(10, 2.01 * last)


def test_what_has_no_place_on_a_logarithmic_axis() -> None:
    values = np.array([1.0, 0.0, -2.0, np.inf, np.nan, 0.01])
    drawn = scales.drawable(values, logarithmic=True)
    assert drawn[[0, 5]] == pytest.approx([0.0, -2.0])
    assert np.isnan(drawn[1:5]).all()
    assert scales.left_out(values, logarithmic=True) == 4
    assert scales.left_out(values, logarithmic=False) == 2


@pytest.fixture
def plot(qtbot: QtBot, player: Player) -> LossPlot:
    """A plot of a curve that the test fills."""
    made = LossPlot(player, DARK)
    qtbot.addWidget(made)
    made.resize(800, 240)
    made.show()
    qtbot.waitExposed(made)
    player.setProperty("plot", made)
    return made


@pytest.fixture
def fill(plot: LossPlot, player: Player) -> Callable[[list[float]], None]:
    """Give the player a curve with these training losses, a test loss half as large."""

    def filled(train: list[float]) -> None:
        for iteration, loss in enumerate(train):
            player.curve.record(iteration, loss, loss / 2)
        plot.refresh()

    return filled


def drawn(plot: LossPlot, name: str) -> tuple[list[float], list[float]]:
    x, y = plot.curve_data(name)
    return list(x), list(y)


def test_a_single_point_is_a_dot(plot: LossPlot, player: Player) -> None:
    """A line through one point would show nothing at iteration 0."""
    plot.refresh()
    assert len(player.curve.iteration) == 1
    image = plot.plot.grab().toImage()
    colors = {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
    assert QColor(DARK.positive).name() in colors
    player.step_iteration()
    plot.refresh()
    assert [item.opts["symbol"] for item in plot.plot_item.listDataItems()[:4]] == [None] * 4


def test_train_and_test_are_drawn_and_what_lies_ahead_apart(
    plot: LossPlot, player: Player, fill: Callable[[list[float]], None]
) -> None:
    for _ in range(3):
        player.step_iteration()
    plot.refresh()
    x, y = drawn(plot, "train")
    assert x == [0, 1, 2, 3]
    assert y == player.curve.train
    assert drawn(plot, "test")[1] == player.curve.test
    player.seek(1)
    plot.refresh()
    assert drawn(plot, "train")[0][-1] == 1
    assert drawn(plot, "train_ahead")[0] == [1, 2, 3]
    assert drawn(plot, "test_ahead")[0] == [1, 2, 3]


def test_at_most_a_thousand_points(
    plot: LossPlot, player: Player, fill: Callable[[list[float]], None]
) -> None:
    fill([1 / (n + 1) for n in range(5000)])
    count = len(drawn(plot, "train_ahead")[0])
    assert 900 <= count <= scales.MAX_POINTS
    assert drawn(plot, "train_ahead")[0][-1] == 4999


def test_logarithmic_with_values_that_have_no_place(
    plot: LossPlot, qtbot: QtBot, fill: Callable[[list[float]], None]
) -> None:
    fill([1.0, 0.1, 0.0, -1.0, 0.001])
    with qtbot.waitSignal(plot.log_toggled):
        named(plot, "loss.log").click()  # type: ignore[attr-defined]
    assert plot.logarithmic
    y = drawn(plot, "train_ahead")[1]
    assert y[0] == 0.0
    assert y[1] == pytest.approx(-1.0)
    assert np.isnan(y[2])
    assert np.isnan(y[3])
    reading = named(plot, "loss.reading")
    assert isinstance(reading, QLabel)
    assert reading.text().startswith("2 values ≤ 0")
    plot.set_log(False)
    assert reading.text() == ""


def test_the_range_stands_still_while_a_run_goes_on_inside_it(
    plot: LossPlot, fill: Callable[[list[float]], None]
) -> None:
    moves: list[object] = []
    plot.plot_item.vb.sigRangeChanged.connect(lambda *_: moves.append(1))
    for count in range(20, 400, 4):
        fill([0.9 / (1 + n / 50) for n in range(count)])
    assert 1 <= len(moves) <= 14


def test_the_crosshair_reads_the_values(
    plot: LossPlot, player: Player, qtbot: QtBot, fill: Callable[[list[float]], None]
) -> None:
    fill([0.5, 0.25, 0.125])
    reading = named(plot, "loss.reading")
    assert isinstance(reading, QLabel)
    assert reading.text() == ""
    box = plot.plot_item.vb
    at = plot.plot.mapFromScene(box.mapViewToScene(QPointF(1.1, 0.1)))
    for place in (QPoint(at.x() + 40, at.y()), at):
        QTest.mouseMove(plot.plot.viewport(), place)
        QTest.qWait(20)
    qtbot.waitUntil(lambda: "iteration 1 " in reading.text())
    assert reading.text() == "iteration 1   train 0.2500   test 0.1250"
    plot.set_digits(6)
    assert "train 0.250000" in reading.text()


def test_both_themes_are_drawn(plot: LossPlot, fill: Callable[[list[float]], None]) -> None:
    fill([0.5, 0.25, 0.125])
    pictures = []
    for theme in (DARK, LIGHT):
        plot.apply_theme(theme)
        picture = plot.grab().toImage()
        assert picture.pixelColor(400, 60).name() in (theme.canvas, theme.grid)
        pictures.append(picture)
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    "values",
    [(-1e308, 1e308), (-1.7e308,), (-1e300, -1e300), (-5e-324, 0.0), (-3.0, -3.0 - 1e-15)],
)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_losses_of_any_size_have_a_range(values: tuple[float, ...], logarithmic: bool) -> None:
    drawn = scales.drawable(np.array(values), logarithmic)
    span = scales.loss_span(drawn, logarithmic)
    assert np.isfinite([span.low, span.high]).all()
    assert span.low < span.high
    scales.linear_ticks(span)
