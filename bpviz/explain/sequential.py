"""The wrong order of updates: layer by layer, the error going through weights already changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.engine.optimizers import OPTIMIZERS, settings_of
from bpviz.engine.program import Program
from bpviz.model.network import Unit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def stepped(made: Trace, gradient: FloatArray) -> FloatArray:
    """Return θ [P] after the optimizer's next step, given `gradient` [P] instead of its own."""
    program, optimizer = made.program, made.training.optimizer
    theta = made.theta.copy()
    slots = {name: values.copy() for name, values in made.slots.items()}
    given = np.where(program.trainable, gradient, 0.0)
    work = np.zeros((2, len(theta)))
    with np.errstate(all="ignore"):
        OPTIMIZERS[optimizer.name].update(
            theta, given, slots, made.step, settings_of(optimizer), work
        )
    return np.where(program.trainable, theta, made.theta)


def has_order(program: Program) -> bool:
    """Whether layers can be updated one after the other: no value is shared between them."""
    if program.shares is None:
        return True
    layer = np.zeros(program.theta_size, dtype=np.int64)
    layer[program.edge_slot] = program.node_level[program.target]
    is_biased = program.bias_slot >= 0
    layer[program.bias_slot[is_biased]] = program.node_level[is_biased]
    members, group = layer[program.shares.members], program.shares.group
    return all(len(set(members[group == each])) == 1 for each in np.unique(group))


def sequential(made: Trace) -> tuple[FloatArray, FloatArray]:
    """Return the wrong gradient [P] and new θ [P] of training that goes back layer by layer.

    The weights into a layer are changed before the error goes through them: δ of the layer before
    is made from the new weights, the forward values staying as they were.
    """
    program = made.program
    error, gradient, theta = _own_errors(made), made.gradient.copy(), made.theta.copy()
    order = np.argsort(program.node_level[program.target], kind="stable")
    counts = np.bincount(program.node_level[program.target], minlength=len(program.levels) + 1)
    into = np.split(order, np.cumsum(counts)[:-1])
    units = program.unit_order
    for level in range(int(program.node_level.max()), -1, -1):
        nodes = units[program.node_level[units] == level]
        edges = into[level] if level < len(into) else units[:0]
        delta = np.zeros_like(error)
        delta[:, nodes] = error[:, nodes] * made.slope[:, nodes] + _fused_difference(made, nodes)
        gradient += _change(made, nodes, edges, delta - made.delta)
        own = np.concatenate([program.edge_slot[edges], program.bias_slot[nodes]])
        own = own[own >= 0]
        theta[own] = stepped(made, gradient)[own]
        _send_back(made, edges, delta, theta, error)
    return gradient, theta


def _change(made: Trace, nodes: IntArray, edges: IntArray, difference: FloatArray) -> FloatArray:
    """Return what other δ, by `difference` [B, N], make of the gradients into these nodes, [P]."""
    program, change = made.program, np.zeros_like(made.gradient)
    scale = len(made.rows) if made.training.batch_reduction == "mean" else 1
    biased = nodes[program.bias_slot[nodes] >= 0]
    change[program.bias_slot[biased]] = difference[:, biased].sum(axis=0) / scale
    for sample in range(len(made.rows)):
        local = made.term_slopes(sample)[edges] * made.a[sample, program.source[edges]]
        change[program.edge_slot[edges]] += (
            difference[sample, program.target[edges]] * local / scale
        )
    if program.shares is not None:
        members, group = program.shares.members, program.shares.group
        change[members] = np.bincount(group, weights=change[members])[group]
    return change


def _send_back(
    made: Trace, edges: IntArray, delta: FloatArray, theta: FloatArray, error: FloatArray
) -> None:
    """Add to `error` [B, N] what comes back along these edges through the weights in `theta`."""
    program = made.program
    after = replace(made, theta=theta)
    is_max = np.array(
        [isinstance(node, Unit) and node.combine == "max" for node in program.network.nodes],
        np.bool_,
    )[program.target[edges]]
    for sample in range(len(made.rows)):
        # The forward values stay, and with them which edge is the largest.
        old, new = made.term_slopes(sample)[edges], after.term_slopes(sample)[edges]
        slopes = np.where(is_max, old, new) * theta[program.edge_slot[edges]]
        back = delta[sample, program.target[edges]] * slopes
        np.add.at(error[sample], program.source[edges], back)


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


def _fused_difference(made: Trace, nodes: IntArray) -> FloatArray:
    # Where δ comes from z, a flat sigmoid makes it differ from slope times ∂E/∂a.
    product = made.slope[:, nodes] * made.dloss_da[:, nodes]
    return np.asarray(made.delta[:, nodes] - product)
