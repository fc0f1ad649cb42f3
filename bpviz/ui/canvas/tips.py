"""What a tip says of a node or an edge under the pointer: every number in full."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bpviz.model.names import edge_name, pretty_name
from bpviz.model.network import Input, Unit, activation_name
from bpviz.model.schema import Session
from bpviz.ui.canvas.cards import MOST_TARGETS, loss_symbol
from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.canvas.shown import Numbers, Shown, State
from bpviz.ui.numbers import format_number, full_number


def node_tip(session: Session, geometry: Geometry, shown: Shown, node: int) -> str:
    """Return the lines of a node's tip; the loss stands behind the last node."""
    if node == geometry.node_count:
        return _lines(_of_loss(session, shown))
    model = session.network.nodes[node]
    called = session.network.names[model.id]
    name = pretty_name(model.label) or called
    if model.label != model.id and not called.endswith(f"({model.id})"):
        name += f" ({model.id})"
    if isinstance(model, Input):
        error = f"∂{loss_symbol(session)}/∂{called} = {_number(shown.dloss_da, node)}"
        return _lines([f"{name}: input", f"value = {_number(shown.value, node)}", error])
    return _lines(_of_unit(session, shown, node, model, name))


def _of_loss(session: Session, shown: Shown) -> list[str]:
    symbol, loss = loss_symbol(session), session.training.loss.replace("_", " ")
    whose = "of the batch" if shown.batch_gradients else "of this sample"
    lines = [f"{symbol}: {loss}", f"{symbol} {whose} = {_number(shown.loss, 0)}"]
    return [*lines, *_targets(session, shown)]


def _of_unit(session: Session, shown: Shown, node: int, model: Unit, name: str) -> list[str]:
    symbol = loss_symbol(session)
    lines = [
        f"{name}: {model.combine}, {activation_name(model.activation).replace('_', ' ')}",
        f"z = {_number(shown.z, node)}",
        f"a = {_number(shown.value, node)}",
        f"∂{symbol}/∂a = {_number(shown.dloss_da, node)}",
        f"δ = ∂{symbol}/∂z = {_number(shown.delta, node)}",
    ]
    if model.has_bias:
        fixed = "" if model.trainable_bias else " (fixed)"
        lines.append(f"b = {full_number(float(shown.bias[node]))}{fixed}")
        lines.append(f"∂{symbol}/∂b = {_number(shown.bias_gradient, node)}")
        lines.append(f"Δb = {_number(shown.bias_update, node)}")
        if shown.overlay in ("optimizer", "differences"):
            lines.append(f"{shown.bias_symbol} = {_number(shown.biases, node)}")
    return lines


def edge_tip(session: Session, shown: Shown, edge: int) -> str:
    """Return the lines of an edge's tip."""
    model = session.network.edges[edge]
    fixed = "" if model.trainable else " (fixed)"
    lines = [
        edge_name(model.name, session.network.names),
        f"w = {full_number(float(shown.weight[edge]))}{fixed}",
    ]
    symbol = loss_symbol(session)
    whose = "the batch" if shown.batch_gradients else "this sample"
    lines.append(f"w·a = {_number(shown.terms, edge)}")
    lines.append(f"∂{symbol}/∂w of {whose} = {_number(shown.gradient, edge)}")
    lines.append(share_text(session, shown, edge))
    lines.append(f"Δw = {_number(shown.update, edge)}")
    if shown.overlay in ("local", "optimizer", "differences"):
        lines.append(f"{shown.symbol} = {_number(shown.edges, edge)}")
    return _lines(lines)


def share_text(session: Session, shown: Shown, edge: int) -> str:
    """Return how much of the absolute gradients into its layer is at this edge: "12 % of …".

    Empty where some of them are not known yet, or all are zero.
    """
    network = session.network
    here = network.level.get(network.edges[edge].target)
    layer = [
        place for place, each in enumerate(network.edges) if network.level.get(each.target) == here
    ]
    if not shown.gradient.is_finite[layer].all():
        return ""
    size = np.abs(shown.gradient.value[layer])
    largest = float(size.max())
    if largest == 0.0:
        return ""
    # Divided first, so that the sum of large gradients stays finite.
    share = abs(float(shown.gradient.value[edge])) / largest / float((size / largest).sum())
    return f"{format_number(100.0 * share, 3)} % of all |∂| into its layer"


def _targets(session: Session, shown: Shown) -> list[str]:
    """Return a line for each output of few: what the chosen sample wants of it."""
    outputs = session.network.outputs
    if len(shown.target) != len(outputs) or len(outputs) > MOST_TARGETS:
        return []
    names = [session.network.names[each] for each in outputs]
    return [
        f"target of {name} = {full_number(float(target))}"
        for name, target in zip(names, shown.target, strict=True)
    ]


def _number(numbers: Numbers, place: int) -> str:
    state = numbers.state[place]
    if state == State.NOT_COMPUTED:
        return "hidden: predict it" if numbers.is_hidden(place) else "not computed yet"
    text = full_number(float(numbers.value[place]))
    return f"{text} (before the last edit)" if state == State.STALE else text


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)
