"""Pages of headings, words and formulas, written as Markdown, LaTeX or HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from bpviz.explain.expression import Expression, Sum, unwrapped
from bpviz.explain.latex import latex_words, to_latex
from bpviz.explain.mathml import to_mathml

PAGE_KINDS: Final = (".md", ".tex", ".html")
# Words, and formulas that stand within them.
Text: TypeAlias = tuple[str | Expression, ...]
DIGITS: Final = 6
RESULT_DIGITS: Final = 10
# A formula longer than this in LaTeX is broken at the plus signs of its sum.
LONG: Final = 150


@dataclass(frozen=True)
class Heading:
    """A heading; `level` is 1 for the title, 2 for a chapter, 3 for a section."""

    level: int
    text: Text


@dataclass(frozen=True)
class Words:
    """A paragraph; its formulas are written with `digits` significant digits."""

    text: Text
    digits: int = DIGITS


@dataclass(frozen=True)
class Row:
    """left = symbols = numbers = result, and why; a row may have any of them only.

    The result is written with RESULT_DIGITS significant digits.
    """

    left: Expression | None = None
    symbols: Expression | None = None
    numbers: Expression | None = None
    why: Text = ()
    result: Expression | None = None


@dataclass(frozen=True)
class Rows:
    """Rows under three headings; `chained` ones go on with = from the row before."""

    rows: tuple[Row, ...]
    heads: tuple[str, str, str] = ("in symbols", "in numbers", "rule")
    digits: int = DIGITS
    chained: bool = True


Block: TypeAlias = Heading | Words | Rows


def page(title: str, blocks: Sequence[Block], kind: str) -> str:
    """Return the blocks as a text of one of PAGE_KINDS; `title` names an HTML page's tab."""
    return WRITERS[kind](title, blocks)


# --- Markdown ---------------------------------------------------------------------------------


def _markdown(_title: str, blocks: Sequence[Block]) -> str:
    parts = []
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"{'#' * level} {_markdown_text(text, DIGITS)}")
            case Words(text, digits):
                parts.append(_markdown_text(text, digits))
            case Rows():
                parts.append(_markdown_rows(block))
    return "\n\n".join(parts) + "\n"


