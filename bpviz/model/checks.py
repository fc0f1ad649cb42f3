"""The semantic pass over a session: what its schema can't say. Malformed or merely incomplete."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from bpviz.model.counts import grouped
from bpviz.model.data import Rows, TableData
from bpviz.model.files import FormatError, quoted
from bpviz.model.network import Input, Network, Unit
from bpviz.model.schema import Session

MAX_NODES: Final = 2_000
MAX_EDGES: Final = 50_000
MAX_ROWS: Final = 100_000
MAX_CELLS: Final = 2_000_000
MAX_TEXT: Final = 200
MAX_POSITION: Final = 1e6
MAX_NUMBER: Final = 1e100
# Items checked between two moments at which a check may be left.
SOME: Final = 500


def check_session(session: Session) -> None:
    """Raise FormatError at the first place where `session` is malformed."""
    for _ in checking(session):
        pass


def checking(session: Session) -> Iterator[None]:
    """Check `session` part by part, as `check_session` does at once."""
    check_text(session.title, "title", MAX_TEXT)
    check_text(session.notes, "notes", None)
    yield from _checking_network(session.network)
    yield from _checking_data(session)
    for field in ("l1", "l2"):
        _check_number(getattr(session.training, field), f"training.{field}")
    _check_struct_numbers(session.training.optimizer, "training.optimizer")
    yield from _checking_free(msgspec.to_builtins(session.progress), "progress")
    yield
    yield from _checking_free(session.view, "view")
    for index, bookmark in enumerate(session.bookmarks):
        check_text(bookmark.name, f"bookmarks[{index}].name", MAX_TEXT)


def check_text(text: str, place: str, limit: int | None) -> None:
    """Refuse control characters, lone surrogates and more than `limit` characters.

    Without a limit (notes) tab and newline are text.
    """
    if limit is not None and len(text) > limit:
        raise FormatError(place, f"{len(text)} characters; at most {limit}")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and not (
            limit is None and character in "\t\n"
        ):
            raise FormatError(place, f"contains the character U+{ord(character):04X}")


def check_network(network: Network) -> None:
    """Raise FormatError for limits, double or dangling names, cycles, numbers out of range."""
    for _ in _checking_network(network):
        pass


def _checking_network(network: Network) -> Iterator[None]:
    for name, count, limit in (
        ("nodes", len(network.nodes), MAX_NODES),
        ("edges", len(network.edges), MAX_EDGES),
    ):
        if count > limit:
            raise FormatError(
                f"network.{name}", f"{grouped(count)} {name}; at most {grouped(limit)}"
            )
    _check_nodes(network)
    yield from _checking_edges(network)
    _check_outputs(network)
    _check_shares(network)
    yield
    left = [node.id for node in network.nodes if node.id not in network.level]
    if left:
        cycle = _cycle_among(network, set(left))
        raise FormatError("network.edges", f"a cycle: {' -> '.join(cycle)}")


def _check_nodes(network: Network) -> None:
    seen: set[str] = set()
    for index, node in enumerate(network.nodes):
        place = f"network.nodes[{index}]"
        if node.id in seen:
            raise FormatError(f"{place}.id", f"duplicate id {quoted(node.id)}")
        seen.add(node.id)
        check_text(node.label, f"{place}.label", MAX_TEXT)
        for axis, value in enumerate(node.position):
            _check_number(value, f"{place}.position[{axis}]", MAX_POSITION)
        if isinstance(node, Unit):
            _check_number(node.bias, f"{place}.bias")
            if not isinstance(node.activation, str):
                _check_struct_numbers(node.activation, f"{place}.activation")


def _checking_edges(network: Network) -> Iterator[None]:
    seen: set[str] = set()
    for index, edge in enumerate(network.edges):
        if index % SOME == 0:
            yield
        place = f"network.edges[{index}]"
        for end, node_id in (("source", edge.source), ("target", edge.target)):
            if node_id not in network.node_index:
                raise FormatError(f"{place}.{end}", f"no node {quoted(node_id)}")
        if isinstance(network.node(edge.target), Input):
            raise FormatError(f"{place}.target", f"{quoted(edge.target)} is an input")
        if edge.name in seen:
            raise FormatError(place, f"duplicate edge {quoted(edge.name)}")
        seen.add(edge.name)
        _check_number(edge.weight, f"{place}.weight")


def _check_outputs(network: Network) -> None:
    seen: set[str] = set()
    for index, node_id in enumerate(network.outputs):
        place = f"network.outputs[{index}]"
        if node_id not in network.node_index:
            raise FormatError(place, f"no node {quoted(node_id)}")
        if isinstance(network.node(node_id), Input):
            raise FormatError(place, f"{quoted(node_id)} is an input")
        if node_id in seen:
            raise FormatError(place, f"duplicate output {quoted(node_id)}")
        seen.add(node_id)


def _check_shares(network: Network) -> None:
    """Members of a share agree in value and in being trainable."""
    first: dict[tuple[str, str], tuple[float, bool]] = {}
    members = [
        (f"network.edges[{index}].share", ("edge", edge.share), (edge.weight, edge.trainable))
        for index, edge in enumerate(network.edges)
        if edge.share
    ]
    members += [
        (
            f"network.nodes[{index}].bias_share",
            ("bias", node.bias_share),
            (node.bias, node.trainable_bias),
        )
        for index, node in enumerate(network.nodes)
        if isinstance(node, Unit) and node.bias_share
    ]
    for place, key, value in members:
        if first.setdefault(key, value) != value:
            raise FormatError(place, f"members of {quoted(key[1])} differ in value or trainable")


def _cycle_among(network: Network, left: set[str]) -> list[str]:
    """Return one cycle among the nodes `left`, which are all on or behind cycles."""
    # Walking backwards from any of them stays among them and must come round.
    here = min(left)
    path: list[str] = []
    while here not in path:
        path.append(here)
        here = next(edge.source for edge in network.incoming[here] if edge.source in left)
    cycle = [*path[path.index(here) :], here][::-1]
    return cycle if len(cycle) <= 6 else [*cycle[:5], "…", cycle[-1]]


def _checking_data(session: Session) -> Iterator[None]:
    data = session.data
    if not isinstance(data, TableData):
        _check_number(data.noise, "data.noise")
        if data.noise < 0:
            raise FormatError("data.noise", "must not be negative")
        return
    tables = {
        name: getattr(data, name) for name in ("inputs", "targets", "test_inputs", "test_targets")
    }
    for name, rows in tables.items():
        yield from _checking_rows(rows, f"data.{name}")
    count = len(data.inputs) + len(data.test_inputs)
    if count > MAX_ROWS:
        raise FormatError("data", f"{grouped(count)} rows; at most {grouped(MAX_ROWS)}")
    cells = sum(len(rows) * len(rows[0]) for rows in tables.values() if rows)
    if cells > MAX_CELLS:
        raise FormatError("data", f"{grouped(cells)} cells; at most {grouped(MAX_CELLS)}")
    for part in ("", "test_"):
        inputs, targets = tables[f"{part}inputs"], tables[f"{part}targets"]
        if targets and len(targets) != len(inputs):
            raise FormatError(
                f"data.{part}targets", f"{len(targets)} rows, but {len(inputs)} rows of inputs"
            )
    for first, second in (("inputs", "test_inputs"), ("targets", "test_targets")):
        if tables[first] and tables[second] and len(tables[first][0]) != len(tables[second][0]):
            raise FormatError(f"data.{second}[0]", f"not as long as the rows of data.{first}")
    for name in ("input_names", "target_names", "class_names"):
        for index, text in enumerate(getattr(data, name)):
            check_text(text, f"data.{name}[{index}]", MAX_TEXT)


def _checking_rows(rows: Rows, place: str) -> Iterator[None]:
    for index, row in enumerate(rows):
        if index % SOME == 0:
            yield
        if len(row) != len(rows[0]):
            raise FormatError(
                f"{place}[{index}]", f"{len(row)} numbers, but the first row has {len(rows[0])}"
            )
        # One sum proves that no number of the row is too large, infinite or NaN.
        if not sum(map(abs, row)) <= MAX_NUMBER:
            for column, value in enumerate(row):
                _check_number(value, f"{place}[{index}][{column}]")


def _check_number(value: float, place: str, limit: float = MAX_NUMBER) -> None:
    if value != value:
        raise FormatError(place, "NaN is no number here")
    if not -limit <= value <= limit:
        raise FormatError(place, f"{value:g} is out of range (at most {limit:g} in size)")


def _check_struct_numbers(struct: msgspec.Struct, place: str) -> None:
    for field in struct.__struct_fields__:
        _check_number(getattr(struct, field), f"{place}.{field}")


def _checking_free(value: Any, place: str) -> Iterator[None]:  # noqa: ANN401
    """Refuse what JSON can't carry inside keys whose content is free."""
    for index, (where, item) in enumerate(_leaves(value, place)):
        if index % SOME == 0:
            yield
        if isinstance(item, float) and not -1.8e308 < item < 1.8e308:
            raise FormatError(where, "no finite number")
        if isinstance(item, str) and any("\ud800" <= c <= "\udfff" for c in item):
            raise FormatError(where, "contains a lone surrogate")


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    stack: list[tuple[str, Any]] = [(place, value)]
    while stack:
        where, item = stack.pop()
        if isinstance(item, dict):
            stack.extend((f"{where}.{key}", inner) for key, inner in item.items())
        elif isinstance(item, list | tuple):
            stack.extend((f"{where}[{index}]", inner) for index, inner in enumerate(item))
        else:
            yield where, item


