"""The loss surface in the window: computed on demand, with the path, read by a click."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from bpviz.engine.evaluation import evaluate
from bpviz.model import verbs
from bpviz.model.schema import Session
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.surface_section import SurfaceSection
from bpviz.ui.style import apply_theme

from .conftest import named
from .statistics_stand import Stand

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def window(session: Session, qtbot: QtBot, qapp: QApplication) -> Iterator[Stand]:
    """The statistics with their document, shown, after twenty iterations."""
    apply_theme(qapp, "dark")
    made = Stand(session)
    qtbot.addWidget(made)
    made.document.timeline.advance(20)
    made.document.publish("Train")
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.player.pause()


@pytest.fixture
def section(window: Stand) -> SurfaceSection:
    """The section."""
    return window.panel.surface


def compute(window: Stand) -> None:
    button = window.findChild(QPushButton, "surface.compute")
    assert button is not None
    button.click()


def choose(window: Stand, name: str, key: str) -> None:
    choice = window.findChild(Choice, name)
    assert choice is not None
    choice.setCurrentIndex(choice.findData(key))


def test_path_and_losses_are_those_of_the_history(
    window: Stand, section: SurfaceSection, qtbot: QtBot
) -> None:
    before = window.document.session
    choose(window, "surface.first", "weight x1->h2")
    choose(window, "surface.second", "bias y1")
    compute(window)
    qtbot.waitUntil(lambda: section.is_computed)
    assert window.document.session is before
    player = window.player
    x, y = section.plot.path_data()
    assert len(x) == 21
    for iteration in (0, 7, 20):
        player.seek(iteration)
        session = window.document.session
        assert x[iteration] == session.network.edge("x1->h2").weight
        assert y[iteration] == session.network.node("y1").bias  # type: ignore[union-attr]
    assert section.plot.contour_count > 20
    section.plot.picked.emit(float(x[20]), float(y[20]))
    label = window.findChild(QLabel, "surface.reading")
    assert label is not None
    assert label.text().startswith("w  x₁ → h₂ = ")
    assert player.trace is not None
    here = evaluate(player.program, player.rows, session.training, player.trace.theta).loss
    said = float(label.text().rpartition("loss ")[2])
    assert said == pytest.approx(here, rel=0.05)


def test_going_back_dims_the_path_and_says_what_moved(
    window: Stand, section: SurfaceSection, qtbot: QtBot
) -> None:
    compute(window)
    qtbot.waitUntil(lambda: section.is_computed)
    assert "moved since" not in section.words
    window.player.seek(5)
    assert len(section.plot.path_data()[0]) == 6
    assert "They have moved since" in section.words
    window.player.seek(20)
    assert "moved since" not in section.words
    window.player.step_iteration()
    assert len(section.plot.path_data()[0]) == 22


def test_it_can_be_cancelled_and_goes_with_the_network(
    window: Stand, section: SurfaceSection, qtbot: QtBot
) -> None:
    compute(window)
    compute(window)
    assert not section.is_computed
    assert not section.plot.isVisible()
    compute(window)
    qtbot.waitUntil(lambda: section.is_computed)
    window.document.push(verbs.delete(window.document.session, ["h2"], []))
    assert not section.plot.isVisible()
    choice = window.findChild(Choice, "surface.first")
    assert choice is not None
    keys = [choice.itemData(place) for place in range(choice.count())]
    assert "weight x1->h2" not in keys
    assert "weight x1->h1" in keys


def test_the_selected_are_taken_and_two_alike_refused(
    window: Stand, section: SurfaceSection
) -> None:
    take = named(window, "surface.take")
    QTest.mouseClick(take, Left)
    assert section.words.startswith("Select two")
    window.scene.select_all()
    QTest.mouseClick(take, Left)
    first = window.findChild(Choice, "surface.first")
    second = window.findChild(Choice, "surface.second")
    assert first is not None
    assert second is not None
    assert first.currentData() != second.currentData()
    choose(window, "surface.second", first.currentData())
    compute(window)
    assert section.words == "Choose two different parameters."


def test_the_reach_is_kept_to(window: Stand, section: SurfaceSection, qtbot: QtBot) -> None:
    reach = named(window, "surface.reach")
    reach.setFocus()
    QTest.keyClicks(reach, "0,25")
    QTest.keyClick(reach, Qt.Key.Key_Return)
    compute(window)
    qtbot.waitUntil(lambda: section.is_computed)
    (low, high), _ = section.plot.plot_item.viewRange()
    assert high - low == pytest.approx(0.5 * 41 / 40, rel=1e-6)
    assert np.isfinite([low, high]).all()
