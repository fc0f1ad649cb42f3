"""A node has one name, and the loss one letter, in all that is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.explain.derivation import explain
from bpviz.explain.text import to_text
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Node, Unit
from bpviz.model.schema import Notation, Session
from bpviz.model.session import decode_session
from bpviz.model.training import Sgd, Training
from bpviz.ui.canvas.cards import CardMaker
from bpviz.ui.canvas.legend import header_text
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import DARK, resource_path
from tests.ui.texts_shown import texts_of

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

NOTATIONS: Final = (
    Notation(),
    Notation(loss_symbol="C", target_symbol="y"),
    Notation(loss_symbol="L", target_symbol="r", weight_layer="source", weight_order="from_to"),
    Notation(loss_symbol="J", weight_order="from_to"),
)
# Labels that users give, beside those that the program makes.
ODD: Final = (
    "x1", "x_2", "h1_2", "h12_3", "out1", "ŷ", "α3", "β", "入力1", "r_h", "a²₁", "z₁", "E", "t",
    "sepal length", "1st", "7", "_h_1", "w->b", "a → b", "+", "Σ 2", "h" * 24, "long" * 50,
    "sepal_1_2_3", "H_2O", "C3", "😀1", "σ", "ß_4",
)  # fmt: skip
# Plain names for the same nodes, that are written as they are.
PLAIN: Final = tuple(f"Q{letter}Q" for letter in "ABCDEFGHIJKLM")


def network_of(labels: tuple[str, ...], random: Random) -> Network:
    """Return a random network of 3 inputs and as many units as there are more labels."""
    nodes: list[Node] = [Input(f"x{n}", label=label) for n, label in enumerate(labels[:3], 1)]
    edges: list[Edge] = []
    for number, label in enumerate(labels[3:], 1):
        unit = Unit(f"h_{number}", activation="tanh", bias=0.1, label=label)
        count = random.randint(1, min(3, len(nodes)))
        sources = random.sample(nodes, count)
        # The last units are outputs, and what nothing else reads feeds one of them.
        edges += [Edge(node.id, unit.id, random.uniform(-1, 1)) for node in sources]
        nodes.append(unit)
    return Network(tuple(nodes), tuple(edges), (nodes[-1].id, nodes[-2].id))


def session_of(network: Network, notation: Notation) -> Session:
    data = TableData(inputs=((0.5, -0.3, 0.2), (0.1, 1.0, 0.4)), targets=((0.8, 0.1), (1.0, 0.0)))
    training = Training(loss="squared_error", optimizer=Sgd(learning_rate=0.1), l2=0.01)
    return Session(network=network, data=data, training=training, notation=notation)


def drawn(scene: CanvasScene) -> dict[str, str]:
    """Return the name on each node's card, by id."""
    picture = scene.picture
    maker = CardMaker(picture.session, picture.geometry, picture.shown, DARK, 4)
    nodes = picture.session.network.nodes
    return {node.id: maker.card(place).name for place, node in enumerate(nodes)}


def written(text: str, plain: dict[str, str], names: dict[str, str]) -> str:
    """Return `text` with the names that are drawn in the place of plain ones."""
    for node, name in plain.items():
        text = text.replace(name, names[node])
    return text


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("seed", range(4))
def test_titles_have_the_names_of_the_drawing(qtbot: QtBot, notation: Notation, seed: int) -> None:
    random = Random(seed)
    labels = tuple(random.sample(ODD, 9))
    network = network_of(labels, Random(seed))
    plain_network = network_of(PLAIN[:9], Random(seed))
    document = Document(session_of(network, notation))
    player, plain_player = Player(document), Player(Document(session_of(plain_network, notation)))
    names = drawn(CanvasScene(document, player, DARK, 4))
    plain = {node.id: node.label for node in plain_network.nodes}
    assert len(set(names.values())) == 9
    for grain in ("neuron", "term"):
        player.set_grain(grain)
        plain_player.set_grain(grain)
        frames, trace, plain_trace = player.frames, player.trace, plain_player.trace
        assert frames is not None
        assert trace is not None
        assert plain_trace is not None
        kinds = set()
        for frame in frames:
            kinds.add(frame.kind)
            told = explain(trace, frame, 0, 4, notation)
            wanted = explain(plain_trace, frame, 0, 4, notation)
            assert told.title == written(wanted.title, plain, names)
            first, wanted_first = (each.sentence.partition(":")[0] for each in (told, wanted))
            if not re.search("[:]", "".join(labels)):
                assert first == written(wanted_first, plain, names)
            header = header_text(frame, network, 0, 2)
            assert header == written(header_text(frame, plain_network, 0, 2), plain, names)
            for line, other in zip(told.lines, wanted.lines, strict=True):
                assert to_text(line.left) == written(to_text(other.left), plain, names)
        assert {"activation", "delta"} & kinds
    assert qtbot is not None


