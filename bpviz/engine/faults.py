"""Naming what went wrong: the first bad node or edge of an iteration, and the cause in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.errors import NonFinite, in_words
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import Program
from bpviz.model.network import Unit, activation_name

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_PARAMETER = 1e100


def forward_fault(
    program: Program, z: FloatArray, a: FloatArray, rows: IntArray
) -> NonFinite | None:
    """Return the first unit, by level and node order, whose z or a [B, N] is bad."""
    found = _first(program.unit_order, ~(np.isfinite(z) & np.isfinite(a)))
    if found is None:
        return None
    node, sample = found
    unit = program.network.nodes[node]
    assert isinstance(unit, Unit)
    pre_activation, activation = float(z[sample, node]), float(a[sample, node])
    if np.isfinite(pre_activation):
        name = activation_name(unit.activation)
        cause = f"{name}({pre_activation:.6g}) is {in_words(activation)}"
    else:
        what = {"sum": "the sum of w·a", "product": "the product of w·a", "max": "the largest w·a"}
        cause = f"{what[unit.combine]} is {in_words(pre_activation)}"
    return NonFinite(unit.id, f"{cause} (row {int(rows[sample])})")


def loss_fault(
    program: Program, loss: str, a: FloatArray, losses: FloatArray, rows: IntArray
) -> NonFinite | None:
    """Return the output at which the loss [B] of a row is bad."""
    bad = np.flatnonzero(~np.isfinite(losses))
    if not len(bad):
        return None
    sample = int(bad[0])
    outputs = a[sample, program.output_nodes]
    outside = _outside(program, loss, outputs)
    if outside.any():
        worst = int(np.argmax(outside))
        cause = f"{loss} needs an output inside (0, 1), here {outputs[worst]:.6g}"
    else:
        worst = int(np.argmax(np.abs(outputs)))
        cause = (
            f"the {loss} of the output {outputs[worst]:.6g} is {in_words(float(losses[sample]))}"
        )
    node = int(program.output_nodes[worst])
    return NonFinite(program.node_ids[node], f"{cause} (row {int(rows[sample])})")


def backward_fault(
    program: Program,
    z: FloatArray,
    slope: FloatArray,
    dloss_da: FloatArray,
    delta: FloatArray,
    rows: IntArray,
) -> NonFinite | None:
    """Return the first node, from the outputs back, whose slope, δ or ∂loss/∂a [B, N] is bad."""
    bad = ~(np.isfinite(slope) & np.isfinite(dloss_da) & np.isfinite(delta))
    found = _first(np.concatenate([program.unit_order[::-1], program.input_nodes]), bad)
    if found is None:
        return None
    node, sample = found
    unit = program.network.nodes[node]
    if isinstance(unit, Unit) and not np.isfinite(slope[sample, node]):
        name = activation_name(unit.activation)
        cause = (
            f"the slope of {name} at z = {z[sample, node]:.6g} is "
            f"{in_words(float(slope[sample, node]))}"
        )
    elif not np.isfinite(dloss_da[sample, node]):
        cause = f"its ∂loss/∂a is {in_words(float(dloss_da[sample, node]))}"
    else:
        cause = f"its ∂loss/∂z is {in_words(float(delta[sample, node]))}"
    return NonFinite(program.node_ids[node], f"{cause} (row {int(rows[sample])})")


def parameter_fault(
    program: Program,
    gradient: FloatArray,
    updated: FloatArray,
    slots: dict[str, FloatArray],
) -> NonFinite | None:
    """Return the first weight, in edge order, or bias whose gradient, slot or value is bad."""
    names = [*program.edge_names, *program.node_ids]
    kinds = ["weight"] * len(program.edge_names) + ["bias"] * len(program.node_ids)
    places = np.concatenate([program.edge_slot, program.bias_slot])
    for what, values in (("gradient", gradient), *slots.items(), ("", updated)):
        at = np.where(places >= 0, values[places], 0.0)
        bad = ~(np.isfinite(at) if what else np.abs(at) <= MAX_PARAMETER)
        if not bad.any():
            continue
        first = int(np.argmax(bad))
        value = float(at[first])
        if what == "gradient":
            cause = f"the gradient of its {kinds[first]} is {in_words(value)}"
        elif what:
            cause = f"the optimizer's {what} of its {kinds[first]} is {in_words(value)}"
        else:
            cause = (
                f"its {kinds[first]} would become {in_words(value)}, beyond 1e100; "
                "a smaller learning rate may help"
            )
        return NonFinite(names[first], cause)
    return None


def check_pass(
    program: Program,
    loss: str,
    values: dict[str, FloatArray],
    rows: IntArray,
) -> None:
    """Raise NonFinite for the first bad value of a pass over `rows`.

    `values` holds loss_per_sample [B] and z, a, slope, dloss_da, delta [B, N].
    """
    z, a = values["z"], values["a"]
    fault = (
        forward_fault(program, z, a, rows)
        or loss_fault(program, loss, a, values["loss_per_sample"], rows)
        or backward_fault(program, z, values["slope"], values["dloss_da"], values["delta"], rows)
    )
    if fault is not None:
        raise fault


def _first(order: IntArray, bad: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return (node, sample) of the first node in `order` with a bad sample in [B, N]."""
    is_bad: NDArray[np.bool_] = np.logical_or.reduce(bad, axis=0)
    nodes = order[is_bad[order]]
    if not len(nodes):
        return None
    node = int(nodes[0])
    return node, int(np.argmax(bad[:, node]))


def _outside(program: Program, loss: str, outputs: FloatArray) -> NDArray[np.bool_]:
    """Return which outputs [K] binary cross-entropy can't take: not those computed from z."""
    fused = LOSSES[loss].fused
    if fused is None:
        return np.zeros(len(outputs), dtype=np.bool_)
    units = [program.network.nodes[node] for node in program.output_nodes.tolist()]
    plain = [
        not isinstance(unit, Unit) or activation_name(unit.activation) != fused.activation
        for unit in units
    ]
    return np.array(plain) & ~((outputs > 0.0) & (outputs < 1.0))
