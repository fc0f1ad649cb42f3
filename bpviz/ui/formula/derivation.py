"""Explanations as lines of a FormulaView, and the quantities that they use. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from bpviz.explain.explanation import Line
from bpviz.explain.expression import Expression, Number, Partial, Reference, Symbol, leaves
from bpviz.explain.numbers import format_number
from bpviz.explain.text import to_text
from bpviz.ui.formula.page import FormulaLine

# Shown in the colours of gradients; all others are values.
GRADIENTS: Final = frozenset(
    {
        "delta",
        "dloss_da",
        "gradient",
        "bias_gradient",
        "batch_gradient",
        "bias_batch_gradient",
        "contribution",
        "loss_contribution",
    }
)


def tone(value: float, reference: Reference | None) -> str:
    """Return the theme's name of the colour that a number of this quantity has on the canvas."""
    if not math.isfinite(value):
        return "non_finite"
    if value == 0.0:
        return "zero"
    sign = "positive" if value > 0.0 else "negative"
    is_gradient = reference is not None and reference.quantity in GRADIENTS
    return f"gradient_{sign}" if is_gradient else sign


def formula_lines(
    lines: Sequence[Line], digits: int, *, with_numbers: bool = True
) -> list[FormulaLine]:
    """Return each line as "left = symbols", "= numbers", "= result", leaving out repetitions."""
    made: list[FormulaLine] = []
    for line in lines:
        caption = line.rule if len(lines) > 1 else ""
        made += _three(line, digits, caption) if with_numbers else [_symbols(line, caption)]
    return made


def _symbols(line: Line, caption: str) -> FormulaLine:
    return FormulaLine(line.right, line.left, line.relation, caption=caption)


def _three(line: Line, digits: int, caption: str) -> Iterable[FormulaLine]:
    reference = getattr(line.left, "reference", None)
    color = tone(line.result, reference)
    result = format_number(line.result, digits, trim=True)
    right, numbers = to_text(line.right, digits), to_text(line.numbers, digits)
    only_a_number = right == result
    if not only_a_number:
        yield _symbols(line, caption)
    if numbers != result and numbers != right:
        yield FormulaLine(line.numbers, role="numbers")
    left, relation = (line.left, line.relation) if only_a_number else (None, "=")
    yield FormulaLine(
        Number(line.result, reference),
        left,
        relation,
        "result",
        color,
        caption if only_a_number else "",
    )


def used(lines: Iterable[Line]) -> list[Symbol | Partial]:
    """Return the quantities that the lines use and do not make themselves, each once."""
    shown = list(lines)
    made = {_key(line.left) for line in shown}
    found: dict[Reference, Symbol | Partial] = {}
    for line in shown:
        for leaf in leaves(line.right):
            if isinstance(leaf, Symbol | Partial) and leaf.reference is not None:
                key = leaf.reference
                if key not in made:
                    found.setdefault(key, leaf)
    return list(found.values())


def _key(left: Expression) -> Reference | None:
    return left.reference if isinstance(left, Symbol | Partial) else None
