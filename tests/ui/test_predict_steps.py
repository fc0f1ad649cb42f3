"""Predict, then reveal, where a step is a layer or a phase: every hidden number of it is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton

from bpviz.engine.hiding import KINDS
from bpviz.explain.numbers import format_number
from bpviz.explain.quantities import value_of
from bpviz.explain.questions import Question, questions_in
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.predict_panel import PredictPanel
from tests.test_architecture import ROOT
from tests.ui.conftest import NO_RAISE, named, type_into
from tests.ui.test_predict_panel import shown_texts

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)
Opener = Callable[[Session | None], MainWindow]
Key = Qt.Key


def lesson(name: str) -> Session:
    return load_session(ROOT / "resources" / "lessons" / f"{name}.bpviz.json")


def key(which: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the focus is."""
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, which, held)


def tab_to(panel: PredictPanel, name: str, which: Qt.Key = Key.Key_Tab) -> None:
    """Go to a widget of the panel by Tab, or Shift and Tab, alone."""
    wanted = panel.findChild(QCheckBox, name) or named(panel, name, QPushButton)
    for _ in range(12):
        if wanted.hasFocus():
            return
        key(which)
    pytest.fail(f"{name} is not reached by Tab")


def by_keys(window: MainWindow, grain: str) -> PredictPanel:
    """Step by `grain` and hide every kind of number, by keys alone."""
    window.canvas.setFocus()
    key({"layer": Key.Key_3, "phase": Key.Key_4}[grain])
    assert window.player.grain == grain
    window.commands["lesson.predict"].trigger()
    panel = window.workspace.predict_panel
    for kind in KINDS:
        box = panel.findChild(QCheckBox, f"predict.{kind}")
        assert box is not None
        if not box.isChecked():
            panel.field.setFocus()
            tab_to(panel, f"predict.{kind}", Key.Key_Backtab)
            key(Key.Key_Return)
        assert box.isChecked()
    # Begin again, at the start of the iteration.
    window.commands["lesson.predict"].trigger()
    assert not panel.quiz.is_on
    window.canvas.setFocus()
    key(Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    window.commands["lesson.predict"].trigger()
    assert panel.quiz.kinds == frozenset(KINDS)
    return panel


def every_question(window: MainWindow) -> list[Question]:
    """Return all that an iteration asks for, in the order of its frames."""
    trace, frames = window.player.trace, window.player.frames
    assert trace is not None
    assert frames is not None
    return list(questions_in(trace, frames, window.player.sample))


@pytest.mark.parametrize("grain", ["layer", "phase"])
@pytest.mark.parametrize("name", ["S1", "S5"])
def test_an_iteration_is_walked_by_keys(open_window: Opener, name: str, grain: str) -> None:
    """Each number is answered wrong, then right, by typing and Enter; some take a hint by Tab."""
    window = open_window(lesson(name))
    panel = by_keys(window, grain)
    quiz, expected = panel.quiz, every_question(window)
    panel.field.setFocus()
    asked: list[Question] = []
    steps = []
    while window.player.iteration == 0:
        question, value = quiz.question, quiz.value
        assert question is not None
        assert panel.field.hasFocus(), "one types on"
        assert panel.field.text() == ""
        place, count = quiz.progress
        steps.append((window.player.frame_index, place, count))
        if count > 1:
            assert panel.progress.startswith(f"{place} of {count} in this step")
        asked.append(question)
        if len(asked) % 5 == 0:
            tab_to(panel, "predict.hint")
            key(Key.Key_Return)
            assert "The formula" in panel.hints
            panel.field.setFocus()
        QTest.keyClicks(panel.field, f"{-value:.5g}")
        key(Key.Key_Return)
        assert panel.verdict.startswith("✗")
        assert "sign" in panel.verdict
        QTest.keyClicks(panel.field, f"{value:.5g}")
        key(Key.Key_Return)
        assert panel.verdict.startswith("✓ right to"), (question, value)
        key(Key.Key_Return)
    assert asked == expected
    # Of each step the questions are counted from the first to the last.
    for frame in {frame for frame, _, _ in steps}:
        places = [place for at, place, _ in steps if at == frame]
        (count,) = {count for at, _, count in steps if at == frame}
        assert places == list(range(1, count + 1))
    assert max(count for _, _, count in steps) > 2
    score = quiz.score
    assert len(score.entries) == score.right == len(expected)
    assert all(len(entry.answers) == 2 for entry in score.entries)
    assert score.at_once == 0
    assert window.player.hidden.revealed == frozenset(), "the next iteration is hidden again"


def secrets(window: MainWindow) -> set[str]:
    """Return the numbers that are to be predicted still, as they would be written."""
    trace, player = window.player.trace, window.player
    assert trace is not None

    def written(value: float) -> str:
        return format_number(abs(value), 4)

    given = {written(each) for each in trace.theta} | {
        written(each) for each in trace.a[:, :2].flat
    }
    found: set[str] = set()
    for each in every_question(window):
        text = written(value_of(each.quantity, trace, player.sample))
        (found if each.is_hidden(player.hidden) else given).add(text)
    return {each for each in found - given if len(each.strip("0.")) >= 4}


@pytest.mark.parametrize("grain", ["layer", "phase"])
def test_nothing_of_a_step_is_given_away_before_it_is_known(window: MainWindow, grain: str) -> None:
    for name in ("gradients", "statistics", "nudge", "runs", "check", "derive", "explain"):
        window.workspace.bring_to_front(name)
    window.commands[f"run.grain_{grain}"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset(KINDS))
    panel.quiz.next()
    found: list[str] = []

    def look(when: str) -> None:
        texts = set(shown_texts(window)) | {window.workspace.latex()}
        found.extend(
            f"{each} {when} at {window.player.frame}: {text}"
            for each in secrets(window)
            for text in texts
            if each in text
        )

    steps = 0
    while window.player.iteration == 0:
        look("before")
        for _ in range(len(panel.quiz.left) // 2):
            type_into(panel.field, f"{panel.quiz.value:.6g}")
            assert panel.quiz.is_done
            panel.quiz.next()
        while panel.quiz.has_more_hints:
            panel.quiz.hint()
        look("half way")
        panel.quiz.give_up_all()
        assert not panel.quiz.left
        look("behind it")
        panel.quiz.next()
        steps += 1
    assert not found, "\n".join(sorted(found))
    assert steps == (5 if grain == "phase" else 9)


def test_what_a_question_builds_on_is_no_hint_while_it_is_hidden_itself(
    window: MainWindow,
) -> None:
    window.commands["run.grain_layer"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"errors", "gradients"}))
    panel.quiz.next()
    assert panel.question == "What is δ(y₁), sample 1?"
    error = format_number(abs(panel.quiz.value), 3)
    panel.quiz.next()
    assert panel.question == "What is ∂E/∂w(h₁→y₁), sample 1?"
    while panel.quiz.has_more_hints:
        panel.quiz.hint()
    assert "Hidden too" in panel.hints
    assert error not in panel.hints
    panel.quiz.give_up()
    assert error not in panel.hints
    for _ in range(3):
        panel.quiz.next()
    assert panel.question == "What is δ(y₁), sample 1?", "what was left open comes again"


