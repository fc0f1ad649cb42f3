"""Reset: back to the untrained parameters, with the structure of now."""

from __future__ import annotations

import msgspec

from bpviz.document.timeline import Timeline
from bpviz.model.edit import Edit, diff
from bpviz.model.history import Place, structure
from bpviz.model.schema import Progress, Session


def start_place(timeline: Timeline) -> Place | None:
    """Return the last place behind the position at iteration 0; None where that is it, or none."""
    if timeline.iteration == 0:
        return None
    starts = (
        (entry, 0)
        for entry, iteration in enumerate(timeline.line.iterations())
        if iteration == 0 and (entry, 0) <= timeline.place
    )
    return max(starts, default=None)


def reset_edit(present: Session, start: Session) -> Edit | None:
    """Return the edit that takes the parameters of `start` into the structure of `present`.

    None where the structure was the same then: going back to it is enough.
    """
    return None if structure(start) == structure(present) else _take_parameters(present, start)


def _take_parameters(session: Session, initial: Session) -> Edit:
    """Return the edit that gives `session` the parameters of `initial`, at iteration 0."""
    network, old = session.network, initial.network
    edges = tuple(
        msgspec.structs.replace(edge, weight=old.edge(edge.name).weight)
        if edge.name in old.edge_index
        else edge
        for edge in network.edges
    )
    biases = {unit.id: unit.bias for unit in old.units}
    nodes = tuple(
        msgspec.structs.replace(node, bias=biases[node.id])
        if node.id in biases and getattr(node, "combine", "") == "sum"
        else node
        for node in network.nodes
    )
    after = msgspec.structs.replace(
        session,
        network=msgspec.structs.replace(network, nodes=nodes, edges=edges),
        progress=Progress(),
    )
    return diff(session, after, "Reset")
