"""What the menu Edit and the canvas's own menu do to the network, each as one Edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from bpviz.model import clips, layers, parameters
from bpviz.model.data import TableData
from bpviz.model.drafts import edit_between
from bpviz.model.edit import Edit, EditError, apply
from bpviz.model.network import LAYER_GAP, ROW_GAP, Combine
from bpviz.model.schema import Session
from bpviz.model.verbs import add_unit_behind, new_unit, set_node, set_outputs
from bpviz.model.wiring import connect_all, insert_existing, insert_unit, retarget
from bpviz.ui.canvas.clipboard import STEP, Clipboard
from bpviz.ui.canvas.edge_gestures import End
from bpviz.ui.canvas.placing import placing_edit, table_of
from bpviz.ui.panels.workspace import Workspace

# What the menu on the canvas offers, by what lies under the pointer; "" is a line.
MENUS: Final = {
    "node": (
        "edit.connect", "edit.add_unit", "edit.toggle_output", "",
        "edit.combine_sum", "edit.combine_product", "edit.combine_max", "",
        "edit.set_number", "edit.scale", "edit.randomise", "edit.freeze", "",
        "edit.select_layer", "edit.layer_grow", "edit.layer_shrink", "edit.layer_add",
        "edit.layer_remove", "",
        "edit.cut", "edit.copy", "edit.duplicate", "edit.delete",
    ),
    "edge": (
        "edit.insert", "edit.retarget", "edit.retarget_start", "",
        "edit.set_number", "edit.scale", "edit.randomise", "edit.freeze", "", "edit.delete",
    ),
    "canvas": (
        "edit.add_unit", "edit.add_product", "edit.add_max", "edit.add_input", "edit.add_output",
        "", "edit.paste", "edit.select_all", "", "edit.arrange", "view.fit",
    ),
}  # fmt: skip
# These leave their keys to tables and text fields, wherever those have the focus.
CANVAS_ONLY: Final = ("edit.cut", "edit.copy", "edit.paste")

# How far a nudge goes, in scene units.
NUDGE: Final = 5.0

Make = Callable[[Session, str, TableData | None], Edit]


class EditCommands(QObject):
    """Carries out the verbs of editing on what is selected on the canvas."""

    def __init__(
        self, workspace: Workspace, commands: Mapping[str, QAction], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._scene = workspace.scene
        self._canvas = workspace.canvas
        self._editor = workspace.scene.editor
        self._toolbox = workspace.toolbox
        self._commands = commands
        self._clipboard = Clipboard()
        self._menu: QMenu | None = None
        for name in CANVAS_ONLY:
            commands[name].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._canvas.addAction(commands[name])

    # -- adding --------------------------------------------------------------------------------

    def add_unit(self) -> None:
        """Add a unit: beside the selected nodes, which feed it, else at the pointer."""
        sources = self._scene.selected_nodes()
        if not sources:
            self._add("unit")
            return
        place = self._beside_selection()
        self._hold()
        self._editor.attempt_new(
            lambda: add_unit_behind(self._scene.session, sources, (place.x(), place.y())), place
        )
        self._canvas.walker.show_item()

    def add_product(self) -> None:
        """Add a product unit at the pointer."""
        self._add("product")

    def add_max(self) -> None:
        """Add a max unit at the pointer."""
        self._add("max")

    def add_input(self) -> None:
        """Add an input at the pointer."""
        self._add("input")

    def add_output(self) -> None:
        """Add an output at the pointer."""
        self._add("output")

    def place(self, kind: str) -> None:
        """Let the next click on the canvas place a node of `kind`; a second time: not."""
        if self._canvas.hand.placing == kind:
            self._canvas.hand.cancel_placing()
        else:
            self._canvas.begin_placing(kind)
        self._toolbox.show_placing(self._canvas.hand.placing)

    def _add(self, kind: str) -> None:
        self._hold()
        at = self._free_place(self._canvas.hand.take_place())
        self._editor.attempt_new(
            lambda: placing_edit(self._scene.session, kind, (at.x(), at.y())), at
        )
        self._canvas.walker.show_item()

    def _hold(self) -> None:
        # A drawing that is edited by hand stays where the hand is, unless nothing is there yet;
        # one that is edited by keys alone stays in view.
        if self._scene.geometry.node_count and self._canvas.hand.is_over:
            self._canvas.camera.hold()

    def _free_place(self, at: QPointF) -> QPointF:
        """Return the first place from `at` downwards on which no node lies."""
        geometry = self._scene.geometry
        while geometry.node_at(at.x(), at.y(), 40.0) >= 0:
            at = at + QPointF(0.0, ROW_GAP / 2)
        return at

    def _beside_selection(self) -> QPointF:
        geometry = self._scene.geometry
        places = geometry.positions[[geometry.index[each] for each in self._scene.selected_nodes()]]
        x, y = float(places[:, 0].max()) + LAYER_GAP, float(places[:, 1].mean())
        return self._free_place(QPointF(x, y))

    # -- wiring --------------------------------------------------------------------------------

    def connect_selected(self) -> None:
        """Let the selected nodes feed the one selected last."""
        *sources, target = self._scene.selected_nodes() or [""]
        if not sources:
            self._editor.refused.emit(
                "Select what feeds first, and last the unit that is fed", self._editor.anchor()
            )
            return
        self._editor.attempt(lambda: connect_all(self._scene.session, sources, target))

    def insert(self) -> None:
        """Put a unit into each selected edge; with a unit selected that has no edges, that one."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        if len(nodes) == 1 and len(edges) == 1:
            place = self._middle(edges[0])
            self._editor.attempt(
                lambda: insert_existing(self._scene.session, edges[0], nodes[0], place)
            )
            return
        self._editor.attempt_new(
            lambda: _with_inserted(self._scene.session, self._scene.selected_edges(), self._middle)
        )

    def retarget(self, end: End) -> None:
        """Take an end of the selected edge to the selected node."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        if len(nodes) != 1 or len(edges) != 1:
            what = "leads to" if end == "target" else "comes from"
            self._editor.refused.emit(
                f"Select one edge, and the node that it {what} then", self._editor.anchor()
            )
            return
        edge = self._scene.session.network.edge(edges[0])
        source, target = (edge.source, nodes[0]) if end == "target" else (nodes[0], edge.target)
        if self._editor.attempt(lambda: retarget(self._scene.session, edge.name, source, target)):
            self._scene.select([], [f"{source}->{target}"])

    def combine(self, kind: Combine) -> None:
        """Let the selected units join what enters them by sum, product or max."""
        known = {unit.id for unit in self._scene.session.network.units}
        units = [each for each in self._scene.selected_nodes() if each in known]
        if not units:
            self._editor.refused.emit("Select the units that are to join so", self._editor.anchor())
            return
        self._editor.attempt(lambda: set_node(self._scene.session, units, "combine", kind))

    def _middle(self, name: str) -> tuple[float, float]:
        geometry = self._scene.geometry
        ends = name.split("->")
        places = geometry.positions[[geometry.index[each] for each in ends]]
        x, y = places.mean(axis=0)
        return (float(x), float(y))

    def toggle_output(self) -> None:
        """Make the selected units outputs; where all are, no outputs any more."""
        network = self._scene.session.network
        units = {unit.id for unit in network.units}
        ids = [each for each in self._scene.selected_nodes() if each in units]
        wanted = not all(each in network.outputs for each in ids)
        self._editor.attempt(
            lambda: set_outputs(self._scene.session, ids, wanted, table_of(self._scene.session))
        )

    # -- clipboard -----------------------------------------------------------------------------

    def cut(self) -> None:
        """Copy the selected nodes and delete what is selected."""
        if self.copy():
            self._editor.delete_selected()

    def copy(self) -> bool:
        """Copy the selected nodes; return whether there are any."""
        part = self._clip()
        if part is not None:
            self._clipboard.put(part)
        return part is not None

    def paste(self) -> None:
        """Paste what is on the clipboard at the pointer."""
        self._hold()
        wanted = self._canvas.hand.take_place()

        def make() -> Edit:
            part = self._clipboard.get()
            at = self._clipboard.place(wanted)
            session = self._scene.session
            return clips.paste(session, part, (at.x(), at.y()), table_of(session))

        self._editor.attempt_new(make, wanted)

    def duplicate(self) -> None:
        """Put a copy of the selected nodes beside them."""
        part = self._clip()
        if part is None:
            return
        x, y = clips.middle_of(part)
        self._editor.attempt_new(
            lambda: clips.paste(
                self._scene.session,
                part,
                (x + STEP, y + STEP),
                table_of(self._scene.session),
                "Duplicate",
            )
        )

    def _clip(self) -> Session | None:
        session = self._scene.session
        try:
            return clips.clip(session, self._scene.selected_nodes(), table_of(session))
        except EditError as refusal:
            self._editor.refused.emit(str(refusal), self._editor.anchor())
            return None

    # -- moving --------------------------------------------------------------------------------

    def nudge_left(self) -> None:
        """Move the selected nodes a little left."""
        self._editor.nudge(-NUDGE, 0.0)

    def nudge_right(self) -> None:
        """Move the selected nodes a little right."""
        self._editor.nudge(NUDGE, 0.0)

    def nudge_up(self) -> None:
        """Move the selected nodes a little up."""
        self._editor.nudge(0.0, -NUDGE)

    def nudge_down(self) -> None:
        """Move the selected nodes a little down."""
        self._editor.nudge(0.0, NUDGE)

    # -- layers --------------------------------------------------------------------------------

    def select_layer(self) -> None:
        """Select all nodes of the layers that the selected nodes belong to."""
        network = self._scene.session.network
        found = [layers.level_of(network, node) for node in self._scene.selected_nodes()]
        self._scene.select([node for level in found for node in level], [])

    def grow_layer(self) -> None:
        """Add a node to the layer of the selection."""
        self._on_layer(layers.grow_layer)

    def shrink_layer(self) -> None:
        """Remove the last node of the layer of the selection."""
        self._on_layer(layers.shrink_layer)

    def add_layer(self) -> None:
        """Add a layer behind that of the selection."""
        self._on_layer(_add_layer)

    def remove_layer(self) -> None:
        """Remove the layer of the selection."""
        self._on_layer(_remove_layer)

    def _on_layer(self, make: Make) -> None:
        chosen = self._scene.selected_nodes()
        if not chosen:
            self._editor.refused.emit("Select a node of the layer", self._editor.anchor())
            return
        session = self._scene.session
        self._editor.attempt(lambda: make(self._scene.session, chosen[0], table_of(session)))

    # -- weights -------------------------------------------------------------------------------

    def randomise(self) -> None:
        """Draw small new weights and biases for what is selected."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        self._editor.attempt(lambda: parameters.randomise(self._scene.session, nodes, edges))

    def freeze(self) -> None:
        """Freeze the selected weights and biases; where all are frozen, unfreeze them."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        frozen = parameters.all_frozen(self._scene.session.network, nodes, edges)
        self._editor.attempt(
            lambda: parameters.freeze(self._scene.session, nodes, edges, trainable=frozen)
        )

    # -- the canvas's menu ---------------------------------------------------------------------

    def show_menu(self, kind: str, at: QPoint) -> None:
        """Show at a point of the screen what can be done with what lies there."""
        menu = QMenu(self._canvas)
        menu.setObjectName(f"menu.{kind}")
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in MENUS[kind]:
            if name:
                menu.addAction(self._commands[name])
            else:
                menu.addSeparator()
        self._menu = menu
        menu.popup(at)


def _add_layer(session: Session, node: str, _table: TableData | None) -> Edit:
    return layers.add_layer(session, node)


def _remove_layer(session: Session, node: str, _table: TableData | None) -> Edit:
    return layers.remove_layer(session, node)


def _with_inserted(
    session: Session, names: list[str], middle: Callable[[str], tuple[float, float]]
) -> Edit:
    """Return the edit that puts a unit into each of the edges `names`, at its `middle`."""
    if not names:
        raise EditError("Select an edge: the unit is put into it")
    draft = session
    for name in names:
        draft = apply(draft, insert_unit(draft, name, new_unit(draft, middle(name))))
    if len(names) == 1:
        return insert_unit(session, names[0], new_unit(session, middle(names[0])))
    return edit_between(session, draft, f"Put units into {len(names)} edges")
