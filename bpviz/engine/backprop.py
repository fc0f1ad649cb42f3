"""The trace: everything that one iteration computes, for display.

Numbers of single samples come from a pass of their own; gradient and updated parameters are taken
from the kernel, which did the iteration on a copy of the state, so they are the bits `advance`
gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows, batch_rows, batch_size, epoch_of
from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import Evaluation, Evaluator, evaluate
from bpviz.engine.faults import check_pass, forward_fault, loss_fault, parameter_fault
from bpviz.engine.kernels import Kernel, choose_kernel, make_kernel, penalty
from bpviz.engine.losses import LOSSES, softmax
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.engine.sweep import Sweep
from bpviz.model.training import Training

__all__ = ["Evaluation", "Evaluator", "Trace", "Tracer", "evaluate", "trace"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NODE_VALUES = ("z", "a", "slope", "dloss_da", "delta")


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace:
    """One iteration of a program with N nodes, E edges, P parameters and K outputs.

    `iteration` is the one traced, from 1; `batch` the data rows it takes, `rows` [B] those of them
    whose samples are recorded. Arrays [B, N]: `z`, `a`, `slope` ∂a/∂z, `dloss_da` ∂lossᵢ/∂a and
    `delta` ∂lossᵢ/∂z of each sample alone; inputs have only `a` and `dloss_da`, the others are 0.
    `loss` and `loss_after` are the batch's reduced data loss before and after the update.
    `gradient` [P] is of the whole objective, as the optimizer gets it; fixed parameters are listed
    without penalty. `theta` [P] are the parameters before, `updated` [P] after the iteration.
    """

    program: Program
    training: Training
    kernel: str
    iteration: int
    epoch: int
    batch: IntArray
    rows: IntArray
    z: FloatArray
    a: FloatArray
    slope: FloatArray
    dloss_da: FloatArray
    delta: FloatArray
    loss_per_sample: FloatArray
    targets: FloatArray
    outputs: FloatArray
    probabilities: FloatArray | None
    loss: float
    penalty: float
    loss_after: float
    gradient: FloatArray
    theta: FloatArray
    updated: FloatArray
    slots: dict[str, FloatArray]
    updated_slots: dict[str, FloatArray]
    step: int

    @property
    def edge_gradient_batch(self) -> FloatArray:
        """The batch's gradient of every edge [E], penalties included."""
        return np.take(self.gradient, self.program.edge_slot)

    @property
    def edge_data_gradient(self) -> FloatArray:
        """The batch's gradient of every edge [E] before penalties are added."""
        slots, training = self.program.edge_slot, self.training
        weight = self.theta[slots]
        penalty = training.l2 * weight + training.l1 * np.sign(weight)
        return self.edge_gradient_batch - np.where(self.program.penalized[slots], penalty, 0.0)

    @property
    def bias_gradient_batch(self) -> FloatArray:
        """The batch's gradient of every node's bias [N], 0 where it has none."""
        return self.program.biases(self.gradient)

    def edge_factors(self, sample: int) -> FloatArray:
        """Return ∂lossᵢ/∂(w·a) of every edge [E] for one sample.

        For a sum it is δ of the target, for a product δ times the other factors, for a maximum δ
        at the first maximal edge and 0 at the others.
        """
        return np.take(self.delta[sample], self.program.target) * self.term_slopes(sample)

    def term_slopes(self, sample: int) -> FloatArray:
        """Return ∂z/∂(w·a) of every edge [E] for one sample: 1 where the target sums."""
        program, a = self.program, self.a[sample]
        slopes = np.ones(len(program.edge_names))
        for level in program.levels:
            for block in level.terms:
                terms = self._weights[block.edges] * a[program.source[block.edges]]
                if block.combine == "max":
                    place = np.arange(len(terms)).reshape(-1, 1)
                    slopes[block.edges] = place == terms.argmax(axis=0)
                else:
                    slopes[block.edges] = _products_of_others(terms)
        return slopes

    def local_gradients(self, sample: int) -> FloatArray:
        """Return ∂z/∂a of every edge [E], from its target back to its source, for one sample."""
        return self._weights * self.term_slopes(sample)

    def edge_gradients(self, sample: int) -> FloatArray:
        """Return ∂lossᵢ/∂w of every edge [E] for one sample alone, without penalty or sharing."""
        a: FloatArray = self.a[sample]
        return self.edge_factors(sample) * a[self.program.source]

    def edge_contributions(self, sample: int) -> FloatArray:
        """Return what every edge [E] adds to ∂lossᵢ/∂a of its source for one sample."""
        return self.edge_factors(sample) * self._weights

    @property
    def _weights(self) -> FloatArray:
        return np.take(self.theta, self.program.edge_slot)


