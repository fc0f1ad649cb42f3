"""The step shown in words and formulas, of whatever size steps are."""

from __future__ import annotations

from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.explain.explanation import Explanation
from bpviz.explain.steps import explain_step


def told_at(player: Player, trace: Trace, frame: Frame, digits: int) -> Explanation:
    """Explain the step of `player` that ends with `frame`: one frame, a layer or a phase."""
    snapshot, frames = player.snapshot, player.frames
    if snapshot is None or frames is None or len(snapshot.step) < 2:
        return player.told(trace, frame, digits)
    return explain_step(trace, frames, snapshot.step, player.sample, digits, player.notation)
