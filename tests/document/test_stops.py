"""Runs that stop by themselves: each condition, and that its reason is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.stops import Stops, Watch
from bpviz.model import verbs
from bpviz.model.training import Momentum
from tests.document.examples import xor_session


@dataclass
class Course:
    """A training that goes as it is told, one loss and one gradient an epoch of four iterations."""

    losses: Iterator[float]
    sizes: Sequence[float] = (1.0, 1.0)
    epoch_length: int = 4
    asked: list[float] = field(default_factory=list)

    def training_loss(self) -> float:
        self.asked.append(next(self.losses))
        return self.asked[-1]

    def gradient_sizes(self) -> Sequence[float]:
        return self.sizes


def run(stops: Stops, course: Course, start: int = 0) -> tuple[int, str]:
    """Return where a run stops, and why."""
    watch, iteration = Watch(stops, start, course), start
    for _ in range(1000):
        iteration += watch.next_look(iteration)
        why = watch.reason(iteration)
        if why:
            return iteration, why
    return iteration, ""


@pytest.mark.parametrize(
    ("stops", "losses", "start", "end", "why"),
    [
        (Stops(iterations=7), [], 0, 7, "7 iterations are done"),
        (Stops(iterations=1), [], 6, 7, "1 iteration is done"),
        (Stops(epochs=3), [], 0, 12, "3 epochs are done"),
        (Stops(epochs=1), [], 6, 8, "1 epoch is done"),
        (Stops(loss_below=0.3), [1, 0.5, 0.3, 0.29], 0, 12, "0.2900 is below 0.3000"),
        (Stops(loss_rises=True), [1, 0.5, 0.5, 0.6], 0, 12, "rises, from 0.5000 to 0.6000"),
        (
            Stops(change_below=0.01, change_epochs=2),
            [1, 0.5, 0.495, 0.494, 0.4939],
            0,
            12,
            "converged: over 2 epochs the loss changed by 0.006",
        ),
        # One epoch of little change is none of two.
        (
            Stops(change_below=0.01, change_epochs=2),
            [1, 0.999, 0.5, 0.499, 0.498],
            0,
            16,
            "converged: over 2 epochs the loss changed by 0.002",
        ),
    ],
)
def test_each_condition_stops_when_it_holds_and_says_so(
    stops: Stops, losses: list[float], start: int, end: int, why: str
) -> None:
    stopped, said = run(stops, Course(iter(losses)), start)
    assert stopped == end
    assert why in said


def test_gradients_that_vanish_or_explode_name_their_layer() -> None:
    stops = Stops(gradient_below=1e-6, gradient_above=1e3)
    assert run(stops, Course(iter(()), (1.0, 1e-7)))[1].startswith("the gradient of layer 2 van")
    assert run(stops, Course(iter(()), (2e3, 1.0)))[1].startswith("the gradient of layer 1 expl")
    assert run(stops, Course(iter(()), (1.0, 1.0)))[1] == ""


def why_of(player: Player, qtbot: QtBot, stops: Stops) -> str:
    with qtbot.waitSignal(player.stopped, timeout=20_000) as told:
        player.run(stops)
    assert not player.playing
    return str(told.args[0])


def test_a_run_stops_at_the_very_iteration_and_is_one_entry(player: Player, qtbot: QtBot) -> None:
    assert why_of(player, qtbot, Stops(iterations=137)) == (
        "Stopped after iteration 137: 137 iterations are done"
    )
    assert player.iteration == 137
    assert why_of(player, qtbot, Stops(epochs=10)).endswith("10 epochs are done")
    assert player.iteration % player.epoch_length == 0
    assert len(player._document.timeline.line) == 2


def test_a_run_stops_at_a_loss(player: Player, qtbot: QtBot) -> None:
    assert "is below 0.05" in why_of(player, qtbot, Stops(loss_below=0.05))
    assert player.training_loss() < 0.05
    reached = player.iteration
    player.seek(reached - player.epoch_length)
    assert player.training_loss() >= 0.05


def test_played_at_a_speed_a_run_stops_too(player: Player, qtbot: QtBot) -> None:
    player.set_grain("iteration")
    player.set_speed(1000.0)
    assert "4 iterations" in why_of(player, qtbot, Stops(iterations=4))
    assert player.iteration == 4


@pytest.mark.parametrize("grain", ["term", "neuron", "layer", "phase", "iteration", "epoch"])
def test_play_goes_step_by_step_at_each_grain(player: Player, qtbot: QtBot, grain: str) -> None:
    steps = Player(Document(xor_session()))
    for each in (player, steps):
        each.set_grain(grain)  # type: ignore[arg-type]
    player.set_speed(30.0)
    seen: list[tuple[int, int]] = []
    player.stepped.connect(lambda: seen.append((player.iteration, player.frame_index)))
    player.toggle()
    assert player.playing
    assert not player.running
    qtbot.waitUntil(lambda: len(seen) >= 5)
    player.toggle()
    assert not player.playing
    expected = []
    for _ in range(3):
        steps.step_forward()
        expected.append((steps.iteration, steps.frame_index))
    assert [each for i, each in enumerate(seen) if each not in seen[:i]][:3] == expected


def test_steps_by_epochs_go_to_epoch_ends_both_ways(player: Player) -> None:
    length = player.epoch_length
    player.step_iteration()
    player.step_forward("epoch")
    assert player.iteration == length
    player.step_forward("epoch")
    assert player.iteration == 2 * length
    for expected in (length, 0, 0):
        player.step_back("epoch")
        assert player.iteration == expected


def test_speed_changes_on_the_way_and_back_to_as_fast_as_it_goes(
    player: Player, qtbot: QtBot
) -> None:
    player.set_grain("iteration")
    player.set_speed(200.0)
    player.run(Stops(iterations=5_000))
    qtbot.waitUntil(lambda: player.iteration > 1)
    player.set_speed(0.0)
    assert player.running
    with qtbot.waitSignal(player.stopped, timeout=20_000):
        pass
    assert player.iteration == 5_000, "the condition still counts from where the run began"


def test_changing_the_learning_rate_resets_nothing(player: Player, qtbot: QtBot) -> None:
    document = Document(xor_session(Momentum(0.1, 0.9)))
    player = Player(document)
    why_of(player, qtbot, Stops(iterations=50))
    state = document.timeline.state.copy()
    curve = list(player.curve.train)
    document.push(verbs.set_training(document.session, "optimizer", Momentum(0.01, 0.9)))
    now = document.timeline.state
    assert (now.iteration, now.theta.tolist()) == (50, state.theta.tolist())
    assert {name: slot.tolist() for name, slot in now.slots.items()} == {
        name: slot.tolist() for name, slot in state.slots.items()
    }
    assert any(slot.any() for slot in now.slots.values())
    assert player.curve.train[: len(curve)] == curve


def test_stops_are_remembered_as_text() -> None:
    stops = Stops(loss_below=0.01, loss_rises=True)
    assert msgspec.json.decode(msgspec.json.encode(stops), type=Stops) == stops
