"""One iteration under other conventions side by side, to find why a textbook's numbers differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.program import Program, compile
from bpviz.engine.state import state_of
from bpviz.model.network import Network, Unit
from bpviz.model.session import Session
from bpviz.model.training import LossName, Sgd, Training

FloatArray = NDArray[np.float64]
# The losses that differ by a constant factor only.
SQUARES: MappingProxyType[LossName, str] = MappingProxyType(
    {
        "half_squared_error": "with ½: Σ ½(a − t)²",
        "squared_error": "without ½: Σ (a − t)²",
        "mean_squared_error": "mean over the outputs: (1/K) Σ (a − t)²",
    }
)


@dataclass(frozen=True, eq=False)
class Convention:
    """One iteration under one convention.

    `question` is what is chosen ("½ or not"), `answer` how; `current` marks the session's own
    answer and `wrong` one that is a mistake. `gradients` and `updated` hold each parameter by
    name: an edge, or a unit's id for its bias.
    """

    question: str
    answer: str
    current: bool
    wrong: bool
    loss: float
    gradients: dict[str, float]
    updated: dict[str, float]


def conventions(session: Session, rows: Rows) -> tuple[Convention, ...]:
    """Return the next iteration under each convention that applies to the session.

    Raises NonFinite where one of them is.
    """
    return tuple(_Conventions(session, rows).all())


class _Conventions:
    def __init__(self, session: Session, rows: Rows) -> None:
        self.session = session
        self.rows = rows
        self.program = compile(session.network)
        self.state = state_of(session, self.program)

    def all(self) -> Iterator[Convention]:
        yield from self._losses()
        yield from self._reductions()
        yield from self._biases()
        yield from self._orders()

    def _losses(self) -> Iterator[Convention]:
        training = self.session.training
        for name, answer in SQUARES.items():
            if training.loss in SQUARES:
                changed = msgspec.structs.replace(training, loss=name)
                yield self._made("½ or not", answer, name == training.loss, changed)

    def _reductions(self) -> Iterator[Convention]:
        training = self.session.training
        for name in ("mean", "sum"):
            changed = msgspec.structs.replace(training, batch_reduction=name)
            current = name == training.batch_reduction
            yield self._made("mean or sum over the batch", name, current, changed)

    def _biases(self) -> Iterator[Convention]:
        network = self.session.network
        if not any(unit.has_bias for unit in network.units):
            return
        for trained in (True, False):
            nodes = tuple(
                msgspec.structs.replace(node, trainable_bias=trained)
                if isinstance(node, Unit) and node.has_bias
                else node
                for node in network.nodes
            )
            answer = "trained" if trained else "fixed"
            changed = Network(nodes, network.edges, network.outputs)
            made = self._made("biases", answer, nodes == network.nodes, program=compile(changed))
            yield made

    def _orders(self) -> Iterator[Convention]:
        right = self._made("order of updates", "all at once, from the old weights", True)
        yield right
        # With a value shared between layers there is no layer to begin with.
        if isinstance(self.session.training.optimizer, Sgd) and self.program.shares is None:
            made = trace(self.program, self.rows, self.session.training, self.state)
            gradient = sequential_gradient(made)
            yield replace(
                right,
                answer="layer by layer, δ through weights already changed",
                current=False,
                wrong=True,
                gradients=named(self.program, gradient),
                updated=named(self.program, stepped(made, gradient)),
            )

    def _made(
        self,
        question: str,
        answer: str,
        current: bool,
        training: Training | None = None,
        program: Program | None = None,
    ) -> Convention:
        # Fixing a bias leaves the places in θ as they are.
        training = training or self.session.training
        made = trace(program or self.program, self.rows, training, self.state.copy())
        return Convention(
            question,
            answer,
            current,
            False,
            made.loss,
            named(self.program, made.gradient),
            named(self.program, made.updated),
        )


def named(program: Program, theta: FloatArray) -> dict[str, float]:
    """Return every parameter of θ by name: an edge, or a unit's id for its bias."""
    found = dict(zip(program.edge_names, theta[program.edge_slot].tolist(), strict=True))
    for node, slot in zip(program.network.nodes, program.bias_slot.tolist(), strict=True):
        if isinstance(node, Unit) and node.has_bias:
            found[node.id] = float(theta[slot])
    return found


def stepped(made: Trace, gradient: FloatArray) -> FloatArray:
    """Return θ after one step of plain descent along `gradient` [P]."""
    rate = made.training.optimizer.learning_rate
    return np.where(made.program.trainable, made.theta - rate * gradient, made.theta)


def sequential_gradient(made: Trace) -> FloatArray:
    """Return the wrong gradient [P] of plain descent that goes backwards layer by layer.

    The edges into a layer are changed before the error goes through them: δ of the layer before
    is made from the new weights, the forward values staying as they were.
    """
    program = made.program
    error = _own_errors(made)
    gradient = made.gradient.copy()
    theta = made.theta.copy()
    rate = made.training.optimizer.learning_rate
    scale = len(made.rows) if made.training.batch_reduction == "mean" else 1
    slopes = np.array([made.term_slopes(sample) for sample in range(len(made.rows))])
    change = np.zeros_like(gradient)
    for node in program.unit_order[::-1].tolist():
        delta = error[:, node] * made.slope[:, node] + _fused_difference(made, node)
        slot = int(program.bias_slot[node])
        if slot >= 0:
            change[slot] = (delta.sum() - made.delta[:, node].sum()) / scale
        for edge in np.flatnonzero(program.target == node).tolist():
            source, place = int(program.source[edge]), int(program.edge_slot[edge])
            local = slopes[:, edge] * made.a[:, source]
            change[place] = ((delta - made.delta[:, node]) * local).sum() / scale
            if program.trainable[place]:
                theta[place] -= rate * (gradient[place] + change[place])
            error[:, source] += delta * slopes[:, edge] * theta[place]
    return gradient + change


def _own_errors(made: Trace) -> FloatArray:
    """Return ∂E/∂a [B, N] that outputs have from the loss alone."""
    program = made.program
    through = np.zeros_like(made.dloss_da)
    for sample in range(len(made.rows)):
        np.add.at(through[sample], program.source, made.edge_contributions(sample))
    own = np.zeros_like(made.dloss_da)
    outputs = program.output_nodes
    own[:, outputs] = made.dloss_da[:, outputs] - through[:, outputs]
    return own


def _fused_difference(made: Trace, node: int) -> FloatArray:
    # Where δ comes from z, a flat sigmoid makes it differ from slope times ∂E/∂a.
    return np.asarray(made.delta[:, node] - made.slope[:, node] * made.dloss_da[:, node])
