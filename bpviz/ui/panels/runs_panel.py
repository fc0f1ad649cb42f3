"""The panel of runs and bookmarks: lines of history side by side, and places to come back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from bpviz.document.bookmarks import Bookmarks
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.runs import MAX_RUNS, Run
from bpviz.document.timeline import Timeline
from bpviz.model.counts import grouped
from bpviz.model.edit import EditError
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.form import show_tip
from bpviz.ui.panels.look_commands import reference_of
from bpviz.ui.panels.names_list import NamesList
from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import Theme, run_colors

NO_RUNS: Final = (
    "Go back, change one thing and train on: what lay ahead becomes a run to compare with. "
    "Fork keeps the present line before you change anything."
)
NO_BOOKMARKS: Final = "Ctrl+B marks the place shown, to come back to."
SWATCH: Final = 12
# Lists are lower than Qt would have them before the words below them are cut.
LEAST_LIST: Final = 44


class RunsPanel(Panel):
    """Lists the active run first, then those beside it; below them the bookmarks of the line."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        actions: Mapping[str, QAction],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._player, self._scene = document, player, scene
        self._actions = actions
        self._theme = theme
        self._digits = 4
        self.bookmarks = Bookmarks(document, player)
        self.runs = NamesList("runs.list", "Runs")
        self.marks = NamesList("runs.bookmarks", "Bookmarks")
        self._no_runs, self._no_marks = QLabel(NO_RUNS), QLabel(NO_BOOKMARKS)
        self._buttons = {
            name: _button(name, text, tip)
            for name, text, tip in (
                ("switch", "Switch To", "Go on with the chosen run; this one is kept beside it"),
                ("keep", "Keep", "Save the chosen run with the session"),
                ("compare", "Compare", "Colour the edges by how far the weights are from its"),
                ("delete", "Delete", "Drop the chosen run for good"),
                ("fork", "Fork", "Keep the whole line as a run, and go on from here"),
            )
        }
        self._build()
        self._connect()
        self.refresh()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.refresh()

    def refresh_numbers(self) -> None:
        """Follow the position, but not while it moves by itself."""
        if not (self._player.running or self._player.scrubbing):
            self.refresh()

    def refresh(self) -> None:
        """List runs and bookmarks as they are now."""
        if self.runs.is_renaming or self.marks.is_renaming:
            return
        runs = self._document.runs
        swatches = [_swatch(color, self._theme) for color in run_colors(self._theme)]
        self.runs.fill([self._active_row(), *(self._row(run) for run in runs)], swatches)
        self._no_runs.setVisible(not runs)
        here = self._player.line_map.along(self._document.timeline.place)
        marks = self.bookmarks.marks
        self.marks.fill(
            [
                (
                    mark.label,
                    f"{'★' if mark.along == here else '☆'} {mark.label}",
                    f"After {grouped(mark.along)} iterations of the line",
                )
                for mark in marks
            ]
        )
        self._no_marks.setVisible(not marks)
        self._show_buttons()

    def _active_row(self) -> tuple[str, str, str]:
        name, player = self._document.active_run, self._player
        text = f"{name} (shown) · {_iterations(player.last_iteration)}"
        return name, text, "The run shown"

    def _row(self, run: Run) -> tuple[str, str, str]:
        text = f"{run.name} · {_iterations(run.last_iteration)}"
        if "loss" in self._player.hidden.kinds:
            text += " · loss ?"
        elif run.curve.train:
            text += f" · loss {format_number(run.curve.train[-1], self._digits)}"
        if run.is_ghost:
            return run.name, f"{text} · not kept", "Put aside by a change in the past; not saved"
        return run.name, text, "Saved with the session"

    def _show_buttons(self) -> None:
        index = self.runs.currentRow() - 1
        run = self._document.runs[index] if 0 <= index < len(self._document.runs) else None
        for name in ("switch", "compare", "delete"):
            self._buttons[name].setEnabled(run is not None)
        full = self._document.runs_full
        self._buttons["keep"].setEnabled(run is not None and run.is_ghost and not full)
        self._buttons["fork"].setEnabled(not full)
        self._buttons["fork"].setToolTip(
            f"{MAX_RUNS} runs are the most: delete one first"
            if full
            else "Keep the whole line as a run, and go on from here"
        )

    # -- what is asked for -------------------------------------------------------------------------

    def _chosen(self) -> int:
        """Return the index of the chosen run beside the active one, −1 for that."""
        return min(self.runs.currentRow(), len(self._document.runs)) - 1

    def _on_switch(self) -> None:
        index = self._chosen()
        if index >= 0:
            self._document.switch_run(index)

    def _on_keep(self) -> None:
        index = self._chosen()
        if index >= 0:
            self._document.keep_run(index, self._document.runs[index].name)

    def _on_compare(self) -> None:
        """Show how far each weight is from the chosen run's, at the same iteration."""
        index = self._chosen()
        if index < 0:
            return
        self._player.pause()
        name = self._document.runs[index].name
        self._document.visit_run(index, partial(self._show_difference, name))

    def _show_difference(self, name: str, line: Timeline) -> None:
        title = f"{name} after {_iterations(line.iteration)}"
        look = replace(self._scene.look, reference=reference_of(line.session.network, title))
        self._scene.set_look(look)
        self._actions["view.show_differences"].trigger()

    def _on_delete(self) -> None:
        index = self._chosen()
        if index >= 0:
            self._document.delete_run(index)

    def _on_removed_run(self, row: int) -> None:
        if row > 0:
            self._document.delete_run(row - 1)

    def _on_run_renamed(self, row: int, name: str) -> None:
        self._rename(self.runs, partial(self._document.rename_run, row - 1, name))

    def _on_mark_chosen(self, row: int) -> None:
        self.bookmarks.go_to(self.bookmarks.marks[row])

    def _on_mark_renamed(self, row: int, name: str) -> None:
        mark = self.bookmarks.marks[row]
        self._rename(self.marks, partial(self.bookmarks.rename, mark, name))

    def _rename(self, names: NamesList, rename: Callable[[], None]) -> None:
        """Rename something; where that is refused say so, and list the old name again."""
        try:
            rename()
        except EditError as refusal:
            show_tip(names, str(refusal))
            self.refresh()

    def _on_mark_removed(self, row: int) -> None:
        self.bookmarks.remove(self.bookmarks.marks[row])

    # -- building ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._document.runs_changed.connect(self.follow_structure)
        self._buttons["switch"].clicked.connect(self._on_switch)
        self._buttons["keep"].clicked.connect(self._on_keep)
        self._buttons["compare"].clicked.connect(self._on_compare)
        self._buttons["delete"].clicked.connect(self._on_delete)
        self._buttons["fork"].clicked.connect(self._document.fork_run)
        self.runs.currentRowChanged.connect(self._on_row_changed)
        # Queued: the lists are filled anew, which waits until the name's editor has closed.
        later = Qt.ConnectionType.QueuedConnection
        self.runs.renamed.connect(self._on_run_renamed, later)
        self.runs.removed.connect(self._on_removed_run)
        self.marks.chosen.connect(self._on_mark_chosen)
        self.marks.renamed.connect(self._on_mark_renamed, later)
        self.marks.removed.connect(self._on_mark_removed)

    def _on_row_changed(self, _row: int) -> None:
        self._show_buttons()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(_heading("Runs"))
        for listed in (self.runs, self.marks):
            listed.setMinimumHeight(LEAST_LIST)
        layout.addWidget(self.runs, 3)
        for names in (("switch", "compare", "fork"), ("keep", "delete")):
            row = QHBoxLayout()
            for name in names:
                row.addWidget(self._buttons[name])
            if "keep" in names:
                row.addWidget(_action_button("Rename", "runs.rename", self.runs))
            layout.addLayout(row)
        layout.addWidget(self._no_runs)
        layout.addWidget(_heading("Bookmarks"))
        layout.addWidget(self.marks, 2)
        row = QHBoxLayout()
        add = _button("add_bookmark", "Add", "Mark the place shown (Ctrl+B)")
        add.clicked.connect(self._actions["run.add_bookmark"].trigger)
        row.addWidget(add)
        row.addWidget(_action_button("Rename", "runs.rename_bookmark", self.marks))
        remove = _button("remove_bookmark", "Remove", "Remove the chosen bookmark (Del)")
        remove.clicked.connect(self._on_remove_clicked)
        row.addWidget(remove)
        layout.addLayout(row)
        layout.addWidget(self._no_marks)
        for label in (self._no_runs, self._no_marks):
            label.setWordWrap(True)
            label.setProperty("role", "muted")

    def _on_remove_clicked(self) -> None:
        if self.marks.currentRow() >= 0:
            self._on_mark_removed(self.marks.currentRow())


def _iterations(count: int) -> str:
    return f"{grouped(count)} iteration{'' if count == 1 else 's'}"


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"runs.{name}")
    button.setToolTip(tip)
    # Space belongs to the player wherever a button was clicked last.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def _action_button(text: str, name: str, names: NamesList) -> QPushButton:
    button = _button(name.removeprefix("runs."), text, "Give the chosen one another name (F2)")
    button.clicked.connect(names.rename_current)
    return button


def _swatch(color: str, theme: Theme) -> QIcon:
    """Return a square of `color`, with a rim that parts it from the ground of a chosen row."""
    picture = QPixmap(SWATCH, SWATCH)
    picture.fill(QColor(theme.on_accent))
    painter = QPainter(picture)
    painter.fillRect(1, 1, SWATCH - 2, SWATCH - 2, QColor(color))
    painter.end()
    return QIcon(picture)
