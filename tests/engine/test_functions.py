"""Activations: slopes by a complex step, values at the ends of the range, formulas."""

from __future__ import annotations

from typing import Any, cast, get_args

import numpy as np
import pytest

from bpviz.engine.functions import ACTIVATIONS, parameter_of
from bpviz.model.network import ActivationName, Elu, LeakyRelu, Power

STEP = 1e-30
PARAMETERS = {"leaky_relu": 0.3, "elu": 1.7, "power": 2.5}


def points(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    z = np.linspace(-4.0, 4.0, 41) + 0.013
    return z[z > 0] if name in ("log", "sqrt", "power") else z


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_agree_with_a_complex_step(name: str) -> None:
    row, p, z = ACTIVATIONS[name], PARAMETERS.get(name), points(name)
    stepped = row.value(cast(Any, z + 1j * STEP), p)
    assert row.derivative(z, p) == pytest.approx(stepped.imag / STEP, rel=1e-12, abs=1e-13)
    assert row.value(z, p) == pytest.approx(stepped.real, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("identity", 2.5, 2.5),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", -800.0, 0.0),
        ("sigmoid", 800.0, 1.0),
        ("sigmoid", -40.0, 4.248354255291589e-18),
        ("tanh", 0.5, 0.46211715726000973),
        ("relu", -3.0, 0.0),
        ("leaky_relu", -3.0, -0.03),
        ("elu", -1.0, -0.6321205588285577),
        ("gelu", 1.0, 0.8411919906082768),
        ("gelu", -1e200, 0.0),
        ("gelu", 1e200, 1e200),
        ("silu", 1.0, 0.7310585786300049),
        ("silu", -1e5, 0.0),
        ("softplus", 0.0, 0.6931471805599453),
        ("softplus", 1000.0, 1000.0),
        ("softplus", -40.0, 4.248354255291589e-18),
        ("step", 0.0, 0.0),
        ("step", 1e-300, 1.0),
        ("sin", 1.0, 0.8414709848078965),
        ("cos", 1.0, 0.5403023058681398),
        ("exp", 1.0, 2.718281828459045),
        ("log", 2.0, 0.6931471805599453),
        ("sqrt", 2.0, 1.4142135623730951),
        ("square", -3.0, 9.0),
        ("reciprocal", -4.0, -0.25),
        ("abs", -4.0, 4.0),
        ("power", -2.0, -2.0),
    ],
)
def test_values(name: str, z: float, a: float) -> None:
    assert ACTIVATIONS[name].value(np.array([z]))[0] == pytest.approx(a, rel=4e-15, abs=1e-300)


@pytest.mark.parametrize(
    ("name", "z", "slope"),
    [
        ("relu", 0.0, 0.0),
        ("leaky_relu", 0.0, 0.01),
        ("elu", 0.0, 1.0),
        ("abs", 0.0, 0.0),
        ("step", 0.0, 0.0),
        ("step", 1.0, 0.0),
        ("gelu", 1e200, 1.0),
        ("gelu", -1e200, 0.0),
        ("silu", -1e5, 0.0),
        ("silu", 1e5, 1.0),
        ("softplus", 1e5, 1.0),
        ("leaky_relu", 5.0, 1.0),
    ],
)
def test_slopes_at_kinks_and_far_out(name: str, z: float, slope: float) -> None:
    assert ACTIVATIONS[name].derivative(np.array([z]))[0] == slope


def test_the_parameter_counts_on_the_left_of_zero_only() -> None:
    z = np.array([-2.0, 2.0])
    assert ACTIVATIONS["leaky_relu"].derivative(z, 0.3).tolist() == [0.3, 1.0]
    assert ACTIVATIONS["elu"].derivative(z, 0.3)[1] == 1.0
    assert ACTIVATIONS["elu"].derivative(np.array([0.0]), 0.3)[0] == 0.3


def test_power_has_no_slope_where_its_exponent_is_zero() -> None:
    assert ACTIVATIONS["power"].derivative(np.array([0.0, 2.0]), 0.0).tolist() == [0.0, 0.0]
    assert ACTIVATIONS["power"].derivative(np.array([0.0, -2.0]), 1.0).tolist() == [1.0, 1.0]


def test_parameters_come_from_the_session_or_the_defaults() -> None:
    assert parameter_of("leaky_relu") == 0.01
    assert parameter_of(LeakyRelu(0.2)) == 0.2
    assert parameter_of("elu") == 1.0
    assert parameter_of(Elu(2.0)) == 2.0
    assert parameter_of(Power(4.0)) == 4.0
    assert parameter_of("sigmoid") == 0.0


def test_the_table_has_every_activation_a_session_may_name() -> None:
    assert set(ACTIVATIONS) == {*get_args(ActivationName), "power"}


def test_kinks_are_where_the_slope_jumps() -> None:
    for name, row in ACTIVATIONS.items():
        p = PARAMETERS.get(name, row.default)
        for kink in row.kinks(p):
            left, right = row.derivative(np.array([kink - 1e-9, kink + 1e-9]), p)
            jumps = abs(left - right) > 0.1
            assert jumps or name == "step"
    assert ACTIVATIONS["elu"].kinks(1.0) == ()
