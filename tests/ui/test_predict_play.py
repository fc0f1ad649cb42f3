"""Predict, then reveal, played with keys and mouse: in a lesson, and in a network of one's own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton

from bpviz.engine.builders import new_layered
from bpviz.explain.mistakes import WORDS
from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.predict_panel import PredictPanel
from tests.test_architecture import ROOT
from tests.ui.conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)
Opener = Callable[[Session | None], MainWindow]
LEFT = Qt.MouseButton.LeftButton


def forms_of(value: float) -> list[str]:
    """Return a right answer in every form that people type."""
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    size = abs(value)
    fraction = Fraction(size).limit_denominator(max(2000, round(2000 / size)))
    mantissa, exponent = f"{size:.3e}".split("e")
    return [
        f"{value:.4g}",
        f"{value:.4f}".replace(".", ",") if size > 0.01 else f"{value:.4g}".replace(".", ","),
        f"{sign}{fraction.numerator}/{fraction.denominator}",
        f"{'-' if sign else ''}{fraction.numerator} / {fraction.denominator}",
        f"{sign}{mantissa}e{sign and ''}{int(exponent)}",
        f"{sign}{mantissa}E\N{MINUS SIGN}{-int(exponent)}" if int(exponent) < 0 else f"{value:.5g}",
        f"{sign}{f'{size:.5g}'.removeprefix('0')}",
        f" {value:.6g} ",
    ]


def begin(window: MainWindow, *kinds: str) -> PredictPanel:
    """Choose the kinds, and begin, by mouse."""
    window.workspace.bring_to_front("predict")
    panel = window.workspace.predict_panel
    for name in ("values", "loss", "errors", "gradients", "updates"):
        box = named(panel, f"predict.{name}", QCheckBox)
        assert isinstance(box, QCheckBox)
        if box.isChecked() != (name in kinds):
            QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        assert box.isChecked() == (name in kinds)
    press(panel, "begin")
    assert panel.quiz.is_on
    return panel


def enter(panel: PredictPanel, text: str) -> None:
    """Type a prediction and Enter, letter by letter; QTest knows no minus sign of its own."""
    QTest.mouseClick(panel.field, LEFT)
    QTest.keyClick(panel.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    for letter in text:
        if letter.isascii():
            QTest.keyClicks(panel.field, letter)
        else:
            plain = Qt.KeyboardModifier.NoModifier
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, Qt.Key.Key_unknown.value, plain, letter)
                QApplication.sendEvent(panel.field, event)
    QTest.keyClick(panel.field, Qt.Key.Key_Return)


def press(panel: PredictPanel, name: str) -> None:
    QTest.mouseClick(named(panel, f"predict.{name}", QPushButton), LEFT)


def play(window: MainWindow, panel: PredictPanel, count: int) -> list[str]:
    """Answer `count` questions, each in another form; return what was asked."""
    asked = []
    for place in range(count):
        value = panel.quiz.value
        asked.append(panel.question)
        text = forms_of(value)[place % 8]
        enter(panel, text)
        assert panel.verdict.startswith("✓ right"), (panel.question, text, value, panel.verdict)
        press(panel, "next")
        assert panel.field.hasFocus(), "one types on"
    return asked


def test_the_fifth_lesson_is_played_through(open_window: Opener) -> None:
    window = open_window(load_session(ROOT / "resources" / "lessons" / "S5.bpviz.json"))
    panel = begin(window, "values", "loss", "errors", "gradients", "updates")
    asked = play(window, panel, 20)
    assert asked[0] == "What is a(h₁), sample 1?"
    assert "What is δ(y), sample 1?" in asked
    assert "What is Δw(x₁→h₁)?" in asked
    assert len(set(asked)) == 20
    assert panel.quiz.score.at_once == 20


def test_a_network_of_one_s_own_is_played(open_window: Opener) -> None:
    rows = TableData(((0.5, -1.0), (1.0, 0.25), (-0.75, 0.5)), ((1.0,), (0.0,), (0.5,)))
    window = open_window(new_layered((2, 3, 2, 1), activation="tanh", data=rows, seed=4))
    panel = begin(window, "errors", "gradients")
    play(window, panel, 12)
    assert panel.quiz.score.right == 12


@pytest.mark.parametrize("grain", ["neuron", "layer", "phase"])
def test_each_mistake_is_told_to_the_learner(open_window: Opener, grain: str) -> None:
    rows = TableData(((0.5, -1.0), (1.0, 0.25), (-0.75, 0.5)), ((1.0,), (0.0,), (0.5,)))
    window = open_window(new_layered((2, 3, 2, 1), activation="tanh", data=rows, seed=4))
    window.commands[f"run.grain_{grain}"].trigger()
    panel = begin(window, "errors", "gradients")
    trace = window.player.trace
    assert trace is not None
    network, told = trace.program.network, set()

    def wrong(value: float, mistake: str) -> None:
        enter(panel, f"{value:.5g}".replace("-", "\N{MINUS SIGN}"))
        assert panel.verdict.startswith("✗"), (panel.question, value)
        assert WORDS[mistake] in panel.verdict
        told.add(mistake)

    for _ in range(60):
        question, value = panel.quiz.question, panel.quiz.value
        assert question is not None
        kind, name, sample = question.quantity
        if kind == "delta":
            node = network.node_index[name]
            wrong(-value, "sign")
            wrong(2.0 * value, "half")
            if abs(trace.slope[sample, node] - 1.0) > 0.05:
                wrong(float(trace.dloss_da[sample, node]), "slope")
            outgoing = network.outgoing[name]
            if len(outgoing) > 1:
                edge = network.edge_index[outgoing[1].name]
                lost = float(trace.edge_contributions(sample)[edge])
                wrong((trace.dloss_da[sample, node] - lost) * trace.slope[sample, node], "path")
        elif sample < 0:
            wrong(3.0 * value, "mean")
        press(panel, "reveal")
        assert panel.verdict.startswith("It is ")
        if told == {"sign", "half", "slope", "path", "mean"}:
            break
        press(panel, "next")
    assert told == {"sign", "half", "slope", "path", "mean"}
    assert panel.quiz.score.right == 0


def test_hints_come_term_by_term_and_the_sheet_is_saved(
    open_window: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(load_session(ROOT / "resources" / "lessons" / "S5.bpviz.json"))
    panel = begin(window, "values")
    shown = [panel.hints]
    hint = named(panel, "predict.hint", QPushButton)
    while hint.isEnabled():
        QTest.mouseClick(hint, LEFT)
        assert panel.hints.startswith(shown[-1])
        assert panel.hints.count("$$") == 2 * len(shown)
        assert "0.6010878" not in panel.hints, "the result itself is never told"
        shown.append(panel.hints)
    assert len(shown) >= 6
    enter(panel, "0,5")
    assert panel.verdict.startswith("✗")
    enter(panel, "0,60")
    assert panel.verdict.startswith("✓ right to 2 digits")
    asked: list[str] = []

    def answer(_parent: object, _title: str, _at: Path, kinds: str, save: object) -> None:
        asked.append(kinds)
        assert callable(save)
        save(tmp_path / "sheet.csv")

    monkeypatch.setattr("bpviz.ui.panels.predict_panel.ask_file_to_save", answer)
    press(panel, "export")
    with (tmp_path / "sheet.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["question"] == "What is a(h₁), sample 1?"
    assert (row["answer"], row["right"], row["tries"]) == ("0,5; 0,60", "yes", "2")
    assert int(row["hints"]) == len(shown) - 1
    assert asked == ["CSV (*.csv);;Markdown (*.md)"]
