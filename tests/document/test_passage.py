"""Training inside an entry: what is kept, and where, doesn't depend on how it was cut."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from bpviz.document.checkpoints import Checkpoints
from bpviz.document.passage import Passage
from bpviz.engine.curve import LossCurve
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.engine.trainer import Trainer
from bpviz.model.training import Sgd, Training
from tests.engine.graphs import layered, rows_of


def passage(rate: float = 0.05) -> Passage:
    """3 iterations an epoch: 10 rows, in batches of 4."""
    draw = np.random.default_rng(0)
    x, t = draw.normal(size=(12, 2)).tolist(), draw.normal(size=(12, 1)).tolist()
    program = compile(layered((2, 3, 1)))
    training = Training(loss="squared_error", batch_size=4, optimizer=Sgd(rate))
    trainer = Trainer(program, rows_of(x[:10], t[:10], x[10:], t[10:]), training)
    state = initial_state(program, training.optimizer)
    return Passage(
        trainer, trainer, program, state, LossCurve(), Checkpoints(), (0, 0), 3, has_test=True
    )


def test_losses_stand_at_epoch_ends_and_checkpoints_at_their_spacing() -> None:
    made = passage()
    assert made.train(40) == 40
    assert made.place == (0, 40)
    assert made.curve.iteration == list(range(3, 40, 3))
    assert len(made.curve.test) == len(made.curve.train) == 13
    assert made.curve.gradients.iteration == list(range(2, 39, 3))
    last = made.checkpoints.nearest((0, 40))
    assert last is not None
    assert last.place == (0, 32)
    kept = made.checkpoints.nearest((0, 31))
    assert kept is not None
    assert kept.place == (0, 16)
    assert kept.state.iteration == 16


@pytest.mark.parametrize("every", [1, 2, 7])
def test_slices_keep_the_same(every: int) -> None:
    whole, cut = passage(), passage()
    whole.train(40)
    asked = count(1)
    while cut.place[1] < 40:
        cut.train(40 - cut.place[1], lambda: next(asked) % every == 0)
    assert np.array_equal(cut.state.theta, whole.state.theta)
    assert cut.place == whole.place
    assert cut.curve == whole.curve
    last, same = cut.checkpoints.nearest((0, 40)), whole.checkpoints.nearest((0, 40))
    assert last is not None
    assert same is not None
    assert last.place == same.place


def test_a_stop_leaves_the_place_where_the_state_is() -> None:
    made = passage(rate=1e6)
    with pytest.raises(NonFinite):
        made.train(1000)
    assert made.place == (0, made.state.iteration)
    assert made.state.iteration < 1000
    assert np.isfinite(made.state.theta).all()
