"""The main job, end to end, by mouse and keys: open, step both ways, run, edit, undo, save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.app import create_window
from bpviz.engine.backprop import Trace
from bpviz.explain.numbers import format_number
from bpviz.model import verbs
from bpviz.model.schema import Progress, Session
from bpviz.model.session import encode_session, load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import resource_path

S5 = resource_path("lessons", "S5.bpviz.json")
DIGITS = 4


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    opened = create_window(load_session(S5))
    opened.show()
    opened.activateWindow()
    with qtbot.waitExposed(opened):
        opened.canvas.setFocus()
    yield opened
    opened.player.pause()
    opened.document.new(opened.document.session)
    opened.close()
    opened.deleteLater()


def trigger(window: MainWindow, name: str) -> None:
    action = window.findChild(QAction, name)
    assert isinstance(action, QAction), name
    action.trigger()
    QApplication.processEvents()


def without_progress(session: Session) -> bytes:
    """The bytes of a session but for history, progress and view."""
    return encode_session(
        msgspec.structs.replace(session, history=msgspec.UNSET, progress=Progress(), view={})
    )


def drawn(window: MainWindow) -> dict[str, str]:
    """Every number that the drawing shows, by what it belongs to."""
    picture = window.scene.picture
    network = window.document.session.network
    numbers = {}
    for place, node in enumerate(network.nodes):
        card = picture.card(place)
        numbers[f"{node.id} value"] = card.value
        numbers[f"{node.id} delta"] = card.below.rpartition("= ")[2] if "=" in card.below else "—"
    numbers["loss"] = picture.card(len(network.nodes)).value
    for label in picture.label_layer.labels:
        name = network.edges[label.edge].name
        numbers[f"{name} weight"] = label.text.first.split()[-1]
        numbers[f"{name} gradient"] = label.text.second.split()[-1]
    return numbers


def expected(trace: Trace) -> dict[str, float]:
    """Every number of a trace by the name that `drawn` gives it."""
    network = trace.program.network
    gradients = trace.edge_gradients(0)
    numbers = {"loss": float(trace.loss_per_sample[0])}
    for place, node in enumerate(network.nodes):
        numbers[f"{node.id} value"] = float(trace.a[0, place])
        is_unit = node in network.units
        numbers[f"{node.id} delta"] = float((trace.delta if is_unit else trace.dloss_da)[0, place])
    for place, edge in enumerate(network.edges):
        slot = trace.program.edge_slot[place]
        numbers[f"{edge.name} weight"] = float(trace.theta[slot])
        numbers[f"{edge.name} new"] = float(trace.updated[slot])
        numbers[f"{edge.name} gradient"] = float(gradients[place])
    return numbers


def check_numbers(window: MainWindow) -> int:
    """Assert that each number drawn is the trace's; return how many are known."""
    trace = window.player.trace
    assert trace is not None
    right = expected(trace)
    known = 0
    for name, text in drawn(window).items():
        if text == "—":
            continue
        known += 1
        values = [right[name]]
        if name.endswith("weight"):
            values.append(right[name.replace(" weight", " new")])
        shown = {
            format_number(value, DIGITS, trim=trim) for value in values for trim in (False, True)
        }
        assert text in shown, (name, text, shown)
    return known


def step_through_an_iteration(window: MainWindow) -> None:
    """Walk an iteration by neuron with keys, forwards and back: the same numbers both ways."""
    player = window.player
    assert (player.iteration, player.frame) == (0, None)
    pictures = [drawn(window)]
    known = [check_numbers(window)]
    while player.iteration == 0:
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        pictures.append(drawn(window))
        known.append(check_numbers(window))
    assert known[-2] == len(drawn(window))
    assert known[:-1] == sorted(known[:-1])
    assert player.iteration == 1
    assert not window.document.dirty
    for there in reversed(pictures[:-1]):
        QTest.keyClick(window.canvas, Qt.Key.Key_Left)
        assert drawn(window) == there
    assert (player.iteration, player.frame) == (0, None)


def run_200_iterations(window: MainWindow, qtbot: QtBot) -> None:
    """Run by Space, pause by Space, and go to iteration 200."""
    player = window.player
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert player.running
    qtbot.waitUntil(lambda: player.iteration >= 200)
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert not player.running
    player.seek(200)
    assert player.iteration == 200
    assert window.document.dirty


def undo_all(window: MainWindow) -> None:
    while window.document.can_undo:
        trigger(window, "edit.undo")


def test_the_main_job(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    player, document = window.player, window.document
    first = encode_session(document.session)
    trigger(window, "view.show_gradients")
    step_through_an_iteration(window)
    assert without_progress(document.session) == first
    run_200_iterations(window, qtbot)

    # An edit, and the way back to the first bytes.
    document.push(verbs.set_edge(document.session, ["x1->h1"], "weight", 0.25))
    assert drawn(window)["x1->h1 weight"] == "0.25"
    edited = document.session
    undo_all(window)
    assert encode_session(document.session) == first
    while document.can_redo:
        trigger(window, "edit.redo")
    assert document.session.network == edited.network

    # Saving and opening again.
    path = tmp_path / "s5.bpviz.json"
    document.save(path)
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("s5.bpviz.json")
    again = load_session(path)
    assert without_progress(again) == without_progress(document.session)
    assert again.progress.iteration == 200
    document.open(path)
    assert player.iteration == 200
    undo_all(window)
    assert encode_session(document.session) == first


STATES = {
    "ready": [],
    "forward": ["run.step_forward"] * 3,
    "backward": ["run.step_forward"] * 8,
    "update": ["run.step_forward"] * 16,
    "running": ["run.toggle"],
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("theme", ["dark", "light", "high_contrast"])
def test_screens_of_each_main_state(
    window: MainWindow, qtbot: QtBot, state: str, theme: str
) -> None:
    """Writes the pictures that are looked at before a release; each must have many colours."""
    window.view.set_theme(theme)
    trigger(window, "view.show_gradients")
    for name in STATES[state]:
        trigger(window, name)
    if state == "running":
        qtbot.waitUntil(lambda: window.player.iteration > 300)
    window.resize(1440, 900)
    QApplication.processEvents()
    picture = window.grab()
    folder = Path("screenshots")
    folder.mkdir(exist_ok=True)
    assert picture.save(str(folder / f"{state}-{theme}.png"))
    image = picture.toImage()
    colours = {image.pixel(x, y) for x in range(0, 1440, 7) for y in range(0, 900, 7)}
    assert len(colours) > 15
