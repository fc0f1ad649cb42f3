"""The formulas of the optimizers for one parameter, line by line, with the numbers of a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from bpviz.explain.explanation import Line
from bpviz.explain.expression import (
    Expression,
    Fraction,
    Function,
    Given,
    Maximum,
    Minimum,
    Partial,
    Power,
    Product,
    Sum,
    Symbol,
    difference,
    evaluate,
    number,
    power,
)
from bpviz.explain.symbols import Leaves
from bpviz.explain.text import to_text

ONE = number(1.0)


class Parameter(NamedTuple):
    """A weight (`edge`) or bias (`node`, edge −1) with what its update uses."""

    leaves: Leaves
    node: int
    edge: int

    @property
    def old(self) -> Symbol:
        """The parameter before the update."""
        return self.leaves.parameter(self.node, self.edge)

    @property
    def new(self) -> Symbol:
        """The parameter after the update."""
        return self.leaves.parameter(self.node, self.edge, updated=True)

    @property
    def gradient(self) -> Partial:
        """∂E/∂w of the whole objective."""
        return self.leaves.batch_gradient(self.node, self.edge)

    def setting(self, text: str, latex: str, field: str) -> Symbol:
        """Return a field of the optimizer's settings."""
        optimizer: Any = self.leaves.trace.training.optimizer
        return self.leaves.setting(text, latex, getattr(optimizer, field), field)

    @property
    def rate(self) -> Symbol:
        """The learning rate η."""
        return self.setting("η", r"\eta", "learning_rate")

    def before(self, text: str, latex: str, slot: str) -> Symbol:
        """Return what the optimizer kept for this parameter before the update."""
        value = self.leaves.trace.slots[slot][self.leaves.slot(self.node, self.edge)]
        return self.leaves.slot_value(text, latex, float(value), self.node, self.edge, slot)

    def made(self, text: str, latex: str, formula: Expression, quantity: str) -> Symbol:
        """Return a symbol for what `formula` comes to."""
        value = evaluate(formula)
        return self.leaves.slot_value(text, latex, value, self.node, self.edge, quantity)

    def line(self, made: Symbol, formula: Expression, rule: str) -> Line:
        """Return the line that makes a symbol."""
        return Line(made, formula, made.value, rule)

    def step(self, formula: Expression, rule: str) -> Line:
        """Return the last line: the new parameter."""
        name = "w" if self.edge >= 0 else "b"
        return Line(
            self.new, formula, self.new.value, rule, f"{name} ← {_brief(formula, self)}", "←"
        )


def _brief(formula: Expression, parameter: Parameter) -> str:
    name = "w" if parameter.edge >= 0 else "b"
    return to_text(formula).replace(parameter.old.text, name)


def fixed_line(leaves: Leaves, node: int, edge: int) -> Line:
    """Return the line of a parameter that is not trained."""
    parameter = Parameter(leaves, node, edge)
    name = "w" if edge >= 0 else "b"
    return Line(parameter.new, parameter.old, parameter.new.value, "fixed", name)


def update_lines(leaves: Leaves, node: int, edge: int) -> list[Line]:
    """Return the lines by which the optimizer makes the new value of a trainable parameter."""
    parameter = Parameter(leaves, node, edge)
    return RULES[leaves.trace.training.optimizer.name](parameter)


def _descend(parameter: Parameter, step: Expression) -> Expression:
    return difference(parameter.old, step)


def _sgd(p: Parameter) -> list[Line]:
    return [p.step(_descend(p, Product((p.rate, p.gradient))), "gradient descent")]


def _velocity(p: Parameter) -> tuple[Symbol, Symbol, Line]:
    mu = p.setting("μ", r"\mu", "momentum")
    formula = Sum((Product((mu, p.before("v", "v", "velocity"))), p.gradient))
    made = p.made("v′", "v'", formula, "new_velocity")
    return mu, made, p.line(made, formula, "momentum buffer")


def _momentum(p: Parameter) -> list[Line]:
    _, velocity, line = _velocity(p)
    return [line, p.step(_descend(p, Product((p.rate, velocity))), "momentum")]


def _nesterov(p: Parameter) -> list[Line]:
    mu, velocity, line = _velocity(p)
    formula = Sum((p.gradient, Product((mu, velocity))))
    ahead = p.made("d", "d", formula, "look_ahead")
    look = p.line(ahead, formula, "look ahead")
    return [line, look, p.step(_descend(p, Product((p.rate, ahead))), "Nesterov's momentum")]


def _scaled_step(p: Parameter, direction: Expression, square: Expression) -> Expression:
    epsilon = p.setting("ε", r"\epsilon", "epsilon")
    root = Sum((Function("sqrt", square), epsilon))
    return Fraction(Product((p.rate, direction)), root)