def _markdown_rows(rows: Rows) -> str:
    lines = [f"| | {' | '.join(rows.heads)} |", "| ---: | :--- | :--- | :--- |"]
    for row in rows.rows:
        cells = (
            _markdown_formula(row.left, rows.digits, end=" ="),
            _markdown_formula(row.symbols, rows.digits, start=_begun(row, rows)),
            _markdown_numbers(row, rows),
            _markdown_text(row.why, rows.digits),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _begun(row: Row, rows: Rows) -> str:
    return "= " if rows.chained and row.left is None else ""


def _markdown_numbers(row: Row, rows: Rows) -> str:
    start = _begun(row, rows) if row.symbols is None else ""
    numbers = _markdown_formula(row.numbers, rows.digits, start=start)
    equals = "= " if numbers else start
    result = _markdown_formula(row.result, RESULT_DIGITS, start=equals)
    return f"{numbers} {result}".strip()


def _markdown_formula(
    expression: Expression | None, digits: int, *, start: str = "", end: str = ""
) -> str:
    if expression is None:
        return ""
    # A bar would end the cell of a table.
    latex = to_latex(expression, digits).replace("|", r"\vert ")
    return rf"$\displaystyle {start}{latex}{end}$"


def _markdown_text(text: Text, digits: int) -> str:
    return "".join(
        _markdown_plain(part)
        if isinstance(part, str)
        else f"${to_latex(part, digits).replace('|', chr(92) + 'vert ')}$"
        for part in text
    )


def _markdown_plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>#|~$" else sign for sign in text)


# --- LaTeX ------------------------------------------------------------------------------------

PREAMBLE: Final = r"""\documentclass[a4paper,landscape]{article}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\hoffset}{-1in}\setlength{\voffset}{-1in}
\setlength{\oddsidemargin}{15mm}\setlength{\topmargin}{10mm}
\setlength{\headheight}{0mm}\setlength{\headsep}{0mm}
\setlength{\textwidth}{267mm}\setlength{\textheight}{180mm}
\setlength{\parindent}{0mm}\setlength{\parskip}{2mm}
\begin{document}"""
HEADINGS: Final = MappingProxyType({1: "section*", 2: "subsection*", 3: "subsubsection*"})


def _latex(_title: str, blocks: Sequence[Block]) -> str:
    parts = [PREAMBLE]
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(rf"\{HEADINGS[level]}{{{_latex_text(text, DIGITS)}}}")
            case Words(text, digits):
                parts.append(_latex_text(text, digits))
            case Rows():
                parts.append(_latex_rows(block))
    found = "\n\n".join([*parts, r"\end{document}"]) + "\n"
    if any(ord(sign) > 0xFF for sign in found):
        found = f"% Letters beyond Latin-1: compile with lualatex or xelatex.\n{found}"
    return found


def _latex_rows(rows: Rows) -> str:
    lines: list[str] = []
    for row in rows.rows:
        left = to_latex(row.left, rows.digits) if row.left else ""
        why = rf" && \text{{{_latex_text(row.why, rows.digits)}}}" if row.why else ""
        for expression in (row.symbols, row.numbers, row.result):
            if expression is None:
                continue
            digits = RESULT_DIGITS if expression is row.result else rows.digits
            first, *others = _broken(expression, digits)
            equals = "=" if rows.chained or expression is not row.symbols else ""
            lines.append(f"{left} &{equals} {first}{why}")
            lines += [rf"&\quad {other}" for other in others]
            left = why = ""
        if why:
            lines.append(f"&{why}")
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _broken(expression: Expression, digits: int) -> list[str]:
    latex = to_latex(expression, digits)
    expression = unwrapped(expression)
    if len(latex) <= LONG or not isinstance(expression, Sum):
        return [latex]
    terms = [to_latex(term, digits) for term in expression.terms]
    signed = [term if term.startswith("-") else f"+ {term}" for term in terms[1:]]
    return [terms[0], *(f"{{}} {term}" for term in signed)]


def _latex_text(text: Text, digits: int) -> str:
    return "".join(
        latex_words(part) if isinstance(part, str) else f"${to_latex(part, digits)}$"
        for part in text
    )


# --- HTML -------------------------------------------------------------------------------------

EQUALS: Final = '<mo lspace="0.3em" rspace="0.3em">=</mo>'
STYLE: Final = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:90rem;margin:2rem auto;padding:0 1rem}
math{font-size:1.1em}
.rows{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0}
th{text-align:left;font-weight:600;font-size:.8rem;opacity:.7}
td,th{padding:.35rem .8rem;border-bottom:1px solid #8884;vertical-align:middle}
td:first-child{text-align:right;padding-right:.2rem}
td:last-child{font-size:.9rem}
h2{margin-top:2.5rem;border-top:2px solid #8886;padding-top:.8rem}"""


def _html(title: str, blocks: Sequence[Block]) -> str:
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"/><title>{html.escape(title)}</title>',
        f"<style>\n{STYLE}\n</style></head><body>",
    ]
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"<h{level}>{_html_text(text, DIGITS)}</h{level}>")
            case Words(text, digits):
                parts.append(f"<p>{_html_text(text, digits)}</p>")
            case Rows():
                parts.append(_html_rows(block))
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _html_rows(rows: Rows) -> str:
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in ("", *rows.heads))
    lines = ['<div class="rows"><table>', f"<tr>{heads}</tr>"]
    for row in rows.rows:
        begun = EQUALS if _begun(row, rows) else ""
        numbers = _html_formula(row.numbers, rows.digits, start="" if row.symbols else begun)
        equals = EQUALS if numbers else begun
        cells = (
            _html_formula(row.left, rows.digits, end=EQUALS),
            _html_formula(row.symbols, rows.digits, start=begun),
            numbers + _html_formula(row.result, RESULT_DIGITS, start=equals),
            _html_text(row.why, rows.digits),
        )
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "\n".join([*lines, "</table></div>"])


def _html_text(text: Text, digits: int) -> str:
    return "".join(
        html.escape(part) if isinstance(part, str) else _math(to_mathml(part, digits), "false")
        for part in text
    )


def _html_formula(
    expression: Expression | None, digits: int, *, start: str = "", end: str = ""
) -> str:
    return "" if expression is None else _math(start + to_mathml(expression, digits) + end)


def _math(inside: str, large: str = "true") -> str:
    return f'<math displaystyle="{large}"><mrow>{inside}</mrow></math>'


WRITERS: Mapping[str, Callable[[str, Sequence[Block]], str]] = MappingProxyType(
    {".md": _markdown, ".tex": _latex, ".html": _html}
)
