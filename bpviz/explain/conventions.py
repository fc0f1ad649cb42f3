"""One iteration under other conventions side by side, to find why a textbook's numbers differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import trace
from bpviz.engine.datasets import Rows
from bpviz.engine.program import Program, compile
from bpviz.engine.state import state_of
from bpviz.explain.sequential import has_order, sequential
from bpviz.model.network import Network, Unit
from bpviz.model.schema import Notation, Session
from bpviz.model.training import LossName, Training

FloatArray = NDArray[np.float64]
# The losses that differ by a constant factor only; t is the letter of a target.
SQUARES: MappingProxyType[LossName, str] = MappingProxyType(
    {
        "half_squared_error": "with ½: Σ ½(a − {t})²",
        "squared_error": "without ½: Σ (a − {t})²",
        "mean_squared_error": "mean over the outputs: (1/K) Σ (a − {t})²",
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
        training, target = self.session.training, self.session.notation
        letter = target.target_symbol if isinstance(target, Notation) else Notation().target_symbol
        for name, answer in SQUARES.items():
            if training.loss in SQUARES:
                changed = msgspec.structs.replace(training, loss=name)
                yield self._made(
                    "½ or not", answer.format(t=letter), name == training.loss, changed
                )

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
        if not has_order(self.program):
            return
        made = trace(self.program, self.rows, self.session.training, self.state)
        gradient, updated = sequential(made)
        yield replace(
            right,
            answer="layer by layer, δ through weights already changed",
            current=False,
            wrong=True,
            gradients=named(self.program, gradient),
            updated=named(self.program, updated),
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
