"""Names that are read: as the drawing has them, and no two alike."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.model.names import (
    LONGEST,
    as_drawn,
    drawn_name,
    edge_name,
    names_in_formulas,
    names_in_texts,
    pretty_name,
)
from bpviz.model.network import Edge, Input, Network, Unit

LABELS = st.one_of(
    st.sampled_from(
        ["", "h", "h1", "h_1", "h1_2", "h_1_2", "x₁", "a²₁", "r_h", "+", "+", "ŷ", "α3", "x٣", "u2"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200),
)


@pytest.mark.parametrize(
    ("label", "name"),
    [("h1", "h₁"), ("x12", "x₁₂"), ("h1_2", "h₁,₂"), ("h_3", "h₃"), ("ŷ", "ŷ"), ("a b", "a b"),
     ("r_h", "r_h"), ("7", "7"), ("α3", "α₃"), ("x٣", "x٣"), ("h_٣", "h_٣"), ("", "")],
)  # fmt: skip
def test_numbers_at_the_end_of_a_label_become_an_index(label: str, name: str) -> None:
    assert pretty_name(label) == name


def test_a_long_label_is_cut_for_the_drawing_and_for_texts_alike() -> None:
    label = "sepal length in centimetres"
    network = Network((Input("x1", label=label),))
    assert drawn_name(label) == network.names["x1"] == "sepal length in centime…"
    assert len(drawn_name("h" * 200)) == LONGEST


def test_nodes_that_are_drawn_alike_are_told_apart_by_their_ids() -> None:
    labels = {"u1": "+", "u2": "+", "x1": "x1", "x_1": "x_1", "h": ""}
    assert names_in_texts(labels) == {
        "u1": "+ (u1)", "u2": "+ (u2)", "x1": "x₁ (x1)", "x_1": "x₁ (x_1)", "h": "h",
    }  # fmt: skip
    formulas = names_in_formulas(labels)
    assert (formulas["u1"], formulas["u2"], formulas["h"]) == ("u₁", "u₂", "h")
    assert formulas["x1"] != formulas["x_1"]


@given(st.lists(LABELS, max_size=8))
def test_no_two_nodes_have_one_name(given_labels: list[str]) -> None:
    labels = {f"u{place}": label for place, label in enumerate(given_labels, 1)}
    for names in (names_in_texts(labels), names_in_formulas(labels)):
        assert all(names.values())
        assert len(set(names.values())) == len(names)
    unlabelled = [pretty_name(node) for node, label in labels.items() if not label]
    drawn = {node: drawn_name(label) for node, label in labels.items() if label}
    for node, name in drawn.items():
        alone = [*drawn.values(), *unlabelled].count(name) == 1
        assert names_in_texts(labels)[node] == (name if alone else f"{name} ({node})")


def test_names_are_kept_as_long_as_labels_are() -> None:
    network = Network((Input("x1"), Unit("h1")), (Edge("x1", "h1", 1.0),), ("h1",))
    names = network.names
    moved = network.replaced(
        nodes=(network.nodes[0], msgspec.structs.replace(network.nodes[1], bias=1.0))
    )
    assert moved.names is names
    labelled = network.replaced(
        nodes=(network.nodes[0], msgspec.structs.replace(network.nodes[1], label="out"))
    )
    assert labelled.names == {"x1": "x₁", "h1": "out"}
    assert edge_name("x1->h1", labelled.names) == "x₁ → out"


def test_what_a_unit_lacks_is_told_by_its_name() -> None:
    said = 'The product unit "p1" has no edges into it'
    assert as_drawn(said, {}) == 'The product unit "p₁" has no edges into it'
