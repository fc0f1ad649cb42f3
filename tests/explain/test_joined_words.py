"""What a derivation says of how the samples were joined is what its numbers do."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from bpviz.explain.chain import derive
from bpviz.model.training import Sgd, Training
from tests.explain.test_chain import layered_trace


@pytest.mark.parametrize("l2", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_last_line_says_how_the_samples_were_joined(
    reduction: Literal["mean", "sum"], l2: float
) -> None:
    """The words are compared with the numbers: a mean is a third of the samples' sum."""
    training = Training(loss="squared_error", batch_reduction=reduction, l2=l2, optimizer=Sgd(0.1))
    made = layered_trace((2, 2, 1), training, 3)
    found = derive(made, -1, 0)
    parts = [each.result for each in found.sections if each.title.startswith("Sample")]
    assert len(parts) == 3
    weight = made.theta[made.program.edge_slot[0]]
    total = (found.result - l2 * weight) / math.fsum(parts)
    said = {"mean": pytest.approx(1 / 3), "sum": pytest.approx(1.0)}
    rule = found.sections[-1].steps[-1].rule
    word, _, rest = rule.partition(" ")
    assert total == said[word]
    assert rest == "over the batch" + (", penalty" if l2 else "")
    joins = [step.rule for step in found.sections[0].steps]
    assert any("constant factor rule" in each for each in joins) == (word == "mean")