def missing(session: Session) -> tuple[str, ...]:
    """Return a line for each thing an incomplete session lacks before it can be traced."""
    return tuple(_missing_structure(session.network)) + tuple(_missing_data(session))


def _missing_structure(network: Network) -> Iterator[str]:
    if not network.nodes:
        yield "network: no nodes yet"
        return
    if not network.inputs and not network.units:
        yield "network: no units yet"
    for node in network.units:
        if node.combine != "sum" and not network.incoming[node.id]:
            yield f'network: the {node.combine} unit "{node.label}" has no edges into it'
    if not network.outputs:
        yield "network.outputs: no unit is marked as an output"


def _missing_data(session: Session) -> Iterator[str]:
    data, network = session.data, session.network
    if not isinstance(data, TableData):
        return
    if not data.inputs:
        yield "data: no rows"
        return
    columns = (len(data.inputs[0]), len(data.targets[0]) if data.targets else 0)
    yield from row_faults(session, columns, data.targets, data.test_targets)
    if (
        data.test_inputs
        and not data.test_targets
        and session.training.loss != "output_value"
        and network.outputs
    ):
        yield "data.test_targets: no targets for the test rows"


def row_faults(
    session: Session,
    columns: tuple[int, int],
    targets: Iterable[Sequence[float]],
    test_targets: Iterable[Sequence[float]],
) -> Iterator[str]:
    """Yield a line for each way in which rows do not suit the session's network and loss.

    `columns` counts those of the inputs and of the targets.
    """
    yield from _column_faults(session, *columns)
    if session.training.loss in ("binary_cross_entropy", "softmax_cross_entropy"):
        yield from _target_faults(session.training.loss, targets, "data.targets")
        yield from _target_faults(session.training.loss, test_targets, "data.test_targets")


def _column_faults(session: Session, inputs: int, targets: int) -> Iterator[str]:
    network = session.network
    if inputs != len(network.inputs):
        yield (
            f"data.inputs: {_count(inputs, 'column')}, but the network has "
            f"{_count(len(network.inputs), 'input')}"
        )
    if session.training.loss != "output_value" and targets != len(network.outputs):
        yield (
            f"data.targets: {_count(targets, 'column')}, but the network has "
            f"{_count(len(network.outputs), 'output')}"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _target_faults(loss: str, rows: Iterable[Sequence[float]], place: str) -> Iterator[str]:
    for index, row in enumerate(rows):
        if loss == "binary_cross_entropy" and not all(0.0 <= value <= 1.0 for value in row):
            yield f"{place}[{index}]: binary_cross_entropy needs targets from 0 to 1"
            return
        if loss == "softmax_cross_entropy" and abs(sum(row) - 1.0) > 1e-9:
            yield f"{place}[{index}]: softmax_cross_entropy needs targets that sum to 1"
            return
