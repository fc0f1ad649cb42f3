"""`bpviz new`: layered sessions and the graphs of expressions."""

from __future__ import annotations

import argparse
from typing import Any, get_args

from bpviz.cli.errors import DONE, CommandError, shown_path
from bpviz.cli.files import reason, require_writable, save
from bpviz.engine.builders import BuildError, check_sizes, generator_for, new_graph, new_layered
from bpviz.engine.csv_cells import CsvError
from bpviz.engine.csv_import import import_csv
from bpviz.engine.initialise import INITIALISERS
from bpviz.model.data import Data, GeneratorName
from bpviz.model.expression import ExpressionError
from bpviz.model.files import quoted
from bpviz.model.network import Activation, ActivationName, Elu, LeakyRelu, Power
from bpviz.model.session import Session
from bpviz.model.training import LossName

LAYERED_ONLY = ("activation", "output_activation", "data", "csv", "target", "loss", "init", "seed")


def new(options: argparse.Namespace) -> int:
    """Make a session and write it; CommandError where the arguments do not fit together."""
    require_writable(options.output)
    try:
        session = _graph(options) if options.expression is not None else _layered(options)
    except (BuildError, ExpressionError) as error:
        raise CommandError(f"new: {error}") from None
    except CsvError as error:
        raise CommandError(f"{shown_path(options.csv)}: {error}") from None
    except OSError as error:
        raise CommandError(f"{shown_path(options.csv)}: {reason(error)}") from None
    save(session, options.output)
    return DONE


def _graph(options: argparse.Namespace) -> Session:
    for name in LAYERED_ONLY:
        if getattr(options, name) is not None:
            raise CommandError(f"new: --{name.replace('_', '-')} belongs to --layers")
    return new_graph(options.expression, _values(options.values or ""))


def _layered(options: argparse.Namespace) -> Session:
    if options.values is not None:
        raise CommandError("new: --values belongs to --expression")
    if options.target is not None and options.csv is None:
        raise CommandError("new: --target belongs to --csv")
    if options.csv is not None and options.target is None:
        raise CommandError("new: --csv needs --target, the column or columns to predict")
    sizes = _sizes(options.layers)
    check_sizes(sizes)
    seed = options.seed or 0
    loss: LossName = _one_of("loss", options.loss or "half_squared_error", get_args(LossName))
    initialiser, constant = _initialiser(options.init)
    output = options.output_activation
    return new_layered(
        sizes,
        activation=_activation("activation", options.activation or "sigmoid"),
        output_activation=_activation("output-activation", output) if output else None,
        data=_data(options, sizes[-1], loss, seed),
        loss=loss,
        initialiser=initialiser,
        constant=constant,
        seed=seed,
    )


def _data(options: argparse.Namespace, outputs: int, loss: LossName, seed: int) -> Data | None:
    if options.data is not None:
        name: GeneratorName = _one_of("data", options.data, get_args(GeneratorName))
        return generator_for(name, outputs, loss, seed)
    if options.csv is not None:
        return import_csv(options.csv, options.target, seed=seed)
    return None


def _sizes(text: str) -> tuple[int, ...]:
    parts = text.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise CommandError(f"new: layers: {quoted(text)} is not of the form 2-4-2-1")
    return tuple(int(part) for part in parts)


def _values(text: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for part in text.split(",") if text.strip() else ():
        name, equals, number = part.partition("=")
        name = name.strip()
        if not equals or not name:
            raise CommandError(f"new: values: {quoted(part)} is not of the form x=-2")
        if name in values:
            raise CommandError(f"new: values: two values for {quoted(name)}")
        values[name] = _number(f"values: {name}", number)
    return values


def _number(place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise CommandError(f"new: {place}: {quoted(text)} is no number") from None
    if not abs(value) <= 1e100:
        raise CommandError(f"new: {place}: {quoted(text)} is out of range (at most 1e100 in size)")
    return value


def _activation(option: str, text: str) -> Activation:
    """Return the activation named `text`, a parameter behind a colon."""
    name, colon, number = text.partition(":")
    if name == "power":
        if not colon:
            raise CommandError(f"new: {option}: power needs its exponent, as in power:3")
        return Power(exponent=_number(f"{option}: power", number))
    if not colon:
        chosen: Activation = _one_of(option, name, get_args(ActivationName))
        return chosen
    value = _number(f"{option}: {name}", number)
    if name == "leaky_relu":
        return LeakyRelu(slope=value)
    if name == "elu":
        return Elu(alpha=value)
    raise CommandError(f"new: {option}: {quoted(name)} has no parameter")


def _initialiser(text: str | None) -> tuple[str | None, float]:
    if text is None:
        return None, 0.0
    name, colon, number = text.partition(":")
    _one_of("init", name, tuple(INITIALISERS))
    if name == "constant":
        if not colon:
            raise CommandError("new: init: constant needs its value, as in constant:0.1")
        return name, _number("init: constant", number)
    if colon:
        raise CommandError(f"new: init: {quoted(name)} has no value")
    return name, 0.0


def _one_of(option: str, text: str, names: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return `text` where it is one of `names`."""
    if text not in names:
        raise CommandError(f"new: {option}: no {quoted(text)}; there are {', '.join(names)}")
    return text
