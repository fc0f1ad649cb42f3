"""Data sets, batches and orders: the same rows for the same seed, for ever."""

from __future__ import annotations

import math
import time
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpviz.engine.datasets import (
    GENERATORS,
    Rows,
    Stream,
    as_table,
    batch_rows,
    batches_per_epoch,
    epoch_of,
    epoch_order,
    generate,
    make_rows,
    target_columns,
)
from bpviz.model.data import Encoding, GeneratorData, GeneratorName, TableData
from bpviz.model.training import Sgd, Training

NAMES: tuple[GeneratorName, ...] = get_args(GeneratorName)
CLASS_SETS = [name for name in NAMES if GENERATORS[name].classes]


def training(**fields: object) -> Training:
    return Training(loss="half_squared_error", optimizer=Sgd(0.1), **fields)  # type: ignore[arg-type]


def all_inputs(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.inputs, rows.test_inputs])


def all_targets(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.targets, rows.test_targets])


def test_every_name_of_the_model_has_a_generator() -> None:
    assert set(GENERATORS) == set(NAMES)


def test_uniform_numbers_are_the_upper_bits_of_pcg64() -> None:
    raw = np.random.PCG64(np.random.SeedSequence([7, 1])).random_raw(5)
    expected = [(int(word) >> 11) / 2**53 for word in raw]
    assert Stream(7, 1).uniform(5).tolist() == expected


def test_raw_outputs_are_those_of_the_algorithm() -> None:
    # numpy promises that what PCG64 and SeedSequence give never changes.
    drawn = [int(word) for word in Stream(0, 1).raw(2)]
    assert drawn == [16412783775159424549, 10277383025879800780]


def test_normals_follow_box_and_muller() -> None:
    drawn = Stream(3).uniform(4)
    radius = [math.sqrt(-2.0 * math.log(1.0 - u)) for u in drawn[:2]]
    angle = [2.0 * math.pi * u for u in drawn[2:]]
    expected = [
        part
        for r, phi in zip(radius, angle, strict=True)
        for part in (r * math.cos(phi), r * math.sin(phi))
    ]
    assert Stream(3).normal(4).tolist() == expected
    assert Stream(3).normal(3).tolist() == expected[:3]


def test_normals_are_normal() -> None:
    drawn = Stream(5).normal(100_000)
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(np.abs(drawn) < 1.0) == pytest.approx(0.6827, abs=0.01)


def test_shuffle_is_fisher_and_yates_on_raw_outputs() -> None:
    raw = np.random.PCG64(np.random.SeedSequence([11, 3])).random_raw(6)
    order = list(range(7))
    for i, word in zip(range(6, 0, -1), raw, strict=True):
        j = int(word) % (i + 1)
        order[i], order[j] = order[j], order[i]
    assert epoch_order(7, 11, 3).tolist() == order


def test_shuffle_of_a_known_seed() -> None:
    assert epoch_order(10, 7, 1).tolist() == [5, 4, 1, 8, 9, 0, 6, 2, 3, 7]
    assert epoch_order(10, 7, 2).tolist() == [1, 7, 3, 9, 2, 6, 0, 4, 5, 8]


def test_shuffle_treats_all_orders_alike() -> None:
    seen = [tuple(epoch_order(3, seed, 1).tolist()) for seed in range(3000)]
    counts = [seen.count(order) for order in set(seen)]
    assert len(counts) == 6
    assert min(counts) > 400


def test_an_epochs_order_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        epoch_order(5, 0, 1)[0] = 3


