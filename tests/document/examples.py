"""Sessions that the document's tests start from."""

from __future__ import annotations

import random

import msgspec

from bpviz.model.data import TableData
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
