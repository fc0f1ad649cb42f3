"""The badge over the drawing counts what is checked, and never tells of what is gone."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.model.verbs import delete, set_edge
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels import idle_check
from bpviz.ui.panels.check_badge import MARGIN
from tests.ui.conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)

AT_START = "gradient check"


class Badge:
    """What the badge of a window says, now and each time that anything was checked."""

    def __init__(self, window: MainWindow) -> None:
        button = named(window, "gradient_check", QToolButton)
        assert isinstance(button, QToolButton)
        self._button = button
        self.check = window.workspace.analysis.idle_check
        self.said: list[str] = []
        self.check.progressed.connect(lambda: self.said.append(self.text))

    @property
    def text(self) -> str:
        return self._button.text()

    @property
    def tip(self) -> str:
        return self._button.toolTip()

    def begins(self, qtbot: QtBot) -> int:
        """Wait until some are checked and some are not; return how many are."""
        qtbot.waitUntil(lambda: 0 < self.check.count < self.check.total)
        return self.check.count


@pytest.fixture
def badge(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Badge:
    """The badge at the start of a check, which goes one parameter at a time."""
    monkeypatch.setattr(idle_check, "SLICE", 0.0)
    monkeypatch.setattr(idle_check, "REST_MS", 60)
    made = Badge(window)
    window.player.step_iteration()
    made.said.clear()
    return made


def counted(total: int) -> list[str]:
    return [f"gradient check {count} of {total}" for count in range(1, total)]


def test_it_counts_every_parameter_up_to_the_last(badge: Badge, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: badge.check.is_done)
    assert badge.said[:-1] == counted(9)
    assert re.fullmatch(r"✓ gradient check \d(\.\d+)?e−\d+", badge.said[-1])
    assert badge.text == badge.said[-1]


def test_after_a_rest_it_goes_on_where_it_was(
    badge: Badge, window: MainWindow, qtbot: QtBot
) -> None:
    before = badge.begins(qtbot)
    window.player.step_forward("neuron")
    window.player.step_back("neuron")
    assert badge.text == f"gradient check {before} of 9"
    qtbot.waitUntil(lambda: badge.check.is_done)
    assert badge.said[:-1] == counted(9), "no parameter is checked twice"


def test_switched_off_and_on_it_goes_on_where_it_was(
    badge: Badge, window: MainWindow, qtbot: QtBot
) -> None:
    before = badge.begins(qtbot)
    window.commands["view.gradient_check"].trigger()
    qtbot.wait(2 * idle_check.REST_MS)
    assert badge.check.count == before
    window.commands["view.gradient_check"].trigger()
    qtbot.waitUntil(lambda: badge.check.is_done)
    assert badge.said[:-1] == counted(9)


def test_an_edit_begins_it_anew_at_once(badge: Badge, window: MainWindow, qtbot: QtBot) -> None:
    document = window.document
    for weight, halfway in ((5.0, True), (6.0, False)):
        if halfway:
            badge.begins(qtbot)
        else:
            qtbot.waitUntil(lambda: badge.check.is_done)
        old = badge.text
        badge.said.clear()
        document.push(set_edge(document.session, ["x1->h1"], "weight", weight))
        assert (badge.text, badge.check.count) == (AT_START, 0)
        assert old not in badge.tip
        qtbot.waitUntil(lambda: badge.check.is_done)
        assert badge.said[0] == AT_START
        assert badge.said[1:-1] == counted(9)


def test_a_parameter_less_is_one_less_to_check(
    badge: Badge, window: MainWindow, qtbot: QtBot
) -> None:
    badge.begins(qtbot)
    badge.said.clear()
    window.document.push(delete(window.document.session, (), ("x1->h1",)))
    qtbot.waitUntil(lambda: badge.check.is_done)
    assert badge.said[1:-1] == counted(8)


def test_what_it_said_goes_with_the_numbers_it_was_of(
    badge: Badge, window: MainWindow, qtbot: QtBot, session: Session
) -> None:
    document, player = window.document, window.player
    document.push(set_edge(document.session, ["x1->h1"], "weight", 5.0))
    ways: tuple[Callable[[], object], ...] = (
        lambda: QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
        player.back_iteration,
        player.step_iteration,
        window.commands["run.reset"].trigger,
        lambda: document.new(msgspec.structs.replace(session, title="Another")),
    )
    for way in ways:
        qtbot.waitUntil(lambda: badge.check.is_done)
        way()
        assert (badge.text, badge.check.count) == (AT_START, 0)


@pytest.mark.parametrize("factor", [1.5, 0.8])
def test_a_longer_text_never_reaches_over_the_drawings_rim(
    badge: Badge, window: MainWindow, qtbot: QtBot, factor: float
) -> None:
    qtbot.waitUntil(lambda: badge.text.startswith("✓"))
    frame = window.workspace.canvas_frame

    window.workspace.badge.set_scale(factor)

    # No event has passed: the next thing may be a paint.
    button = window.workspace.badge
    right = button.mapTo(frame, button.rect().topRight()).x()
    assert right == frame.width() - MARGIN - 1
    assert button.width() >= button.sizeHint().width()