def _adagrad(p: Parameter) -> list[Line]:
    formula = Sum((p.before("s", "s", "square_sum"), power(p.gradient, 2.0)))
    square = p.made("s′", "s'", formula, "new_square_sum")
    step = _scaled_step(p, p.gradient, square)
    return [p.line(square, formula, "sum of squares"), p.step(_descend(p, step), "Adagrad")]


def _moving(p: Parameter, decay: Symbol, old: Symbol, new: Expression) -> Expression:
    return Sum((Product((decay, old)), Product((difference(ONE, decay), new))))


def _rmsprop(p: Parameter) -> list[Line]:
    decay = p.setting("ρ", r"\rho", "decay")
    formula = _moving(p, decay, p.before("s", "s", "square_mean"), power(p.gradient, 2.0))
    square = p.made("s′", "s'", formula, "new_square_mean")
    step = _scaled_step(p, p.gradient, square)
    return [p.line(square, formula, "moving mean of squares"), p.step(_descend(p, step), "RMSprop")]


def _moments(p: Parameter) -> tuple[list[Line], Expression]:
    """Return the lines of both moving means and their corrections, and the step that follows."""
    beta1, beta2 = p.setting("β₁", r"\beta_1", "beta1"), p.setting("β₂", r"\beta_2", "beta2")
    count = p.leaves.setting("t", "t", p.leaves.trace.step, "step")
    mean = _moving(p, beta1, p.before("m", "m", "mean"), p.gradient)
    square = _moving(p, beta2, p.before("v", "v", "square_mean"), power(p.gradient, 2.0))
    new_mean = p.made("m′", "m'", mean, "new_mean")
    new_square = p.made("v′", "v'", square, "new_square_mean")
    corrected = Fraction(new_mean, difference(ONE, Power(beta1, count)))
    corrected_square = Fraction(new_square, difference(ONE, Power(beta2, count)))
    hat = p.made("m̂", r"\hat{m}", corrected, "corrected_mean")
    square_hat = p.made("v̂", r"\hat{v}", corrected_square, "corrected_square_mean")
    lines = [
        p.line(new_mean, mean, "moving mean"),
        p.line(new_square, square, "moving mean of squares"),
        p.line(hat, corrected, "bias correction"),
        p.line(square_hat, corrected_square, "bias correction"),
    ]
    return lines, _scaled_step(p, hat, square_hat)


def _adam(p: Parameter) -> list[Line]:
    lines, step = _moments(p)
    return [*lines, p.step(_descend(p, step), "Adam")]


def _adamw(p: Parameter) -> list[Line]:
    decay = p.setting("λ", r"\lambda", "weight_decay")
    formula = difference(p.old, Product((p.rate, decay, p.old)))
    name = "w" if p.edge >= 0 else "b"
    shrunk = p.made(f"{name}₁", f"{name}_1", formula, "decayed")
    lines, step = _moments(p)
    return [
        p.line(shrunk, formula, "weight decay"),
        *lines,
        p.step(difference(shrunk, step), "AdamW"),
    ]


def _rprop(p: Parameter) -> list[Line]:
    settings: Any = p.leaves.trace.training.optimizer
    previous = p.before("g₀", "g_0", "previous")
    turn = p.gradient.value * previous.value
    if turn > 0.0:
        factor: Expression = Given(p.setting("η₊", r"\eta_+", "increase"), "same sign as before")
    elif turn < 0.0:
        factor = Given(p.setting("η₋", r"\eta_-", "decrease"), "the sign has turned")
    else:
        factor = Given(ONE, "no sign before")
    size = Product((p.before("s", "s", "step_size"), factor))
    if not settings.minimum_step <= evaluate(size) <= settings.maximum_step:
        low = p.setting("s_min", r"s_{\min}", "minimum_step")
        high = p.setting("s_max", r"s_{\max}", "maximum_step")
        formula: Expression = Minimum((Maximum((size, low)), high))
    else:
        formula = size
    made = p.made("s′", "s'", formula, "new_step_size")
    lines = [p.line(made, formula, "step size")]
    if turn < 0.0:
        return [*lines, p.step(difference(p.old, Given(number(0.0), "turned: no step")), "Rprop")]
    step = Product((Function("sign", p.gradient), made))
    return [*lines, p.step(_descend(p, step), "Rprop")]


RULES: Mapping[str, Callable[[Parameter], list[Line]]] = MappingProxyType(
    {
        "sgd": _sgd,
        "momentum": _momentum,
        "nesterov": _nesterov,
        "adagrad": _adagrad,
        "rmsprop": _rmsprop,
        "adam": _adam,
        "adamw": _adamw,
        "rprop": _rprop,
    }
)
