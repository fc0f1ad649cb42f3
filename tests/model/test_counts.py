"""Thousands are set apart by a thin space, in all that is shown."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import bpviz
from bpviz.model.counts import grouped

PACKAGE = Path(bpviz.__file__).parent
GROUPED = re.compile(r"\d,\d{3}\b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1\u202f000"),
        (1_234_567.4, "1\u202f234\u202f567"),
        (-12_345, "−12\u202f345"),
    ],
)
def test_thousands_stand_apart(value: float, text: str) -> None:
    assert grouped(value) == text


def test_no_text_groups_with_a_comma() -> None:
    """A field reads 1,234 as 1.234: so nothing shown may be written like that."""
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "counts.py"
        for line in lines_with_commas(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def lines_with_commas(tree: ast.Module) -> list[int]:
    """Return the lines of texts with thousands set apart by a comma, docstrings left out."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in told and GROUPED.search(node.value):
            found.append(node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            parts = [part for part in node.format_spec.values if isinstance(part, ast.Constant)]
            found += [node.lineno for part in parts if "," in str(part.value)]
    return found


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("f'{n:,} rows'", 1),
        ("f'{n:,.0f}'", 1),
        ("x = 'at most 10,000 rows'", 1),
        ("f'{n:.3f} and 0,5'", 0),
        ("'''Up to 10,000.'''", 0),
    ],
)
def test_commas_are_found(source: str, count: int) -> None:
    assert len(lines_with_commas(ast.parse(source))) == count
