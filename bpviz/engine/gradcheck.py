"""The gradient check: back propagation against central differences of the objective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import trace
from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows, batch_rows, make_rows
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.kernels import penalty
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import Program, compile
from bpviz.engine.state import State, state_of
from bpviz.engine.sweep import Sweep
from bpviz.model.schema import Session
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOLERANCE: Final = 1e-5
# Steps tried, in units of max(1, |θ|), from large to small.
STEPS: Final = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
# An estimate this much better than the tolerance is good enough.
GOOD: Final = 1e-2
ROUNDING: Final = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter: an edge's name or a unit's id, both gradients, and their relative error.

    `is_kink`: every step tried crosses a kink of the objective, so nothing is compared; numeric
    and error are 0.
    """

    name: str
    gradient: float
    numeric: float
    error: float
    is_kink: bool = False


@dataclass(frozen=True)
class CheckResult:
    """The worst error with its parameter's name ("" where none was compared), kinks, all rows."""

    worst: float
    name: str
    kinks: tuple[str, ...]
    parameters: tuple[ParameterCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether the worst error is within the tolerance."""
        return self.worst <= TOLERANCE


@dataclass(frozen=True)
class StepError:
    """A central difference with a step h, its error |difference − gradient|, and what makes it up.

    `truncation` is what the step is too large for, proportional to h²; `rounding` what the digits
    of the objective leave, proportional to 1/h: both are estimates. `is_kink`: a kink of the
    objective lies within the step. What is not finite is nan.
    """

    step: float
    difference: float
    error: float
    truncation: float
    rounding: float
    is_kink: bool


class GradientCheck:
    """The gradient check parameter by parameter, for those who can't wait for all of them.

    NonFinite where the iteration itself meets a bad value.
    """

    def __init__(self, program: Program, rows: Rows, training: Training, state: State) -> None:
        gradient = trace(program, rows, training, state, rows_chosen=()).gradient
        found = list(_parameters(program))
        self.names = tuple(name for name, _ in found)
        self._members = [members for _, members in found]
        self._gradient = [float(gradient[members[0]]) for members in self._members]
        with np.errstate(all="ignore"):
            self._objective = _Objective(program, rows, training, state)

    def check(self, place: int) -> ParameterCheck:
        """Check one parameter with the step that suits it best."""
        with np.errstate(all="ignore"):
            return _check(
                self._objective, self.names[place], self._members[place], self._gradient[place]
            )

    def step_errors(self, place: int, steps: Sequence[float]) -> list[StepError]:
        """Return the error of plain central differences of one parameter for each step > 0."""
        best = self.check(place)
        exact = self._gradient[place] if best.is_kink else best.numeric
        with np.errstate(all="ignore"):
            bend = self._bend(place, exact)
            return [self._step_error(place, step, bend) for step in steps]

    def _bend(self, place: int, exact: float) -> float:
        """Return truncation / h² from the largest step within the same smooth piece."""
        for step in STEPS[:3]:
            found, is_kink, _ = self._difference(place, step)
            if not is_kink and np.isfinite(found):
                return abs(found - exact) / step**2
        return float("nan")

    def _step_error(self, place: int, step: float, bend: float) -> StepError:
        difference, is_kink, height = self._difference(place, step)
        error = abs(difference - self._gradient[place])
        return StepError(step, difference, error, bend * step**2, ROUNDING * height / step, is_kink)

    def _difference(self, place: int, step: float) -> tuple[float, bool, float]:
        # (difference, whether a kink is crossed, |E|).
        objective, members = self._objective, self._members[place]
        here = float(objective.theta[members[0]])
        ahead, behind = objective.at(members, here + step), objective.at(members, here - step)
        smooth = ahead.joins(objective.here) and behind.joins(objective.here)
        width = (here + step) - (here - step)
        slope = (ahead.value - behind.value) / width if width else float("nan")
        is_kink = not smooth or objective.crosses_zero(members, step)
        return slope, is_kink, abs(objective.here.value)


def joined(checks: Sequence[ParameterCheck]) -> CheckResult:
    """Return the result of these checks."""
    compared = [check for check in checks if not check.is_kink]
    worst = max(compared, key=lambda check: check.error, default=None)
    return CheckResult(
        worst=worst.error if worst else 0.0,
        name=worst.name if worst else "",
        kinks=tuple(check.name for check in checks if check.is_kink),
        parameters=tuple(checks),
    )


def check_gradients(session: Session) -> CheckResult:
    """Check every parameter of `session` on the next batch's objective, penalties included.

    NonFinite where the iteration itself meets a bad value.
    """
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    return check_program(program, rows, session.training, state_of(session, program))


def check_program(program: Program, rows: Rows, training: Training, state: State) -> CheckResult:
    """Check every edge's weight and every sum unit's bias at `state`; see `check_gradients`.

    The error of a parameter is |g − n| / max(|g|, |n|, 1e-4 · max(1, |E|)), E the objective.
    """
    checks = GradientCheck(program, rows, training, state)
    return joined([checks.check(place) for place in range(len(checks.names))])


def _parameters(program: Program) -> Iterator[tuple[str, IntArray]]:
    """Yield each parameter's name and places in θ; a shared one under its first member's name."""
    groups: dict[int, IntArray] = {}
    if program.shares is not None:
        shares = program.shares
        for group in range(len(shares.starts)):
            members = shares.members[shares.group == group]
            groups.update(dict.fromkeys(members.tolist(), members))
    names = (*program.edge_names, *program.node_ids)
    slots = np.concatenate([program.edge_slot, program.bias_slot])
    for name, slot in zip(names, slots.tolist(), strict=True):
        members = groups.get(slot, np.array([slot]))
        if slot >= 0 and members[0] == slot:
            yield name, members


@dataclass(frozen=True)
class _Point:
    """The objective at one θ, and a pattern that differs on the two sides of any kink."""

    value: float
    pattern: NDArray[np.float64]

    def joins(self, other: _Point) -> bool:
        """Whether no kink lies between, and both values are numbers."""
        return bool(np.isfinite(self.value)) and np.array_equal(self.pattern, other.pattern)


class _Objective:
    """Reduced data loss plus penalties of one batch, as a function of single parameters."""

    def __init__(self, program: Program, rows: Rows, training: Training, state: State) -> None:
        self._program, self._training = program, training
        self._loss = LOSSES[training.loss]
        self.theta = buffer(program.theta_size)
        np.copyto(self.theta, state.theta)
        batch = batch_rows(rows.count, training, state.iteration + 1)
        unused = buffer(program.theta_size)
        self._count = len(batch)
        self._sweeps = []
        for start in range(0, len(batch), program.slice_rows):
            some = batch[start : start + program.slice_rows]
            sweep = Sweep(program, self._loss, len(some), self.theta, unused, whole=True)
            sweep.x[...] = rows.inputs[some].T
            sweep.t[...] = rows.targets[some].T
            self._sweeps.append(sweep)
        self._bends = [
            (slice(group.start, group.stop), kink)
            for level in program.levels[1:]
            for group in level.groups
            for kink in ACTIVATIONS[group.activation].kinks(group.parameter)
        ]
        self.here = self.at(np.empty(0, dtype=np.int64), 0.0)

    def at(self, members: IntArray, value: float) -> _Point:
        """Return the objective where θ[members] is `value`."""
        held = self.theta[members]
        self.theta[members] = value
        total = 0.0
        pattern: list[FloatArray] = []
        for sweep in self._sweeps:
            for call in (*sweep.forward, *sweep.losses):
                call()
            total += float(np.add.reduce(sweep.loss))
            pattern += self._pattern(sweep)
        if self._training.batch_reduction == "mean":
            total /= self._count
        total += penalty(self._program, self._training, self.theta)
        self.theta[members] = held
        return _Point(total, np.concatenate([part.ravel() for part in pattern] or [np.empty(0)]))

    def _pattern(self, sweep: Sweep) -> list[FloatArray]:
        """Return which side of every kink the pass is on, and who wins every maximum."""
        pattern = [np.sign(sweep.z[rows] - kink) for rows, kink in self._bends]
        pattern += [winner.astype(np.float64) for winner in sweep.winners()]
        if self._loss.kink is not None:
            outputs = sweep.a[self._program.node_row[self._program.output_nodes]]
            pattern.append(self._loss.kink(outputs, sweep.t))
        return pattern

    def crosses_zero(self, members: IntArray, step: float) -> bool:
        """Whether a step bends the l1 penalty of the parameter."""
        if not self._training.l1 or not self._program.penalized[members[0]]:
            return False
        return abs(float(self.theta[members[0]])) <= step


def _check(objective: _Objective, name: str, members: IntArray, gradient: float) -> ParameterCheck:
    scale = 1e-4 * max(1.0, abs(objective.here.value))
    numeric = _difference(objective, members, scale)
    if numeric is None:
        return ParameterCheck(name, gradient, 0.0, 0.0, is_kink=True)
    error = abs(gradient - numeric) / max(abs(gradient), abs(numeric), scale)
    return ParameterCheck(name, gradient, numeric, error)


def _difference(objective: _Objective, members: IntArray, scale: float) -> float | None:
    """Return ∂E/∂θ by central differences, None where every step crosses a kink.

    From large steps to small ones, two neighbouring differences are joined by Richardson's rule
    (100 D(h/10) − D(h)) / 99; what the rule changes, plus the rounding of E over the step, is the
    error expected. The estimate with the smallest is taken.
    """
    here = float(objective.theta[members[0]])
    best: tuple[float, float] | None = None
    larger: float | None = None
    for unit in STEPS:
        step = unit * max(1.0, abs(here))
        if objective.crosses_zero(members, step):
            continue
        ahead, behind = objective.at(members, here + step), objective.at(members, here - step)
        if not (ahead.joins(objective.here) and behind.joins(objective.here)):
            continue
        width = (here + step) - (here - step)
        difference = (ahead.value - behind.value) / width
        rounding = 4.0 * ROUNDING * max(abs(ahead.value), abs(behind.value)) / width
        estimate, doubt = difference, abs(difference) + rounding
        if larger is not None:
            estimate = (100.0 * difference - larger) / 99.0
            doubt = abs(estimate - difference) + rounding
        if best is None or doubt < best[0]:
            best = (doubt, estimate)
        if larger is not None and best[0] <= GOOD * TOLERANCE * max(abs(best[1]), scale):
            break
        larger = difference
    return None if best is None else best[1]
