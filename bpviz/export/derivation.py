"""The derivation of gradients as a page to read: Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from bpviz.engine.backprop import Trace
from bpviz.explain.backward import bias_gradient_line, delta_lines, gradient_line
from bpviz.explain.chain import Derivation, Section, Step, derive
from bpviz.explain.combine import pre_activation
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Expression, Number, Symbol, with_numbers
from bpviz.explain.formulas import activated
from bpviz.explain.influence import NoParameterError, parameter_named, parameter_names
from bpviz.explain.joining import loss_line
from bpviz.explain.names import NamedLeaves
from bpviz.explain.numbers import format_number
from bpviz.explain.paths import MOST_PATHS, paths
from bpviz.explain.text import to_text
from bpviz.export.pages import (
    PAGE_KINDS,
    RESULT_DIGITS,
    Block,
    Heading,
    Row,
    Rows,
    Text,
    Words,
    page,
)
from bpviz.model.counts import grouped
from bpviz.model.names import edge_name
from bpviz.model.network import Input, activation_name
from bpviz.model.session import Notation, Session

DERIVATION_KINDS: Final = PAGE_KINDS
# Units whose numbers are listed, and paths of a parameter among many.
MOST_UNITS: Final = 24
FEW_PATHS: Final = 12
# Parameters derived in one page.
MOST_PARAMETERS: Final = 300


def derivation_page(
    session: Session,
    trace: Trace,
    kind: str,
    parameter: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Return the derivation of one parameter, or of all of them, as a text of DERIVATION_KINDS.

    `progress` is told after each parameter how many of how many are done. `parameter` is an edge
    SOURCE->TARGET or the id of a unit, for its bias. NoParameterError where there is no such
    parameter, or where all are asked for and there are too many.
    """
    network = session.network
    names = parameter_names(network) if parameter is None else [parameter]
    if len(names) > MOST_PARAMETERS:
        raise NoParameterError(
            f"{grouped(len(names))} parameters are too many for one file "
            f"(at most {MOST_PARAMETERS}); choose one"
        )
    places = [parameter_named(network, name) for name in names]
    notation = session.notation or Notation()
    title = session.title or "bpviz"
    blocks: list[Block] = [Heading(1, (title,)), Words(_facts(trace))]
    leaves = NamedLeaves(trace, 0, notation)
    blocks += [Heading(2, ("The numbers of this iteration",)), *_numbers(leaves)]
    most = FEW_PATHS if parameter is None else MOST_PATHS
    for done, (node, edge) in enumerate(places, 1):
        blocks += _chapter(trace, node, edge, notation, most)
        if progress is not None:
            progress(done, len(places))
    return page(f"{title}: derivation", blocks, kind)


def _facts(trace: Trace) -> Text:
    count = len(trace.batch)
    loss = trace.training.loss.replace("_", " ")
    samples = "one sample" if count == 1 else f"{count} samples"
    how = "" if count == 1 else f", joined by their {trace.training.batch_reduction}"
    return (
        f"Iteration {trace.iteration}, epoch {trace.epoch}: {samples}{how}. "
        f"The loss is {loss}: {format_number(trace.loss, RESULT_DIGITS, trim=True)}.",
    )


def _numbers(leaves: NamedLeaves) -> list[Block]:
    network, trace = leaves.network, leaves.trace
    order = [int(node) for node in trace.program.unit_order]
    shown = order[:MOST_UNITS]
    inputs: Text = ()
    for place, node in enumerate(network.nodes):
        if isinstance(node, Input):
            inputs += ("; " if inputs else "", *_equation(leaves.value(place)))
    forward = [line for node in shown for line in _forward(leaves, node)]
    backward = [line for node in reversed(shown) for line in _backward(leaves, node)]
    which = f"Sample 1 (row {int(trace.rows[0]) + 1} of the data)"
    targets = [leaves.target(column) for column in range(trace.targets.shape[1])]
    for place, target in enumerate(targets[:MOST_UNITS]):
        inputs += ("; " if place else "; to be reached: ", *_equation(target))
    blocks: list[Block] = [Words((f"{which}: ", *inputs, "."), RESULT_DIGITS)]
    blocks += [Heading(3, ("Forward",)), _lines([*forward, loss_line(leaves)])]
    blocks += [Heading(3, ("Backward: the error signals",)), _lines(backward)]
    if len(order) > len(shown):
        left_out = f"{len(order) - len(shown)} more units are left out here."
        blocks.append(Words((left_out,)))
    return blocks


def _equation(symbol: Symbol) -> Text:
    return (symbol, " = ", Number(symbol.value))


def _forward(leaves: NamedLeaves, node: int) -> list[Line]:
    unit, z, a = leaves.unit(node), leaves.z(node), leaves.value(node)
    rules = {"sum": "weighted sum", "product": "product", "max": "largest"}
    name = activation_name(unit.activation).replace("_", " ")
    return [
        Line(z, pre_activation(leaves, node), z.value, rules[unit.combine]),
        Line(a, activated(unit.activation, z), a.value, name),
    ]


