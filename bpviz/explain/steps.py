"""What a step of any grain computes: of several frames at once, what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame, FrameList
from bpviz.explain.backward import bias_gradient_line, delta_lines, gradient_line
from bpviz.explain.derivation import activation_lines, explain, trained_parameters
from bpviz.explain.explanation import Explanation, Line, explained
from bpviz.explain.names import NotedLeaves
from bpviz.explain.symbols import Leaves
from bpviz.explain.text import to_text
from bpviz.explain.updates import fixed_line, update_lines
from bpviz.model.counts import grouped
from bpviz.model.schema import Notation

# So many parameters have their line; of so many units the name stands in the title.
MOST_PARAMETERS = 6
MOST_UNITS = 3
MOST_NAMED = 4


def explain_step(
    trace: Trace,
    frames: FrameList,
    step: range,
    sample: int,
    digits: int = 10,
    notation: Notation | None = None,
) -> Explanation:
    """Explain the step through the frames `step`, for the chosen sample (its place in the batch).

    A step through one frame is what `explain` tells of it; one through several is a layer, or a
    whole phase.
    """
    last = frames[step[-1]]
    if len(step) == 1:
        return explain(trace, last, sample, digits, notation)
    leaves, parts = NotedLeaves(trace, sample, notation), frames[step.start : step.stop]
    whole = len({_level(leaves, part) for part in parts}) > 1
    if last.phase == "forward":
        return _forward(leaves, parts, digits, whole=whole)
    if last.phase == "backward":
        return _backward(leaves, parts, digits, whole=whole)
    if last.phase == "update":
        return _update(leaves, parts, digits, whole=whole)
    return explain(trace, last, sample, digits, notation)


def _level(leaves: Leaves, part: Frame) -> int:
    node = part.node if part.edge < 0 else leaves.ends(part.edge)[1]
    return -1 if node < 0 else int(leaves.trace.program.node_level[node])


def _forward(leaves: Leaves, parts: Sequence[Frame], digits: int, *, whole: bool) -> Explanation:
    units = [part.node for part in parts if part.kind == "activation"]
    title = f"Values of {names_of(leaves, units)}"
    words = "The units of a layer take the values before them, each for itself"
    if whole:
        network = leaves.network
        units = [place for place in map(network.node_index.__getitem__, network.outputs)
                 if place in set(units)]  # fmt: skip
        title, words = "Forward", "The inputs have gone through all layers; what comes out"
    lines = [named(line) for node in units[:MOST_UNITS] for line in activation_lines(leaves, node)]
    return explained(title, words, lines, digits, more=2 * max(len(units) - MOST_UNITS, 0))


def _backward(leaves: Leaves, parts: Sequence[Frame], digits: int, *, whole: bool) -> Explanation:
    units = [part.node for part in parts if part.kind == "delta"]
    parameters = _into(leaves, units)
    gradients = [
        gradient_line(leaves, edge) if edge >= 0 else bias_gradient_line(leaves, node)
        for node, edge in parameters[:MOST_PARAMETERS]
    ]
    more = len(parameters) - len(gradients)
    if whole:
        words = (
            "The error has gone back through all layers, and each weight and bias has a gradient"
        )
        return explained("Backward", words, gradients, digits, more=more)
    # Of δ only the line that ends in its numbers.
    errors = [named(delta_lines(leaves, node)[-1]) for node in units[:MOST_UNITS]]
    more += len(units) - len(errors)
    words = "The error reaches the layer, and from δ of each unit come the gradients into it"
    title = f"Error signals of {names_of(leaves, units)}"
    return explained(title, words, [*errors, *gradients], digits, more=more)


def _update(leaves: Leaves, parts: Sequence[Frame], digits: int, *, whole: bool) -> Explanation:
    changed = [(part.node if part.edge < 0 else -1, part.edge) for part in parts
               if part.kind == "update"]  # fmt: skip
    trained = set(trained_parameters(leaves))
    units = dict.fromkeys(node if edge < 0 else leaves.ends(edge)[1] for node, edge in changed)
    title = "Update" if whole else f"New weights and biases of {names_of(leaves, list(units))}"
    every = "of the network" if whole else "of the layer"
    words = (
        f"Each weight and bias {every} that is trained takes a step, all from the same gradients"
    )
    lines = [named(_new_value(leaves, *each, trained=each in trained))
             for each in changed[:MOST_PARAMETERS]]  # fmt: skip
    return explained(title, words, lines, digits, more=len(changed) - len(lines))


def named(line: Line) -> Line:
    """Return the line with the name of its own quantity, "z_h1 = Σ w·a", not only the letter."""
    if not line.brief:
        return line
    return replace(line, brief=" ".join([to_text(line.left), *line.brief.split(" ")[1:]]))


def _new_value(leaves: Leaves, node: int, edge: int, *, trained: bool) -> Line:
    return update_lines(leaves, node, edge)[-1] if trained else fixed_line(leaves, node, edge)


def _into(leaves: Leaves, units: Sequence[int]) -> list[tuple[int, int]]:
    """Return the weights and biases of these units as (node, edge), one of them −1."""
    found: list[tuple[int, int]] = []
    for node in units:
        found += [(-1, edge) for edge in leaves.incoming(node)]
        if leaves.unit(node).has_bias:
            found.append((node, -1))
    return found


def names_of(leaves: Leaves, units: Sequence[int]) -> str:
    """Return the units by name, "h₁, h₂"; of many how many there are."""
    if len(units) > MOST_NAMED:
        return f"{grouped(len(units))} units"
    return ", ".join(leaves.label(node) for node in units)
