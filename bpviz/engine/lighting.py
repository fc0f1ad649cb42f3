"""Which nodes and edges a step uses or makes: what lights up on the drawing."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.frames import Frame, FrameList

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Lit: TypeAlias = tuple[BoolArray, BoolArray]


def lit(frames: FrameList, step: range) -> Lit:
    """Return which nodes [N] and edges [E] the step through the frames `step` uses or makes."""
    if not step:
        empty = (len(frames.network.nodes), len(frames.network.edges))
        return np.zeros(empty[0], np.bool_), np.zeros(empty[1], np.bool_)
    nodes, edges = _by_frame(frames, frames[step[-1]])
    if len(step) > 1:
        more_nodes, more_edges = _by_schedule(frames, step)
        nodes, edges = nodes | more_nodes, edges | more_edges
    return nodes, edges


def _by_schedule(frames: FrameList, step: range) -> Lit:
    """Return what a step through several frames makes known, and the ends of these edges."""
    known = frames.schedule

    def within(at: IntArray) -> BoolArray:
        made: BoolArray = (at >= step.start) & (at < step.stop)
        return made

    nodes = within(known.value) | within(known.delta) | within(known.bias_update)
    edges = within(known.edge_gradient) | within(known.edge_update)
    edges |= within(known.z)[frames.edge_target]
    nodes[frames.edge_source[edges]] = True
    nodes[frames.edge_target[edges]] = True
    return nodes, edges


def _by_frame(frames: FrameList, frame: Frame) -> Lit:
    """Return which nodes and edges the frame uses or makes."""
    nodes = np.zeros(len(frames.network.nodes), dtype=np.bool_)
    edges = np.zeros(len(frames.network.edges), dtype=np.bool_)
    whole = frames.grain != "term"
    if frame.kind in ("input", "input_gradient"):
        nodes |= frames.is_input
    elif frame.kind == "loss":
        nodes |= frames.is_output
    elif frame.phase == "reduce":
        edges[:] = True
    if frame.kind == "input_gradient" and len(edges):
        edges |= frames.is_input[frames.edge_source]
        nodes[frames.edge_target[edges]] = True
    if frame.node >= 0:
        nodes[frame.node] = True
    if frame.edge >= 0:
        edges[frame.edge] = True
        nodes[frames.edge_source[frame.edge]] = True
        nodes[frames.edge_target[frame.edge]] = True
    elif frame.kind in ("pre_activation", "gradients") or (frame.kind == "activation" and whole):
        edges |= frames.edge_target == frame.node
        nodes[frames.edge_source[edges]] = True
    elif frame.kind == "delta" and whole:
        edges |= frames.edge_source == frame.node
        nodes[frames.edge_target[edges]] = True
    return nodes, edges
