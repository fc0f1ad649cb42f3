"""Derivations as pages: what they say, and that they are sound Markdown, LaTeX and HTML."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert

from bpviz.engine.backprop import Trace
from bpviz.explain.influence import parameter_names
from bpviz.export.derivation import DERIVATION_KINDS, MOST_PARAMETERS, derivation_page
from bpviz.model.data import TableData
from bpviz.model.network import Network
from bpviz.model.session import Session
from bpviz.model.training import Sgd, Training
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import layered_trace, lesson

NUMBER = re.compile(r"-?\d+\.?\d*(?:\s*\\cdot 10\^\{-?\d+\})?")
FIGURES = {
    "S1": [0.6171332220, -0.0078369418, -0.0241707363, -0.0160038390, 0.1259520477],
    "S3": [
        0.5498339973, 0.5817351420, 0.0506462599, -0.0774400036, -0.0425791468,
        -0.0115006106, -0.0057503053,
    ],
    "S4": [3.2, 1.44, 2.4, 1.68, 1.92, 2.16, 3.36, 3.84, 4.32, 2.88, 5.76],
    # ∂E/∂w of h₁→y is often printed as −.0116164405, from factors rounded on the way.
    "S5": [0.7486492779, 0.0026368967, -0.0193256940, -0.0116164404, -0.0027803633],
}  # fmt: skip


def figures(text: str) -> list[float]:
    return [float(re.sub(r"\s*\\cdot 10\^\{(-?\d+)\}", r"e\1", n)) for n in NUMBER.findall(text)]


@pytest.mark.parametrize("kind", [".md", ".tex"])
@pytest.mark.parametrize("name", FIGURES)
def test_the_texts_own_figures_appear(name: str, kind: str) -> None:
    session, made = lesson(name)
    found = figures(derivation_page(session, made, kind))
    for expected in FIGURES[name]:
        assert any(abs(number - expected) <= 5.1e-11 for number in found), expected


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4", "S5"])
def test_every_parameter_has_its_chapter(name: str) -> None:
    session, made = lesson(name)
    text = derivation_page(session, made, ".md")
    assert text.count("\n## $") == len(parameter_names(session.network))
    one = derivation_page(session, made, ".md", parameter_names(session.network)[0])
    assert one.count("\n## $") == 1


def test_each_parameter_done_is_told() -> None:
    session, made = lesson("S5")
    told: list[tuple[int, int]] = []
    page = derivation_page(session, made, ".md", None, lambda *done: told.append(done))
    count = len(parameter_names(session.network))
    assert told == [(done, count) for done in range(1, count + 1)]
    assert page == derivation_page(session, made, ".md")


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4", "S5"])
def test_markdown_tables_hold_together(name: str) -> None:
    text = derivation_page(*lesson(name), ".md")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows
    for line in rows:
        assert len(re.findall(r"(?<!\\)\|", line)) == 5
        assert line.count("$") % 2 == 0
    for formula in re.findall(r"\$([^$]+)\$", text):
        assert "<math" in convert(formula)


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4", "S5"])
def test_latex_is_sound(name: str) -> None:
    check_latex(derivation_page(*lesson(name), ".tex"))


def check_latex(text: str) -> None:
    assert text.count(r"\begin{document}") == text.count(r"\end{document}") == 1
    assert text.endswith("\\end{document}\n")
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}")
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")
    packages = re.findall(r"\\usepackage\{(\w+)\}", text)
    assert packages == ["amsmath"]
    for body in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL):
        # An empty line would end the formula; the last one has no line break after it.
        assert "\n\n" not in body
        assert not body.endswith("\\\\")
        for line in body.split("\\\\\n"):
            columns = re.split(r"(?<!\\)&", line)
            assert len(columns) in (2, 4)
            formula = "".join(columns[:2])
            assert not formula.strip() or "<math" in convert(formula.replace("$", ""))


class Page:
    """An HTML page read by an XML parser, which forgives nothing."""

    def __init__(self, text: str) -> None:
        first, _, rest = text.partition("\n")
        assert first == "<!DOCTYPE html>"
        self.root = ElementTree.fromstring(rest)

    def text(self) -> str:
        return "".join(self.root.itertext())


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4", "S5"])
def test_html_is_well_formed_and_needs_no_network(name: str) -> None:
    text = derivation_page(*lesson(name), ".html")
    page = Page(text)
    assert page.root.findall(".//math")
    for row in page.root.findall(".//tr"):
        assert len(row) == 4
    assert not re.search(r"https?:|<script|<link|src=|url\(", text)


def named(made: Trace, title: str) -> Session:
    """Return a session around a trace whose data are of no interest."""
    return Session(
        title=title,
        network=made.program.network,
        data=TableData(),
        training=made.training,
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(DERIVATION_KINDS))
def test_random_sessions_with_odd_titles(seed: int, kind: str) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    title = "<b>&amp; $x$ | _a_ \\ {} #1 50 % ~"
    text = derivation_page(named(made, title), made, kind)
    if kind == ".html":
        page = Page(text)
        assert title in page.text()
    elif kind == ".tex":
        check_latex(text)
    else:
        assert "<b>" not in text
    assert not re.search(r"\bnan\b", text)


def test_labels_are_no_markup() -> None:
    session, _ = lesson("S3")
    hidden = session.network.node("h")
    odd = msgspec.structs.replace(hidden, label="<i>$h_1|</i>\\")
    nodes = tuple(odd if node.id == "h" else node for node in session.network.nodes)
    network = Network(nodes, session.network.edges, session.network.outputs)
    session = msgspec.structs.replace(session, network=network)
    from tests.explain.test_chain import session_trace

    made = session_trace(session)
    page = Page(derivation_page(session, made, ".html"))
    assert not page.root.findall(".//i")
    assert "<i>$h_1|</i>\\" in page.text().replace("\u00a0", " ")
    check_latex(derivation_page(session, made, ".tex"))
    rows = [
        line for line in derivation_page(session, made, ".md").splitlines() if line.startswith("|")
    ]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {5}


def test_of_many_paths_the_strongest_and_the_rest() -> None:
    made = layered_trace((2, 7, 7, 7, 1), Training(loss="squared_error", optimizer=Sgd(0.1)), 1)
    session = named(made, "many")
    text = derivation_page(session, made, ".md", "x1->h1_1")
    assert "49 paths lead from the parameter to the loss." in text
    few = derivation_page(session, made, ".md", "h1_1")
    assert few.count("\n## $") == 1
    assert "sum over all paths" in few


def test_too_many_parameters_are_refused_in_one_line() -> None:
    made = layered_trace((2, 18, 18, 1), Training(loss="squared_error", optimizer=Sgd(0.1)), 1)
    session = named(made, "large")
    assert len(parameter_names(session.network)) > MOST_PARAMETERS
    with pytest.raises(ValueError, match="choose one"):
        derivation_page(session, made, ".md")
    assert "each factor worked out" in derivation_page(session, made, ".md", "x1->h1_1")