def test_large_sets_and_orders_are_quick() -> None:
    start = time.perf_counter()
    for name in NAMES:
        generate(GeneratorData(name, samples=100_000, noise=0.1))
    epoch_order(100_000, 12345, 1)
    assert time.perf_counter() - start < 10.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_shapes_and_split(name: GeneratorName, encoding: Encoding) -> None:
    data = GeneratorData(name, samples=11, noise=0.2, seed=4, test_fraction=0.3, encoding=encoding)
    rows = make_rows(data, "half_squared_error")
    columns = target_columns(name, encoding)
    assert rows.inputs.shape == (8, GENERATORS[name].columns)
    assert rows.test_inputs.shape == (3, GENERATORS[name].columns)
    assert rows.targets.shape == (8, columns)
    assert rows.test_targets.shape == (3, columns)
    assert (rows.count, rows.test_count) == (8, 3)
    assert np.isfinite(all_inputs(rows)).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_rows_other_seed_other_rows(name: GeneratorName) -> None:
    def inputs(seed: int) -> list[list[float]]:
        data = GeneratorData(name, samples=20, noise=0.1, seed=seed)
        rows = generate(data)
        joined: list[list[float]] = np.hstack([all_inputs(rows), all_targets(rows)]).tolist()
        return joined

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


@pytest.mark.parametrize("name", NAMES)
def test_the_test_fraction_moves_the_border_only(name: GeneratorName) -> None:
    def rows(fraction: float) -> Rows:
        return generate(GeneratorData(name, samples=10, noise=0.1, test_fraction=fraction))

    whole, split = rows(0.0), rows(0.45)
    assert (whole.test_count, split.test_count) == (0, 4)
    assert all_inputs(split).tolist() == whole.inputs.tolist()
    assert all_targets(split).tolist() == whole.targets.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_added_to_the_same_rows(name: GeneratorName) -> None:
    clean = generate(GeneratorData(name, samples=2000, test_fraction=0.0))
    noisy = generate(GeneratorData(name, samples=2000, test_fraction=0.0, noise=0.25))
    if GENERATORS[name].classes:
        assert clean.targets.tolist() == noisy.targets.tolist()
        moved = noisy.inputs - clean.inputs
    else:
        assert clean.inputs.tolist() == noisy.inputs.tolist()
        moved = noisy.targets - clean.targets
    assert moved.std() == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize("name", CLASS_SETS)
def test_encodings_tell_the_same_classes(name: GeneratorName) -> None:
    def targets(encoding: Encoding) -> np.ndarray:
        return generate(
            GeneratorData(name, samples=12, encoding=encoding, test_fraction=0.0)
        ).targets

    binary, signed, one_hot = targets("binary"), targets("signed"), targets("one_hot")
    assert set(binary.flat) == {0.0, 1.0}
    assert np.array_equal(signed, 2.0 * binary - 1.0)
    assert np.array_equal(one_hot.sum(axis=1), np.ones(12))
    if GENERATORS[name].classes == 2:
        assert np.array_equal(one_hot[:, 1], binary[:, 0])
    else:
        assert np.array_equal(one_hot, binary)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("xor_points", [0, 1, 1, 0, 0]),
        ("and_points", [0, 0, 0, 1, 0]),
        ("or_points", [0, 1, 1, 1, 0]),
    ],
)
def test_point_sets_keep_their_textbook_order(name: GeneratorName, labels: list[int]) -> None:
    rows = generate(GeneratorData(name, samples=5, test_fraction=0.0))
    assert rows.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0]]
    assert rows.targets[:, 0].tolist() == labels


def test_regressions_follow_their_formulas() -> None:
    def rows(name: GeneratorName) -> Rows:
        return generate(GeneratorData(name, samples=50, test_fraction=0.0, encoding="signed"))

    sine, parabola, plane = rows("sine"), rows("parabola"), rows("plane")
    assert np.allclose(sine.targets, np.sin(sine.inputs), atol=1e-15)
    assert (sine.inputs.min(), sine.inputs.max()) == (-math.pi, math.pi)
    assert np.array_equal(parabola.targets, parabola.inputs**2)
    assert (parabola.inputs.min(), parabola.inputs.max()) == (-1.0, 1.0)
    assert np.allclose(plane.targets[:, 0], plane.inputs.mean(axis=1), atol=1e-15)


