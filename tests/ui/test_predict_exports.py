"""Files written while numbers are to be predicted don't give them away either."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from bpviz.explain.numbers import format_number
from bpviz.ui.figures import write_drawing
from bpviz.ui.main_window import MainWindow

EVERY = frozenset({"values", "loss", "errors", "gradients", "updates"})


def refusals(window: MainWindow) -> list[str]:
    """Return what the open message boxes say, and close them."""
    boxes = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    found = [box.text() for box in boxes]
    for box in boxes:
        box.close()
    return found


def hidden_numbers(window: MainWindow) -> set[str]:
    trace = window.player.trace
    assert trace is not None
    numbers = [*trace.a[0, 2:], *trace.delta[0, 2:], *trace.edge_gradients(0)]
    return {format_number(float(each), 4) for each in numbers}


def test_a_drawing_in_a_file_has_question_marks(window: MainWindow, tmp_path: Path) -> None:
    player, quiz = window.player, window.workspace.predict_panel.quiz
    assert player.frames is not None
    last = next(n for n, frame in enumerate(player.frames) if frame.phase == "reduce") - 1
    quiz.start(EVERY)
    player.show_frame(last)
    for overlay in ("values", "gradients", "local", "updates"):
        window.scene.set_overlay(overlay)
        write_drawing(window.scene, tmp_path / "hidden.svg")
        text = (tmp_path / "hidden.svg").read_text(encoding="utf-8")
        assert not {each for each in hidden_numbers(window) if each in text}, overlay
        assert "?" in text
    window.commands["edit.copy_drawing"].trigger()
    copied = QGuiApplication.clipboard().mimeData().data("image/svg+xml").toStdString()
    assert not {each for each in hidden_numbers(window) if each in copied}
    quiz.stop()
    window.scene.set_overlay("gradients")
    write_drawing(window.scene, tmp_path / "shown.svg")
    shown = (tmp_path / "shown.svg").read_text(encoding="utf-8")
    assert len([each for each in hidden_numbers(window) if each in shown]) >= 6


@pytest.mark.parametrize(
    ("command", "kinds"),
    [("file.export_loss", {"loss"}), ("file.export_derivation", {"values"}),
     ("file.export_derivation", {"errors"})],
)  # fmt: skip
def test_what_would_give_numbers_away_is_not_written(
    window: MainWindow, command: str, kinds: set[str]
) -> None:
    quiz = window.workspace.predict_panel.quiz
    quiz.start(frozenset(kinds))
    window.commands[command].trigger()
    (said,) = refusals(window)
    assert "hidden while you predict" in said
    assert not window.findChildren(QFileDialog)
    quiz.stop()
    window.commands[command].trigger()
    assert not refusals(window)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.close()
    QApplication.processEvents()


def test_what_is_not_hidden_is_still_written(window: MainWindow) -> None:
    window.workspace.predict_panel.quiz.start(frozenset({"errors"}))
    window.commands["file.export_loss"].trigger()
    assert not refusals(window)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.close()
