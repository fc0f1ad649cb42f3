"""What an incomplete session lacks, where on the drawing, and the Edits that put it right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from bpviz.model.columns import keep_columns, with_inputs, with_targets
from bpviz.model.data import TableData
from bpviz.model.drafts import counted, edit_of, label_of, network_with
from bpviz.model.edit import Edit, EditError, diff
from bpviz.model.fitting import fit_network
from bpviz.model.network import LAYER_GAP, Network, Node, Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import add_output, set_data, set_node, set_output
from bpviz.model.wiring import connect_all


@dataclass(frozen=True)
class Fix:
    """One way to put it right: a button's text and tip, and what makes the Edit."""

    text: str
    tip: str
    make: Callable[[], Edit]


@dataclass(frozen=True)
class Lack:
    """What is missing, in a few words, the node it is about, and the ways to put it right."""

    text: str
    node: str
    fixes: tuple[Fix, ...]


def lack_of(session: Session, table: TableData) -> Lack | None:
    """Return the first thing that `session` lacks and an Edit can give; None where there is none.

    `table` holds the rows, also those of a generator. Nothing is said of an empty drawing.
    """
    network = session.network
    if not network.nodes:
        return None
    if not network.units:
        return _no_units(session, table)
    bare = [u for u in network.units if u.combine != "sum" and not network.incoming[u.id]]
    if bare:
        return _no_edges(session, bare[0])
    if not network.outputs:
        return _no_outputs(session, table)
    if not table.inputs:
        row = Fix("Add a row", "Add a row of zeros, to be changed", partial(_row, session, table))
        return Lack("No rows yet", _lowest(network, network.inputs), (row,))
    return _columns(session, table)


def _no_units(session: Session, table: TableData) -> Lack:
    node = _lowest(session.network, session.network.nodes)
    x, y = session.network.node(node).position
    make = partial(add_output, session, (x + LAYER_GAP, y), table)
    return Lack("No unit yet", node, (Fix("Add an output", "Add a unit that is an output", make),))


def _no_edges(session: Session, unit: Unit) -> Lack:
    as_sum = Fix(
        "Make it a sum",
        "A sum needs no edges: without any it is its bias",
        partial(set_node, session, [unit.id], "combine", "sum"),
    )
    sources = [node.id for node in session.network.inputs]
    feed = Fix(
        "Connect the inputs",
        "Let all inputs feed it, with small weights",
        partial(connect_all, session, sources, unit.id),
    )
    return Lack("Needs an edge into it", unit.id, (feed, as_sum) if sources else (as_sum,))


def _no_outputs(session: Session, table: TableData) -> Lack:
    network = session.network
    ends = [unit for unit in network.units if not network.outgoing[unit.id]] or network.units
    node = max(ends, key=lambda unit: network.level[unit.id]).id
    fix = Fix(
        f"Make {label_of(session, node)} an output",
        "Its value is compared with the targets then",
        partial(_output, session, table, node),
    )
    return Lack("No unit is an output", node, (fix,))


def _columns(session: Session, table: TableData) -> Lack | None:
    network = session.network
    inputs, targets = len(table.inputs[0]), len(table.targets[0]) if table.targets else 0
    compared = session.training.loss != "output_value"
    if inputs != len(network.inputs):
        have, want = counted(inputs, "column"), counted(len(network.inputs), "input")
        node = _lowest(network, network.inputs or network.nodes)
    elif compared and targets != len(network.outputs):
        have, want = counted(targets, "target column"), counted(len(network.outputs), "output")
        node = _lowest(network, [network.node(each) for each in network.outputs])
    else:
        return None
    outputs = targets if compared else len(network.outputs)
    fixes = [
        Fix(
            "Fit the columns",
            "Take away the last columns of the data, or add columns of zeros",
            partial(_fitted, session, table),
        )
    ]
    if inputs and outputs:
        fixes.append(
            Fix(
                "Fit the network",
                "Add or take away inputs and outputs; all other weights stay",
                partial(fit_network, session, inputs, outputs),
            )
        )
    return Lack(f"{have} for {want}", node, tuple(fixes))


def _lowest(network: Network, among: Sequence[Node]) -> str:
    return max(among or network.nodes, key=lambda node: node.position[1]).id


def _output(session: Session, table: TableData, node: str) -> Edit:
    if table.targets and len(table.targets[0]) == 1:
        label = f"Make {label_of(session, node)} an output"
        return edit_of(session, label, network=network_with(session.network, outputs=(node,)))
    return set_output(session, node, True, table)


def _row(session: Session, table: TableData) -> Edit:
    outputs = 0 if session.training.loss == "output_value" else len(session.network.outputs)
    target = [0.0] * outputs
    if session.training.loss == "softmax_cross_entropy":
        target[0] = 1.0  # its targets add up to 1
    inputs = ((0.0,) * len(session.network.inputs),)
    rows = msgspec.structs.replace(
        table, inputs=inputs, targets=(tuple(target),) if outputs else ()
    )
    return set_data(session, rows, "Add a row")


def _fitted(session: Session, table: TableData) -> Edit:
    """Return the edit that gives the data a column for each input and output."""
    network = session.network
    inputs = [node.id for node in network.inputs]
    outputs = list(network.outputs)
    have = (len(table.inputs[0]), len(table.targets[0]) if table.targets else 0)
    if session.training.loss == "output_value" and not have[1]:
        outputs = []
    data = keep_columns(table, range(min(have[0], len(inputs))), range(min(have[1], len(outputs))))
    if len(inputs) > have[0]:
        data = with_inputs(data, inputs[have[0] :])
    if len(outputs) > have[1]:
        data = with_targets(data, outputs[have[1] :])
    after = msgspec.structs.replace(session, data=data)
    edit = diff(session, after, "Fit the columns to the network")
    if not edit.changes:
        raise EditError("The columns fit already")
    return edit
