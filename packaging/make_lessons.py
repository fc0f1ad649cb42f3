"""Write resources/lessons anew from their sources, packaging/lessons/*.toml.

A source is a session in TOML with three kinds of tables of its own. `history` are the entries
behind it, such as `{train = 50}` or `{label = "…", set = {"edges/h->o/weight" = -40.0}}`; `before`
are states that lie before it on the line, each with a label and what is other there, be it a
whole `network` and its `notation`. A page of
`pages` stands at the session itself where it names no position. It names
its frame in words (`delta y`, `gradient h1->y`, `sample 2`), which becomes a bookmark with the
page's title, and its figures as `["a(y)", ".67"]`, or `"a(y)"` where the figure printed is the
computed one; what the program computes at the page's position is filled in here.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from bpviz.document.curves import Curves
from bpviz.document.timeline import Timeline
from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame, frames
from bpviz.explain.numbers import format_number
from bpviz.explain.quantities import parse_quantity, value_of
from bpviz.model.edit import Change, Edit, apply, diff
from bpviz.model.files import atomic_write
from bpviz.model.history import History, Train, save_history
from bpviz.model.network import Network
from bpviz.model.plain import convert
from bpviz.model.schema import Bookmark, Expectation, Lesson, Notation, Page, Session
from bpviz.model.session import encode_session

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "packaging" / "lessons"
TARGETS = ROOT / "resources" / "lessons"
KERNEL = "numpy"
DIGITS = 12


def made(source: Path) -> bytes:
    """Return the session file that a source describes."""
    plain = tomllib.loads(source.read_text(encoding="utf-8"))
    pages, history, before = (plain.pop(key, []) for key in ("pages", "history", "before"))
    plain["network"]["edges"] = [_edge(edge) for edge in plain["network"]["edges"]]
    session: Session = convert({"format": "bpviz-session", "version": 1, **plain}, Session)
    timeline = _with_history(session, before, history)
    home = (len(before), 0)
    lesson, bookmarks = [], []
    for page in pages:
        made_page, bookmark = _page({"position": home, **page}, timeline)
        lesson.append(made_page)
        bookmarks += bookmark
    timeline.go(home)
    # Training alone is not kept in the file: turning to a page does it anew.
    edits = [entry for entry in timeline.history.entries if isinstance(entry, Edit)]
    saved = save_history(timeline.history) if edits else msgspec.UNSET
    whole = msgspec.structs.replace(
        session, lesson=Lesson(tuple(lesson)), bookmarks=tuple(bookmarks), history=saved
    )
    return encode_session(whole)


def _edge(edge: str | dict[str, Any]) -> dict[str, Any]:
    """Return an edge written as `x1->h1 0.5`; `fixed` behind it, or `=name` for a share."""
    if isinstance(edge, dict):
        return edge
    ends, weight, *words = edge.split()
    found: dict[str, Any] = dict(zip(("source", "target"), ends.split("->"), strict=True))
    found["weight"] = float(weight)
    found["trainable"] = "fixed" not in words
    shares = [word[1:] for word in words if word.startswith("=")]
    return found | ({"share": shares[0]} if shares else {})


def _with_history(
    session: Session, before: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> Timeline:
    """Return the line of history, each edit with the very numbers that stand before it."""
    states = [_state(session, state) for state in before]
    ways = [
        diff(one, other, state["label"])
        for (one, other), state in zip(pairwise([*states, session]), before, strict=True)
    ]
    start = [*states, session][0]
    timeline = Timeline.of(History(start, tuple(ways)), Curves())
    for entry in entries:
        done = timeline.history.entries
        if "train" in entry:
            added: Train | Edit = Train(entry["train"], KERNEL)
        else:
            timeline.go((len(done), 0))
            added = _edit(timeline.session, entry)
        timeline = Timeline.of(History(start, (*done, added)), Curves())
    return timeline


def _state(session: Session, state: dict[str, Any]) -> Session:
    """Return the session with what `state` says is other there."""
    if "network" in state:
        plain = state["network"]
        plain["edges"] = [_edge(edge) for edge in plain["edges"]]
        session = msgspec.structs.replace(session, network=convert(plain, Network))
    if "notation" in state:
        session = msgspec.structs.replace(session, notation=convert(state["notation"], Notation))
    return apply(session, _edit(session, state))


def _edit(session: Session, entry: dict[str, Any]) -> Edit:
    changes = []
    for key, after in entry.get("set", {}).items():
        kind, _, rest = key.partition("/")
        name, _, field = rest.rpartition("/")
        owner: Any = session.training
        if kind == "edges":
            owner = session.network.edge(name)
        elif kind == "nodes":
            owner = session.network.node(name)
        before = getattr(owner, field)
        kind_of = {each.name: each.type for each in msgspec.structs.fields(type(owner))}[field]
        changes.append(Change(key, before, convert(after, kind_of, key)))
    columns = {key: tuple(map(tuple, entry[key])) for key in ("inputs", "targets") if key in entry}
    if columns:
        data = msgspec.structs.replace(session.data, **columns)
        changes.append(Change("data", session.data, data))
    if entry.get("restart"):
        fresh = type(session.progress)()
        changes.append(Change("progress", session.progress, fresh))
    return Edit(entry["label"], tuple(changes))


def _page(page: dict[str, Any], timeline: Timeline) -> tuple[Page, list[Bookmark]]:
    frame, expected = page.pop("frame", ""), page.pop("expect", [])
    position = tuple(page["position"])
    timeline.go((position[0], position[1]))
    workshop, base = timeline.workshop, timeline.base
    trace = workshop.trainer(base).trace(timeline.state)
    text = page.pop("text").strip()
    expect = tuple(_expectation(each, trace, base) for each in expected)
    whole: Page = convert(page | {"text": text}, Page)
    whole = msgspec.structs.replace(whole, expect=expect)
    if not frame:
        return whole, []
    index = _frame(frame, whole.grain == "term", trace)
    return whole, [Bookmark(whole.title, (position[0], position[1]), index)]


def _expectation(given: str | list[str], trace: Trace, session: Session) -> Expectation:
    quantity, printed = (given, "") if isinstance(given, str) else given
    notation = session.notation
    symbol = "E" if notation is msgspec.UNSET else notation.loss_symbol
    value = value_of(parse_quantity(quantity, session.network, symbol), trace)
    return Expectation(
        quantity,
        printed or format_number(value, 8, trim=True),
        float(f"{value:.{DIGITS - 1}e}"),
    )


def _frame(words: str, terms: bool, trace: Trace) -> int:
    """Return the index of the frame that `words` name: its kind, then its node or edge."""
    network, (kind, _, name) = trace.program.network, words.partition(" ")
    grain = "term" if terms else "neuron"
    listed = frames(trace.program, grain, trace.training, len(trace.rows))  # type: ignore[arg-type]
    node, edge, sample = network.node_index.get(name, -1), network.edge_index.get(name, -1), -1
    if kind == "sample":
        kind, sample = "sample_gradient", int(name) - 1
    for index, frame in enumerate(listed):
        if frame.kind == kind and _fits(frame, node, edge, sample):
            return index
    raise SystemExit(f"no frame is called {words!r}")


def _fits(frame: Frame, node: int, edge: int, sample: int) -> bool:
    return (
        (node < 0 or frame.node == node)
        and (edge < 0 or frame.edge == edge)
        and frame.sample == sample
    )


def main() -> None:
    """Write every lesson."""
    for source in sorted(SOURCES.glob("*.toml")):
        target = TARGETS / f"{source.stem}.bpviz.json"
        atomic_write(target, made(source))
        print(f"written: {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