def _products_of_others(terms: FloatArray) -> FloatArray:
    """Return for every term [K, U] the product of the other K − 1, without division."""
    others = np.ones_like(terms)
    np.multiply.accumulate(terms[:-1], axis=0, out=others[1:])
    after = np.multiply.accumulate(terms[:0:-1], axis=0)[::-1]
    others[:-1] *= after
    return others


class Tracer:
    """Makes traces of one program, rows and settings; keeps its buffers between them.

    `kernel` is the one that a trainer would take, where it isn't named.
    """

    def __init__(
        self, program: Program, rows: Rows, training: Training, kernel: str | None = None
    ) -> None:
        self._program, self._rows, self._training = program, rows, training
        name = kernel or choose_kernel(program, batch_size(rows.count, training))
        self._kernel: Kernel = make_kernel(name, program, rows, training)
        self._theta = buffer(program.theta_size)
        self._unused = buffer(program.theta_size)
        self._sweeps: dict[int, Sweep] = {}

    def trace(self, state: State, rows_chosen: Iterable[int] | None = None) -> Trace:
        """Return the trace of the iteration after `state`, which stays as it is.

        `rows_chosen` are data rows: of the batch only the samples of these are recorded. Raises
        NonFinite at the first bad value.
        """
        with np.errstate(all="ignore"):
            return self._trace(state, rows_chosen)

    def diagnose(self, state: State) -> NonFinite:
        """Return what is bad in the iteration after `state`, or at the start of the one after."""
        with np.errstate(all="ignore"):
            try:
                self._trace(state, ())
                self._check_start(state.iteration + 2)
            except NonFinite as fault:
                return fault
        return NonFinite("network", "a value is not a finite number")

    def _trace(self, state: State, rows_chosen: Iterable[int] | None) -> Trace:
        iteration, kernel = state.iteration + 1, self._kernel
        count = self._rows.count
        batch = batch_rows(count, self._training, iteration)
        kernel.load(state)
        loss = kernel.batch_loss(iteration)
        _, fault = kernel.run(iteration, 1)
        after = state.copy()
        kernel.store(after)
        gradient = kernel.gradient.copy()
        loss_after = kernel.batch_loss(iteration)
        if fault or not np.isfinite(loss + loss_after):
            self._raise(state, batch, gradient, after)
        chosen = batch
        if rows_chosen is not None:
            chosen = batch[np.isin(batch, np.array(list(rows_chosen), dtype=np.int64))]
        samples = self._samples(state.theta, chosen)
        return Trace(
            program=self._program,
            training=self._training,
            kernel=kernel.name,
            iteration=iteration,
            epoch=epoch_of(count, self._training, iteration),
            batch=batch,
            rows=chosen,
            targets=self._rows.targets[chosen],
            outputs=samples["a"][:, self._program.output_nodes],
            probabilities=self._probabilities(samples["a"]),
            loss=loss,
            penalty=penalty(self._program, self._training, state.theta),
            loss_after=loss_after,
            gradient=gradient,
            theta=state.theta.copy(),
            updated=after.theta,
            slots=state.copy().slots,
            updated_slots=after.slots,
            step=after.step,
            **samples,
        )

    def _samples(self, theta: FloatArray, rows: IntArray) -> dict[str, FloatArray]:
        """Return the values of a pass over `rows`; NonFinite at the first bad one."""
        shape = (len(rows), len(self._program.node_ids))
        values: dict[str, FloatArray] = {name: np.empty(shape) for name in NODE_VALUES}
        values["loss_per_sample"] = np.empty(len(rows))
        for start, part in self._passes(theta, rows):
            stop = start + len(part["z"])
            check_pass(self._program, self._training.loss, part, rows[start:stop])
            for name, array in part.items():
                values[name][start:stop] = array
        return values

    def _passes(
        self, theta: FloatArray, rows: IntArray
    ) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Yield the values of each slice of `rows`, with the slice's start."""
        np.copyto(self._theta, theta)
        size = self._program.slice_rows
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            sweep = self._sweep(len(some))
            sweep.x[...] = self._rows.inputs[some].T
            sweep.t[...] = self._rows.targets[some].T
            for call in (*sweep.forward, *sweep.losses, *sweep.backward):
                call()
            yield start, self._values(sweep)

    def _values(self, sweep: Sweep) -> dict[str, FloatArray]:
        at = self._program.node_row
        values: dict[str, FloatArray] = {
            "z": sweep.z[at].T,
            "a": sweep.a[at].T,
            "slope": sweep.slope[at].T,
            "dloss_da": sweep.shown_g()[at].T,
            "delta": sweep.d[at].T,
        }
        for name in ("z", "slope", "delta"):
            values[name][:, self._program.input_nodes] = 0.0
        values["loss_per_sample"] = sweep.loss
        return values

    def _sweep(self, width: int) -> Sweep:
        if width not in self._sweeps:
            loss = LOSSES[self._training.loss]
            self._sweeps[width] = Sweep(
                self._program, loss, width, self._theta, self._unused, whole=True
            )
        return self._sweeps[width]

    def _probabilities(self, a: FloatArray) -> FloatArray | None:
        if self._training.loss != "softmax_cross_entropy":
            return None
        outputs = a[:, self._program.output_nodes].T
        result = np.empty_like(outputs)
        softmax(outputs, outputs, result, np.empty((2, *outputs.shape)))
        return result.T

    def _raise(self, state: State, batch: IntArray, gradient: FloatArray, after: State) -> None:
        """Find the first bad value of an iteration that met one, and raise it."""
        for start, part in self._passes(state.theta, batch):
            rows = batch[start : start + len(part["z"])]
            check_pass(self._program, self._training.loss, part, rows)
        fault = parameter_fault(self._program, gradient, after.theta, after.slots)
        if fault is not None:
            raise fault
        self._check_forward(after.theta, batch)
        raise NonFinite("network", "a value is not a finite number")

    def _check_start(self, iteration: int) -> None:
        """Raise what is bad in the forward pass of `iteration` at the kernel's θ."""
        batch = batch_rows(self._rows.count, self._training, iteration)
        self._check_forward(self._kernel.theta, batch)

    def _check_forward(self, theta: FloatArray, batch: IntArray) -> None:
        for start, part in self._passes(theta, batch):
            rows = batch[start : start + len(part["z"])]
            found = forward_fault(self._program, part["z"], part["a"], rows) or loss_fault(
                self._program, self._training.loss, part["a"], part["loss_per_sample"], rows
            )
            if found is not None:
                raise NonFinite(found.place, f"after the update {found.cause}")


def trace(
    program: Program,
    rows: Rows,
    training: Training,
    state: State,
    rows_chosen: Iterable[int] | None = None,
) -> Trace:
    """Return the trace of the iteration after `state`; see `Tracer.trace`.

    Whoever makes many traces of one program keeps a `Tracer`.
    """
    return Tracer(program, rows, training).trace(state, rows_chosen)