def _backward(leaves: NamedLeaves, node: int) -> list[Line]:
    lines = delta_lines(leaves, node)
    # Of an inner unit the slope is written out already.
    kept = [lines[0], lines[-1]] if len(lines) > 1 else lines
    return [replace(line, rule=line.rule.replace("_", " ")) for line in kept]


def _lines(lines: Sequence[Line]) -> Rows:
    """Return lines that have a left side each: symbols, then numbers and result."""
    rows: list[Row] = []
    for line in lines:
        numbers = with_numbers(line.right)
        result = Number(line.result)
        shown = [to_text(part, RESULT_DIGITS) for part in (line.right, numbers, result)]
        rows.append(
            Row(
                line.left,
                line.right,
                numbers if shown[1] not in (shown[0], shown[2]) else None,
                (line.rule,),
                result if shown[2] != shown[0] else None,
            )
        )
    return Rows(tuple(rows), digits=RESULT_DIGITS)


def _chapter(trace: Trace, node: int, edge: int, notation: Notation, most: int) -> list[Block]:
    found = derive(trace, node, edge, 0, notation)
    leaves = NamedLeaves(trace, 0, notation, edge)
    blocks: list[Block] = [Heading(2, (found.gradient,)), Words(_about(found, leaves, node, edge))]
    for section in found.sections:
        blocks += _section(section)
    blocks += _by_delta(found, leaves, node, edge)
    blocks += _along_paths(trace, node, edge, notation, most)
    return blocks


def _about(found: Derivation, leaves: NamedLeaves, node: int, edge: int) -> Text:
    if edge >= 0:
        what: Text = (found.parameter, f" is the weight of the edge {leaves.edge_label(edge)}")
    else:
        what = (found.parameter, f" is the bias of the unit {leaves.label(node)}")
    what += (f" ({found.name}), at present ", Number(found.parameter.value), ".")
    if found.shared:
        names = leaves.network.names
        places = ", ".join(edge_name(each, names) for each in found.shared[:8])
        what += (
            f" It is one value in {len(found.shared)} places ({places}"
            f"{', …' if len(found.shared) > 8 else ''}), and what they give adds up.",
        )
    return what


def _section(section: Section) -> list[Block]:
    rows: list[Row] = []
    for place, step in enumerate(section.steps):
        gap = section.gap_at(place)
        if gap is not None:
            rows.append(Row(why=(gap.note,)))
        last = place == len(section.steps) - 1
        left = section.left if not place else None
        rows.append(_row(step, left, Number(section.result) if last else None))
    if not rows:
        rows.append(Row(section.left, result=Number(section.result)))
    blocks: list[Block] = [Heading(3, (section.title,))] if section.title else []
    blocks.append(Rows(tuple(rows)))
    if section.note:
        blocks.append(Words((f"{section.note}.",)))
    return blocks


def _row(step: Step, left: Expression | None, result: Expression | None) -> Row:
    why: Text = (step.rule,)
    fact = step.fact
    if fact is not None and to_text(fact.right) != to_text(step.right):
        why += (": ", fact.left, " = ", fact.right)
        if fact.more:
            why += (f", and {fact.more} more alike" if fact.more > 1 else ", and one more alike",)
    numbers = step.numbers
    symbols = None if to_text(numbers) == to_text(step.right) else step.right
    if result is not None and to_text(numbers, RESULT_DIGITS) == to_text(result, RESULT_DIGITS):
        return Row(left, symbols, None, why, result)
    return Row(left, symbols, numbers, why, result)


def _by_delta(found: Derivation, leaves: NamedLeaves, node: int, edge: int) -> list[Block]:
    if found.shared:
        return []
    line = gradient_line(leaves, edge) if edge >= 0 else bias_gradient_line(leaves, node)
    which = "Back propagation gets the same from the error signal at the unit: "
    if len(leaves.trace.batch) > 1:
        which = "Of the first sample, back propagation gets the same from the error signal: "
    text: Text = (which, line.left, " = ", line.right, " = ")
    if to_text(line.numbers, RESULT_DIGITS) != to_text(Number(line.result), RESULT_DIGITS):
        text += (line.numbers, " = ")
    return [Words((*text, Number(line.result), "."), RESULT_DIGITS)]


def _along_paths(trace: Trace, node: int, edge: int, notation: Notation, most: int) -> list[Block]:
    found = paths(trace, node, edge, 0, notation, most)
    if not found.count:
        return [Words(("No path leads from it to the loss.",))]
    count = "One path leads" if found.count == 1 else f"{found.count} paths lead"
    words = f"{count} from the parameter to the loss."
    if len(found.shown) < found.count:
        words += f" The {len(found.shown)} strongest are shown."
    table: list[Row] = []
    for path in found.shown:
        table.append(Row(None, path.product, with_numbers(path.product), (Number(path.value),)))
    if len(found.shown) < found.count:
        rest = f"{found.count - len(found.shown)} more paths come to "
        table.append(Row(why=(rest, Number(found.rest))))
    if found.count > 1:
        table.append(Row(why=("sum over all paths: ", Number(found.total))))
    heads = ("derivatives along the path", "in numbers", "product")
    return [
        Heading(3, ("Paths",)),
        Words((words,)),
        Rows(tuple(table), heads, chained=False),
    ]
