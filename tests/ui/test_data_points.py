"""Rows drawn as points with mouse and keys, and data sets chosen from the gallery."""

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.builders import new_layered
from bpviz.engine.datasets import GENERATORS
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.data_panel import DataPanel
from bpviz.ui.panels.gallery import OWN
from bpviz.ui.plots.points import class_color, target_colors, thumbnail
from bpviz.ui.plots.points_plane import PointsPlane
from bpviz.ui.style import DARK, HIGH_CONTRAST, LIGHT, apply_theme

from .conftest import NO_RAISE, named

Left = Qt.MouseButton.LeftButton
Shift = Qt.KeyboardModifier.ShiftModifier


class Stand(QWidget):
    """The data panel alone, following a document: a whole window takes longer to build."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.document = Document(session)
        self.player = Player(self.document, self)
        self.panel = DataPanel(self.document, self.player, DARK)
        self.document.edited.connect(self.panel.follow_structure)
        self.document.replaced.connect(self.panel.follow_structure)
        self.player.stepped.connect(self.panel.follow_numbers)
        QVBoxLayout(self).addWidget(self.panel)
        self.resize(300, 420)


@pytest.fixture
def stand(session: Session, qtbot: QtBot, qapp: QApplication) -> Iterator[Stand]:
    """The panel on four rows, shown."""
    apply_theme(qapp, "dark")
    made = Stand(session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.player.pause()


@pytest.fixture
def plane(stand: Stand) -> PointsPlane:
    """The plane, shown."""
    stand.panel.show_page("points")
    found = stand.findChild(PointsPlane, "data.plane")
    assert found is not None
    return found


def panel_of(stand: Stand) -> DataPanel:
    return stand.panel


def table(stand: Stand) -> TableData:
    data = stand.document.session.data
    assert isinstance(data, TableData)
    return data


def place(plane: PointsPlane, x: float, y: float) -> QPoint:
    return plane.ground.place_of(x, y).toPoint()


def weights(stand: Stand) -> list[float]:
    return [edge.weight for edge in stand.document.session.network.edges]


def choose(stand: Stand, name: str) -> None:
    panel_of(stand).show_page("sets")
    tile = named(stand, f"data.set_{name}")
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Return)


# -- points ------------------------------------------------------------------------------------


def test_a_click_draws_a_point_of_the_class_chosen_by_key(stand: Stand, plane: PointsPlane) -> None:
    before, old = weights(stand), table(stand)
    QTest.mouseClick(plane, Left, pos=place(plane, 0.25, 0.25))
    plane.setFocus()
    QTest.keyClick(plane, Qt.Key.Key_0)
    QTest.mouseClick(plane, Left, pos=place(plane, 0.5, 1.1))
    new = table(stand)
    assert new.inputs[:4] == old.inputs
    assert np.array(new.inputs[4:]) == pytest.approx(np.array([[0.25, 0.25], [0.5, 1.1]]), abs=0.02)
    assert new.targets[4:] == ((0.8,), (0.0,)), "the key names a target that occurs"
    assert weights(stand) == before
    stand.document.undo()
    stand.document.undo()
    assert table(stand) == old


def test_the_class_is_chosen_by_button_too(stand: Stand, plane: PointsPlane) -> None:
    QTest.mouseClick(named(stand, "data.class_2"), Left)
    QTest.mouseClick(plane, Left, pos=place(plane, 0.25, 0.25))
    assert table(stand).targets[-1] == (1.0,)
    QTest.keyClick(plane, Qt.Key.Key_Minus)
    button = stand.findChild(QAbstractButton, "data.class_0")
    assert button is not None
    assert button.isChecked()


def test_a_drag_moves_a_point_in_one_edit(stand: Stand, plane: PointsPlane) -> None:
    old = table(stand)
    QTest.mousePress(plane, Left, pos=place(plane, 1.0, 0.0))
    for x in (0.9, 0.8, 0.7):
        QTest.mouseMove(plane, place(plane, x, 0.2))
        assert table(stand) is old, "nothing changes before the end"
    QTest.mouseRelease(plane, Left, pos=place(plane, 0.7, 0.2))
    new = table(stand)
    assert new.inputs[2] == pytest.approx((0.7, 0.2), abs=0.02)
    assert new.targets == old.targets
    assert new.inputs[:2] + new.inputs[3:] == old.inputs[:2] + old.inputs[3:]
    stand.document.undo()
    assert table(stand) == old


def test_esc_gives_a_drag_up(stand: Stand, plane: PointsPlane) -> None:
    old = table(stand)
    QTest.mousePress(plane, Left, pos=place(plane, 1.0, 0.0))
    QTest.mouseMove(plane, place(plane, 0.7, 0.2))
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    QTest.mouseRelease(plane, Left, pos=place(plane, 0.7, 0.2))
    assert table(stand) is old


def test_a_click_picks_a_sample_and_del_removes_it(stand: Stand, plane: PointsPlane) -> None:
    QTest.mouseClick(plane, Left, pos=place(plane, 1.0, 0.0))
    assert stand.player.sample == 2
    assert len(table(stand).inputs) == 4
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert table(stand).inputs == ((0.5, 0.3), (0.0, 1.0), (1.0, 1.0))
    assert len(stand.document.session.network.nodes) == 5


def test_test_points_are_changed_where_they_are(stand: Stand, plane: PointsPlane) -> None:
    QTest.mousePress(plane, Left, pos=place(plane, 0.25, 0.75))
    QTest.mouseMove(plane, place(plane, 0.3, 0.6))
    QTest.mouseRelease(plane, Left, pos=place(plane, 0.2, 0.6))
    assert table(stand).test_inputs[0] == pytest.approx((0.2, 0.6), abs=0.02)
    assert len(table(stand).inputs) == 4
    QTest.mouseClick(named(stand, "data.test"), Left)
    QTest.mouseClick(plane, Left, pos=place(plane, 0.9, 0.5))
    assert len(table(stand).test_inputs) == len(table(stand).test_targets) == 2


def test_shift_and_drag_sprays_in_one_edit(stand: Stand, plane: PointsPlane) -> None:
    old = table(stand)
    QTest.mousePress(plane, Left, Shift, place(plane, 0.2, 0.2))
    for step in range(1, 9):
        QTest.mouseMove(plane, place(plane, 0.2 + 0.1 * step, 0.2))
    QTest.mouseRelease(plane, Left, Shift, place(plane, 1.0, 0.2))
    drawn = np.array(table(stand).inputs[4:])
    assert len(drawn) >= 6
    assert np.ptp(drawn[:, 0]) > 0.5
    assert len(np.unique(drawn[:, 1])) > 3, "they scatter"
    stand.document.undo()
    assert table(stand) == old


def test_drawing_makes_generated_rows_a_table(stand: Stand) -> None:
    choose(stand, "circles")
    before = weights(stand)
    panel_of(stand).show_page("points")
    plane = stand.findChild(PointsPlane, "data.plane")
    assert plane is not None
    rows = stand.player.rows
    QTest.mouseClick(plane, Left, pos=place(plane, 2.8, 2.8))
    assert len(table(stand).inputs) == rows.count + 1
    assert np.array_equal(np.array(table(stand).inputs[:-1]), rows.inputs)
    assert table(stand).targets[-1] == (1.0,)
    assert weights(stand) == before


def test_a_curve_is_drawn_with_its_target_upwards(stand: Stand) -> None:
    data = TableData(inputs=((0.0,), (1.0,)), targets=((0.0,), (1.0,)))
    stand.document.new(new_layered((1, 3, 1), data=data))
    panel_of(stand).show_page("points")
    plane = stand.findChild(PointsPlane, "data.plane")
    assert plane is not None
    QTest.mouseClick(plane, Left, pos=place(plane, 0.5, 0.8))
    assert table(stand).inputs[2] == pytest.approx((0.5,), abs=0.02)
    assert table(stand).targets[2] == pytest.approx((0.8,), abs=0.02)


def test_points_join_an_empty_table(stand: Stand) -> None:
    session = msgspec.structs.replace(stand.document.session, data=TableData())
    stand.document.new(session)
    panel_of(stand).show_page("points")
    plane = stand.findChild(PointsPlane, "data.plane")
    assert plane is not None
    QTest.mouseClick(plane, Left, pos=place(plane, 0.5, 0.5))
    assert table(stand).targets == ((1.0,),)
    assert stand.player.problem == ""


def test_rows_of_other_shapes_are_not_drawn(stand: Stand) -> None:
    stand.document.new(new_layered((3, 2, 1)))
    panel_of(stand).show_page("points")
    plane = stand.findChild(PointsPlane, "data.plane")
    assert plane is not None
    before = stand.document.session
    QTest.mouseClick(plane, Left, pos=QPoint(100, 60))
    assert not plane.isEnabled()
    assert stand.document.session is before


def test_keys_of_the_plane_are_its_own(window: MainWindow) -> None:
    window.workspace.data_panel.show_page("points")
    plane = named(window, "data.plane")
    assert isinstance(plane, PointsPlane)
    QTest.mouseClick(plane, Left, pos=place(plane, 1.0, 0.0))
    QTest.keyClick(plane, Qt.Key.Key_1)
    assert window.player.grain == "neuron", "elsewhere the key 1 chooses the grain"
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert len(window.player.rows.inputs) == 3
    assert len(window.document.session.network.nodes) == 5


# -- the gallery -------------------------------------------------------------------------------


def test_every_data_set_can_be_chosen_and_no_weight_changes(stand: Stand) -> None:
    before = weights(stand)
    for name in GENERATORS:
        choose(stand, name)
        data = stand.document.session.data
        assert isinstance(data, GeneratorData)
        assert data.name == name
        framed = [
            tile.objectName()
            for tile in panel_of(stand).findChildren(QAbstractButton)
            if tile.objectName().startswith("data.set_") and tile.isChecked()
        ]
        assert framed == [f"data.set_{name}"]
    assert weights(stand) == before
    for _ in GENERATORS:
        stand.document.undo()
    assert not stand.document.can_undo


def test_settings_stay_from_one_data_set_to_the_next(stand: Stand) -> None:
    choose(stand, "moons")
    field = named(stand, "data.samples")
    field.setFocus()
    QTest.keyClicks(field, "60")
    QTest.keyClick(field, Qt.Key.Key_Return)
    choose(stand, "circles")
    data = stand.document.session.data
    assert isinstance(data, GeneratorData)
    assert (data.name, data.samples) == ("circles", 60)


def test_a_network_that_does_not_fit_is_fitted_on_demand(stand: Stand, qtbot: QtBot) -> None:
    choose(stand, "blobs3")
    assert stand.player.problem == "The rows have 3 target columns, but the network has 1 output"
    button = named(stand, "data.fit_network")
    assert button.isVisible()
    QTest.mouseClick(button, Left)
    assert stand.player.problem == ""
    assert not button.isVisible()
    assert len(stand.document.session.network.outputs) == 3
    choose(stand, "sine")
    QTest.mouseClick(button, Left)
    assert stand.player.problem == ""
    stand.player.run()
    qtbot.waitUntil(lambda: stand.player.iteration > 2)
    stand.player.pause()


def test_classes_are_encoded_as_the_loss_needs(stand: Stand) -> None:
    data = TableData(inputs=((0.0, 1.0),), targets=((1.0, 0.0),))
    stand.document.new(new_layered((2, 3, 2), data=data, loss="softmax_cross_entropy"))
    choose(stand, "spiral")
    chosen = stand.document.session.data
    assert isinstance(chosen, GeneratorData)
    assert chosen.encoding == "one_hot"
    assert stand.player.problem == ""


def test_rows_of_ones_own_come_from_the_gallery(stand: Stand) -> None:
    choose(stand, "moons")
    rows = stand.player.rows
    choose(stand, OWN)
    assert panel_of(stand).page == "points"
    assert len(table(stand).inputs) == rows.count


def test_an_empty_network_refuses_nothing_and_says_what_it_lacks(stand: Stand) -> None:
    session = msgspec.structs.replace(stand.document.session, network=Network())
    stand.document.new(session)
    choose(stand, "spiral")
    assert stand.player.problem.startswith("The network has no nodes yet")
    panel_of(stand).show_page("points")


def test_pictures_differ_and_show_class_colours() -> None:
    for theme in (DARK, LIGHT, HIGH_CONTRAST):
        images = [thumbnail(name, (58, 44), 1.0, theme).toImage() for name in GENERATORS]  # type: ignore[arg-type]
        assert len({bytes(image.constBits()) for image in images}) == len(images)
    colors = target_colors(DARK, np.array([[0.0], [1.0]]))
    assert colors == [class_color(DARK, 0), class_color(DARK, 1)]
    assert len(set(target_colors(DARK, np.eye(12)))) == 12


# -- whole tables ------------------------------------------------------------------------------


def paste(stand: Stand, text: str) -> None:
    panel_of(stand).show_page("rows")
    QGuiApplication.clipboard().setText(text)
    rows = panel_of(stand).table
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_a_whole_table_replaces_the_rows_with_its_heading(stand: Stand) -> None:
    before = weights(stand)
    paste(stand, "height\twidth\tarea\r\n1,5\t2\t3\r\n0,5\t4\t2\r\n")
    assert table(stand).inputs == ((1.5, 2.0), (0.5, 4.0))
    assert table(stand).targets == ((3.0,), (2.0,))
    assert table(stand).input_names == ("height", "width")
    model = panel_of(stand).table.model()
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(3)]
    assert titles == ["height", "width", "area"]
    assert len(table(stand).test_inputs) == 1
    assert weights(stand) == before
    stand.document.undo()
    assert len(table(stand).inputs) == 4


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_a_table_that_does_not_fit_the_test_rows_is_refused(stand: Stand) -> None:
    before = stand.document.session
    paste(stand, "a\tb\tc\td\n1\t2\t3\t4\n")
    assert stand.document.session is before


def test_an_empty_table_takes_any_rows(stand: Stand) -> None:
    stand.document.new(msgspec.structs.replace(stand.document.session, data=TableData()))
    paste(stand, "1\t2\t3\t0\n4\t5\t6\t1\n")
    assert table(stand).inputs == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    assert stand.player.problem == "The rows have 3 input columns, but the network has 2 inputs"
    QTest.mouseClick(named(stand, "data.fit_network"), Left)
    assert stand.player.problem == ""