def test_shapes_of_the_class_sets() -> None:
    def rows(name: GeneratorName) -> tuple[np.ndarray, np.ndarray]:
        made = generate(GeneratorData(name, samples=400, test_fraction=0.0))
        return made.inputs, made.targets

    points, label = rows("circles")
    radius, inside = np.hypot(*points.T), label[:, 0] == 1.0
    assert radius[inside].max() <= 1.25
    assert 1.75 <= radius[~inside].min() <= radius[~inside].max() <= 2.5
    points, label = rows("linear")
    assert np.array_equal(label[:, 0] == 1.0, points.sum(axis=1) > 0.0)
    points, label = rows("spiral")
    turned = points[label[:, 0] == 1.0]
    other = {tuple(point) for point in np.round(-turned, 9).tolist()}
    assert other == {tuple(p) for p in np.round(points[label[:, 0] == 0.0], 9).tolist()}
    points, label = rows("moons")
    assert points[label[:, 0] == 0.0][:, 1].min() > 0.0
    assert points[label[:, 0] == 1.0][:, 1].max() < 0.5
    points, label = rows("gaussians")
    assert np.allclose(points[label[:, 0] == 1.0].mean(axis=0), 1.0, atol=0.15)
    points, label = rows("blobs3")
    centre = points[label[:, 0] == 1.0].mean(axis=0)
    assert np.allclose(centre, [0.0, 2.0], atol=0.15)


def test_output_value_has_no_targets() -> None:
    rows = make_rows(TableData(inputs=((1.0, 2.0),), targets=()), "output_value")
    assert rows.targets.shape == (1, 0)
    assert rows.test_targets.shape == (0, 0)
    made = make_rows(GeneratorData("plane", samples=4), "output_value")
    assert (made.targets.shape, made.test_targets.shape) == ((2, 0), (2, 0))


def test_tables_become_arrays_as_they_stand() -> None:
    data = TableData(inputs=((1.0, 2.0), (3.0, 4.0)), targets=((5.0,), (6.0,)))
    rows = make_rows(data, "squared_error")
    assert rows.inputs.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert rows.targets.tolist() == [[5.0], [6.0]]
    assert (rows.test_inputs.shape, rows.test_targets.shape) == ((0, 2), (0, 1))
    assert rows.inputs.dtype == np.float64
    no_inputs = make_rows(TableData(inputs=((),), targets=((5.0,),)), "squared_error")
    assert no_inputs.inputs.shape == (1, 0)


def test_rows_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        make_rows(TableData(inputs=((1.0, 2.0), (3.0,)), targets=((5.0,), (6.0,))), "huber")


def test_a_generator_as_table_has_the_same_rows() -> None:
    data = GeneratorData("moons", samples=9, noise=0.1, seed=3)
    made, table = make_rows(data, "huber"), as_table(data)
    again = make_rows(table, "huber")
    for name in ("inputs", "targets", "test_inputs", "test_targets"):
        assert np.array_equal(getattr(made, name), getattr(again, name))
    assert as_table(table) is table


def test_the_last_batch_is_shorter() -> None:
    settings_ = training(batch_size=3)
    assert batches_per_epoch(7, settings_) == 3
    batches = [batch_rows(7, settings_, iteration).tolist() for iteration in range(1, 5)]
    assert batches == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2]]
    assert [epoch_of(7, settings_, iteration) for iteration in range(8)] == [0, 1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("size", [None, 7, 100])
def test_no_size_or_a_large_one_takes_all_rows(size: int | None) -> None:
    settings_ = training(batch_size=size)
    assert batches_per_epoch(7, settings_) == 1
    assert batch_rows(7, settings_, 5).tolist() == list(range(7))
    assert epoch_of(7, settings_, 5) == 5


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 60),
    size=st.none() | st.integers(1, 70),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
    epoch=st.integers(1, 2000),
)
def test_an_epoch_takes_every_row_once(
    count: int, size: int | None, shuffle: bool, seed: int, epoch: int
) -> None:
    settings_ = training(batch_size=size, shuffle=shuffle, seed=seed)
    per_epoch = batches_per_epoch(count, settings_)
    iterations = range((epoch - 1) * per_epoch + 1, epoch * per_epoch + 1)
    assert {epoch_of(count, settings_, iteration) for iteration in iterations} == {epoch}
    rows = [row for i in iterations for row in batch_rows(count, settings_, i).tolist()]
    assert sorted(rows) == list(range(count))
    if shuffle:
        assert rows == epoch_order(count, seed, epoch).tolist()
