"""Sessions that the model's tests start from, and a strategy for random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from bpviz.model.data import TableData
from bpviz.model.network import (
    Activation,
    Combine,
    Edge,
    Input,
    LeakyRelu,
    Network,
    Node,
    Power,
    Unit,
)
from bpviz.model.schema import Session
from bpviz.model.training import Adam, Optimizer, Sgd, Training


def small_session() -> Session:
    network = Network.layered((2, 2, 1), "sigmoid", "sigmoid")
    return Session(
        title="small",
        network=network,
        data=TableData(inputs=((0.5, 0.3),), targets=((0.8,),)),
        training=Training(loss="squared_error", optimizer=Sgd(0.1)),
    )


FINITE = st.floats(-1e6, 1e6, allow_nan=False)
ACTIVATIONS: st.SearchStrategy[Activation] = st.sampled_from(
    ("sigmoid", "relu", LeakyRelu(0.2), Power(3.0))
)
COMBINES: st.SearchStrategy[Combine] = st.sampled_from(("sum", "product", "max"))
OPTIMIZERS: st.SearchStrategy[Optimizer] = st.sampled_from((Sgd(0.5), Adam(0.01)))


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    count = draw(st.integers(1, 3))
    nodes: list[Node] = [Input(f"x{index}", position=(0.0, 10.0 * index)) for index in range(count)]
    edges: list[Edge] = []
    for index in range(draw(st.integers(1, 5))):
        combine = draw(COMBINES)
        unit = Unit(f"u{index}", combine, draw(ACTIVATIONS), draw(FINITE), draw(st.booleans()))
        sources = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3, unique=True))
        edges += [Edge(node.id, unit.id, draw(FINITE), draw(st.booleans())) for node in sources]
        nodes.append(unit)
    outputs = (nodes[-1].id,)
    rows = tuple(tuple(draw(FINITE) for _ in range(count)) for _ in range(draw(st.integers(1, 3))))
    targets = tuple((draw(FINITE),) for _ in rows)
    optimizer = draw(OPTIMIZERS)
    return Session(
        title=draw(st.sampled_from(["", "drawn", "δ ∂ 网络"])),
        network=Network(tuple(nodes), tuple(edges), outputs),
        data=TableData(rows, targets),
        training=Training(loss="half_squared_error", optimizer=optimizer, batch_size=2),
    )
