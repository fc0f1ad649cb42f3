"""The inspector: fields of what is selected, set alone and together."""

from collections.abc import Iterable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.network import LeakyRelu, Unit
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.inspector_panel import InspectorPanel
from bpviz.ui.panels.number_field import NumberField

from .conftest import NO_RAISE, named, type_into


class Chosen:
    """A selection that the test makes."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.edges: list[str] = []

    def selected_nodes(self) -> list[str]:
        return self.nodes

    def selected_edges(self) -> list[str]:
        return self.edges


class Inspector:
    """The panel with its selection and document."""

    def __init__(self, document: Document, player: Player) -> None:
        self.document = document
        self.chosen = Chosen()
        self.panel = InspectorPanel(document, player, self.chosen)
        document.edited.connect(self.panel.refresh)

    def select(self, nodes: Iterable[str] = (), edges: Iterable[str] = ()) -> None:
        self.chosen.nodes, self.chosen.edges = list(nodes), list(edges)
        self.panel.refresh()

    def unit(self, name: str) -> Unit:
        node = self.document.session.network.node(name)
        assert isinstance(node, Unit)
        return node

    def number(self, name: str) -> NumberField:
        found = self.panel.findChild(NumberField, name)
        assert found is not None
        return found

    def choice(self, name: str) -> Choice:
        found = self.panel.findChild(Choice, name)
        assert found is not None
        return found

    def box(self, name: str) -> QCheckBox:
        found = self.panel.findChild(QCheckBox, name)
        assert found is not None
        return found

    def choose(self, name: str, key: str) -> None:
        choice = self.choice(name)
        choice.setFocus()
        choice.setCurrentIndex(choice.findData(key))
        choice.activated.emit(choice.currentIndex())

    def click(self, name: str) -> None:
        box = self.box(name)
        at = box.rect().center()
        at.setX(9)
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=at)


@pytest.fixture
def inspector(qtbot: QtBot, document: Document, player: Player) -> Inspector:
    """The panel, shown, following the document."""
    made = Inspector(document, player)
    qtbot.addWidget(made.panel)
    made.panel.resize(280, 300)
    made.panel.show()
    return made


def test_nothing_selected_says_what_to_do(inspector: Inspector) -> None:
    inspector.select()
    assert not inspector.number("inspector.bias").isVisible()
    assert not inspector.number("inspector.weight").isVisible()


def test_label_of_a_node(inspector: Inspector, qtbot: QtBot) -> None:
    with qtbot.waitSignal(inspector.panel.titled) as told:
        inspector.select(["h1"])
    assert told.args == ["h₁"]
    label = inspector.panel.findChild(QLineEdit, "inspector.label")
    assert label is not None
    type_into(label, "hidden one")
    assert inspector.unit("h1").label == "hidden one"
    type_into(label, " ")
    assert inspector.unit("h1").label == "h1"


def test_bias_and_whether_it_is_trained(inspector: Inspector) -> None:
    inspector.select(["h1"])
    bias = inspector.number("inspector.bias")
    assert bias.value == 0.1
    type_into(bias, "-2/7")
    assert inspector.unit("h1").bias == -2 / 7
    inspector.click("inspector.bias_trained")
    assert inspector.unit("h1").trainable_bias is False
    inspector.document.undo()
    inspector.document.undo()
    assert not inspector.document.dirty
    assert inspector.number("inspector.bias").value == 0.1


def test_activation_with_its_parameter(inspector: Inspector) -> None:
    inspector.select(["h1"])
    assert not inspector.number("inspector.parameter").isVisible()
    inspector.choose("inspector.activation", "leaky_relu")
    assert inspector.unit("h1").activation == LeakyRelu()
    slope = inspector.number("inspector.parameter")
    assert slope.isVisible()
    type_into(slope, "0,2")
    assert inspector.unit("h1").activation == LeakyRelu(0.2)
    inspector.choose("inspector.activation", "tanh")
    assert inspector.unit("h1").activation == "tanh"


def test_a_product_has_no_bias(inspector: Inspector) -> None:
    inspector.select(["h1"])
    inspector.choose("inspector.combine", "product")
    assert inspector.unit("h1").combine == "product"
    assert not inspector.number("inspector.bias").isVisible()
    inspector.document.undo()
    assert inspector.number("inspector.bias").isVisible()
    assert not inspector.document.dirty


def test_weight_of_an_edge(inspector: Inspector) -> None:
    inspector.select(edges=["x1->h1"])
    weight = inspector.number("inspector.weight")
    assert weight.value == 0.5
    type_into(weight, "1/3")
    assert inspector.document.session.network.edge("x1->h1").weight == 1 / 3
    inspector.click("inspector.weight_trained")
    assert inspector.document.session.network.edge("x1->h1").trainable is False


def test_several_are_set_together(inspector: Inspector, qtbot: QtBot) -> None:
    with qtbot.waitSignal(inspector.panel.titled) as told:
        inspector.select(["h1", "h2", "x1"], ["x1->h1", "x2->h1"])
    assert told.args == ["3 nodes, 2 edges"]
    bias = inspector.number("inspector.bias")
    assert bias.value is None
    assert bias.placeholderText() == "several"
    type_into(bias, "0.4")
    assert {inspector.unit(name).bias for name in ("h1", "h2")} == {0.4}
    assert inspector.unit("y1").bias == 0.3
    inspector.choose("inspector.activation", "tanh")
    assert {inspector.unit(name).activation for name in ("h1", "h2")} == {"tanh"}
    type_into(inspector.number("inspector.weight"), "2")
    network = inspector.document.session.network
    assert [edge.weight for edge in network.edges] == [2.0, 2.0, 0.3, 0.4, 0.6, 0.7]


def test_outputs_with_their_data_columns(inspector: Inspector) -> None:
    before = inspector.document.session
    inspector.select(["h1", "h2"])
    inspector.click("inspector.output")
    network = inspector.document.session.network
    assert network.outputs == ("y1", "h1", "h2")
    inspector.document.undo()
    assert inspector.document.session == before


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_text_is_refused(inspector: Inspector) -> None:
    inspector.select(edges=["x1->h1"])
    type_into(inspector.number("inspector.weight"), "heavy")
    assert inspector.document.session.network.edge("x1->h1").weight == 0.5
    assert inspector.number("inspector.weight").value == 0.5


def test_numbers_follow_the_update_frames(inspector: Inspector, player: Player) -> None:
    player.stepped.connect(inspector.panel.refresh_numbers)
    inspector.select(edges=["h1->y1"])
    weight = inspector.number("inspector.weight")
    assert player.frames is not None
    player.show_frame(len(player.frames) - 1)
    assert player.trace is not None
    new = player.trace.updated[player.trace.program.edge_slot[4]]
    assert weight.value == new != 0.6
    player.show_frame(-1)
    assert weight.value == 0.6


def test_several_weights_and_biases_are_scaled_and_randomised(window: MainWindow) -> None:
    window.scene.select(["y1"], ["h1->y1", "h2->y1"])
    type_into(named(window, "inspector.factor"), "1/2")
    network = window.document.session.network
    assert (network.edge("h1->y1").weight, network.edge("h2->y1").weight) == (0.3, 0.35)
    assert window.document.undo_label == "Scale 1 bias and 2 weights"
    QTest.mouseClick(named(window, "inspector.randomise"), Qt.MouseButton.LeftButton)
    assert window.document.undo_label == "Randomise 1 bias and 2 weights"
    drawn = window.document.session.network.edge("h1->y1").weight
    assert drawn != 0.3
    assert abs(drawn) <= 0.5
    window.scene.select(["x1"], [])
    assert not named(window, "inspector.factor").isVisible()


def test_fields_keep_their_height_where_the_panel_scrolls(window: MainWindow) -> None:
    window.resize(1100, 700)
    window.scene.select(["h1"], [])
    QApplication.processEvents()
    for name in ("label", "combine", "activation", "bias"):
        field = named(window, f"inspector.{name}")
        assert field.height() >= field.sizeHint().height(), name
