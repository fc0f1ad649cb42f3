"""What is compiled from a session, kept until the part it was made from changes."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from bpviz.document.line import Line
from bpviz.engine import numba_setup
from bpviz.engine.datasets import Rows, batch_size, batches_per_epoch, make_rows
from bpviz.engine.kernels import prefers_numba
from bpviz.engine.program import Program, compile
from bpviz.engine.readiness import first_problem
from bpviz.engine.trainer import Trainer
from bpviz.model.data import Data, GeneratorData
from bpviz.model.network import Network, Node, Unit, replacements
from bpviz.model.schema import Session
from bpviz.model.training import Training


class Workshop:
    """Program, rows and trainers of the session last asked for."""

    def __init__(self) -> None:
        self._program: tuple[Network, Program] | None = None
        self._rows: tuple[Data, str, Rows] | None = None
        self._trainers: dict[str, Trainer] = {}
        self._fastest = "numpy"
        self._trainers_for: tuple[Program, Rows, Training] | None = None
        self._problem: tuple[tuple[Program, Data, Training], str] | None = None

    def program(self, session: Session) -> Program:
        """Return the session's network, compiled."""
        if self._program is None or self._program[0] is not session.network:
            self._program = (session.network, self._compiled(session.network))
        return self._program[1]

    def _compiled(self, network: Network) -> Program:
        """Return the program of `network`; the one there is where only parameters are others."""
        if self._program is None:
            return compile(network)
        before, program = self._program
        if not is_alike(before, network):
            return compile(network)
        if not all(map(_is_named_like, before.nodes, network.nodes)):
            return replace(program, network=network)
        for trainer in self._trainers.values():
            trainer.forget_gradient()
        return program

    def adopt(self, session: Session, program: Program) -> None:
        """Take `program` for the network of `session`, which differs in parameters alone."""
        self._program = (session.network, program)

    def rows(self, session: Session) -> Rows:
        """Return the session's rows."""
        made = self._rows
        if made is None or made[0] is not session.data or made[1] != session.training.loss:
            rows = make_rows(session.data, session.training.loss)
            made = self._rows = (session.data, session.training.loss, rows)
        return made[2]

    def trainer(self, session: Session, kernel: str | None = None) -> Trainer:
        """Return the trainer with the kernel named, by default with the fastest there is now.

        Where the one named isn't there, `Trainer.kernel_name` tells which one took its place.
        """
        key = (self.program(session), self.rows(session), session.training)
        held = self._trainers_for
        if held is None or any(mine is not other for mine, other in zip(held, key, strict=True)):
            self._trainers_for, self._trainers = key, {}
            program, rows, training = key
            batch = batch_size(rows.count, training)
            self._fastest = "numba" if prefers_numba(program, batch) else "numpy"
        # The compiled kernel may come at any time, but never goes.
        name = (kernel or self._fastest) if numba_setup.is_loaded() else "numpy"
        if name not in self._trainers:
            trainer = Trainer(*key, name)
            self._trainers[name] = self._trainers.setdefault(trainer.kernel_name, trainer)
        return self._trainers[name]

    def replayer(self, session: Session, line: Line, entry: int) -> Trainer:
        """Return what replays the training entry `entry` of `line`, each time the same."""
        kernel = line.kernel_at((entry, 0))
        if kernel == "numba":
            numba_setup.load()
        trainer = self.trainer(session, kernel)
        line.name_kernel(entry, trainer.kernel_name)
        return trainer

    def epoch_length(self, session: Session) -> int:
        """Return the iterations of an epoch."""
        return batches_per_epoch(self.rows(session).count, session.training)

    def problem(self, session: Session) -> str:
        """Return what the session lacks before it can be traced, empty where nothing.

        Parameters alone never make a session incomplete, so this is asked on every tick of a run
        and checked once.
        """
        key = (self.program(session), session.data, session.training)
        held = self._problem
        if held is None or any(mine is not other for mine, other in zip(held[0], key, strict=True)):
            rows = self.rows(session) if isinstance(session.data, GeneratorData) else None
            held = self._problem = (key, first_problem(session, rows))
        return held[1]


def is_alike(first: Network, second: Network) -> bool:
    """Whether both compile to the same program but for the values of weights and biases."""
    if first.outputs != second.outputs or len(first.nodes) != len(second.nodes):
        return False
    return (
        len(first.edges) == len(second.edges)
        and all(_is_like(a, b) for a, b in replacements(first.nodes, second.nodes))
        and all(
            structs.replace(a, weight=b.weight) == b
            for a, b in replacements(first.edges, second.edges)
        )
    )


def _is_named_like(first: Node, second: Node) -> bool:
    """Whether two nodes are called the same and stand at the same place."""
    return first is second or (first.label == second.label and first.position == second.position)


def _is_like(first: Node, second: Node) -> bool:
    if isinstance(first, Unit) and isinstance(second, Unit):
        if first.has_bias != second.has_bias:
            return False
        first = structs.replace(first, bias=second.bias)
    return structs.replace(first, label=second.label, position=second.position) == second
