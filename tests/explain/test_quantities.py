"""Quantities by name: read, computed, written, and compared with what is printed."""

from __future__ import annotations

import pytest

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.explain.figures import figures_of
from bpviz.explain.quantities import (
    HELP,
    QuantityError,
    agrees,
    parse_quantity,
    printed_number,
    quantity_text,
    value_of,
)
from bpviz.model.schema import Expectation, Notation
from bpviz.model.session import load_session
from tests.test_architecture import ROOT


def trace_of(name: str) -> Trace:
    session = load_session(ROOT / "resources" / "lessons" / f"{name}.bpviz.json")
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    return trace(program, rows, session.training, state_of(session, program))


def value(told: Trace, text: str, symbol: str = "E") -> float:
    return value_of(parse_quantity(text, told.program.network, symbol), told)


def test_every_kind_is_the_trace_s_own_number() -> None:
    told = trace_of("S1")
    network = told.program.network
    y, edge = network.node_index["y"], network.edge_index["x1->y"]
    slot = int(told.program.edge_slot[edge])
    expected = {
        "a(y)": told.a[0, y], "a(y)[2]": told.a[1, y], "z(y)": told.z[0, y],
        "slope(y)": told.slope[0, y], "delta(y)[2]": told.delta[1, y],
        "δ(y)": told.delta[0, y], "dE/dz(y)": told.delta[0, y], "∂E/∂a(y)": told.dloss_da[0, y],
        "E": told.loss, "E[2]": told.loss_per_sample[1], "after E": told.loss_after,
        "w(x1->y)": told.theta[slot], "w(x₁→y)": told.theta[slot],
        "after w(x1->y)": told.updated[slot],
        "change w(x1->y)": told.updated[slot] - told.theta[slot],
        "dE/dw(x1->y)": told.gradient[slot], "dE/dw(x1 -> y)[2]": told.edge_gradients(1)[edge],
        "t(y)": 1.0, "t(y)[2]": 0.0, "penalty": 0.0, "a(u)[2]": -1.0,
    }  # fmt: skip
    assert {text: value(told, text) for text in expected} == expected
    assert value(told, "numeric dE/dw(x1->y)") == pytest.approx(told.gradient[slot], abs=1e-9)


def test_biases_probabilities_and_the_loss_by_its_own_letter() -> None:
    told = trace_of("S4")
    assert value(told, "dC/db(h1)", "C") == pytest.approx(5.76)
    assert value(told, "dC/db(h1)[1]", "C") == pytest.approx(1.68)
    assert value(told, "C", "C") == pytest.approx(1.44)
    assert value(told, "numeric dE/db(h1)") == pytest.approx(5.76)
    softmax = trace_of("T5_softmax")
    total = sum(value(softmax, f"p({name})") for name in ("y1", "y2", "y3"))
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no quantity"), ("a(nobody)", "no node"), ("b(u)", "is an input"),
        ("z(u)", "is an input"), ("p(y)", "only softmax"), ("a", "which one"),
        ("after a(y)", "goes with"), ("E(y)", "whole network"), ("w(u->y)", "no edge"),
        ("w(y)", "is written"), ("foo(y)", "nothing is called"), ("a(y)[9]", "no sample 9"),
        ("w(u->x1)[1]", "no number of a sample"), ("t(x1)", "no output"),
        ("a(y)[0]", "no quantity"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_says_why(text: str, says: str) -> None:
    with pytest.raises(QuantityError, match=says):
        value(trace_of("S1"), text)


def test_a_product_unit_has_no_bias() -> None:
    with pytest.raises(QuantityError, match="does not add up"):
        value(trace_of("S2"), "b(f)")


def test_quantities_are_shown_in_the_session_s_letters() -> None:
    told = trace_of("S1")
    notation = Notation(loss_symbol="C", target_symbol="r")

    def shown(text: str) -> str:
        network = told.program.network
        return quantity_text(parse_quantity(text, network), network, notation)

    assert shown("dE/dw(x1->y)[2]") == "∂C/∂w(x₁→y), sample 2"
    assert shown("after E") == "C after"
    assert shown("t(y)") == "r(y)"
    assert shown("change w(u->x1)") == "Δw(u→x₁)"


@pytest.mark.parametrize(
    ("number", "printed", "wanted"),
    [
        (0.7486492779, ".67", False), (0.7486492779, ".75", True), (0.7486492779, "0,749", True),
        (-0.0193256940, "−.0193256940", True), (-0.0193256940, ".0193256940", False),
        (-4.0, "-4", True), (-4.4, "-4", True), (-4.6, "-4", False), (1.5e-10, "1.5e-10", True),
        (1.5e-10, "1.6e−10", False), (0.5, "a half", False), (float("nan"), ".5", False),
    ],
)  # fmt: skip
def test_a_printed_figure_counts_to_its_last_digit(
    number: float, printed: str, wanted: bool
) -> None:
    assert agrees(number, printed) is wanted


def test_printed_numbers() -> None:
    assert printed_number(" −.5 ") == -0.5
    assert printed_number("about 1") is None


def test_figures_tell_a_wrong_figure_from_a_moved_session() -> None:
    told = trace_of("S5")
    expected = (
        Expectation("a(y)", ".67", 0.7486492779055107),
        Expectation("a(y)", ".7486492779", 0.7486492779055107),
        Expectation("a(y)", ".67", 0.9),
        Expectation("a(gone)", ".67", 0.9),
    )
    verdicts = [each.verdict for each in figures_of(expected, told)]
    assert verdicts == ["differs", "agrees", "moved", "none"]
    assert [each.verdict for each in figures_of(expected[:1], None)] == ["none"]


def test_what_the_help_shows_can_be_read() -> None:
    network = trace_of("T7_gradient_check").program.network
    for names, _ in HELP:
        for name in names.split(", "):
            parse_quantity(name.replace("y1", "y"), network)
