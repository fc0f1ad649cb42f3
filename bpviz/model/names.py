"""Names as all that is read has them: h₁ for the label h1, x₁ → h₁ for the edge x1->h1.

The one place where names to be read are made, for the drawing and for every text. Files and the
command line have ids and labels as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

PLAIN: Final = "0123456789"
LOWERED: Final = "₀₁₂₃₄₅₆₇₈₉"
RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
LOWER: Final = str.maketrans(PLAIN, LOWERED)
# A longer name would fill a drawing or a formula; its beginning stands for it.
LONGEST: Final = 24

_NUMBERED: Final = re.compile(r"([^\W\d_]+)_?([0-9]+)(?:_([0-9]+))?")
_EDGE: Final = re.compile(r"\b([A-Za-z_]\w*)->([A-Za-z_]\w*)")
# The node at which something went wrong, before what did: "h1: exp(1000) is infinite".
_NODE: Final = re.compile(r"(?:^|(?<=: ))([A-Za-z_]\w*)(?=: )")
# A unit that lacks something: 'the product unit "p1" has no edges into it'.
_UNIT: Final = re.compile(r'(?<=unit ")([^"]*)(?=")')
# Rows of data are counted from 0 in files and on the command line, from 1 on the screen.
_ROW: Final = re.compile(r"(?<=\(row )\d+(?=\)$)")
_MINUS: Final = re.compile(r"(?<![\w)])-(?=\d)")
_EXPONENT: Final = re.compile(r"(?<=\de)([+-])0*(?=\d)")


def pretty_name(label: str) -> str:
    """Return `label` with the number at its end as an index: h1 → h₁, h1_2 → h₁,₂."""
    found = _NUMBERED.fullmatch(label)
    if not found:
        return label
    stem, first, second = found.groups()
    index = first.translate(LOWER)
    return f"{stem}{index}" + (f",{second.translate(LOWER)}" if second else "")


def drawn_name(label: str) -> str:
    """Return what the drawing calls a node with that label: no more of it than is read."""
    name = pretty_name(label)
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def names_in_texts(labels: Mapping[str, str]) -> dict[str, str]:
    """Return what texts call each node, by id, where `labels` are the nodes' labels by id.

    That is what is drawn. A node that is drawn as another one is goes by "h (u2)", and one whose
    label is empty, of which nothing is drawn, by its id.
    """
    drawn = {node: drawn_name(label or node) for node, label in labels.items()}
    count = Counter(drawn.values())
    return {node: name if count[name] == 1 else f"{name} ({node})" for node, name in drawn.items()}


def names_in_formulas(labels: Mapping[str, str]) -> dict[str, str]:
    """Return what formulas call each node, by id, where `labels` are the nodes' labels by id.

    That is what texts do; of several with the same label each goes by its id, which stands better
    below a letter than both do.
    """
    names = names_in_texts(labels)
    short = {
        node: name if name == drawn_name(labels[node] or node) else pretty_name(node)
        for node, name in names.items()
    }
    count = Counter(short.values())
    return {node: name if count[name] == 1 else names[node] for node, name in short.items()}


def edge_name(edge: str, names: Mapping[str, str], arrow: str = " → ") -> str:
    """Return what the edge `SOURCE->TARGET` is called, where `names` are those of its nodes."""
    return arrow.join(names.get(end, end) for end in edge.split("->"))


def as_drawn(line: str, names: Mapping[str, str]) -> str:
    """Return what the engine says of a network with names, signs and rows as the window has them.

    "h1: log(-2e-05) is not a number (row 0)" → "h₁: log(−2e−5) is not a number (row 1)".
    """

    def shown(name: str) -> str:
        return names.get(name, name)

    line = _EDGE.sub(lambda found: " → ".join(map(shown, found.groups())), line)
    line = _NODE.sub(lambda found: shown(found[0]), line)
    line = _UNIT.sub(lambda found: drawn_name(found[0]), line)
    line = _ROW.sub(lambda found: str(int(found[0]) + 1), line)
    line = _EXPONENT.sub(lambda found: "" if found[1] == "+" else "−", line)
    return _MINUS.sub("−", line)
