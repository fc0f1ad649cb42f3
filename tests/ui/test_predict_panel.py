"""Predict, then reveal: numbers are hidden everywhere until they are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from bpviz.engine.hiding import KINDS
from bpviz.explain.hints import Hint, hints
from bpviz.explain.numbers import format_number
from bpviz.explain.quantities import Quantity
from bpviz.ui.canvas.shown import State
from bpviz.ui.canvas.spoken import spoken
from bpviz.ui.canvas.tips import edge_tip, node_tip
from bpviz.ui.formula.markdown_view import MarkdownView
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.predict_panel import PredictPanel
from tests.ui.conftest import type_into


@pytest.fixture
def asking(window: MainWindow) -> PredictPanel:
    """A panel that asks for errors and gradients, at the first of them."""
    window.commands["lesson.predict"].trigger()
    panel = window.workspace.predict_panel
    assert panel.isVisible()
    return panel


def click(panel: PredictPanel, name: str) -> None:
    button = panel.findChild(type(panel.begin), f"predict.{name}")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_errors_and_gradients_are_hidden_everywhere(
    window: MainWindow, asking: PredictPanel
) -> None:
    assert asking.question == "What is δ(y₁), sample 1?"
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert not snapshot.delta_known.any()
    assert not snapshot.dloss_da_known.any()
    assert snapshot.hidden["delta"].sum() == 1, "those not computed yet are not hidden"
    assert snapshot.value_known.all()
    explained = window.workspace.explain_panel
    window.lesson_commands.show_panel("explain")
    assert "hidden" in explained.sentence
    assert "0.0193" not in window.workspace.step_line.sentence
    assert window.workspace.step_line.sentence.endswith(": ?")


def test_a_wrong_sign_is_told_and_a_right_answer_revealed(
    window: MainWindow, asking: PredictPanel
) -> None:
    trace = window.player.trace
    assert trace is not None
    value = trace.delta[0, 4]
    type_into(asking.field, f"{-value:.4f}")
    assert "the sign is not" in asking.verdict
    type_into(asking.field, "a third")
    assert "no number" in asking.verdict
    type_into(asking.field, f"{value:.4f}".replace(".", ","))
    assert asking.verdict.startswith("✓ right to 3 digits")
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert snapshot.delta_known[4]
    entry = asking.quiz.score.entries[0]
    assert (entry.right, len(entry.answers), entry.mistakes) == (True, 2, ("sign",))
    click(asking, "next")
    assert asking.question == "What is ∂E/∂w(h₁→y₁), sample 1?"
    assert asking.field.text() == ""


def test_a_hidden_number_is_a_question_mark_on_the_canvas(
    window: MainWindow, asking: PredictPanel
) -> None:
    shown = window.scene.picture.shown
    assert shown.delta.state[4] == State.NOT_COMPUTED
    assert shown.delta.is_hidden(4)
    assert not shown.delta.is_hidden(2)
    asking.quiz.give_up()
    assert not window.scene.picture.shown.delta.is_hidden(4)


def test_a_question_about_a_node_that_is_taken_away_is_asked_anew(
    window: MainWindow, asking: PredictPanel
) -> None:
    """Edits are told before steps: the panel once looked for the node that was gone."""
    while "δ(h₁)" not in asking.question:
        asking.quiz.give_up()
        asking.quiz.next()
    window.canvas.setFocus()
    window.scene.select({"h1"}, set())
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert "h1" not in window.document.session.network.node_index
    assert "h1" not in asking.question
    window.document.undo()
    window.player.go_to_start()
    assert asking.quiz.is_on


def test_a_hint_comes_into_sight(window: MainWindow, asking: PredictPanel) -> None:
    window.resize(1440, 900)
    QApplication.processEvents()
    type_into(asking.field, "0.4")
    assert asking.verdict == "✗ Not yet. A hint may help."
    click(asking, "hint")
    assert asking.verdict == "✗ Not yet."
    hints = asking.findChild(MarkdownView)
    assert hints is not None
    shown = asking.visibleRegion().boundingRect()
    assert shown.top() <= asking.field.geometry().top()
    assert shown.bottom() >= hints.geometry().bottom() - 1


def test_hints_uncover_the_formula_term_by_term(asking: PredictPanel) -> None:
    click(asking, "hint")
    assert "The formula" in asking.hints
    assert asking.hints.count("$$") == 2
    click(asking, "hint")
    assert asking.hints.count("$$") == 4
    for _ in range(30):
        asking.quiz.hint()
    assert not asking.quiz.has_more_hints
    click(asking, "reveal")
    assert asking.verdict.startswith("It is −0.01933")
    assert asking.quiz.score.entries[0].right is False


def test_the_formula_is_derived_once_for_all_that_is_uncovered_of_it(
    window: MainWindow, asking: PredictPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[str] = []

    def count(quantity: Quantity, *given: Any, **named: Any) -> tuple[Hint, ...]:
        derived.append(quantity.name)
        return hints(quantity, *given, **named)

    monkeypatch.setattr("bpviz.document.quiz.hints", count)
    click(asking, "next")
    assert asking.question == "What is ∂E/∂w(h₁→y₁), sample 1?"
    while asking.quiz.has_more_hints:
        click(asking, "hint")
    assert len(derived) == 1
    shown = asking.hints
    window.commands["run.next_sample"].trigger()
    assert asking.question == "What is ∂E/∂w(h₁→y₁), sample 2?"
    while asking.quiz.has_more_hints:
        click(asking, "hint")
    assert asking.hints != shown, "of other numbers"


def test_next_goes_through_the_iteration_and_on(window: MainWindow, asking: PredictPanel) -> None:
    asked = []
    for _ in range(40):
        asked.append((window.player.iteration, asking.question))
        asking.quiz.give_up()
        asking.quiz.next()
        if window.player.iteration == 1:
            break
    names = [text for _, text in asked]
    assert len(set(names)) == len(names)
    assert "What is ∂E/∂w(x₁→h₁)?" in names, "the batch's gradient is a number of its own"
    assert "What is ∂E/∂a(x₁), sample 1?" in names
    assert window.player.hidden.revealed == frozenset(), "the next iteration is hidden again"


def test_values_and_loss(window: MainWindow) -> None:
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"values", "loss"}))
    panel.quiz.next()
    assert panel.question == "What is a(h₁), sample 1?"
    assert window.workspace.header._loss.text() == "loss ?"
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert list(snapshot.value_known) == [True, True, False, False, False], "inputs are given"
    panel.quiz.stop()
    assert window.workspace.header._loss.text() != "loss ?"
    assert panel.question.startswith("Choose what is hidden")


def test_new_weights_are_hidden_too(window: MainWindow) -> None:
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"updates"}))
    panel.quiz.next()
    assert panel.question == "What is Δw(x₁→h₁)?"
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert snapshot.edge_weight[0] == 0.5, "the new weight would give the update away"


def test_all_numbers_come_back(window: MainWindow, asking: PredictPanel) -> None:
    asking.toggle()
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert not snapshot.hidden
    assert not window.player.hidden.kinds


def test_analysis_is_covered_meanwhile(window: MainWindow, asking: PredictPanel) -> None:
    window.workspace.bring_to_front("derive")
    docks = window.workspace.docks
    covered = {name for name, dock in docks.items() if dock.is_covered}
    assert covered == {"derive", "check", "statistics", "nudge", "gradients"}
    assert not window.workspace.panels["derive"].isVisible()
    assert window.workspace.latex() == "", "nor is it copied"
    asking.toggle()
    assert window.workspace.panels["derive"].isVisible()
    assert not any(dock.is_covered for dock in docks.values())


def test_the_score_is_saved_as_csv_and_markdown(asking: PredictPanel, tmp_path: Path) -> None:
    asking.quiz.give_up()
    asking.save_score(tmp_path / "score.csv")
    asking.save_score(tmp_path / "score.md")
    lines = (tmp_path / "score.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "iteration,question,answer,right,tries,hints,mistakes"
    assert lines[1] == '1,"What is δ(y₁), sample 1?",,no,0,0,'
    written = (tmp_path / "score.md").read_text(encoding="utf-8")
    assert "| 1 | What is δ(y₁), sample 1? |  | no | 0 | 0 |  |" in written
    assert "0 of 1 right" in written
    asking.quiz.clear_score()
    assert not asking.quiz.score.entries


def test_a_lesson_page_does_not_give_hidden_figures_away(
    open_window: Callable[..., MainWindow],
) -> None:
    from bpviz.model.session import load_session
    from tests.test_architecture import ROOT

    window = open_window(load_session(ROOT / "resources" / "lessons" / "S5.bpviz.json"))
    window.lesson_commands.turn_to(4)
    window.workspace.predict_panel.quiz.start(frozenset({"errors"}))
    assert {each.computed for each in window.workspace.lesson_panel.figures} == {"?"}


def shown_texts(window: MainWindow) -> list[str]:
    """Return every text of the window: seen, painted, spoken, or in a tip."""
    found = list(painted(window))
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            found += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
            found += [str(widget.property(name) or "") for name in ("text", "plainText", "title")]
        if widget.isVisible() and isinstance(widget, QAbstractItemView):
            found += cells(widget.model())
    scene, network = window.scene, window.document.session.network
    shown, geometry = scene.picture.shown, scene.geometry
    for place in range(len(network.nodes) + 1):
        found.append(node_tip(window.document.session, geometry, shown, place))
    for place in range(len(network.edges)):
        found.append(edge_tip(window.document.session, shown, place))
    found += [spoken(scene.picture, ("node", node.id)) for node in network.nodes]
    found += [spoken(scene.picture, ("edge", edge.name)) for edge in network.edges]
    samples = window.workspace.step_line.samples
    found += [samples.tip_of(sample) for sample in range(len(window.player.batch))]
    return found


def cells(model: QAbstractItemModel) -> Iterator[str]:
    for row in range(model.rowCount()):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount()):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                yield str(model.index(row, column).data(role) or "")


def painted(window: MainWindow) -> Iterator[str]:
    """Yield what is painted letter by letter, on the drawing and in formulas."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        draw = QPainter.drawText

        def listening(painter: QPainter, *given: Any) -> Any:
            said.extend(each for each in given if isinstance(each, str))
            return draw(painter, *given)

        patch.setattr(QPainter, "drawText", listening)
        window.grab()
    return iter(said)


