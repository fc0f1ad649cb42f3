"""Tables of parameters, gradients, updates and node values: CSV, Markdown, LaTeX, HTML."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bpviz.engine.backprop import Trace
from bpviz.explain.numbers import format_number
from bpviz.model.network import Input, Unit
from bpviz.model.session import Session

TABLE_KINDS: Final = (".csv", ".md", ".tex", ".html")
DIGITS: Final = 10
# A page for reading shows this many samples; CSV holds them all.
MOST_SAMPLES: Final = 20

CSV_COLUMNS: Final = (
    "kind", "name", "row", "value", "gradient", "update", "new_value", "z", "slope", "dloss_da",
    "delta",
)  # fmt: skip

Value: TypeAlias = float | None


@dataclass(frozen=True)
class Part:
    """One table: a heading, column names, and rows that begin with a name."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


def table(session: Session, trace: Trace, kind: str) -> str:
    """Return the tables of one iteration as text; `kind` is one of TABLE_KINDS.

    Each parameter stands with its value, the gradient of the whole objective, its change and its
    new value; each node with z, a, ∂a/∂z, ∂loss/∂a and δ for every sample of the batch.
    """
    if kind == ".csv":
        return _as_csv(trace)
    parts = [parameter_part(trace), *node_parts(trace)]
    title = session.title or "bpviz"
    facts = _facts(trace)
    if kind == ".md":
        return _as_markdown(title, facts, parts)
    if kind == ".tex":
        return _as_latex(title, facts, parts)
    return _as_html(title, facts, parts)


def parameter_part(trace: Trace) -> Part:
    """Return the table of all weights, and of the biases of all sum units that have one."""
    columns = ("parameter", "value", "gradient", "update", "new value")
    rows = [(name, _change(trace, slot)) for name, slot in _slots(trace)]
    return Part("Parameters", columns, tuple(rows))


def node_parts(trace: Trace) -> list[Part]:
    """Return a table of node values for each sample, up to the most that a page shows."""
    columns = ("node", "z", "a", "slope", "dloss/da", "delta")
    return [
        Part(
            f"Sample in row {int(trace.rows[sample])}: "
            f"loss {format_number(float(trace.loss_per_sample[sample]), DIGITS)}",
            columns,
            tuple(
                (node.id, _node_values(trace, position, sample))
                for position, node in enumerate(trace.program.network.nodes)
            ),
        )
        for sample in range(min(len(trace.rows), MOST_SAMPLES))
    ]


def _slots(trace: Trace) -> list[tuple[str, int]]:
    program = trace.program
    slots = list(zip(program.edge_names, program.edge_slot.tolist(), strict=True))
    for node, slot in zip(program.network.nodes, program.bias_slot.tolist(), strict=True):
        if isinstance(node, Unit) and node.has_bias:
            slots.append((f"bias of {node.id}", slot))
    return slots


def _change(trace: Trace, slot: int) -> tuple[float, float, float, float]:
    before, after = float(trace.theta[slot]), float(trace.updated[slot])
    return before, float(trace.gradient[slot]), after - before, after


def _node_values(trace: Trace, position: int, sample: int) -> tuple[Value, ...]:
    a, dloss_da = float(trace.a[sample, position]), float(trace.dloss_da[sample, position])
    if isinstance(trace.program.network.nodes[position], Input):
        return (None, a, None, dloss_da, None)
    return (
        float(trace.z[sample, position]),
        a,
        float(trace.slope[sample, position]),
        dloss_da,
        float(trace.delta[sample, position]),
    )


def _facts(trace: Trace) -> list[str]:
    samples = len(trace.rows)
    lines = [
        f"Iteration {trace.iteration}, epoch {trace.epoch}, "
        f"{samples} sample{'' if samples == 1 else 's'}.",
        f"Loss before the update {format_number(trace.loss, DIGITS)}, "
        f"after it {format_number(trace.loss_after, DIGITS)}, "
        f"penalty {format_number(trace.penalty, DIGITS)}.",
    ]
    if samples > MOST_SAMPLES:
        lines.append(f"The first {MOST_SAMPLES} samples are shown; a .csv table holds them all.")
    return lines


