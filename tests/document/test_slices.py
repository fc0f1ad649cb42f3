"""Work in slices: shown as it goes, given up at any time, never two pieces at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from bpviz.document.slices import Slices


class Counting:
    """Counts to `goal`, one at a time, and does after each what it is told to."""

    def __init__(self, goal: int, after: Callable[[], None] = lambda: None) -> None:
        self.count, self.goal, self.after = 0, goal, after

    @property
    def share(self) -> float:
        return self.count / self.goal

    @property
    def ended(self) -> bool:
        return self.count == self.goal

    def work(self, until: Callable[[], bool]) -> None:
        while not self.ended:
            self.count += 1
            self.after()
            if until():
                return


@pytest.fixture
def slices(qapp: QObject) -> Slices:
    return Slices(qapp)


@pytest.fixture
def told(slices: Slices) -> list[str]:
    """What was told: the share after each slice, and the end."""
    told: list[str] = []
    slices.advanced.connect(lambda: told.append(f"{slices.share:.0%}"))
    slices.ended.connect(lambda: told.append("end"))
    return told


def test_it_tells_of_each_slice_and_of_the_end(
    slices: Slices, told: list[str], qtbot: QtBot
) -> None:
    work = Counting(4)
    slices.begin(work, seconds=0.0)
    assert (slices.busy, work.count) == (True, 0), "the window's own work comes first"
    qtbot.waitUntil(lambda: not slices.busy)
    assert told == ["25%", "50%", "75%", "end"]
    qtbot.wait(5)
    assert work.count == 4
    assert slices.share == 0.0


def test_a_long_slice_does_all_at_once(slices: Slices, told: list[str], qtbot: QtBot) -> None:
    slices.begin(Counting(1000), seconds=60.0)
    qtbot.waitUntil(lambda: not slices.busy)
    assert told == ["end"]


def test_given_up_it_stops_where_it_is(slices: Slices, told: list[str], qtbot: QtBot) -> None:
    work = Counting(9)

    def on_advanced() -> None:
        if work.count == 3:
            slices.cancel()

    slices.advanced.connect(on_advanced)
    slices.begin(work, seconds=0.0)
    qtbot.waitUntil(lambda: not slices.busy)
    qtbot.wait(5)
    assert (work.count, len(told)) == (3, 3)


def test_work_that_gives_itself_up_is_not_told_as_done(
    slices: Slices, told: list[str], qtbot: QtBot
) -> None:
    work = Counting(1, after=slices.cancel)
    slices.begin(work, seconds=0.0)
    qtbot.wait(5)
    assert (work.count, told) == (1, [])


def test_what_begins_takes_the_place_of_what_was_under_way(
    slices: Slices, told: list[str], qtbot: QtBot
) -> None:
    second = Counting(2)
    first = Counting(9, after=lambda: slices.begin(second, seconds=0.0))
    slices.begin(first, seconds=0.0)
    qtbot.waitUntil(lambda: second.ended)
    assert (first.count, told) == (1, ["50%", "end"])


def test_it_waits_as_long_as_it_is_told(slices: Slices, qtbot: QtBot) -> None:
    work = Counting(2)
    slices.begin(work, seconds=0.0, delay=60_000)
    qtbot.wait(5)
    assert work.count == 0
    slices.advanced.connect(lambda: slices.wait(60_000))
    slices.wait(0)
    qtbot.waitUntil(lambda: work.count == 1)
    qtbot.wait(5)
    assert work.count == 1
    slices.cancel()
    slices.wait(0)
    qtbot.wait(5)
    assert (work.count, slices.busy) == (1, False), "there is nothing that could wait"
