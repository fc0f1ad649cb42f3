"""Lessons broken at random places: each command says one line, and the window opens all or none."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox

from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.ui.main_window import MainWindow
from tests.e2e.command_line import CommandLine
from tests.test_architecture import ROOT
from tests.ui.conftest import open_window, session, window

__all__ = ["open_window", "session", "window"]

LESSONS = sorted((ROOT / "resources" / "lessons").glob("*.bpviz.json"))
# Of each lesson; more are tried by hand with the variable.
COUNT = int(os.environ.get("BPVIZ_FUZZ", "3"))
COMMANDS = (
    ("trace",), ("train", "--iterations", "2"), ("check",), ("verify",),
    ("export", "--table", "table.md"), ("export", "--derivation", "all.md"),
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -0.5, 10**30, "", "h9", "x->y", "\u202e", [], {}, [[]], [None],
    {"id": "x"}, "dE/dw(", [0, 10**9],
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside `value`."""
    found = [path] if path else []
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    for key, each in inside:
        found += places(each, (*path, key))
    return found


def broken(document: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return `document` with one value replaced, left out or written twice."""
    made = copy.deepcopy(document)
    path = random.choice(places(made))
    owner: Any = made
    for key in path[:-1]:
        owner = owner[key]
    kind = random.random()
    if kind < 0.25:
        del owner[path[-1]]
    elif kind < 0.35 and isinstance(owner, list):
        owner.append(copy.deepcopy(owner[path[-1]]))
    else:
        owner[path[-1]] = random.choice(ODD)
    return made


def cases(path: Path) -> list[dict[str, Any]]:
    random = Random(path.name)
    document = json.loads(path.read_bytes())
    return [broken(document, random) for _ in range(COUNT)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name.partition(".")[0])
def test_every_command_takes_it_or_refuses_in_one_line(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CommandLine(capsys)
    for number, document in enumerate(cases(path)):
        Path("bad.json").write_text(json.dumps(document), encoding="utf-8")
        for command, *options in COMMANDS:
            told = run(command, "bad.json", *options)
            place = (path.name, number, command)
            assert told.status in (0, 1, 2, 3), place
            assert "Traceback" not in told.error, place
            if told.status in (2, 3):
                lines = told.error.strip().splitlines()
                assert lines[-1].startswith("bpviz: "), place
                assert len(lines[-1]) <= 300, place


def test_the_window_opens_all_of_it_or_nothing(
    window: MainWindow, tmp_path: Path, open_window: Callable[[Session | None], MainWindow]
) -> None:
    file, start = tmp_path / "bad.json", window.document.session
    for path in LESSONS:
        for document in cases(path)[:2]:
            file.write_text(json.dumps(document), encoding="utf-8")
            before = encode_session(window.document.session)
            window.files.open_path(file)
            boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
            if window.document.path != file:
                assert encode_session(window.document.session) == before
                assert boxes, "it is said why"
            else:
                assert window.document.session.network.nodes or not document["network"]["nodes"]
                window.lesson_commands.on_next()
            for box in boxes:
                box.close()
            window.player.pause()
            window.document.new(start)
