"""The panels Matrices and Conventions in the window, and the session's notation."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QScrollArea
from pytestqt.qtbot import QtBot

from bpviz.engine.builders import new_layered
from bpviz.explain.expression import Reference
from bpviz.explain.text import to_text
from bpviz.model.data import GeneratorData
from bpviz.model.edit import EditError
from bpviz.model.network import Edge
from bpviz.model.schema import Notation, Session
from bpviz.model.session import load_session
from bpviz.model.verbs import set_notation
from bpviz.ui.main_window import MainWindow
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.conventions_panel import ConventionsPanel
from bpviz.ui.panels.matrices_panel import LARGE, MatricesPanel, cell_count
from bpviz.ui.panels.parameter_panel import MOST_EDGES
from bpviz.ui.style import resource_path
from tests.ui.conftest import NO_RAISE, named, type_into

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


@pytest.fixture
def matrices(window: MainWindow) -> MatricesPanel:
    window.commands["view.front_matrices"].trigger()
    return window.workspace.analysis.matrices


@pytest.fixture
def panel(window: MainWindow) -> ConventionsPanel:
    window.commands["view.front_conventions"].trigger()
    return window.workspace.analysis.conventions


def test_cells_and_drawing_are_tied(window: MainWindow, matrices: MatricesPanel) -> None:
    view, network = matrices.view, window.document.session.network
    weight = Reference("edge", "x1->h2", "weight")
    at = view.rect_of(weight).center().toPoint()
    QTest.mouseMove(view, at)
    assert window.scene.picture.marks.hovered_edge == network.edge_index["x1->h2"]
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert window.scene.selected_edges() == ["x1->h2"]
    x, y = window.scene.geometry.positions[network.node_index["h1"]]
    QTest.mouseMove(
        window.canvas.viewport(), window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
    )
    assert view.highlighted == Reference("node", "h1", "")
    assert view.page.width <= view.width()


def test_cells_fill_as_the_step_comes_to_them(window: MainWindow, matrices: MatricesPanel) -> None:
    def known() -> int:
        tables = [table for layer in matrices.view.layers for table in layer.tables]
        return sum(cell.known for table in tables for row in table.cells for cell in row)

    before = known()
    for _ in range(4):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        assert known() > before
        before = known()


def test_what_has_no_layers_is_told(window: MainWindow, matrices: MatricesPanel) -> None:
    session = window.document.session
    network = session.network
    across = type(network)(network.nodes, (*network.edges, Edge("x1", "y1", 0.5)), network.outputs)
    window.document.new(Session(network=across, data=session.data, training=session.training))
    assert matrices.rest.isVisible()
    assert "x₁ → y₁ does not lead to the next layer" in matrices.rest.text()
    assert matrices.latex() == ""


def test_wide_layers_with_few_edges_are_told_too_large(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    session = load_session(resource_path("lessons/S5.bpviz.json"))
    window = open_window(msgspec.structs.replace(session, history=None))
    for _ in range(5):
        window.commands["edit.select_all"].trigger()
        window.commands["edit.duplicate"].trigger()
    network = window.document.session.network
    assert cell_count(network) > MOST_EDGES > len(network.edges)
    window.commands["view.front_matrices"].trigger()
    matrices = window.workspace.analysis.matrices
    assert matrices.rest.text() == LARGE
    assert not matrices.view.layers


def test_wide_layers_fit(open_window: Callable[[Session | None], MainWindow]) -> None:
    session = load_session(resource_path("lessons", "S5.bpviz.json"))
    network = session.network.layered((20, 30, 1), "tanh", "identity")
    rows = session.data.__class__
    window = open_window(
        Session(
            network=network,
            data=rows(inputs=((0.5,) * 20,), targets=((1.0,),)),  # type: ignore[call-arg]
            training=session.training,
        )
    )
    window.commands["view.front_matrices"].trigger()
    view = window.workspace.analysis.matrices.view
    assert len(view.layers) == 3
    assert view.page.width <= view.width()


def test_each_convention_has_its_numbers(window: MainWindow, panel: ConventionsPanel) -> None:
    window.scene.select([], ["h1->y1"])
    QApplication.processEvents()
    texts = [label.text() for label in panel.body.findChildren(QLabel) if label.isVisible()]
    assert "½ or not" in texts
    gradients = {each.answer: each.gradients["h1->y1"] for each in panel.found}
    half, whole = (next(v for k, v in gradients.items() if k.startswith(word))
                   for word in ("with ½", "without ½"))  # fmt: skip
    assert whole == pytest.approx(2 * half)
    assert sum(text.endswith(": a mistake") for text in texts) == 1
    assert sum("(here)" in text for text in texts) == 4
    # E of the chosen convention, once for each question, and of the mistake.
    loss = format_number(next(each.loss for each in panel.found if each.current), 6, trim=True)
    assert texts.count(loss) >= 5


def test_the_numbers_are_said_to_be_the_batchs(window: MainWindow, panel: ConventionsPanel) -> None:
    said = [label.text() for label in panel.row.findChildren(QLabel)]
    assert said == ["batch of 4"]
    window.player.choose_sample(2)
    assert [label.text() for label in panel.row.findChildren(QLabel)] == said
    derivation = window.workspace.analysis.derivation
    window.commands["view.front_derivation"].trigger()
    assert [label.text() for label in derivation.row.findChildren(QLabel)] == ["sample 3 of 4"]


def test_a_printed_number_finds_its_convention(window: MainWindow, panel: ConventionsPanel) -> None:
    window.scene.select([], ["h1->y1"])
    here = next(each for each in panel.found if each.current)
    book = named(panel, "conventions.book", QLineEdit)
    type_into(book, f"{2 * here.gradients['h1->y1']:.6f}".replace(".", ","))
    assert "sum over the batch" in panel.answer or "the other" in panel.answer
    type_into(book, f"{here.gradients['h1->y1']:.6f}")
    assert panel.answer.startswith("✓ Gradient of h₁ → y₁")
    type_into(book, "abc")
    assert "is no number" in panel.answer
    type_into(book, "98765")
    assert panel.answer.startswith("No convention gives this number")


def test_the_notation_is_one_edit_each_and_reaches_all_panels(
    window: MainWindow, panel: ConventionsPanel
) -> None:
    type_into(named(panel, "notation.loss", QLineEdit), "C")
    assert window.document.session.notation == Notation(loss_symbol="C")
    assert window.document.undo_label == "Change the notation"
    order = named(panel, "notation.order", QComboBox)
    order.setFocus()
    QTest.keyClick(order, Qt.Key.Key_Down)
    assert window.player.notation == Notation("C", weight_order="from_to")
    window.commands["view.front_derivation"].trigger()
    derivation = window.workspace.analysis.derivation.view.derivation
    assert derivation is not None
    assert to_text(derivation.gradient) == "∂C/∂w"
    window.commands["view.front_matrices"].trigger()
    layer = window.workspace.analysis.matrices.view.layers[1]
    assert "(W^{2})^{T}" in layer.equations[0]
    window.document.undo()
    window.document.undo()
    assert window.player.notation == Notation()


def test_a_letter_that_is_none_is_refused(
    window: MainWindow, panel: ConventionsPanel, qtbot: QtBot
) -> None:
    field = named(panel, "notation.target", QLineEdit)
    assert isinstance(field, QLineEdit)
    type_into(field, "")
    qtbot.waitUntil(lambda: field.text() == "t")
    assert not window.document.can_undo
    with pytest.raises(EditError, match="one to four letters"):
        set_notation(window.document.session, Notation(loss_symbol="E_1"))


def test_the_step_s_layer_is_in_view(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = open_window(new_layered((2, 4, 4, 1), data=GeneratorData("xor_points"), seed=1))
    window.resize(1280, 720)
    window.commands["view.front_matrices"].trigger()
    panel = window.workspace.analysis.matrices
    area = panel.findChild(QScrollArea)
    assert isinstance(area, QScrollArea)

    def in_view(layer: int) -> bool:
        rect, top = panel.view.layer_rect(layer), area.verticalScrollBar().value()
        return top - 8 <= rect.top() + panel.view.y() < top + area.viewport().height() - 40

    for layer in (1, 2, 3, 3, 2, 1):
        window.player.step_forward("layer")
        while window.player.frame is not None and window.player.frame.node < 0:
            window.player.step_forward("layer")
        qtbot.waitUntil(lambda layer=layer: in_view(layer))  # type: ignore[misc]
    area.verticalScrollBar().setValue(0)
    window.player.step_forward("neuron")
    qtbot.wait(5)
    assert area.verticalScrollBar().maximum() > 0
    window.player.show_frame(-1)
    qtbot.waitUntil(lambda: in_view(0))