# -- all texts of the window ----------------------------------------------------------------------

# Where something is typed as the program reads it, or the id itself is shown.
TYPED: Final = ("page.figures", "find_field", "inspector.id", "inspector.label", "notation.")
RAW_NAME: Final = re.compile(r"(?<![A-Za-z0-9_.])[xhy]_?[0-9]|->")
STEPS: Final = (
    "run.step_forward*3", "run.phase_forward", "run.step_forward*4", "run.phase_forward*2",
    "run.step_iteration", "run.grain_term", "run.step_forward*2", "run.phase_forward*2",
    "run.step_back*2", "run.grain_layer", "run.step_forward*3",
)  # fmt: skip


def walked(window: MainWindow, steps: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Iterate over all texts of the window while it takes these steps, its panels filled."""
    for step in ("", *steps):
        name, _, count = step.partition("*")
        for _ in range(int(count or 1) if step else 0):
            window.commands[name].trigger()
        if step in ("", steps[-1]):
            for panel in window.workspace.panels:
                window.workspace.bring_to_front(panel)
                QApplication.processEvents()
        for place, text in texts_of(window):
            if not any(each in place for each in TYPED) and not text.startswith("The letter of"):
                yield f"{step}: {place}", text


def test_no_text_has_a_raw_name(window: MainWindow) -> None:
    window.scene.select([], ["x1->h1"])
    wrong = {(place, text) for place, text in walked(window, STEPS[:5]) if RAW_NAME.search(text)}
    assert not wrong
    window.scene.select(["h1"], [])
    wrong = {(place, text) for place, text in walked(window, STEPS[5:]) if RAW_NAME.search(text)}
    assert not wrong


def test_no_text_has_a_raw_name_after_edits_and_questions(window: MainWindow) -> None:
    window.scene.select(["h1"], [])
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    window.scene.select(["h2"], [])
    window.commands["edit.nudge_left"].trigger()
    window.commands["edit.undo"].trigger()
    window.commands["lesson.predict"].trigger()
    wrong = {(place, text) for place, text in walked(window, STEPS[:2]) if RAW_NAME.search(text)}
    assert not wrong


def signs_of_others(notation: Notation) -> re.Pattern[str]:
    """Return what finds the letters that other notations have for the loss and the target."""
    losses = "".join({"E", "C", "L", "J"} - {notation.loss_symbol})
    targets = "".join({"t", "y", "r"} - {notation.target_symbol})
    return re.compile(rf"∂[{losses}]\b|(?<![\w+&'])[{losses}](?![\w'+])|− ?[{targets}]\b")


@pytest.mark.parametrize("notation", NOTATIONS)
def test_no_text_has_a_sign_of_another_notation(
    open_window: Callable[[Session | None], MainWindow], notation: Notation
) -> None:
    data = resource_path("lessons", "S5.bpviz.json").read_bytes()
    window = open_window(replace(decode_session(data).session, notation=notation))
    found = signs_of_others(notation)
    wrong = {
        (place, text)
        for place, text in walked(window, STEPS[:5])
        if found.search(re.sub(r"\((Ctrl|Alt|Shift)[^)]*\)|Ctrl\+\S+|&", "", text))
    }
    assert not wrong
