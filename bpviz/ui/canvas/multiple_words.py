"""The words of small drawings: captions as long as there is room, and all of it in the tip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bpviz.document.player import Player
from bpviz.model.counts import grouped
from bpviz.model.names import drawn_name
from bpviz.model.schema import Session
from bpviz.ui.canvas.cards import loss_symbol, number_text, target_symbol
from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.canvas.multiples import JOINED, Tile
from bpviz.ui.numbers import format_number

# Significant digits in captions; tips have those chosen in the menu.
SHORT: Final = 3
# More numbers than these are left to the drawing, in a caption and in a tip.
MOST_SHORT: Final = 3
MOST_IN_TIP: Final = 6


def name_of(tile: Tile, session: Session) -> str:
    """Return what a drawing is called in its caption: the sample's number, or "mean"."""
    if tile.sample == JOINED:
        return str(session.training.batch_reduction)
    return grouped(tile.sample + 1)


def loss_of(tile: Tile, session: Session, digits: int = SHORT) -> str:
    """Return "E 0.0652", with a dash or a question mark where it is not known or hidden."""
    return f"{loss_symbol(session)} {number_text(tile.shown.loss, 0, digits, trim=True)}"


def details(tile: Tile, session: Session, geometry: Geometry) -> tuple[str, ...]:
    """Return what else a caption may say, the longest first: inputs, outputs, targets."""
    if tile.sample == JOINED or not geometry.has_loss:
        return ()
    inputs = [node for node in range(geometry.node_count) if geometry.is_square[node]]
    outputs = geometry.outputs.tolist()
    if len(outputs) > MOST_SHORT:
        return ()
    target = _targets(tile, SHORT)
    aim = f"{target_symbol(session)} {target}" if target else ""
    value = tile.shown.value
    if not any(value.is_hidden(node) or value.state[node] for node in outputs):
        return (aim,)
    after, aim = " ".join(_values(tile, outputs, SHORT)), f" · {aim}" if aim else ""
    found = [after + aim, after]
    if len(inputs) <= MOST_SHORT:
        before = " ".join(_values(tile, inputs, SHORT))
        found.insert(0, f"{before} → {after}{aim}")
    return tuple(found)


def tip(tile: Tile, player: Player, session: Session, geometry: Geometry, digits: int) -> str:
    """Return all that there is to say of a drawing, line by line."""
    if tile.sample == JOINED:
        return _tip_of_joined(tile, session, digits)
    trace = player.trace
    count = "" if trace is None else f" of {grouped(len(trace.rows))}"
    row = "" if trace is None else f", row {grouped(int(trace.rows[tile.sample]) + 1)}"
    lines = [f"Sample {grouped(tile.sample + 1)}{count}{row}"]
    lines.append(loss_of(tile, session, digits).replace(" ", " = ", 1))
    squares = [node for node in range(geometry.node_count) if geometry.is_square[node]]
    for node in squares[:MOST_IN_TIP] + geometry.outputs.tolist()[:MOST_IN_TIP]:
        name = drawn_name(session.network.nodes[node].label)
        lines.append(f"{name} = {_values(tile, [node], digits)[0]}")
    target = _targets(tile, digits) if len(tile.shown.target) <= MOST_IN_TIP else ""
    if target:
        lines.append(f"target {target_symbol(session)} = {target}")
    is_here = tile.sample == player.sample
    lines.append("This is the one on the drawing" if is_here else "Click to show it")
    return "\n".join(lines)


def _tip_of_joined(tile: Tile, session: Session, digits: int) -> str:
    training = session.training
    lines = [f"The batch: the {name_of(tile, session)} of all samples' gradients"]
    if training.l1 or training.l2:
        lines.append("with that of the penalty")
    lines.append(loss_of(tile, session, digits).replace(" ", " = ", 1))
    lines.append("Rings are gradients of biases")
    return "\n".join(lines)


def _values(tile: Tile, nodes: Sequence[int], digits: int) -> list[str]:
    return [number_text(tile.shown.value, node, digits, trim=True) for node in nodes]


def _targets(tile: Tile, digits: int) -> str:
    targets = tile.shown.target.tolist()
    return " ".join(format_number(float(each), digits, trim=True) for each in targets)
