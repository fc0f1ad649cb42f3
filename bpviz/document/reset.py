"""Reset: back to the untrained parameters, with the structure of now."""

from __future__ import annotations

import msgspec

from bpviz.document.timeline import Timeline
from bpviz.model.edit import Edit, diff
from bpviz.model.history import structure
from bpviz.model.schema import Progress, Session


def reset(timeline: Timeline) -> Edit | None:
    """Go to the last position at iteration 0 with the present structure.

    Where the structure was another then, stay and return the edit that takes the parameters of
    then into the present structure; the caller pushes it.
    """
    present, here = timeline.session, timeline.place
    starts = [
        entry
        for entry, iteration in enumerate(timeline.line.iterations())
        if iteration == 0 and (entry, 0) <= here
    ]
    if not starts or timeline.iteration == 0:
        return None
    timeline.go((starts[-1], 0))
    initial = timeline.session
    if structure(initial) == structure(present):
        return None
    timeline.go(here)
    return _take_parameters(present, initial)


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
