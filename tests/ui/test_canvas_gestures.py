"""Random gestures of mouse and keys: scene and document always agree, and undo-all is exact."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QToolTip

from bpviz.document.document import Document
from bpviz.document.stage import Stage
from bpviz.document.stepper import fitting
from bpviz.engine.snapshot import Snapshot
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session
from bpviz.ui.canvas.geometry import RADIUS, Geometry
from bpviz.ui.canvas.picture import positions_of
from bpviz.ui.main_window import MainWindow
from tests.ui.canvas_fakes import lesson
from tests.ui.canvas_hands import (
    ALT,
    CTRL,
    LEFT,
    PLAIN,
    SHIFT,
    drag,
    end_of,
    hover,
    key,
    move_mouse,
    on_edge,
)
from tests.ui.conftest import named

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)")

# What keys are pressed, with how often; structure grows about as often as it shrinks.
KEYS = {
    "Ctrl+Z": 14, "Ctrl+Shift+Z": 10, "Del": 5, "N": 3, "Shift+N": 1, "Ctrl+Shift+N": 1,
    "Shift+P": 1, "Shift+M": 1, "Ctrl+C": 3, "Ctrl+X": 1, "Ctrl+V": 2, "Ctrl+J": 1,
    "Shift+C": 3, "Shift+I": 2, "Shift+O": 2, "Shift+L": 2, "Shift+U": 2, "Shift+K": 3,
    "Ctrl+Shift+L": 1, "Ctrl+Shift+K": 2, "Shift+A": 2, "Shift+R": 2, "Shift+F": 2,
    "Alt+Shift+Left": 3, "Alt+Shift+Down": 3, "Ctrl+A": 1, "Esc": 4, "Right": 8, "Left": 5,
    "Ctrl+Right": 4, "Ctrl+Left": 3, "Home": 1, "Ctrl++": 2, "Ctrl+-": 2, "Ctrl+0": 2,
    "Ctrl+Shift+G": 1, "Tab": 3, "Shift+Tab": 2, "Alt+Left": 2, "Alt+Right": 2, "Alt+Up": 1,
    "Alt+Down": 1, "PgDown": 3, "PgUp": 2, "Shift+Right": 3, "Shift+Left": 2, "End": 2,
    "Ctrl+B": 1, "Ctrl+1": 1, "Ctrl+2": 1, "Ctrl+3": 1, "Ctrl+5": 1, "Ctrl+9": 1, "Alt+PgDown": 1,
    "M": 3, "Shift+T": 2, "Ctrl+Shift+T": 2, "Ctrl+Alt+S": 1, "Ctrl+Alt+P": 1, "Ctrl+Alt+M": 1,
    "F2": 2, "Ctrl+Up": 2, "Ctrl+Shift+Down": 2, "Ctrl+Return": 2,
}  # fmt: skip
NUMBERS = ("0.5", "-0,25", "1/3", "-2/7", "1e-3", "0", "half", "")
MOST_NODES = 24
# How often, in gestures, all that is shown is compared with a document made anew.
OFTEN = 8


class Gestures:
    """Makes random gestures on a window, the same for the same seed."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window = window
        self.random = random.Random(seed)
        self.log: list[str] = []
        self.verbs: dict[Callable[[], None], int] = {
            self.press_key: 34, self.click: 16, self.drag: 20, self.take_an_end: 6,
            self.place: 3, self.press_head: 4, self.drop_on_edge: 2, self.escape_midway: 4,
            self.turn_wheel: 4, self.pan: 3, self.double_click: 1, self.rest: 3,
            self.type_number: 5, self.drag_number: 4, self.turn_number: 4, self.change_setting: 3,
            self.walk: 3, self.train: 1,
        }  # fmt: skip

    def step(self) -> None:
        """Make one gesture."""
        verb = self.random.choices(list(self.verbs), list(self.verbs.values()))[0]
        self.log.append(verb.__name__)
        verb()
        if len(self.window.document.session.network.nodes) > MOST_NODES:
            self.log.append("undo what is too much")
            while len(self.window.document.session.network.nodes) > MOST_NODES:
                key(self.window, "Ctrl+Z")

    def point(self) -> QPoint:
        """Return a point of the canvas, mostly on a node, a rim or an edge."""
        scene, canvas, draw = self.window.scene, self.window.canvas, self.random
        kind = draw.random()
        area = canvas.viewport().rect()
        found = QPoint(draw.randrange(area.width()), draw.randrange(area.height()))
        if kind < 0.65 and len(scene.geometry.positions):
            x, y = scene.geometry.positions[draw.randrange(len(scene.geometry.positions))]
            away = draw.choice([0.0, 0.0, 36.0, -36.0, 10.0])
            found = canvas.mapFromScene(QPointF(x + away, y))
        elif kind < 0.8 and scene.geometry.names:
            found = on_edge(self.window, draw.choice(scene.geometry.names), draw.random())
        return found if area.contains(found) else area.center()

    def keys(self) -> Qt.KeyboardModifier:
        return self.random.choice([PLAIN, PLAIN, PLAIN, SHIFT, CTRL, ALT])

    def press_key(self) -> None:
        name = self.random.choices(list(KEYS), list(KEYS.values()))[0]
        self.log.append(name)
        key(self.window, name)

    def click(self) -> None:
        QTest.mouseClick(self.window.canvas.viewport(), LEFT, self.keys(), self.point())

    def double_click(self) -> None:
        at = self.point()
        QTest.mouseDClick(self.window.canvas.viewport(), LEFT, PLAIN, at)
        QTest.mouseRelease(self.window.canvas.viewport(), LEFT, PLAIN, at)

    def drag(self) -> None:
        drag(self.window, self.point(), self.point(), self.keys())

    def take_an_end(self) -> None:
        names = self.window.scene.geometry.names
        if names:
            name = self.random.choice(names)
            start = end_of(self.window, name, target=self.random.random() < 0.5)
            drag(self.window, start, self.point())

    def place(self) -> None:
        kind = self.random.choice(["unit", "product", "max", "input", "output"])
        button = named(self.window, f"toolbox.{kind}")
        QTest.mouseClick(button, LEFT)
        hover(self.window, self.point())
        QTest.mouseClick(self.window.canvas.viewport(), LEFT, PLAIN, self.point())

    def press_head(self) -> None:
        parts = self.window.scene.sketch.heads.parts
        if parts:
            box = self.random.choice(parts).box
            at = self.window.canvas.mapFromScene(box.center())
            QTest.mouseClick(self.window.canvas.viewport(), LEFT, PLAIN, at)

    def drop_on_edge(self) -> None:
        names, network = self.window.scene.geometry.names, self.window.document.session.network
        free = [
            u.id for u in network.units if not network.incoming[u.id] and not network.outgoing[u.id]
        ]
        if names and free:
            x, y = network.node(self.random.choice(free)).position
            start = self.window.canvas.mapFromScene(QPointF(x, y))
            drag(self.window, start, on_edge(self.window, self.random.choice(names)))

    def escape_midway(self) -> None:
        viewport, start, end = self.window.canvas.viewport(), self.point(), self.point()
        QTest.mousePress(viewport, LEFT, self.keys() & ~ALT, start)
        move_mouse(self.window, start + (end - start) * 0.5)
        key(self.window, self.random.choice(["Esc", "Esc", "Ctrl+Z", "Right", "Shift+A"]))
        move_mouse(self.window, end)
        QTest.mouseRelease(viewport, LEFT, PLAIN, end)

    def turn_wheel(self) -> None:
        self.wheel(self.point(), PLAIN)

    def wheel(self, at: QPoint, keys: Qt.KeyboardModifier) -> None:
        viewport = self.window.canvas.viewport()
        turn = QPoint(0, self.random.choice([120, -120]))
        event = QWheelEvent(
            QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), turn,
            Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)

    def number(self) -> QPoint:
        """Return where a weight, or the line over or inside a node, is written."""
        scene, canvas, draw = self.window.scene, self.window.canvas, self.random
        layer = scene.picture.label_layer
        if layer.labels and draw.random() < 0.6:
            label = draw.choice(layer.labels)
            found = QPointF(label.x, label.y - 0.3 * layer.size[1])
        else:
            x, y = draw.choice(scene.geometry.positions.tolist() or [[0.0, 0.0]])
            found = QPointF(x, y + draw.choice([1.0, -RADIUS - 17.0]))
        at = canvas.mapFromScene(found)
        area = canvas.viewport().rect()
        return at if area.contains(at) else area.center()

    def type_number(self) -> None:
        at = self.number()
        for _ in range(2):  # an input's is chosen by the second click
            QTest.mouseClick(self.window.canvas.viewport(), LEFT, PLAIN, at)
            field = self.window.workspace.number_spot.field
            if field is not None:
                break
        else:
            return
        QTest.keyClicks(field, self.random.choice(NUMBERS))
        end = self.random.choice(["Enter", "Enter", "Try", "Esc", "leave", "stay"])
        self.log.append(end)
        if end == "leave":
            self.window.canvas.setFocus()
        elif end != "stay":
            keys = SHIFT if end == "Try" else PLAIN
            QTest.keyClick(field, Qt.Key.Key_Escape if end == "Esc" else Qt.Key.Key_Return, keys)

    def drag_number(self) -> None:
        start = self.number()
        keys = self.random.choice([PLAIN, ALT])
        viewport = self.window.canvas.viewport()
        QTest.mousePress(viewport, LEFT, keys, start)
        for by in (7, self.random.randint(-60, 60)):
            move_mouse(self.window, start + QPoint(by, 0), keys=keys)
        QTest.mouseRelease(viewport, LEFT, keys, start + QPoint(by, 0))

    def turn_number(self) -> None:
        at = self.number()
        for _ in range(self.random.randint(1, 3)):
            self.wheel(at, CTRL)

    def change_setting(self) -> None:
        """Choose another optimizer, loss, batch size or penalty in the panel, with the keys."""
        name = self.random.choice(["optimizer", "loss", "batch_size", "l2", "optimizer"])
        self.log.append(name)
        field = named(self.window, f"training.{name}")
        if name in ("optimizer", "loss"):
            assert isinstance(field, QComboBox)
            QTest.keyClick(field, self.random.choice([Qt.Key.Key_Down, Qt.Key.Key_Up]))
        else:
            assert isinstance(field, QLineEdit)
            field.selectAll()
            QTest.keyClicks(field, self.random.choice(["1", "2", "3"]))
            QTest.keyClick(field, Qt.Key.Key_Return)
        self.window.canvas.setFocus()

    def walk(self) -> None:
        """Go to any place of the timeline."""
        player = self.window.player
        player.seek(self.random.randint(0, player.last_iteration))

    def train(self) -> None:
        """Run for a moment; what comes next may find the run still on."""
        key(self.window, "Space")
        QApplication.processEvents()
        if self.random.random() < 0.5:
            key(self.window, "Space")

    def pan(self) -> None:
        middle = Qt.MouseButton.MiddleButton
        viewport, start = self.window.canvas.viewport(), self.point()
        QTest.mousePress(viewport, middle, PLAIN, start)
        move_mouse(self.window, start + QPoint(self.random.randint(-80, 80), 30), middle)
        QTest.mouseRelease(viewport, middle, PLAIN, start)

    def rest(self) -> None:
        QApplication.processEvents()


