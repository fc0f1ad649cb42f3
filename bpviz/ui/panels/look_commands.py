"""The menu's choices of how numbers look on the drawing: slot, scale and range, remembered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu

from bpviz.document.document import Document
from bpviz.model.network import Network, Unit
from bpviz.ui.canvas.minimap import Minimap
from bpviz.ui.canvas.overlays import OVERLAYS, Reference, slot_title
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.selection import Selection
from bpviz.ui.canvas.shown import State
from bpviz.ui.settings import Settings


class LookCommands(QObject):
    """Keeps the scene's look and what the menus say of it equal, and remembers it."""

    def __init__(
        self,
        document: Document,
        scene: CanvasScene,
        commands: Mapping[str, QAction],
        menu: QMenu,
        minimap: Minimap,
        settings: Settings,
        parent: QObject,
    ) -> None:
        """`menu` is the one of the overlays, in which the optimizer's slots are offered too."""
        super().__init__(parent)
        self._document, self._scene = document, scene
        self._commands, self._settings = commands, settings
        self._menu, self._minimap = menu, minimap
        self._last = scene.look
        self._is_repeated = False
        self._slots = QActionGroup(self)
        self._slots.triggered.connect(self._on_slot_chosen)
        menu.aboutToShow.connect(self._offer_slots)

    def restore(self) -> None:
        """Show all as it was left the last time."""
        look = replace(
            self._scene.look,
            slot=self._settings.text("optimizer_slot"),
            ranges=parse_ranges(self._settings.text("ranges")),
            is_logarithmic=self._settings.flag("size_logarithmic"),
            reference=self._start(),
        )
        self._scene.set_look(look)
        self._commands["view.minimap"].setChecked(self._settings.flag("minimap"))
        self._minimap.set_wanted(self._settings.flag("minimap"))

    def on_look_changed(self) -> None:
        """Let menus and settings say what the scene shows."""
        look = self._scene.look
        self._last, self._is_repeated = look, look == self._last
        self._commands["view.size_log"].setChecked(look.is_logarithmic)
        self._commands["view.range_fixed"].setChecked(look.fixed > 0.0)
        self._settings.put("optimizer_slot", look.slot)
        self._settings.put("size_logarithmic", look.is_logarithmic)
        self._settings.put("ranges", ranges_text(look.ranges))

    def on_replaced(self) -> None:
        """Compare with the start of another history from now on."""
        self._scene.set_look(replace(self._scene.look, reference=self._start()))

    def on_size_log(self, checked: bool) -> None:
        """Let width follow the logarithm of a number, or the number."""
        self._scene.set_look(replace(self._scene.look, is_logarithmic=checked))

    def on_range_fixed(self, checked: bool) -> None:
        """Hold the range as it is now, or let it follow the numbers."""
        look, ranges = self._scene.look, dict(self._scene.look.ranges)
        ranges.pop(look.overlay, None)
        if checked:
            ranges[look.overlay] = self._scene.picture.shown.scale or 1.0
        self._scene.set_look(replace(look, ranges=ranges))

    def on_overlay_chosen(self, action: QAction) -> None:
        """Show the optimizer's next slot where its state was shown already."""
        look, shown = self._scene.look, self._scene.picture.shown
        again = self._is_repeated and action is self._commands["view.show_optimizer"]
        if again and len(shown.slots) > 1:
            place = shown.slots.index(shown.slot) + 1
            self._scene.set_look(replace(look, slot=shown.slots[place % len(shown.slots)]))

    def copy_number(self) -> None:
        """Copy the number shown at the one node or edge selected, with all digits."""
        selection, picture = self._scene.selection, self._scene.picture
        chosen = len(selection.nodes) + len(selection.edges)
        text = selected_number(selection, picture) if chosen == 1 else ""
        if text:
            QGuiApplication.clipboard().setText(text)
        else:
            problem = "Nothing is computed there yet" if chosen == 1 else "Select one node or edge"
            self._scene.refuse(problem, picture.content_rect().center())

    def on_minimap(self, checked: bool) -> None:
        """Show the minimap where it is of use, or never."""
        self._settings.put("minimap", checked)
        self._minimap.set_wanted(checked)

    def _start(self) -> Reference:
        return reference_of(self._document.timeline.history.start.network, "the start")

    def _offer_slots(self) -> None:
        for action in self._slots.actions():
            self._slots.removeAction(action)
            self._menu.removeAction(action)
            action.deleteLater()
        shown = self._scene.picture.shown
        after = self._commands["view.show_differences"]
        for slot in shown.slots:
            action = QAction("    " + slot_title(slot, shown.slots).capitalize(), self._menu)
            action.setObjectName(f"slot.{slot}")
            action.setCheckable(True)
            action.setChecked(shown.overlay == "optimizer" and slot == shown.slot)
            self._slots.addAction(action)
            self._menu.insertAction(after, action)

    def _on_slot_chosen(self, action: QAction) -> None:
        slot = action.objectName().removeprefix("slot.")
        self._scene.set_look(replace(self._scene.look, slot=slot))
        if self._scene.overlay != "optimizer":
            self._commands["view.show_optimizer"].trigger()


def selected_number(selection: Selection, picture: Picture) -> str:
    """Return the number shown at what is selected, as programs read it; "" for none yet."""
    if selection.edges:
        numbers = picture.shown.edges
        place = picture.geometry.names.index(selection.edges[0])
    else:
        numbers, place = picture.shown.value, picture.geometry.index[selection.nodes[0]]
    if numbers.state[place] == State.NOT_COMPUTED:
        return ""
    return repr(float(numbers.value[place]))


def reference_of(network: Network, title: str) -> Reference:
    """Return the weights and biases of `network`, to compare with."""
    return Reference(
        title,
        {edge.name: edge.weight for edge in network.edges},
        {node.id: node.bias for node in network.nodes if isinstance(node, Unit)},
    )


def ranges_text(ranges: Mapping[str, float]) -> str:
    """Return fixed ranges as a line for the settings."""
    return " ".join(f"{overlay}={size!r}" for overlay, size in sorted(ranges.items()))


def parse_ranges(text: str) -> dict[str, float]:
    """Return the ranges of a line that `ranges_text` made; what makes no sense is left out."""
    found: dict[str, float] = {}
    for part in text.split():
        overlay, _, number = part.partition("=")
        try:
            size = float(number)
        except ValueError:
            continue
        if overlay in OVERLAYS and math.isfinite(size) and size > 0.0:
            found[overlay] = size
    return found
