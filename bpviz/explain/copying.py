"""Explanations and derivations as LaTeX to paste into a text of one's own."""

from __future__ import annotations

from collections.abc import Iterable

from bpviz.explain.chain import Derivation, Section, Step
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Number, Sum
from bpviz.explain.latex import escaped, latex_words, to_latex
from bpviz.explain.matrix_table import LayerTables, Table
from bpviz.explain.numbers import latex_number
from bpviz.explain.paths import Paths


def latex_of_lines(lines: Iterable[Line], digits: int = 4) -> str:
    """Return the lines, each in symbols, numbers and result, as one aligned display."""
    return _aligned(line.latex(digits).replace(" = ", " &= ", 1) for line in lines)


def latex_of_step(step: Step, digits: int) -> str:
    """Return one line of a derivation: left = symbols = numbers."""
    parts = [to_latex(step.right, digits), to_latex(step.numbers, digits)]
    right = " = ".join(dict.fromkeys(parts))
    return f"{to_latex(step.left, digits)} = {right}"


def latex_of_derivation(derivation: Derivation, digits: int) -> str:
    """Return a whole derivation, each line with its rule beside it, as aligned displays."""
    return "\n\n".join(_section(section, digits) for section in derivation.sections)


def latex_of_paths(found: Paths, digits: int) -> str:
    """Return the gradient as the sum over its paths, each path on a line of its own."""
    left = to_latex(found.gradient)
    terms = found.line.right.terms if isinstance(found.line.right, Sum) else (found.line.right,)
    symbols = [to_latex(term, digits) for term in terms]
    lines = [f"{left} &= {symbols[0]}", *(rf"&\quad + {each}" for each in symbols[1:])]
    lines.append(f"&= {to_latex(found.line.numbers, digits)}")
    lines.append(f"&= {to_latex(Number(found.total), digits)}")
    return _aligned(lines)


def latex_of_tables(layers: Iterable[LayerTables], digits: int = 4) -> str:
    """Return matrices and vectors as LaTeX, those not computed yet left out."""
    lines = [
        f"{to_latex(table.name)} &= {_bracketed(table, digits)}"
        for layer in layers
        for table in layer.tables
        if all(cell.known for row in table.cells for cell in row)
    ]
    return _aligned(lines) if lines else ""


def _bracketed(table: Table, digits: int) -> str:
    rows = [" & ".join(latex_number(cell.value, digits) for cell in row) for row in table.cells]
    body = r" \\ ".join(rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _section(section: Section, digits: int) -> str:
    left = to_latex(section.left, digits)
    lines: list[str] = []
    for place, step in enumerate(section.steps):
        gap = section.gap_at(place)
        if gap is not None:
            lines.append(rf"&\;\;\vdots && \text{{{latex_words(gap.note)}}}")
        head = left if not lines else ""
        rule = rf"\text{{{latex_words(step.rule)}}}"
        lines.append(f"{head} &= {to_latex(step.right, digits)} && {rule}".strip())
    if section.steps:
        numbers = to_latex(section.steps[-1].numbers, digits)
        if numbers != to_latex(section.steps[-1].right, digits):
            lines.append(f"&= {numbers}")
    result = to_latex(Number(section.result), digits)
    if not lines or not lines[-1].split(" && ")[0].endswith(f"= {result}"):
        lines.append(f"{left if not lines else ''} &= {result}".strip())
    title = rf"% {escaped(section.title)}" + "\n" if section.title else ""
    return title + _aligned(lines)


def _aligned(lines: Iterable[str]) -> str:
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