def _as_csv(trace: Trace) -> str:
    """Return everything as one table with full digits; cells without a meaning are empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for name, slot in _slots(trace):
        kind, _, unit = name.rpartition(" of ")
        numbers = [repr(number) for number in _change(trace, slot)]
        writer.writerow([kind or "edge", unit, "", *numbers, "", "", "", ""])
    for sample, row in enumerate(trace.rows):
        for position, node in enumerate(trace.program.network.nodes):
            values = _node_values(trace, position, sample)
            z, a, slope, dloss_da, delta = ("" if v is None else repr(v) for v in values)
            writer.writerow(["node", node.id, int(row), a, "", "", "", z, slope, dloss_da, delta])
    return text.getvalue()


def _cells(values: Sequence[Value]) -> list[str]:
    return ["" if value is None else format_number(value, DIGITS) for value in values]


def _as_markdown(title: str, facts: Sequence[str], parts: Sequence[Part]) -> str:
    def plain(text: str) -> str:
        # A title is text, not markup; > in an edge's name would do no harm but < might.
        return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|~" else c for c in text)

    lines = [f"# {plain(title)}", "", *facts]
    for part in parts:
        lines += ["", f"## {part.heading}", ""]
        lines.append(f"| {' | '.join(part.columns)} |")
        lines.append(f"| --- |{' ---: |' * (len(part.columns) - 1)}")
        lines += [f"| {' | '.join([f'`{name}`', *_cells(values)])} |" for name, values in part.rows]
    return "\n".join(lines) + "\n"


def _as_latex(title: str, facts: Sequence[str], parts: Sequence[Part]) -> str:
    lines = [f"% {title}", *(f"% {fact}" for fact in facts)]
    for part in parts:
        lines += [
            "",
            f"% {part.heading}",
            rf"\begin{{tabular}}{{l{'r' * (len(part.columns) - 1)}}}",
            r"\hline",
            " & ".join(_latex_text(column) for column in part.columns) + r" \\",
            r"\hline",
        ]
        for name, values in part.rows:
            cells = [f"${_latex_number(cell)}$" if cell else "" for cell in _cells(values)]
            lines.append(" & ".join([rf"\texttt{{{_latex_text(name)}}}", *cells]) + r" \\")
        lines += [r"\hline", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def _latex_text(text: str) -> str:
    """Return `text` with every character that LaTeX reads as a command escaped."""
    escapes = {
        "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "<": r"\textless{}", ">": r"\textgreater{}", "-": "{-}",
    }  # fmt: skip
    return "".join(escapes.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in text)


def _latex_number(cell: str) -> str:
    mantissa, exponent, power = cell.replace("−", "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{power}}}" if exponent else mantissa


def _as_html(title: str, facts: Sequence[str], parts: Sequence[Part]) -> str:
    name = html.escape(title)
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
        "<style>body{font-family:sans-serif}table{border-collapse:collapse}"
        "th,td{padding:.2em .8em;border-bottom:1px solid #ccc;text-align:right}"
        "th:first-child,td:first-child{text-align:left;font-family:monospace}</style>",
        f"</head><body><h1>{name}</h1>",
        *(f"<p>{html.escape(fact)}</p>" for fact in facts),
    ]
    for part in parts:
        lines += [f"<h2>{html.escape(part.heading)}</h2>", "<table>"]
        lines.append("<tr>" + "".join(f"<th>{html.escape(c)}</th>" for c in part.columns) + "</tr>")
        for row, values in part.rows:
            cells = [html.escape(row), *(html.escape(cell) for cell in _cells(values))]
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        lines.append("</table>")
    return "\n".join([*lines, "</body></html>"]) + "\n"
