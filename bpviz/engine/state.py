"""The state of training: parameters, optimizer slots, iteration, and the kernel that made them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib.metadata import version

import msgspec
import numpy as np
from numpy.typing import NDArray

from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.engine.program import Program
from bpviz.model.network import Edge, Input, Node
from bpviz.model.schema import OptimizerState, Session, Slots
from bpviz.model.training import Optimizer

FloatArray = NDArray[np.float64]


@dataclass
class State:
    """Parameters θ [P], optimizer slots [P] by name, the optimizer's step and the iteration.

    `step` counts updates since the optimizer began, `iteration` those since the untrained
    session; `kernel` names the kernel that made the parameters.
    """

    theta: FloatArray
    slots: dict[str, FloatArray] = field(default_factory=dict)
    step: int = 0
    iteration: int = 0
    kernel: str = "numpy"

    def copy(self) -> State:
        """Return a state that shares no array with this one."""
        slots = {name: values.copy() for name, values in self.slots.items()}
        return State(self.theta.copy(), slots, self.step, self.iteration, self.kernel)


def initial_state(program: Program, optimizer: Optimizer) -> State:
    """Return the state of the program's own weights and biases before any update."""
    return State(program.initial_theta(), _initial_slots(program, optimizer))


def state_of(session: Session, program: Program) -> State:
    """Return the state that `session`, compiled to `program`, stands at.

    A parameter for which the session's progress names no value of a slot starts that slot anew.
    """
    optimizer = session.training.optimizer
    # Not the program's own network: that may be the session's of before some training.
    state = State(program.theta_of(session.network), _initial_slots(program, optimizer))
    progress = session.progress
    if not state.slots or _remembers(progress.optimizer, set(state.slots)):
        state.step = progress.optimizer.step
    state.iteration = progress.iteration
    state.kernel = progress.kernel
    for slot, values in state.slots.items():
        _fill(values, slot, progress.optimizer.edges, program.edge_names, program.edge_slot)
        _fill(values, slot, progress.optimizer.biases, program.node_ids, program.bias_slot)
    return state


def with_state(session: Session, program: Program, state: State) -> Session:
    """Return `session` at `state`: weights, biases and progress replaced, the loss curve kept."""
    network = session.network
    weights = state.theta[program.edge_slot].tolist()
    biases = program.biases(state.theta).tolist()
    edges = tuple(map(_with_weight, network.edges, weights))
    nodes = tuple(
        node if slot < 0 else _with_bias(node, bias)
        for node, slot, bias in zip(network.nodes, program.bias_slot.tolist(), biases, strict=True)
    )
    optimizer = OptimizerState(
        state.step,
        _named(state, program.edge_names, program.edge_slot),
        _named(state, program.node_ids, program.bias_slot),
    )
    progress = msgspec.structs.replace(
        session.progress,
        iteration=state.iteration,
        kernel=state.kernel,
        versions=_versions(state.kernel),
        optimizer=optimizer,
    )
    network = network.replaced(nodes=nodes, edges=edges)
    return msgspec.structs.replace(session, network=network, progress=progress)


def _initial_slots(program: Program, optimizer: Optimizer) -> dict[str, FloatArray]:
    row = OPTIMIZERS[optimizer.name]
    return {name: np.full(program.theta_size, row.initial(name, optimizer)) for name in row.slots}


def _remembers(saved: OptimizerState, slots: set[str]) -> bool:
    """Whether `saved` is of an optimizer with these slots; of another one its step is void."""
    values = (*saved.edges.values(), *saved.biases.values())
    return any(slots <= value.keys() for value in values)


def _fill(
    values: FloatArray,
    slot: str,
    saved: Slots,
    names: tuple[str, ...],
    places: NDArray[np.int64],
) -> None:
    if not saved:
        return
    for name, place in zip(names, places.tolist(), strict=True):
        value = saved.get(name, {}).get(slot)
        if place >= 0 and value is not None:
            values[place] = value


def _with_weight(edge: Edge, weight: float) -> Edge:
    return edge if _same(edge.weight, weight) else msgspec.structs.replace(edge, weight=weight)


def _with_bias(node: Node, bias: float) -> Node:
    if isinstance(node, Input) or _same(node.bias, bias):
        return node
    return msgspec.structs.replace(node, bias=bias)


def _same(a: float, b: float) -> bool:
    # To the bit: 0 and −0 differ.
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def _named(state: State, names: tuple[str, ...], places: NDArray[np.int64]) -> Slots:
    if not state.slots:
        return {}
    columns = [values[places].tolist() for values in state.slots.values()]
    slots = tuple(state.slots)
    return {
        name: dict(zip(slots, row, strict=True))
        for name, place, *row in zip(names, places.tolist(), *columns, strict=True)
        if place >= 0
    }


def _versions(kernel: str) -> dict[str, str]:
    versions = {"numpy": np.__version__}
    if kernel == "numba":
        versions["numba"] = version("numba")
    return versions
