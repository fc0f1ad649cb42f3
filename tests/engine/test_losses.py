"""Losses: values and derivatives by hand, by a complex step, and far out."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from bpviz.engine.losses import LOSSES
from bpviz.model.training import LossName

A = np.array([[0.2, 0.9], [0.7, 0.4], [0.1, 3.0]])
T = np.array([[0.0, 1.0], [0.5, 0.25], [0.5, -0.25]])


def values(name: str, a: Any, t: Any = T) -> Any:
    loss, work = np.empty(a.shape[1], a.dtype), np.empty((2, *a.shape), a.dtype)
    with np.errstate(all="ignore"):
        LOSSES[name].loss(a, t, loss, work)
    return loss


def gradient(name: str, a: Any, t: Any = T) -> Any:
    g, work = np.empty_like(a), np.empty((2, *a.shape))
    with np.errstate(all="ignore"):
        LOSSES[name].gradient(a, t, g, work)
    return g


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_agree_with_a_complex_step(name: str) -> None:
    a = np.array([[0.2, 0.9], [0.7, 0.4], [0.1, 0.3]])
    for row in range(len(a)):
        stepped = a + 1e-30j * (np.arange(len(a)) == row)[:, None]
        slopes = values(name, stepped).imag / 1e-30
        assert gradient(name, a)[row] == pytest.approx(slopes, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("half_squared_error", [0.12, 5.29750]),
        ("squared_error", [0.24, 10.595]),
        ("mean_squared_error", [0.08, 10.595 / 3]),
        ("absolute_error", [0.8, 3.5]),
        ("huber", [0.12, 0.005 + 0.01125 + 2.75]),
        ("output_value", [1.0, 4.3]),
    ],
)
def test_values_by_hand(name: str, expected: list[float]) -> None:
    assert values(name, A) == pytest.approx(expected, rel=1e-14)


def test_cross_entropies_by_hand() -> None:
    a, t = np.array([[0.2], [0.7]]), np.array([[0.25], [0.75]])
    binary = -(0.25 * np.log(0.2) + 0.75 * np.log(0.8) + 0.75 * np.log(0.7) + 0.25 * np.log(0.3))
    assert values("binary_cross_entropy", a, t)[0] == pytest.approx(binary, rel=1e-14)
    p = np.exp(a) / np.exp(a).sum()
    assert values("softmax_cross_entropy", a, t)[0] == pytest.approx(-(t * np.log(p)).sum())
    assert gradient("softmax_cross_entropy", a, t) == pytest.approx(p - t)


def test_softmax_of_large_logits_is_finite() -> None:
    a, t = np.array([[1e4], [-1e4]]), np.array([[0.0], [1.0]])
    assert values("softmax_cross_entropy", a, t)[0] == 2e4
    assert gradient("softmax_cross_entropy", a, t).ravel().tolist() == [1.0, -1.0]


@pytest.mark.parametrize("output", [0.0, 1.0, -0.1, 1.1])
@pytest.mark.parametrize("target", [0.0, 1.0, 0.5])
def test_binary_cross_entropy_refuses_outputs_outside_its_range(
    output: float, target: float
) -> None:
    a, t = np.array([[output]]), np.array([[target]])
    assert not np.isfinite(values("binary_cross_entropy", a, t)).any()
    assert not np.isfinite(gradient("binary_cross_entropy", a, t)).any()


def test_binary_cross_entropy_from_z_is_the_same_loss_and_goes_further() -> None:
    fused = LOSSES["binary_cross_entropy"].fused
    assert fused is not None
    z, t = np.array([[0.3, -2.0, 800.0, -800.0]]), np.array([[1.0, 0.25, 0.0, 1.0]])
    with np.errstate(all="ignore"):
        a = 1.0 / (1.0 + np.exp(-z))
    loss, work, g = np.empty(4), np.empty((2, 1, 4)), np.empty((1, 4))
    fused.loss(z, t, loss, work)
    assert loss[:2] == pytest.approx(values("binary_cross_entropy", a, t)[:2], rel=1e-14)
    assert loss[2:].tolist() == [800.0, 800.0]
    fused.delta(a, t, g, work)
    assert g.ravel().tolist() == (a - t).ravel().tolist()
    fused.gradient(a, t, g, work)
    assert g[0, :2] == pytest.approx(gradient("binary_cross_entropy", a, t)[0, :2], rel=1e-12)
    assert g[0, 2:] == pytest.approx([1e12, -1e12])


def test_at_the_target_the_absolute_error_has_no_slope() -> None:
    assert gradient("absolute_error", np.array([[0.5]]), np.array([[0.5]]))[0, 0] == 0.0


def test_the_table_has_every_loss_a_session_may_name() -> None:
    assert tuple(LOSSES) == get_args(LossName)
    assert [name for name, row in LOSSES.items() if not row.has_targets] == ["output_value"]
