"""Hands for the tests of small multiples: fewer rows, the panel opened, what it paints."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import SamplesPanel
from bpviz.ui.panels.samples_view import SamplesView

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


def opened(window: MainWindow) -> SamplesPanel:
    """Open the panel Samples by its key."""
    QTest.keyClick(window.canvas, Key.Key_7, Modifier.AltModifier)
    QApplication.processEvents()
    found = window.workspace.panels["samples"]
    assert isinstance(found, SamplesPanel)
    assert found.is_seen
    return found


def grabbed(view: SamplesView) -> QImage:
    """Return the view as painted now."""
    QApplication.processEvents()
    return view.viewport().grab().toImage()
