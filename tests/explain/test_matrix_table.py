"""Matrices as tables: every cell is the trace's number, hidden until its step has come."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import frames
from bpviz.engine.snapshot import snapshot
from bpviz.explain.copying import latex_of_tables
from bpviz.explain.expression import Partial, Reference
from bpviz.explain.matrix_table import LayerTables, layer_tables
from bpviz.explain.text import to_text
from bpviz.model.schema import Notation
from bpviz.model.training import Sgd, Training
from tests.explain.random_traces import looked_up
from tests.explain.test_chain import layered_trace, lesson

SQUARED = Training(loss="squared_error", optimizer=Sgd(0.1))


def tables_at(made: Trace, index: int, notation: Notation | None = None) -> tuple[LayerTables, ...]:
    listed = frames(made.program, "neuron", made.training, len(made.rows))
    place = index if index >= 0 else len(listed) + index
    return layer_tables(made, snapshot(made, listed, place, 0), notation)


def parameter(made: Trace, reference: Reference) -> tuple[float, float]:
    new = reference._replace(quantity=f"new_{reference.quantity}")
    return looked_up(made, reference), looked_up(made, new)


@pytest.mark.parametrize("seed", range(12))
def test_every_cell_is_the_traces_number(seed: int) -> None:
    random = Random(seed)
    sizes = tuple(random.randint(1, 5) for _ in range(random.randint(2, 5)))
    made = layered_trace(sizes, SQUARED, random.randint(1, 3))
    order = random.choice(("to_from", "from_to"))
    notation = Notation(weight_order="from_to" if order == "from_to" else "to_from")
    count = len(frames(made.program, "neuron", made.training, len(made.rows)))
    seen = 0
    for index in (0, count // 2, count - 1):
        for layer in tables_at(made, index, notation):
            for table in layer.tables:
                assert len(table.rows) == len(table.cells)
                if table.columns:
                    assert {len(table.columns)} == {len(row) for row in table.cells}
                for cell in (each for row in table.cells for each in row):
                    assert cell.reference is not None
                    if cell.reference.quantity in ("weight", "bias"):
                        old, new = parameter(made, cell.reference)
                        steps = {0: (old,), count - 1: (new,)}
                        assert cell.value in steps.get(index, (old, new))
                    else:
                        assert cell.value == looked_up(made, cell.reference), cell.reference
                    seen += cell.known
    assert seen > 0


def test_what_is_not_computed_yet_is_not_known() -> None:
    _, made = lesson("S4")
    by_name = {
        to_text(table.name): [cell.known for row in table.cells for cell in row]
        for layer in tables_at(made, 2)
        for table in layer.tables
    }
    assert by_name["z²"] == [True, True, False]
    assert not any(by_name["δ²"])
    assert all(by_name["W²"])


def test_the_notation_numbers_and_turns_the_weights() -> None:
    session, made = lesson("S4")
    source = Notation(loss_symbol="C", weight_layer="source")
    _, hidden, _ = tables_at(made, -1, source)
    assert to_text(hidden.tables[0].name) == "W¹"
    assert hidden.equations[0] == "z^{2} = W^{1} \\cdot a^{1} + b^{1}"
    gradient = hidden.tables[-1].name
    assert isinstance(gradient, Partial)
    assert to_text(gradient) == "∂C/∂W¹"
    turned = Notation(weight_order="from_to")
    _, other, _ = tables_at(made, -1, turned)
    assert other.equations[0] == "z^{2} = (W^{2})^{T} \\cdot a^{1} + b^{2}"
    straight = np.array([[cell.value for cell in row] for row in hidden.tables[0].cells])
    across = np.array([[cell.value for cell in row] for row in other.tables[0].cells])
    np.testing.assert_array_equal(straight.T, across)
    assert other.tables[0].rows == hidden.tables[0].columns
    assert session.network.inputs


def test_matrices_as_latex() -> None:
    _, made = lesson("S4")
    latex = latex_of_tables(tables_at(made, -1, Notation(loss_symbol="C")))
    assert r"\delta^{3} &= \begin{bmatrix} 2.4 \end{bmatrix}" in latex
    assert r"\frac{\partial C}{\partial W^{2}} &= \begin{bmatrix} 1.68 & 3.36 \\ " in latex
    assert r"\delta" not in latex_of_tables(tables_at(made, 1))
