"""Commands about places and samples: bookmarks, forks, the sample shown, why a weight moved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from bpviz.document.document import Document
from bpviz.document.origin import Origin, origin
from bpviz.document.player import Player, StepGrain
from bpviz.document.runs import MAX_RUNS
from bpviz.document.stage import READY
from bpviz.explain.parameter import parameter_words
from bpviz.model.counts import grouped
from bpviz.ui.numbers import localised
from bpviz.ui.panels.movement_section import set_words
from bpviz.ui.panels.workspace import Workspace

NOTHING_CHOSEN = "Select an edge, or a unit for its bias, to see why it moved."
NEVER_MOVES = "It is fixed, or has no bias: no update moves it."
NOT_MOVED = "Nothing has moved yet: step forward or run first."
NOT_KEPT = "What moved it came before the history that is kept; step forward or run to move it on."


class PlaceCommands(QObject):
    """Carries out those commands of the Run menu that go to a place, or keep one."""

    def __init__(
        self,
        document: Document,
        player: Player,
        workspace: Workspace,
        set_grain: Callable[[StepGrain], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._player = document, player
        self._workspace = workspace
        self._set_grain = set_grain

    def on_add_bookmark(self) -> None:
        """Put a bookmark at the place shown."""
        self._workspace.runs_panel.bookmarks.add()

    def on_fork(self) -> None:
        """Keep the line as a run and go on from here."""
        if self._document.runs_full:
            why = f"{MAX_RUNS} runs are the most: delete one in the panel Runs first."
            self._workspace.step_line.show_notice(why)
        else:
            self._document.fork_run()

    def on_next_sample(self) -> None:
        """Show the next sample of the batch, behind the last the first."""
        self._choose(1)

    def on_previous_sample(self) -> None:
        """Show the sample before, before the first the last."""
        self._choose(-1)

    def _choose(self, by: int) -> None:
        count = len(self._player.batch)
        if count:
            self._player.choose_sample((self._player.sample + by) % count)

    def on_why(self) -> None:
        """Go to the update of the selected weight or bias, and take it apart."""
        scene, player = self._workspace.scene, self._player
        nodes, edges = scene.selected_nodes(), scene.selected_edges()
        if len(nodes) + len(edges) != 1:
            self._workspace.step_line.show_notice(NOTHING_CHOSEN)
            return
        network = self._document.session.network
        fixed = (
            not network.edge(edges[0]).trainable
            if edges
            else not getattr(network.node(nodes[0]), "trainable_bias", False)
        )
        if fixed:
            self._workspace.step_line.show_notice(NEVER_MOVES)
            return
        if player.frame_index != READY:
            self._show_why(nodes, edges)
            return
        # Ready stands behind the last update, or behind the edits that came after it.
        timeline = self._document.timeline
        name = (edges or nodes)[0]
        found = origin(timeline.line, timeline.place, name, timeline.session.network.names)
        if found.kind == "update":
            player.go_to(found.place, partial(self._show_why, nodes, edges))
        elif found.kind == "edit":
            self._tell_edit(found, name)
        else:
            words = NOT_KEPT if player.iteration else NOT_MOVED
            self._workspace.step_line.show_notice(words, "Not moved")

    def _tell_edit(self, found: Origin, name: str) -> None:
        """Say that an edit gave the parameter its value, and no update."""
        iteration = self._player.iteration
        words = set_words(found, parameter_words(self._document.session.network, name))
        when = f"after iteration {grouped(iteration)}" if iteration else "before any update"
        words = f"{words} {when}. No update since."
        if iteration:
            words += " Ctrl+← goes back before it."
        self._workspace.step_line.show_notice(localised(words), "Set by an edit")

    def _show_why(self, nodes: list[str], edges: list[str]) -> None:
        scene, player = self._workspace.scene, self._player
        self._set_grain("term")
        if player.frames is None:
            return
        network, schedule = player.frames.network, player.frames.schedule
        if edges and edges[0] in network.edge_index:
            player.show_frame(int(schedule.edge_update[network.edge_index[edges[0]]]))
        elif nodes and nodes[0] in network.node_index:
            player.show_frame(int(schedule.bias_update[network.node_index[nodes[0]]]))
        else:
            return
        scene.select([], [])
        scene.select(nodes, edges)
        dock = self._workspace.docks["explain"]
        dock.show()
        dock.raise_()