def agree(window: MainWindow) -> None:
    """Assert that the scene shows the document, as a scene made anew would."""
    scene, session = window.scene, window.document.session
    network = session.network
    assert scene.session is session
    assert scene.geometry.ids == tuple(node.id for node in network.nodes)
    assert scene.geometry.names == tuple(edge.name for edge in network.edges)
    assert set(scene.selected_nodes()) <= set(scene.geometry.ids)
    assert set(scene.selected_edges()) <= set(scene.geometry.names)
    if not scene.glide.is_running:
        fresh = Geometry(network)
        assert np.array_equal(scene.geometry.positions[: len(network.nodes)], positions_of(session))
        assert np.allclose(scene.geometry.points, fresh.points)
    player = window.player
    if player.trace is not None and not player.running and player.trial is None:
        assert np.array_equal(player.trace.theta, player.program.theta_of(network))
    assert not scene.sketch.wire.isVisible()
    assert not scene.sketch.ghost.isVisible()


def agree_with_another(window: MainWindow) -> None:
    """Assert that a document made of the session's bytes shows the same numbers."""
    player, session = window.player, window.document.session
    if player.running or player.trial is not None:
        return
    read = decode_session(encode_session(session)).session
    assert read.network == session.network
    stage = Stage(Document(read).timeline)
    stage.walk_by(fitting(player.grain, player.grain))
    assert (stage.trace is None) == (player.trace is None)
    here = player.snapshot
    if here is None or stage.trace is None:
        return
    stage.choose_sample(player.sample)
    stage.move_to(player.frame_index)
    there = stage.snapshot(running=False)
    assert there is not None
    for field in dataclasses.fields(Snapshot):
        mine, other = getattr(here, field.name), getattr(there, field.name)
        np.testing.assert_equal(other, mine, field.name)


def gesticulate(window: MainWindow, seed: int, count: int) -> None:
    """Make `count` gestures; then undo all."""
    first = encode_session(window.document.session)
    hands = Gestures(window, seed)
    QGuiApplication.clipboard().clear()
    for number in range(count):
        hands.step()
        try:
            agree(window)
            if number % OFTEN == 0:
                agree_with_another(window)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, {number}: {hands.log[-6:]}") from error
    window.player.pause()
    window.scene.editor.trials.stop_trying()
    window.workspace.number_spot.close()
    # All entries, also those that undo has left ahead.
    while window.document.can_undo:
        window.document.undo()
    agree(window)
    agree_with_another(window)
    assert encode_session(window.document.session) == first
    QToolTip.hideText()


@pytest.fixture
def session() -> Session:
    return lesson("S5")


def test_scene_and_document_agree_after_random_gestures(window: MainWindow) -> None:
    gesticulate(window, 1, 220)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 8))
def test_they_agree_after_three_thousand_gestures(window: MainWindow, seed: int) -> None:
    gesticulate(window, seed, 600)
