"""The map of the line: distances, legs, marks; what is kept where notes are put in."""

from __future__ import annotations

import msgspec

from bpviz.document.line import Line
from bpviz.document.line_map import LineMap
from bpviz.document.timeline import Timeline
from bpviz.explain.numbers import format_number
from bpviz.model import verbs
from bpviz.model.edit import Change, Edit
from bpviz.model.history import History, Train
from bpviz.model.names import pretty_name
from bpviz.model.schema import Bookmark, Progress
from bpviz.model.training import Sgd
from tests.document.examples import xor_session


def trained(iterations: int = 40) -> Timeline:
    timeline = Timeline(xor_session())
    timeline.advance(iterations)
    return timeline


def test_distances_and_places_are_each_others_inverse() -> None:
    timeline = trained()
    timeline.push(verbs.set_training(timeline.session, "optimizer", Sgd(0.25)))
    timeline.advance(10)
    line_map = LineMap(timeline.line)
    assert line_map.length == 50
    for along in range(51):
        place = line_map.place(along)
        assert line_map.along(place) == along
        assert line_map.iteration(along) == along
    assert line_map.place(40) == (2, 0), "behind the edit that stands there"
    assert [(mark.along, mark.label) for mark in line_map.marks] == [
        (40, "learning rate 0.5 → 0.25")
    ]


def test_an_edit_that_sets_the_iteration_starts_a_leg_with_a_curve_of_its_own() -> None:
    timeline = trained()
    timeline.record_loss()
    progress = timeline.session.progress
    edit = Edit("Start anew", (Change("progress", progress, Progress()),))
    timeline.push(edit)
    assert timeline.iteration == 0
    assert not timeline.curve.iteration, "nothing of the leg before"
    timeline.advance(20)
    timeline.record_loss()
    assert timeline.curve.iteration[-1] == 20
    legs = LineMap(timeline.line).legs
    assert [(leg.along, leg.iteration, leg.length) for leg in legs] == [(0, 0, 40), (40, 0, 20)]
    timeline.go((0, 10))
    assert timeline.curve.iteration[-1] == 40


def test_a_note_in_the_past_keeps_the_checkpoints_ahead() -> None:
    timeline = trained(400)
    end = timeline.session.network
    timeline.go((0, 101))
    kept = len(timeline.checkpoints)
    timeline.push(verbs.set_text(timeline.session, "notes", "here"))
    assert len(timeline.checkpoints) == kept
    for place in ((2, 299), (0, 33), (2, 7), timeline.line.end):
        timeline.go(place)
        fresh = Timeline(xor_session())
        fresh.advance(timeline.iteration)
        assert timeline.session.network.edges == fresh.session.network.edges
    assert timeline.session.network == end


def test_replaying_a_reopened_line_keeps_checkpoints_and_losses() -> None:
    timeline = trained(200)
    reopened = Timeline.of(timeline.history, type(timeline.curves)())
    assert len(reopened.checkpoints) > 5
    assert reopened.curve.iteration[-1] >= 195
    assert reopened.curve.train == timeline.curve.train[1:] or reopened.curve.train == (
        timeline.curve.train
    )


def test_bookmarks_of_a_file_stand_where_they_stood_after_edits_before_them() -> None:
    session = msgspec.structs.replace(xor_session(), bookmarks=(Bookmark("here", (0, 30), 4),))
    line = Line.of(History(session, (Train(40),)))
    line.put(verbs.set_text(session, "notes", "earlier"), (0, 10))
    (mark,) = LineMap(line).bookmarks
    assert (mark.along, mark.place, mark.label) == (30, (2, 20), "here")


def test_a_mark_names_the_weight_or_bias_that_was_set() -> None:
    timeline = trained()
    network = timeline.session.network
    edge, unit = network.edges[0], network.units[0]
    for key, before, after in (
        (f"edges/{edge.name}/weight", edge.weight, -0.5),
        (f"nodes/{unit.id}/bias", unit.bias, 1e-7),
        (f"edges/{edge.name}/trainable", True, False),
    ):
        timeline.push(Edit("Set", (Change(key, before, after),)))
    ends = f"{pretty_name(edge.source)} → {pretty_name(edge.target)}"
    labels = [mark.label for mark in LineMap(timeline.line).marks]
    assert labels == [
        f"{ends} {format_number(edge.weight, 6, trim=True)} → −0.5",
        f"bias {pretty_name(unit.id)} {format_number(unit.bias, 6, trim=True)} → 1e−7",
        "Set",
    ]
    called = {edge.source: "A", edge.target: "B"}
    first = LineMap(timeline.line, names=called).marks[0]
    assert first.label.startswith("A → B ")