def test_the_rest_of_a_step_is_revealed_at_once_and_counts_as_not_predicted(
    window: MainWindow,
) -> None:
    panel = by_keys(window, "layer")
    type_into(panel.field, "1000")
    QTest.keyClicks(panel.field, f"{panel.quiz.value:.5g}")
    key(Key.Key_Return)
    key(Key.Key_Return)
    assert panel.progress == "2 of 2 in this step, 1 still hidden"
    tab_to(panel, "predict.rest")
    key(Key.Key_Return)
    assert panel.verdict.startswith("It is ")
    assert panel.field.hasFocus(), "Enter goes on"
    assert not named(panel, "predict.rest").isEnabled()
    key(Key.Key_Return)
    assert panel.progress == "", "the output's layer has one number"
    entries = panel.quiz.score.entries
    assert [(each.right, len(each.answers)) for each in entries] == [(True, 2), (False, 0)]
    window.commands["run.grain_phase"].trigger()
    window.player.step_forward("phase")
    assert len(panel.quiz.left) == len(panel.quiz._asked)


def test_how_far_a_question_has_come_is_kept_while_others_are_asked(window: MainWindow) -> None:
    window.commands["run.grain_layer"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"values"}))
    panel.quiz.next()
    type_into(panel.field, "0.1")
    panel.quiz.hint()
    panel.quiz.next()
    panel.quiz.give_up()
    panel.quiz.next()
    type_into(panel.field, f"{panel.quiz.value:.5g}")
    entry = panel.quiz.score.entries[-1]
    assert (len(entry.answers), entry.hints, entry.right) == (2, 1, True)


@pytest.mark.parametrize("grain", ["iteration", "epoch"])
def test_a_step_of_an_iteration_asks_for_nothing_and_says_so(
    window: MainWindow, grain: str
) -> None:
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset(KINDS))
    window.commands[f"run.grain_{grain}"].trigger()
    window.player.step_forward()
    assert panel.quiz.question is None
    assert "asks for nothing" in panel.question
    assert window.workspace.header._loss.text() == "loss ?"
    QTest.mouseClick(named(panel, "predict.next"), Qt.MouseButton.LeftButton)
    assert panel.question == "What is a(h₁), sample 1?"


def test_the_same_question_of_the_next_iteration_is_asked_in_an_empty_field(
    window: MainWindow,
) -> None:
    window.commands["run.grain_phase"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"loss"}))
    panel.quiz.next()
    first = panel.question
    type_into(panel.field, f"{panel.quiz.value:.5g}")
    while window.player.iteration == 0:
        assert panel.quiz.is_done
        panel.quiz.next()
        if window.player.iteration == 0:
            assert panel.field.text() == ""
            type_into(panel.field, f"{panel.quiz.value:.5g}")
    assert panel.question == first
    assert panel.field.text() == ""


def test_of_a_unit_the_sum_is_asked_and_then_the_value(window: MainWindow) -> None:
    """At the grain of terms z has a question of its own: once it gave the value away."""
    window.commands["run.grain_term"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"values"}))
    panel.quiz.next()
    assert panel.question == "What is z(h₁), sample 1?"
    panel.quiz.give_up()
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert snapshot.z_known[2]
    panel.quiz.next()
    assert panel.question == "What is a(h₁), sample 1?"
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert not snapshot.value_known[2]


def test_the_only_sample_s_gradients_are_the_batch_s(open_window: Opener) -> None:
    window = open_window(lesson("S5"))
    window.commands["run.grain_phase"].trigger()
    panel = window.workspace.predict_panel
    panel.quiz.start(frozenset({"gradients"}))
    panel.quiz.next()
    panel.quiz.give_up_all()
    window.player.step_forward("phase")
    snapshot = window.player.snapshot
    assert snapshot is not None
    assert snapshot.batch_gradients
    assert snapshot.edge_gradient_known.all(), "they are known by now, and not asked for again"