def numbers_of(window: MainWindow, kind: str) -> set[str]:
    """Return the hidden numbers as they would be written, the first digits of each.

    What the session itself says, as weights and data do, is left out.
    """
    trace = window.player.trace
    assert trace is not None
    program = trace.program
    arrays: dict[str, list[Any]] = {
        "values": [trace.z[:, 2:], trace.a[:, 2:]],
        "loss": [trace.loss_per_sample, trace.loss],
        # Another sample's δ is a part of the bias's gradient, as one learns at the mean.
        "errors": [trace.delta[0, 2:], trace.dloss_da[0]],
        "gradients": [trace.gradient, *map(trace.edge_gradients, range(len(trace.rows)))],
        "updates": [trace.updated - trace.theta, trace.updated],
    }
    every = np.concatenate([np.ravel(each) for each in arrays[kind]])
    given = {format_number(abs(edge.weight), 4) for edge in program.network.edges}
    written = {format_number(abs(float(each)), 4) for each in every}
    return {each for each in written - given if len(each.strip("0.")) >= 4}


def test_no_hidden_number_is_found_anywhere(window: MainWindow) -> None:
    for name in ("gradients", "statistics", "nudge", "runs", "check", "derive", "explain"):
        window.workspace.bring_to_front(name)
    player, quiz = window.player, window.workspace.predict_panel.quiz
    found: set[str] = set()
    for kind in KINDS:
        quiz.start(frozenset({kind}))
        numbers = numbers_of(window, kind)
        assert len(numbers) >= 3
        assert player.frames is not None
        for frame in range(len(player.frames)):
            player.show_frame(frame)
            texts = set(shown_texts(window))
            found |= {
                f"{kind} {each} at {frame}: {text}"
                for each in numbers
                for text in texts
                if each in text
            }
        quiz.stop()
        plain = "\n".join(shown_texts(window))
        assert any(each in plain for each in numbers), "they are seen once they are not hidden"
    assert not found, "\n".join(sorted(found))
