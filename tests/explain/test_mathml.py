"""MathML is well formed, and says what the LaTeX says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.frames import frames
from bpviz.explain.chain import derive
from bpviz.explain.derivation import explain
from bpviz.explain.expression import Given, Rest, Symbol
from bpviz.explain.influence import parameter_named, parameter_names
from bpviz.explain.latex import escaped, to_latex
from bpviz.explain.mathml import mathml, to_mathml
from bpviz.explain.parts import words
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import lines_of


def parsed(inside: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<math>{inside}</math>")


def said(latex: str) -> str:
    return "".join(parsed(mathml(latex)).itertext()).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{\partial E}{\partial w_{1}}", "∂E∂w1"),
        (r"\tfrac{1}{2} \cdot \left(a - t\right)^{2}", "12⋅(a−t)2"),
        (r"\sigma'\left(z^{2}_{1}\right)", "σ′(z12)"),
        (r"1.5 \cdot 10^{-7}", "1.5⋅10−7"),
        (r"\dots\ \text{(3 more terms: $-1.5 \cdot 10^{-7}$)}", "…(3 more terms: −1.5⋅10−7)"),
        (r"\left|w\right| \ [\text{z > 0}]", "|w|[z > 0]"),
        (
            r"\mathrm{ReLU}\left(z\right) + \sqrt{x} - \tanh\left(z\right)",
            "ReLU(z)+x−tanh\u2061(z)",
        ),
    ],
)
def test_what_it_says(latex: str, text: str) -> None:
    assert said(latex) == text


def test_structure() -> None:
    root = parsed(mathml(r"a^{2}_{1} + \frac{x}{y}'"))
    assert [child.tag for child in root] == ["msubsup", "mo", "msup"]
    assert [part.text for part in root[0].iter() if part.text] == ["a", "1", "2"]


@pytest.mark.parametrize("latex", [r"\left(a", "{a", r"\text{a", r"\frac{a}", r"\nonsense", r"a^"])
def test_what_it_refuses(latex: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mathml(latex)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12))
def test_any_label_is_said_as_it_stands(label: str) -> None:
    root = parsed(mathml(rf"\text{{{escaped(label)}}}"))
    assert "".join(root.itertext()).replace("\u00a0", " ") == label.replace("\u00a0", " ")
    assert parsed(to_mathml(Symbol(label, words(label), 1.0))) is not None


def test_a_folded_rest() -> None:
    found = parsed(to_mathml(Rest(3, -0.25, "terms", shown=True)))
    assert "".join(found.itertext()).replace("\u00a0", " ") == "…(3 more terms: −0.25)"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_formula_of_derivations_and_explanations_is_well_formed(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    network = made.program.network
    name = parameter_names(network)[-1]
    for step in lines_of(derive(made, *parameter_named(network, name))):
        assert len(parsed(to_mathml(step.left))) == 1
        assert len(parsed(to_mathml(step.right)))
        assert len(parsed(to_mathml(step.numbers)))
    for frame in frames(made.program, "neuron", made.training, len(made.rows)):
        for line in explain(made, frame, 0).lines:
            assert len(parsed(to_mathml(line.right)))
            assert len(parsed(to_mathml(line.numbers)))


@pytest.mark.parametrize("condition", ["z ≤ 0", "|a − t| > 1", "the largest"])
def test_conditions_are_said_without_signs_that_latex_lacks(condition: str) -> None:
    latex = to_latex(Given(Symbol("x", "x", 1.0), condition))
    assert latex.isascii()
    assert said(latex).replace(" ", "") == f"x[{condition.replace(' ', '')}]"
