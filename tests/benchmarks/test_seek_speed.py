"""Seeking along a run of 100,000 iterations: restore the nearest checkpoint, replay the rest."""

from __future__ import annotations

import random
from time import perf_counter

import msgspec
import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from bpviz.document.timeline import Timeline
from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData

ITERATIONS = 100_000


def test_seeking_anywhere_in_a_long_run(benchmark: BenchmarkFixture, kernel: str) -> None:
    session = new_layered((2, 8, 8, 8, 8, 8, 8, 1), activation="tanh", data=GeneratorData("spiral"))
    training = msgspec.structs.replace(session.training, batch_size=10)
    timeline = Timeline(msgspec.structs.replace(session, training=training))
    started = perf_counter()
    timeline.advance(ITERATIONS)
    ran = perf_counter() - started
    assert timeline.state.kernel == kernel
    end = timeline.session
    draw = random.Random(1)
    times = []

    def seek() -> None:
        iteration = draw.randrange(ITERATIONS)
        before = perf_counter()
        place = timeline.line.place_of(iteration, timeline.place)
        assert place is not None
        timeline.go(place)
        reached = timeline.session.progress.iteration
        times.append(1000 * (perf_counter() - before))
        assert reached == iteration

    benchmark.pedantic(seek, rounds=300)  # type: ignore[no-untyped-call]
    median, late = np.percentile(times, [50, 95])
    print(  # noqa: T201
        f"\n{kernel}: 2-8x6-1, batch 10, {ITERATIONS:,} iterations in {ran:.1f} s; "
        f"seek: median {median:.1f} ms, 95th percentile {late:.1f} ms"
    )
    timeline.go(timeline.line.end)
    assert timeline.session.network == end.network
    assert timeline.session.progress.optimizer == end.progress.optimizer
    assert median < 25
    assert late < 50
