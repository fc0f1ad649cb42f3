"""The numbers of the drawing that can be changed where they stand, and the Edits that do it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from bpviz.engine.datasets import as_table
from bpviz.model.data import Rows, TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.network import Input, Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_data, set_edge, set_node
from bpviz.ui.canvas.card import ABOVE_SIZE, ALL_TEXT_FROM, VALUE_SIZE
from bpviz.ui.canvas.cards import target_text
from bpviz.ui.canvas.geometry import RADIUS
from bpviz.ui.canvas.labels import LABELS_FROM, LINE_HEIGHT
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.style import scaled_font

Kind: TypeAlias = Literal["weight", "bias", "input", "target"]

# The middle of the line over a card, and half the height in which its numbers are hit.
ABOVE: Final = -RADIUS - 17.0
REACH: Final = 8.0
SMALLEST_WIDTH: Final = 26.0


@dataclass(frozen=True)
class Quantity:
    """A number with its box on the drawing, in scene units.

    `name` is an edge's name or a node's id; of a target it is the output's. `is_inside` tells
    that the box lies in a node, which a press there also selects and moves.
    """

    kind: Kind
    name: str
    value: float
    box: QRectF
    title: str
    is_inside: bool = False


def quantity_at(picture: Picture, at: QPointF, zoom: float) -> Quantity | None:
    """Return the number at a point of the scene, None where none can be read there.

    That of an input is NaN before the forward pass has come to it.
    """
    if zoom < max(LABELS_FROM, ALL_TEXT_FROM):
        return None
    return next((each for each in _candidates(picture, at) if each.box.contains(at)), None)


def quantities_of(picture: Picture, kind: str, name: str) -> list[Quantity]:
    """Return the numbers of a "node" or an "edge" that can be set, also where none is in sight.

    They are an edge's weight, an input's value, a unit's bias and an output's target.
    """
    geometry, network = picture.geometry, picture.session.network
    if kind == "edge":
        place = network.edge_index[name]
        label = next((each for each in picture.label_layer.labels if each.edge == place), None)
        middle = geometry.points[place].mean(axis=0).tolist()
        x, y = middle if label is None else (label.x, label.y)
        return [_weight(picture, place, x, y)]
    node = geometry.index[name]
    found = list(_of_node(picture, node))
    if name in network.outputs and len(picture.shown.target):
        where = geometry.positions[geometry.node_count].tolist()
        seen = [each for each in _targets(picture, *where) if each.name == name]
        found += seen or [_target(picture, network.outputs.index(name), _at_node(picture, node))]
    return found


def quantity_edit(session: Session, quantity: Quantity, value: float, row: int) -> Edit:
    """Return the Edit that makes `quantity` `value`; of inputs and targets that of row `row`.

    EditError where that can't be. Generated rows become a table first.
    """
    places = session.network.edge_index if quantity.kind == "weight" else session.network.node_index
    if quantity.name not in places:
        raise EditError("What this number belonged to is gone")
    if quantity.kind == "weight":
        return set_edge(session, [quantity.name], "weight", value)
    if quantity.kind == "bias":
        return set_node(session, [quantity.name], "bias", value)
    data = session.data
    table = data if isinstance(data, TableData) else as_table(data)
    network = session.network
    if quantity.kind == "input":
        column = [node.id for node in network.inputs].index(quantity.name)
        changed = msgspec.structs.replace(
            table, inputs=_with_cell(table.inputs, row, column, value)
        )
    elif quantity.name not in network.outputs:
        raise EditError("It is no output any more")
    else:
        column = list(network.outputs).index(quantity.name)
        changed = msgspec.structs.replace(
            table, targets=_with_cell(table.targets, row, column, value)
        )
    return set_data(session, changed, f"Set {quantity.title} of row {row + 1}")


def _with_cell(rows: Rows, row: int, column: int, value: float) -> Rows:
    if not 0 <= row < len(rows):
        raise EditError("There is no row whose number could be set")
    changed = list(rows[row])
    changed[column] = value
    return (*rows[:row], tuple(changed), *rows[row + 1 :])


def _candidates(picture: Picture, at: QPointF) -> Iterator[Quantity]:
    """Yield the numbers whose edge or node is near `at`."""
    width, height = picture.label_layer.size
    for label in picture.label_layer.labels:
        if abs(label.x - at.x()) <= width / 2 and abs(label.y - at.y()) <= height / 2:
            yield _weight(picture, label.edge, label.x, label.y)
    geometry = picture.geometry
    node = geometry.node_at(at.x(), at.y(), -ABOVE - RADIUS + REACH)
    if node < 0:
        return
    # A number that has no room is not drawn: nobody means it with a click.
    card = picture.card(node)
    if node == geometry.node_count:
        if card.above:
            yield from _targets(picture, *geometry.positions[node].tolist())
    elif card.value if isinstance(picture.session.network.nodes[node], Input) else card.above:
        yield from _of_node(picture, node)


def _of_node(picture: Picture, node: int) -> Iterator[Quantity]:
    """Yield an input's value or a unit's bias."""
    x, y = picture.geometry.positions[node].tolist()
    model, shown, card = picture.session.network.nodes[node], picture.shown, picture.card(node)
    name = picture.session.network.names[model.id]
    if isinstance(model, Input):
        value = float(shown.value.value[node]) if shown.value.is_finite[node] else math.nan
        box = _box(picture.font, VALUE_SIZE, card.value, x, y + 1.0)
        yield Quantity("input", model.id, value, box, name, is_inside=True)
    elif _shows_bias(model):
        box = _box(picture.font, ABOVE_SIZE, card.above, x, y + ABOVE)
        yield Quantity("bias", model.id, float(shown.bias[node]), box, f"the bias of {name}")


def _weight(picture: Picture, place: int, x: float, y: float) -> Quantity:
    """Return the weight of the edge at `place`: the first line of its label around (x, y)."""
    width, height = picture.label_layer.size
    share = height / (2 * LINE_HEIGHT + 4.0) if height else 1.0
    network = picture.session.network
    edge = network.edges[place]
    # Not down to the label's middle: a press there takes the edge.
    box = QRectF(x - width / 2, y - height / 2, width, 13.0 * share)
    source, target = (network.names[each] for each in (edge.source, edge.target))
    value = float(picture.shown.weight[place])
    return Quantity("weight", edge.name, value, box, f"w {source} → {target}")


def _targets(picture: Picture, x: float, y: float) -> Iterator[Quantity]:
    """Yield the targets in the line over the loss, one box each."""
    session, shown = picture.session, picture.shown
    text = target_text(session, shown.target, picture.digits)
    if not text:
        return
    whole = _box(picture.font, ABOVE_SIZE, text, x, y + ABOVE)
    share = whole.width() / len(shown.target)
    for place in range(len(shown.target)):
        box = QRectF(whole.left() + place * share, whole.top(), share, whole.height())
        yield _target(picture, place, box)


def _target(picture: Picture, place: int, box: QRectF) -> Quantity:
    network = picture.session.network
    output = network.outputs[place]
    title = f"the target of {network.names[output]}"
    return Quantity("target", output, float(picture.shown.target[place]), box, title)


def _shows_bias(unit: Unit) -> bool:
    return unit.combine == "sum" and unit.has_bias


def _at_node(picture: Picture, node: int) -> QRectF:
    x, y = picture.geometry.positions[node].tolist()
    return _box(picture.font, VALUE_SIZE, "", x, y)


def _box(font: QFont, size: float, text: str, x: float, y: float) -> QRectF:
    metrics = QFontMetricsF(scaled_font(font, size, bold=True))
    width = max(metrics.horizontalAdvance(text), SMALLEST_WIDTH)
    return QRectF(x - width / 2, y - REACH, width, 2 * REACH)
