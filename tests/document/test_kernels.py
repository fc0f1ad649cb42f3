"""The compiled kernel comes in the middle of a session, and no bit that was shown changes."""

from __future__ import annotations

import msgspec
import pytest

from bpviz.document.curves import Curves
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.saving import encode_with_history
from bpviz.document.timeline import Timeline
from bpviz.engine import numba_setup
from bpviz.engine.replay import replay
from bpviz.model import verbs
from bpviz.model.history import Train
from bpviz.model.schema import Session
from bpviz.model.session import decode_session
from bpviz.model.training import Adam
from tests.document.examples import xor_session

pytestmark = pytest.mark.usefixtures("compiled_kernel")


class Arrival:
    """Hides the compiled kernel, as before it is compiled, and lets it come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._is_loaded, self._is_ready = numba_setup.is_loaded, numba_setup.is_ready
        self.hide()

    def hide(self) -> None:
        self._patch.setattr(numba_setup, "is_loaded", lambda: False)
        self._patch.setattr(numba_setup, "is_ready", lambda: False)

    def come(self) -> None:
        self._patch.setattr(numba_setup, "is_loaded", self._is_loaded)
        self._patch.setattr(numba_setup, "is_ready", self._is_ready)


@pytest.fixture
def arrival(monkeypatch: pytest.MonkeyPatch) -> Arrival:
    return Arrival(monkeypatch)


def entries(timeline: Timeline) -> list[Train]:
    return [s.entry for s in timeline.line.segments if isinstance(s.entry, Train)]


def bits(session: Session) -> bytes:
    return msgspec.json.encode((session.network, session.progress.optimizer))


def visit(timeline: Timeline, iterations: list[int]) -> dict[int, bytes]:
    found = {}
    for iteration in iterations:
        place = timeline.line.place_of(iteration, timeline.place)
        assert place is not None
        timeline.go(place)
        found[iteration] = bits(timeline.session)
    return found


@pytest.mark.parametrize("by", ["run", "step"])
def test_what_numpy_made_is_replayed_by_numpy(arrival: Arrival, by: str) -> None:
    timeline = Timeline(xor_session(Adam(0.05)))
    known = {}
    for _ in range(30):
        timeline.advance(1, by=by)
        known[timeline.iteration] = bits(timeline.session)
    arrival.come()
    for _ in range(30):
        timeline.advance(1, by=by)
        known[timeline.iteration] = bits(timeline.session)
    assert entries(timeline) == [Train(30, "numpy"), Train(30, "numba")]
    assert timeline.session.progress.kernel == "numba"
    order = [45, 10, 60, 29, 31, 30, 1, 59, 15, 60]
    assert visit(timeline, order) == {iteration: known[iteration] for iteration in order}
    loaded = decode_session(encode_with_history(timeline)[0]).session
    assert bits(loaded) == known[60]
    reopened = Timeline(loaded)
    assert visit(reopened, order) == {iteration: known[iteration] for iteration in order}
    assert bits(replay(reopened.history)) == known[60]


def test_an_edit_and_a_run_kept_aside_keep_their_kernels(arrival: Arrival) -> None:
    timeline = Timeline(xor_session())
    timeline.advance(20)
    timeline.close_entry()
    middle = bits(timeline.session)
    arrival.come()
    timeline.push(verbs.set_edge(timeline.session, ["x1->h1_1"], "weight", 0.5))
    timeline.advance(20)
    end = bits(timeline.session)
    aside = Timeline.of(timeline.history, Curves())
    assert bits(aside.session) == end
    aside.go((1, 0))
    assert bits(aside.session) == middle
    timeline.go((1, 0))
    assert bits(timeline.session) == middle
    timeline.go(timeline.line.end)
    assert bits(timeline.session) == end


def test_a_numba_history_opened_before_the_kernel_is_there_stays_with_numpy(
    arrival: Arrival,
) -> None:
    arrival.come()
    written = Timeline(xor_session(Adam(0.05)))
    written.advance(40)
    loaded = decode_session(encode_with_history(written)[0]).session
    arrival.hide()
    early = Timeline(loaded)
    before = visit(early, [10, 25, 40])
    assert entries(early) == [Train(40, "numpy")]
    arrival.come()
    assert visit(early, [25, 10, 40]) == before
    early.advance(5)
    assert entries(early) == [Train(40, "numpy"), Train(5, "numba")]


def test_a_numba_history_nobody_has_replayed_yet_is_numbas(arrival: Arrival) -> None:
    arrival.come()
    written = Timeline(xor_session())
    written.advance(40)
    known = visit(written, [10, 40])
    arrival.hide()
    reopened = Timeline(decode_session(encode_with_history(written)[0]).session)
    assert reopened.trainer is not None
    arrival.come()
    assert visit(reopened, [10, 40]) == known


def test_the_trace_shown_is_the_kernels_that_goes_on(arrival: Arrival) -> None:
    document = Document(xor_session())
    player = Player(document)
    for _ in range(3):
        player.step_iteration()
    arrival.come()
    for _ in range(3):
        player.step_iteration()
    kernels = []
    for iteration in range(7):
        player.seek(iteration)
        assert player.trace is not None
        kernels.append(player.trace.kernel)
        if iteration < 6:
            updated = player.trace.updated.tobytes()
            player.step_iteration()
            assert document.timeline.state.theta.tobytes() == updated
    assert kernels == ["numpy"] * 3 + ["numba"] * 4
