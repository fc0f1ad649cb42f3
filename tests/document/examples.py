"""Sessions that the document's tests start from."""

from __future__ import annotations

import random

import msgspec

from bpviz.document.reset import reset_edit, start_place
from bpviz.document.scout import Scout
from bpviz.document.timeline import Timeline
from bpviz.model.data import TableData
from bpviz.model.edit import Edit
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.training import Optimizer, Sgd, Training


def xor_session(optimizer: Optimizer | None = None) -> Session:
    """Five rows in shuffled batches of two, so that the last batch is shorter."""
    draw = random.Random(3)
    network = Network.layered((2, 3, 1), "tanh", "sigmoid")
    edges = tuple(
        msgspec.structs.replace(edge, weight=draw.uniform(-1, 1)) for edge in network.edges
    )
    corners = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5))
    targets = ((0.0,), (1.0,), (1.0,), (0.0,), (0.5,))
    return Session(
        title="xor",
        network=Network(network.nodes, edges, network.outputs),
        data=TableData(corners, targets),
        training=Training(
            loss="half_squared_error",
            batch_size=2,
            shuffle=True,
            seed=1,
            optimizer=optimizer or Sgd(0.5),
        ),
    )


def reset(timeline: Timeline) -> Edit | None:
    """Go to the start as Reset does; return the edit that is to be pushed instead, if any."""
    place = start_place(timeline)
    if place is None:
        return None
    scout = Scout(timeline, place)
    assert scout.walk(lambda: False)
    edit = reset_edit(timeline.session, scout.session)
    if edit is None:
        timeline.meet(scout)
    return edit
