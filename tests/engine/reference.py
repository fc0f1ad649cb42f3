"""Back propagation written the plain way: one sample, one node, one edge at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from bpviz.engine.functions import ACTIVATIONS, parameter_of
from bpviz.model.network import Activation, Edge, Input, Network, Unit, activation_name


@dataclass
class Sample:
    """Every number of one sample, by node id or edge name."""

    z: dict[str, float] = field(default_factory=dict)
    a: dict[str, float] = field(default_factory=dict)
    slope: dict[str, float] = field(default_factory=dict)
    dloss_da: dict[str, float] = field(default_factory=dict)
    delta: dict[str, float] = field(default_factory=dict)
    edges: dict[str, float] = field(default_factory=dict)
    loss: float = 0.0


def apply(activation: Activation, z: float) -> tuple[float, float]:
    row, p = ACTIVATIONS[activation_name(activation)], parameter_of(activation)
    point = np.array([z])
    return float(row.value(point, p)[0]), float(row.derivative(point, p)[0])


def backward(network: Network, loss: str, inputs: list[float], targets: list[float]) -> Sample:
    """Return all numbers of one sample."""
    sample = Sample()
    for node, value in zip(network.inputs, inputs, strict=True):
        sample.a[node.id] = value
    units = [network.node(node_id) for level in network.levels for node_id in level]
    for unit in units:
        if isinstance(unit, Unit):
            terms = [edge.weight * sample.a[edge.source] for edge in network.incoming[unit.id]]
            z = {"sum": sum(terms) + unit.bias, "product": math.prod(terms)}.get(unit.combine)
            sample.z[unit.id] = max(terms) if z is None else z
            sample.a[unit.id], sample.slope[unit.id] = apply(unit.activation, sample.z[unit.id])
    outer = _loss(network, loss, targets, sample)
    for unit in reversed(units):
        total = outer.get(unit.id, 0.0)
        beyond = 0.0
        for edge in network.outgoing[unit.id]:
            factor = sample.delta[edge.target] * _term_slope(network, edge, sample)
            beyond += factor * edge.weight
            sample.edges[edge.name] = factor * sample.a[unit.id]
        sample.dloss_da[unit.id] = total + beyond
        if isinstance(unit, Input):
            continue
        sample.delta[unit.id] = sample.slope[unit.id] * (total + beyond)
        if _is_fused(network, loss, unit.id):
            target = targets[network.outputs.index(unit.id)]
            sample.delta[unit.id] = sample.a[unit.id] - target + sample.slope[unit.id] * beyond
    return sample


def _term_slope(network: Network, edge: Edge, sample: Sample) -> float:
    unit = network.node(edge.target)
    assert isinstance(unit, Unit)
    edges = network.incoming[unit.id]
    terms = [other.weight * sample.a[other.source] for other in edges]
    here = edges.index(edge)
    if unit.combine == "product":
        return math.prod(term for place, term in enumerate(terms) if place != here)
    if unit.combine == "max":
        return float(terms.index(max(terms)) == here)
    return 1.0


def _is_fused(network: Network, loss: str, node_id: str) -> bool:
    unit = network.node(node_id)
    return (
        loss == "binary_cross_entropy"
        and node_id in network.outputs
        and isinstance(unit, Unit)
        and unit.activation == "sigmoid"
    )


def _loss(network: Network, loss: str, targets: list[float], sample: Sample) -> dict[str, float]:
    """Set the sample's loss and return ∂loss/∂a of the outputs."""
    outputs = network.outputs
    values = [sample.a[node_id] for node_id in outputs]
    if loss == "output_value":
        sample.loss = sum(values)
        return dict.fromkeys(outputs, 1.0)
    if loss == "softmax_cross_entropy":
        largest = max(values)
        total = sum(math.exp(a - largest) for a in values)
        pairs = list(zip(outputs, values, targets, strict=True))
        sample.loss = sum(t * (math.log(total) - (a - largest)) for _, a, t in pairs)
        return {node_id: math.exp(a - largest) / total - t for node_id, a, t in pairs}
    gradient = {}
    for node_id, a, t in zip(outputs, values, targets, strict=True):
        d = a - t
        if loss == "binary_cross_entropy":
            if _is_fused(network, loss, node_id):
                z = sample.z[node_id]
                sample.loss += max(z, 0) + math.log1p(math.exp(-abs(z))) - t * z
            else:
                sample.loss -= t * math.log(a) + (1 - t) * math.log1p(-a)
            gradient[node_id] = d / max(a * (1 - a), 1e-12)
            continue
        value, slope = {
            "half_squared_error": (d * d / 2, d),
            "squared_error": (d * d, 2 * d),
            "mean_squared_error": (d * d / len(outputs), 2 * d / len(outputs)),
            "absolute_error": (abs(d), float(np.sign(d))),
            "huber": (d * d / 2, d) if abs(d) <= 1 else (abs(d) - 0.5, math.copysign(1, d)),
        }[loss]
        sample.loss += value
        gradient[node_id] = slope
    return gradient
