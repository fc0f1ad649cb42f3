"""Hands for the tests of small multiples: fewer rows, the panel opened, what it paints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import msgspec
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import SamplesPanel
from bpviz.ui.panels.samples_view import SamplesView
from bpviz.ui.style import DARK, apply_theme

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def with_rows(session: Session, rows: list[int]) -> Session:
    """Return `session` with only these rows of its table."""
    data = session.data
    assert isinstance(data, TableData)
    return msgspec.structs.replace(
        session,
        data=msgspec.structs.replace(
            data,
            inputs=tuple(data.inputs[row] for row in rows),
            targets=tuple(data.targets[row] for row in rows),
        ),
    )


def with_inputs(session: Session, inputs: tuple[tuple[float, ...], ...]) -> Session:
    """Return `session` with other inputs in its table."""
    data = session.data
    assert isinstance(data, TableData)
    return msgspec.structs.replace(session, data=msgspec.structs.replace(data, inputs=inputs))


def opened(window: MainWindow) -> SamplesPanel:
    """Open the panel Samples by its key."""
    QTest.keyClick(window.canvas, Key.Key_7, Modifier.AltModifier)
    QApplication.processEvents()
    found = window.workspace.panels["samples"]
    assert isinstance(found, SamplesPanel)
    assert found.is_seen
    return found


class Alone:
    """The panel Samples without the window around it, told of steps and edits as in there."""

    def __init__(self, session: Session) -> None:
        self.document = Document(session)
        self.player = Player(self.document)
        self.scene = CanvasScene(self.document, self.player, DARK)
        self.panel = SamplesPanel(self.document, self.player, self.scene, DARK)
        self.scene.setParent(self.panel)
        self.player.setParent(self.panel)
        self.document.setParent(self.panel)
        self.player.stepped.connect(self.panel.follow_numbers)
        self.document.edited.connect(self.panel.follow_structure)
        self.panel.resize(420, 560)
        self.panel.show()
        self.panel.refresh()
        QApplication.processEvents()

    @property
    def view(self) -> SamplesView:
        """The drawings."""
        return self.panel.view

    def step(self, grain: str, count: int = 1) -> None:
        """Step forward, and show it at once."""
        for _ in range(count):
            self.player.step_forward(grain)  # type: ignore[arg-type]
        self.panel.refresh()


MakeAlone: TypeAlias = Callable[[Session], Alone]


@contextmanager
def panels_alone(qapp: QApplication) -> Iterator[MakeAlone]:
    """Give what makes panels alone; at the end they go, with all that they show."""
    apply_theme(qapp, "dark")
    made: list[Alone] = []

    def make(session: Session) -> Alone:
        made.append(Alone(session))
        return made[-1]

    yield make
    for each in made:
        each.player.pause()
        each.panel.close()
        each.panel.deleteLater()
        QApplication.sendPostedEvents(each.panel, QEvent.Type.DeferredDelete)


def grabbed(view: SamplesView) -> QImage:
    """Return the view as painted now."""
    QApplication.processEvents()
    return view.viewport().grab().toImage()
