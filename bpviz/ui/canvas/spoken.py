"""What a screen reader says of a node or an edge: its name and its numbers, in words."""

from __future__ import annotations

from bpviz.model.network import Input, activation_name
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.shown import Numbers, State
from bpviz.ui.canvas.walk import Item
from bpviz.ui.numbers import format_number


def spoken(picture: Picture, item: Item) -> str:
    """Return the words for `item`; it is there."""
    kind, name = item
    return _node(picture, name) if kind == "node" else _edge(picture, name)


def _node(picture: Picture, name: str) -> str:
    model, shown = picture.session.network.node(name), picture.shown
    place, called = picture.geometry.index[name], picture.session.network.names[name]
    if isinstance(model, Input):
        parts = [
            f"input {called}",
            f"value {_number(picture, shown.value, place)}",
            f"gradient {_number(picture, shown.dloss_da, place)}",
        ]
        return ", ".join(parts)
    activation = activation_name(model.activation).replace("_", " ")
    parts = [
        f"unit {called}",
        f"{model.combine}, {activation}",
        f"z {_number(picture, shown.z, place)}",
        f"value {_number(picture, shown.value, place)}",
        f"delta {_number(picture, shown.delta, place)}",
    ]
    if model.has_bias:
        parts.append(f"bias {_words(picture, float(shown.bias[place]))}")
        parts.append(f"gradient of the bias {_number(picture, shown.bias_gradient, place)}")
    if name in picture.session.network.outputs:
        parts.append("output")
    return ", ".join(parts)


def _edge(picture: Picture, name: str) -> str:
    network, shown = picture.session.network, picture.shown
    edge, place = network.edge(name), network.edge_index[name]
    source, target = (network.names[each] for each in (edge.source, edge.target))
    whose = "of the batch" if shown.batch_gradients else "of this sample"
    parts = [
        f"edge from {source} to {target}",
        f"weight {_words(picture, float(shown.weight[place]))}" + _fixed(edge.trainable),
        f"gradient {whose} {_number(picture, shown.gradient, place)}",
        f"update {_number(picture, shown.update, place)}",
    ]
    return ", ".join(parts)


def _fixed(trainable: bool) -> str:
    return "" if trainable else ", fixed"


def _number(picture: Picture, numbers: Numbers, place: int) -> str:
    state = numbers.state[place]
    if state == State.NOT_COMPUTED:
        return "hidden, predict it" if numbers.is_hidden(place) else "not computed yet"
    words = _words(picture, float(numbers.value[place]))
    return f"{words} before the last edit" if state == State.STALE else words


def _words(picture: Picture, value: float) -> str:
    """Return a number as it is read out: "minus 0.25"."""
    return format_number(value, picture.digits, trim=True).replace("−", "minus ")
