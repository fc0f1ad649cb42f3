"""Verbs on structure: layers, wiring, clips and parameters, each with an exact inverse."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.model import clips, layers, parameters, verbs, wiring
from bpviz.model.data import TableData
from bpviz.model.drafts import NEW_WEIGHT_RANGE
from bpviz.model.edit import Edit, EditError, apply
from bpviz.model.network import SLICE, Edge, Input, Network, Unit, replacements
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session, missing
from tests.model.examples import sessions, small_session

Verb = Callable[[Session, random.Random], Edit]


def weights(session: Session) -> dict[str, float]:
    return {edge.name: edge.weight for edge in session.network.edges}


def weighted(*sizes: int) -> Session:
    """Return a layered session whose weights all differ."""
    network = Network.layered(sizes, "tanh", "sigmoid")
    edges = tuple(
        msgspec.structs.replace(edge, weight=1.0 + number)
        for number, edge in enumerate(network.edges)
    )
    return msgspec.structs.replace(
        small_session(),
        network=Network(network.nodes, edges, network.outputs),
        data=TableData(((0.25,) * sizes[0], (1.0,) * sizes[0]), ((0.5,) * sizes[-1],) * 2),
    )


def _some(session: Session, draw: random.Random) -> list[str]:
    ids = [node.id for node in session.network.nodes]
    return draw.sample(ids, min(len(ids), draw.randint(1, 3)))


def _edge(session: Session, draw: random.Random) -> str:
    if not session.network.edges:
        raise EditError("no edge")
    return draw.choice(session.network.edges).name


VERBS: dict[str, Verb] = {
    "unit": lambda s, d: verbs.add_unit(s, (d.uniform(-9, 9), 0.0), combine="product"),
    "unit behind": lambda s, d: verbs.add_unit_behind(s, _some(s, d), (1.0, 2.0)),
    "input": lambda s, d: verbs.add_input(s, (0.0, d.random())),
    "output": lambda s, d: verbs.add_output(s, (0.0, d.random())),
    "connect": lambda s, d: wiring.connect_all(s, _some(s, d), _some(s, d)[0]),
    "retarget": lambda s, d: wiring.retarget(s, _edge(s, d), _some(s, d)[0], _some(s, d)[0]),
    "insert": lambda s, d: wiring.insert_unit(s, _edge(s, d), verbs.new_unit(s, (3.0, 3.0))),
    "existing": lambda s, d: wiring.insert_existing(s, _edge(s, d), _some(s, d)[0], (1.0, 1.0)),
    "grow": lambda s, d: layers.grow_layer(s, _some(s, d)[0]),
    "shrink": lambda s, d: layers.shrink_layer(s, _some(s, d)[0]),
    "add layer": lambda s, d: layers.add_layer(s, _some(s, d)[0]),
    "remove layer": lambda s, d: layers.remove_layer(s, _some(s, d)[0]),
    "paste": lambda s, d: clips.paste(s, clips.clip(s, _some(s, d)), (d.uniform(-9, 9), 4.0)),
    "scale": lambda s, d: parameters.scale(s, _some(s, d), [_edge(s, d)], d.uniform(-2, 2)),
    "randomise": lambda s, d: parameters.randomise(s, _some(s, d), [_edge(s, d)]),
    "freeze": lambda s, d: parameters.freeze(
        s, _some(s, d), [_edge(s, d)], trainable=d.random() < 0.5
    ),
}


@given(sessions() | st.sampled_from([weighted(2, 3, 2), weighted(2, 2, 2, 1)]), st.integers(0))
def test_undoing_all_structure_edits_gives_the_first_bytes(session: Session, seed: int) -> None:
    draw = random.Random(seed)
    start = encode_session(session)
    done: list[Edit] = []
    for _ in range(16):
        try:
            edit = VERBS[draw.choice(list(VERBS))](session, draw)
        except EditError:
            continue
        session = apply(session, edit)
        # Every session that an edit makes can be saved and opened, and its columns fit.
        assert decode_session(encode_session(session)).session == session
        assert not [line for line in missing(session) if "column" in line]
        done.append(edit)
    end = encode_session(session)
    for edit in reversed(done):
        session = apply(session, edit.inverted)
    assert encode_session(session) == start
    for edit in done:
        session = apply(session, edit)
    assert encode_session(session) == end


# --- layers -----------------------------------------------------------------------------------


def test_layers_of_a_layered_network() -> None:
    found = layers.layers(weighted(2, 3, 4, 1).network)
    assert [(layer.kind, len(layer.ids)) for layer in found] == [
        ("inputs", 2), ("hidden", 3), ("hidden", 4), ("outputs", 1),
    ]  # fmt: skip


def test_a_computational_graph_has_no_layers() -> None:
    nodes = (Input("x"), Input("y"), Unit("q"), Unit("f", "product", "identity"))
    fixed = [Edge("x", "q", 1.0, False), Edge("y", "q", 1.0, False), Edge("q", "f", 1.0, False)]
    assert layers.layers(Network(nodes, tuple(fixed), ("f",))) == ()


def test_a_free_unit_leaves_the_layers_alone() -> None:
    session = weighted(2, 3, 1)
    grown = apply(session, verbs.add_unit(session, (500.0, 500.0)))
    assert layers.layers(grown.network) == layers.layers(session.network)


def test_a_layer_grows_and_shrinks_with_all_other_weights_untouched() -> None:
    session = weighted(2, 3, 2)
    before = weights(session)
    grown = apply(session, layers.grow_layer(session, "h1_2"))
    fresh = {name: w for name, w in weights(grown).items() if name not in before}
    assert set(fresh) == {"x1->h1_4", "x2->h1_4", "h1_4->y1", "h1_4->y2"}
    assert all(0 < abs(weight) <= NEW_WEIGHT_RANGE for weight in fresh.values())
    assert {name: weights(grown)[name] for name in before} == before
    assert [node.id for node in grown.network.nodes][4:6] == ["h1_3", "h1_4"]
    heights = [grown.network.node(f"h1_{row}").position[1] for row in (1, 2, 3, 4)]
    assert heights == [-240.0, -80.0, 80.0, 240.0]
    assert apply(grown, layers.shrink_layer(grown, "h1_1")) == session


def test_inputs_and_outputs_grow_with_their_columns() -> None:
    session = weighted(2, 2)
    wide = apply(session, layers.grow_layer(session, "x1"))
    wide = apply(wide, layers.grow_layer(wide, "y1"))
    assert wide.data == TableData(
        ((0.25, 0.25, 0.0), (1.0, 1.0, 0.0)), ((0.5, 0.5, 0.0), (0.5, 0.5, 0.0))
    )
    assert wide.network.outputs == ("y1", "y2", "y3")
    back = apply(wide, layers.shrink_layer(wide, "y2"))
    assert apply(back, layers.shrink_layer(back, "x2")) == session


def test_an_inputs_column_stands_where_the_input_stands() -> None:
    session = weighted(2, 2)
    moved = (*session.network.nodes, Input("late"))
    edges = (*session.network.edges, Edge("late", "y1", 3.0))
    session = msgspec.structs.replace(
        session,
        network=Network(moved, edges, session.network.outputs),
        data=TableData(((1.0, 2.0, 9.0),), ((0.5, 0.5),)),
    )
    assert layers.layer_of(session.network, "x1") is None
    with pytest.raises(EditError, match="of a layer"):
        layers.grow_layer(session, "x1")


def test_the_only_input_and_output_stay() -> None:
    session = weighted(1, 2, 1)
    for node in ("x1", "y1"):
        with pytest.raises(EditError, match="must stay"):
            layers.shrink_layer(session, node)


def test_a_layer_comes_and_goes_with_all_other_weights_untouched() -> None:
    session = weighted(2, 3, 1)
    deep = apply(session, layers.add_layer(session, "h1_1"))
    assert [len(layer.ids) for layer in layers.layers(deep.network)] == [2, 3, 3, 1]
    kept = {name: w for name, w in weights(session).items() if name.startswith("x")}
    assert {name: weights(deep)[name] for name in kept} == kept
    assert deep.network.node("h2_1").position[0] == 480.0
    assert deep.network.node("y1").position[0] == 720.0
    assert getattr(deep.network.node("h2_1"), "activation", "") == "tanh"
    flat = apply(deep, layers.remove_layer(deep, "h2_2"))
    assert [len(layer.ids) for layer in layers.layers(flat.network)] == [2, 3, 1]
    assert {name: weights(flat)[name] for name in kept} == kept


def test_the_last_unit_goes_with_its_layer() -> None:
    session = weighted(2, 1, 1)
    flat = apply(session, layers.shrink_layer(session, "h1_1"))
    assert [edge.name for edge in flat.network.edges] == ["x1->y1", "x2->y1"]
    with pytest.raises(EditError, match="no hidden layer"):
        layers.remove_layer(flat, "x1")


def test_behind_the_outputs_comes_no_layer() -> None:
    with pytest.raises(EditError, match="No layer follows"):
        layers.add_layer(weighted(2, 2), "y1")


# --- edges ------------------------------------------------------------------------------------


def test_an_edge_moves_with_its_weight_and_place() -> None:
    session = weighted(3, 2, 1)
    session = apply(session, verbs.delete(session, (), ["x1->h1_2"]))
    names = [edge.name for edge in session.network.edges]
    session = apply(session, verbs.set_edge(session, ["x1->h1_1"], "trainable", False))
    moved = apply(session, wiring.retarget(session, "x1->h1_1", "x1", "h1_2"))
    edge = moved.network.edge("x1->h1_2")
    assert (edge.weight, edge.trainable) == (1.0, False)
    assert moved.network.edge_index["x1->h1_2"] == names.index("x1->h1_1")


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [("x1", "x2", "is an input"), ("x1", "h1_2", "connected already"), ("y1", "h1_1", "cycle")],
)
def test_an_edge_moves_nowhere_it_could_not_be(source: str, target: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        wiring.retarget(weighted(2, 2, 1), "x1->h1_1", source, target)


def test_an_edge_can_be_turned_round_where_it_is_the_only_path() -> None:
    session = weighted(1, 1, 1)
    session = apply(session, verbs.add_unit(session, (0.0, 0.0)))
    session = apply(session, verbs.connect(session, "h1", "y1"))
    turned = apply(session, wiring.retarget(session, "h1->y1", "y1", "h1"))
    assert "y1->h1" in turned.network.edge_index


def test_a_unit_in_an_edge_keeps_the_weight_before_it() -> None:
    session = weighted(2, 2)
    unit = verbs.new_unit(session, (100.0, 0.0), "tanh")
    split = apply(session, wiring.insert_unit(session, "x1->y1", unit))
    assert list(weights(split).items())[:2] == [("x1->h1", 1.0), ("h1->y1", 1.0)]
    with pytest.raises(EditError, match="without edges"):
        wiring.insert_existing(split, "x2->y2", "h1", (0.0, 0.0))


def test_selected_nodes_feed_the_last_one() -> None:
    session = weighted(3, 2)
    session = apply(session, verbs.add_unit(session, (0.0, 0.0)))
    fed = apply(session, wiring.connect_all(session, ["x1", "x3"], "h1"))
    assert set(weights(fed)) - set(weights(session)) == {"x1->h1", "x3->h1"}
    with pytest.raises(EditError, match="connected already"):
        wiring.connect_all(fed, ["x1", "x3"], "h1")


# --- clips ------------------------------------------------------------------------------------


def test_a_clip_is_a_session_that_pastes_into_another() -> None:
    session = weighted(2, 2, 1)
    text = clips.encode_clip(clips.clip(session, ["x1", "h1_1", "h1_2", "y1"]))
    part = clips.decode_clip(text)
    assert [edge.name for edge in part.network.edges] == [
        "x1->h1_1", "x1->h1_2", "h1_1->y1", "h1_2->y1",
    ]  # fmt: skip
    other = weighted(3, 2)
    joined = apply(other, clips.paste(other, part, (1000.0, 0.0)))
    assert [node.id for node in joined.network.nodes][-4:] == ["x4", "h1_1", "h1_2", "y3"]
    assert joined.network.outputs == ("y1", "y2", "y3")
    # Its columns come along, as it has as many rows.
    assert isinstance(joined.data, TableData)
    assert joined.data.inputs == ((0.25, 0.25, 0.25, 0.25), (1.0, 1.0, 1.0, 1.0))
    assert joined.data.targets == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert weights(joined)["h1_2->y3"] == weights(session)["h1_2->y1"]
    assert clips.middle_of(clips.clip(joined, ["x4", "h1_1", "h1_2", "y3"])) == (1000.0, 0.0)


def test_a_copy_is_tied_to_nothing() -> None:
    session = weighted(2, 2)
    tied = tuple(msgspec.structs.replace(e, share="a", weight=2.0) for e in session.network.edges)
    session = msgspec.structs.replace(
        session, network=Network(session.network.nodes, tied, session.network.outputs)
    )
    pasted = apply(session, clips.paste(session, clips.clip(session, ["x1", "y1"]), (0.0, 0.0)))
    assert pasted.network.edges[-1].share not in ("", "a")


@pytest.mark.parametrize("text", [b"hello", b"{}", b"[1, 2]", b"\xff\xfe", b'{"format": "x"}'])
def test_foreign_text_is_refused(text: bytes) -> None:
    with pytest.raises(EditError, match="no network"):
        clips.decode_clip(text)
    with pytest.raises(EditError, match="Select the nodes"):
        clips.clip(small_session(), [])


# --- parameters -------------------------------------------------------------------------------


def test_weights_and_biases_scale_together() -> None:
    session = weighted(2, 2)
    session = apply(session, verbs.set_node(session, ["y1"], "bias", 0.5))
    twice = apply(session, parameters.scale(session, ["x1", "y1"], ["x1->y1", "x2->y2"], 2.0))
    assert weights(twice) == {"x1->y1": 2.0, "x2->y1": 2.0, "x1->y2": 3.0, "x2->y2": 8.0}
    assert [unit.bias for unit in twice.network.units] == [1.0, 0.0]
    with pytest.raises(EditError, match="beyond"):
        parameters.scale(twice, [], ["x1->y1"], 1e100)
    with pytest.raises(EditError, match="has a weight"):
        parameters.scale(twice, ["x1"], [], 2.0)


def test_random_weights_repeat_and_then_differ() -> None:
    session = weighted(2, 2)
    names = list(session.network.edge_index)
    first = parameters.randomise(session, [], names)
    assert first == parameters.randomise(session, [], names)
    after = apply(session, first)
    again = apply(after, parameters.randomise(after, [], names))
    assert all(weights(again)[name] != weights(after)[name] for name in names)


def test_freezing_is_undone_by_unfreezing() -> None:
    session = weighted(2, 2)
    chosen = (["y1"], ["x1->y1"])
    frozen = apply(session, parameters.freeze(session, *chosen, trainable=False))
    assert parameters.all_frozen(frozen.network, *chosen)
    assert not parameters.all_frozen(frozen.network, ["y2"], [])
    assert apply(frozen, parameters.freeze(frozen, *chosen, trainable=True)) == session


def test_a_network_hands_on_what_is_known_of_its_structure() -> None:
    before = Network.layered((3, 4, 2), "tanh", "sigmoid")
    known = (before.node_index, before.edge_index, before.level, before.levels)
    assert before.incoming
    assert before.outgoing
    edges = list(before.edges)
    edges[5] = msgspec.structs.replace(edges[5], weight=2.5, trainable=False)
    after = before.replaced(edges=tuple(edges))
    assert after.edge_index is known[1]
    assert (after.node_index, after.level, after.levels) == (known[0], *known[2:])
    fresh = Network(after.nodes, after.edges, after.outputs)
    assert after.incoming == fresh.incoming
    assert after.outgoing == fresh.outgoing
    assert after == fresh


def test_a_network_of_another_structure_finds_out_all_anew() -> None:
    before = Network.layered((3, 4, 2), "tanh", "sigmoid")
    assert before.edge_index
    assert before.incoming
    fewer = before.replaced(edges=before.edges[1:])
    assert fewer.edge_index == Network(fewer.nodes, fewer.edges, fewer.outputs).edge_index
    turned = before.replaced(edges=tuple(reversed(before.edges)))
    assert list(turned.edge_index) == [edge.name for edge in turned.edges]
    renamed = tuple(msgspec.structs.replace(node, id=f"n{node.id}") for node in before.nodes)
    other = before.replaced(nodes=renamed, edges=(), outputs=())
    assert set(other.node_index) == {node.id for node in renamed}
    assert not any(other.incoming.values())


def test_replacements_are_found_in_every_slice_and_nowhere_else() -> None:
    edges = tuple(Edge("a", f"n{number}", 0.5) for number in range(2 * SLICE + 3))
    for place in (0, SLICE - 1, SLICE, len(edges) - 1):
        other = Edge("a", f"n{place}", 1.5)
        after = (*edges[:place], other, *edges[place + 1 :])
        assert replacements(edges, after) == [(edges[place], other)]
    assert replacements(edges, edges) == []
