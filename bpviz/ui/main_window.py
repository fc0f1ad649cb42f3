"""The main window: lays out canvas and panels, and carries out what the menus ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QMainWindow, QMenu, QMessageBox

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.edit import Edit
from bpviz.ui.actions import fill_menu_bar, make_actions
from bpviz.ui.export_commands import ExportCommands
from bpviz.ui.numbers import localised
from bpviz.ui.panels.data_commands import DataCommands
from bpviz.ui.panels.dialogs import SESSION_ENDING, show_message
from bpviz.ui.panels.edit_commands import EditCommands
from bpviz.ui.panels.explain_commands import ExplainCommands
from bpviz.ui.panels.file_commands import FileCommands
from bpviz.ui.panels.help_dialog import show_about, show_keys
from bpviz.ui.panels.lesson_commands import LessonCommands
from bpviz.ui.panels.look_commands import LookCommands
from bpviz.ui.panels.number_commands import NumberCommands
from bpviz.ui.panels.place_commands import PlaceCommands
from bpviz.ui.panels.run_commands import RunCommands
from bpviz.ui.panels.tool_bar import ToolBar
from bpviz.ui.panels.workspace import Workspace
from bpviz.ui.settings import Settings
from bpviz.ui.style import guard, resource_path, unstyled
from bpviz.ui.view_commands import ViewCommands, use_theme

LAYOUT_VERSION: Final = 6
START_SIZE: Final = QSize(1440, 900)


class MainWindow(QMainWindow):
    """The program's window on one document; bpviz.app connects its signals."""

    def __init__(self, document: Document, player: Player, settings: Settings) -> None:
        super().__init__()
        self.document = document
        self.player = player
        self.settings = settings
        theme = use_theme(settings)
        self.commands = make_actions(self)
        self.files = FileCommands(document, settings, self)
        self.resize(START_SIZE)
        with unstyled():
            self.workspace = Workspace(
                document, player, self.commands, theme, settings.number("digits")
            )
            self.workspace.lay_out(self)
        self.scene = self.workspace.scene
        self.canvas = self.workspace.canvas
        self.loss_plot = self.workspace.loss_plot
        self.tool_bar = ToolBar(self.commands, self.workspace.header)
        overlays, minimap = self.tool_bar.overlay_button.menu(), self.workspace.canvas_frame.minimap
        self.look = LookCommands(
            document, self.scene, self.commands, overlays, minimap, settings, self
        )
        self.view = ViewCommands(
            player, self.workspace, self.tool_bar, self.commands, settings, self
        )
        self.run_commands = RunCommands(player, self.commands, self.tool_bar, settings, self)
        self.places = PlaceCommands(
            document, player, self.workspace, self.run_commands.set_grain, self
        )
        self.data_commands = DataCommands(document, self.files, settings, self)
        self.lesson_commands = LessonCommands(document, self.workspace, self.commands, self)
        self.editing = EditCommands(self.workspace, self.commands, self)
        self.numbers = NumberCommands(self.workspace, self.commands, self)
        self.files.before_save = self.lesson_commands.keep_pages
        self.exports = ExportCommands(document, player, self.workspace, self.files, self)
        self.explain_commands = ExplainCommands(document, player, self.workspace, self.files, self)
        self._closing = False
        self.setObjectName("main_window")
        self.setWindowIcon(QIcon(str(resource_path("icons", "bpviz.svg"))))
        self.setAcceptDrops(True)
        self.addToolBar(self.tool_bar)
        self.menus = fill_menu_bar(self.menuBar(), self.commands)
        self.recent_menu = QMenu("Open &Recent", self)
        self._fill_menus()
        self._restore()

    # -- what the document and the player tell ------------------------------------------------

    def on_edited(self, _edit: Edit) -> None:
        """Show the session's structure and settings anew."""
        self.workspace.refresh_structure()

    def on_replaced(self) -> None:
        """Show another session."""
        self.workspace.refresh_structure()
        self.loss_plot.refresh()
        self.canvas.fit()

    def on_file_changed(self) -> None:
        """Show the file's name and whether it has changes."""
        self.setWindowTitle(f"{self.document.name}[*] — bpviz")
        self.setWindowModified(self.document.dirty)
        for name, can, label in (
            ("undo", self.document.can_undo, self.document.undo_label),
            ("redo", self.document.can_redo, self.document.redo_label),
        ):
            action = self.commands[f"edit.{name}"]
            action.setEnabled(can)
            action.setText(f"&{name.title()} {label}".rstrip())
            key = action.shortcut().toString()
            action.setToolTip(f"{name.title()} {label}".rstrip() + f" ({key})")

    def on_noticed(self, line: str) -> None:
        """Show a line about what was left out."""
        show_message(self, "Please note", line, QMessageBox.Icon.Information)

    def on_stepped(self) -> None:
        """Show the numbers of the present step."""
        self.workspace.refresh_numbers()

    def on_run_changed(self) -> None:
        """Show whether a run is on."""
        self.tool_bar.show_running(self.player.playing, self.view.theme)
        self.on_stepped()
        self.loss_plot.refresh()
        self.on_file_changed()

    def on_stopped(self, why: str) -> None:
        """Say why a run or a step has stopped."""
        self.workspace.step_line.show_notice(localised(why))

    # -- what the canvas tells ------------------------------------------------------------------

    def on_selection_changed(self) -> None:
        """Show what is selected."""
        self.workspace.inspector.follow_structure()

    # -- what the menus ask for -----------------------------------------------------------------

    def on_new(self) -> None:
        """Start a new network."""
        self.files.new()

    def on_open(self) -> None:
        """Open a session file."""
        self.files.open()

    def on_save(self) -> None:
        """Save the session."""
        self.files.save()

    def on_save_as(self) -> None:
        """Save the session to another file."""
        self.files.save_as()

    def on_delete(self) -> None:
        """Delete the rows chosen in the table, where that has the focus, else the selection."""
        if self.workspace.data_panel.table.hasFocus():
            self.workspace.data_panel.delete_chosen_rows()
        else:
            self.scene.editor.delete_selected()

    def on_select_all(self) -> None:
        """Select all rows of the table, where that has the focus, else all nodes and edges."""
        if self.workspace.data_panel.table.hasFocus():
            self.workspace.data_panel.table.selectAll()
        else:
            self.scene.select_all()

    def on_help(self) -> None:
        """Show what keys and mouse do."""
        show_keys(self, self.commands)

    def on_about(self) -> None:
        """Show version and licence."""
        show_about(self)

    def on_recent_shown(self) -> None:
        """Fill the menu of recent files."""
        self.files.fill_recent(self.recent_menu)

    # -- Qt's events ----------------------------------------------------------------------------

    @guard
    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes before the window goes."""
        event.ignore()  # so that the window stays, should anything fail on the way
        self.player.pause()
        if self.files.bar.busy and not self._closing:
            # A file is being written or read: that ends first, or is given up by the person.
            self.files.bar.when_idle(self.close)
            return
        self.files.bar.cancel()
        if self.document.dirty and not self._closing:
            self.files.when_saved(self._close_now)
            return
        self.lesson_commands.put_back()  # what a page arranged is not the user's own layout
        self.settings.put_layout("geometry", self.saveGeometry())
        self.settings.put_layout("docks", self.saveState(LAYOUT_VERSION))
        self.settings.put_layout("widths", self.workspace.widths.saved())
        self.settings.sync()
        event.accept()

    @guard
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a session file."""
        if _dropped_file(event) is not None:
            event.acceptProposedAction()

    @guard
    def dropEvent(self, event: QDropEvent) -> None:
        """Open the session file that was dropped."""
        path = _dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.files.open_path(path)

    def _close_now(self) -> None:
        self._closing = True
        self.close()

    def _fill_menus(self) -> None:
        file_menu = self.menus["File"]
        self.recent_menu.setToolTipsVisible(True)
        file_menu.insertMenu(self.commands["file.save"], self.recent_menu)
        panels = QMenu("&Panels", self)
        for dock in self.workspace.docks.values():
            panels.addAction(dock.toggleViewAction())
        self.menus["View"].addSeparator()
        self.menus["View"].addMenu(panels)
        self.files.fill_lessons(self.menus["Lessons"])

    def _restore(self) -> None:
        """Show all as it was left the last time."""
        layout = self.layout()
        assert layout is not None
        layout.activate()  # or it holds on to how much room was asked for before all had its style
        self.restoreGeometry(self.settings.layout("geometry"))
        self.restoreState(self.settings.layout("docks"), LAYOUT_VERSION)
        self.look.restore()
        self.view.restore()
        self.workspace.widths.restore(self.settings.layout("widths"))
        self.run_commands.restore()
        self.on_file_changed()


def _dropped_file(event: QDropEvent) -> Path | None:
    """Return the session file that is dragged, if it is one."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.name.endswith((SESSION_ENDING, ".json")) else None
