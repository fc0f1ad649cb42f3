"""The main window: lays out canvas and panels, and carries out what the menus ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QMessageBox

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.edit import Edit
from bpviz.ui import figures
from bpviz.ui.actions import ACTIONS, fill_menu_bar, make_actions
from bpviz.ui.panels.dialogs import SESSION_ENDING, ask_file_to_save, show_message
from bpviz.ui.panels.file_commands import FileCommands, reason
from bpviz.ui.panels.help_dialog import show_about, show_keys
from bpviz.ui.panels.tool_bar import ToolBar
from bpviz.ui.panels.workspace import Workspace
from bpviz.ui.settings import THEME_CHOICES, Settings
from bpviz.ui.style import THEMES, Theme, apply_theme, guard, icon, resource_path, style_sheet

LAYOUT_VERSION: Final = 2
START_SIZE: Final = QSize(1440, 900)


class MainWindow(QMainWindow):
    """The program's window on one document; bpviz.app connects its signals."""

    def __init__(self, document: Document, player: Player, settings: Settings) -> None:
        super().__init__()
        self.document = document
        self.player = player
        self.settings = settings
        self.overlay = settings.text("overlay")
        self.theme = _use_theme(settings.text("theme"))
        digits = settings.number("digits")
        self.commands = make_actions(self)
        self.files = FileCommands(document, settings, self)
        self.workspace = Workspace(document, player, self.commands, self.theme, digits)
        self.scene = self.workspace.scene
        self.canvas = self.workspace.canvas
        self.loss_plot = self.workspace.loss_plot
        self.tool_bar = ToolBar(self.commands, self.workspace.header)
        self._closing = False
        self.setObjectName("main_window")
        self.setWindowIcon(QIcon(str(resource_path("icons", "bpviz.svg"))))
        self.setAcceptDrops(True)
        self.resize(START_SIZE)
        self.addToolBar(self.tool_bar)
        self.workspace.lay_out(self)
        self.menus = fill_menu_bar(self.menuBar(), self.commands)
        self.recent_menu = QMenu("Open &Recent", self)
        self._fill_menus()
        self._restore(digits)

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
        self.tool_bar.show_running(self.player.running, self.theme)
        self.on_stepped()
        self.loss_plot.refresh()
        self.on_file_changed()

    def on_stopped(self, why: str) -> None:
        """Say why a run or a step has stopped."""
        self.workspace.step_line.show_notice(why)

    # -- what the canvas tells ------------------------------------------------------------------

    def on_selection_changed(self) -> None:
        """Show what is selected."""
        self.workspace.inspector.refresh()

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

    def on_step_forward(self) -> None:
        """Step forward by the chosen grain."""
        self.player.step_forward()

    def on_step_back(self) -> None:
        """Step back by the chosen grain."""
        self.player.step_back()

    def on_phase_forward(self) -> None:
        """Go to the end of the next phase."""
        self.player.step_forward("phase")

    def on_phase_back(self) -> None:
        """Go to the end of the phase before."""
        self.player.step_back("phase")

    def on_delete(self) -> None:
        """Delete the rows chosen in the table, where that has the focus, else the selection."""
        if self.workspace.data_panel.table.hasFocus():
            self.workspace.data_panel.delete_chosen_rows()
        else:
            self.scene.delete_selected()

    def on_select_all(self) -> None:
        """Select all rows of the table, where that has the focus, else all nodes and edges."""
        if self.workspace.data_panel.table.hasFocus():
            self.workspace.data_panel.table.selectAll()
        else:
            self.scene.select_all()

    def on_overlay_chosen(self, action: QAction) -> None:
        """Show values, gradients or updates."""
        self.set_overlay(action.objectName().removeprefix("view.show_"))

    def on_grain_chosen(self, action: QAction) -> None:
        """Step by term, neuron, phase or iteration."""
        grain = action.objectName().removeprefix("run.grain_")
        self.settings.put("grain", grain)
        self.player.set_grain(grain)  # type: ignore[arg-type]  # the ids are the grains

    def on_digits_chosen(self, action: QAction) -> None:
        """Show numbers with another number of digits."""
        self.set_digits(int(action.objectName().removeprefix("view.digits_")))

    def on_theme_chosen(self, action: QAction) -> None:
        """Show another theme."""
        self.set_theme(action.objectName().removeprefix("view.theme_"))

    def on_next_theme(self) -> None:
        """Show the theme after this one."""
        place = THEME_CHOICES.index(self.theme.name)
        self.set_theme(THEME_CHOICES[(place + 1) % len(THEME_CHOICES)])

    def on_loss_log_toggled(self, checked: bool) -> None:
        """Plot the loss logarithmically, or not."""
        self.settings.put("loss_logarithmic", checked)
        self.commands["view.loss_log"].setChecked(checked)
        if self.loss_plot.logarithmic != checked:
            self.loss_plot.set_log(checked)

    def on_reduce_motion_toggled(self, checked: bool) -> None:
        """Keep still what moves by itself, or let it move."""
        self.settings.put("reduce_motion", checked)
        self.scene.set_motion(not checked)

    def on_export_drawing(self) -> None:
        """Let a file be chosen, and write the drawing as it is shown."""
        self._ask_export("Export the drawing", "", figures.DRAWING_FILTER, self._write_drawing)

    def on_export_loss(self) -> None:
        """Let a file be chosen, and write the loss curve."""
        self._ask_export("Export the loss", "-loss", figures.LOSS_FILTER, self._write_loss)

    def on_help(self) -> None:
        """Show what keys and mouse do."""
        show_keys(self, self.commands)

    def on_about(self) -> None:
        """Show version and licence."""
        show_about(self)

    def on_recent_shown(self) -> None:
        """Fill the menu of recent files."""
        self.files.fill_recent(self.recent_menu)

    # -- what is shown --------------------------------------------------------------------------

    def set_overlay(self, overlay: str) -> None:
        """Show `overlay`: "values", "gradients" or "updates"."""
        self.settings.put("overlay", overlay)
        self.overlay = overlay
        self.commands[f"view.show_{overlay}"].setChecked(True)
        self.workspace.set_overlay(overlay)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits everywhere."""
        self.settings.put("digits", digits)
        self.commands[f"view.digits_{digits}"].setChecked(True)
        self.workspace.set_digits(digits)

    def set_theme(self, name: str) -> None:
        """Show the theme called `name`."""
        self.settings.put("theme", name)
        self.commands[f"view.theme_{name}"].setChecked(True)
        self.theme = _use_theme(name)
        for row in ACTIONS:
            if row.icon:
                self.commands[row.id].setIcon(icon(row.icon, self.theme))
                self.commands[row.id].setIconVisibleInMenu(False)
        self.tool_bar.show_running(self.player.running, self.theme)
        self.workspace.apply_theme(self.theme)

    # -- Qt's events ----------------------------------------------------------------------------

    @guard
    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes before the window goes."""
        event.ignore()  # so that the window stays, should anything fail on the way
        self.player.pause()
        if self.document.dirty and not self._closing:
            self.files.when_saved(self._close_now)
            return
        self.settings.put_layout("geometry", self.saveGeometry())
        self.settings.put_layout("docks", self.saveState(LAYOUT_VERSION))
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

    def _restore(self, digits: int) -> None:
        """Show all as it was left the last time."""
        self.restoreGeometry(self.settings.layout("geometry"))
        self.restoreState(self.settings.layout("docks"), LAYOUT_VERSION)
        self.set_theme(self.theme.name)
        self.set_digits(digits)
        self.set_overlay(self.overlay)
        grain = self.settings.text("grain")
        self.commands[f"run.grain_{grain}"].setChecked(True)
        self.player.set_grain(grain)  # type: ignore[arg-type]  # the choices are the grains
        logarithmic = self.settings.flag("loss_logarithmic")
        self.commands["view.loss_log"].setChecked(logarithmic)
        self.loss_plot.set_log(logarithmic)
        still = self.settings.flag("reduce_motion")
        self.commands["view.reduce_motion"].setChecked(still)
        self.scene.set_motion(not still)
        self.on_file_changed()

    def _ask_export(
        self, title: str, tail: str, filters: str, write: Callable[[Path], None]
    ) -> None:
        self.player.pause()
        suggested = self.files.folder() / f"{self.files.stem()}{tail}.svg"
        ask_file_to_save(self, title, suggested, filters, partial(self._export, write))

    def _export(self, write: Callable[[Path], None], path: Path) -> None:
        """Write a figure; what goes wrong is said, and nothing is left half."""
        try:
            write(path)
        except figures.FigureError as problem:
            self.files.complain("The figure was not written", str(problem))
        except OSError as problem:
            self.files.complain("The figure was not written", reason(problem))

    def _write_drawing(self, path: Path) -> None:
        figures.write_drawing(self.scene, path)

    def _write_loss(self, path: Path) -> None:
        figures.write_loss(
            self.document.session,
            self.player.curve,
            path,
            self.theme,
            logarithmic=self.loss_plot.logarithmic,
        )


def _use_theme(name: str) -> Theme:
    """Give the application the theme, unless it has it: laying all widgets out anew is slow."""
    theme = THEMES[name]
    application = QApplication.instance()
    if isinstance(application, QApplication) and application.styleSheet() != style_sheet(theme):
        apply_theme(application, name)
    return theme


def _dropped_file(event: QDropEvent) -> Path | None:
    """Return the session file that is dragged, if it is one."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.name.endswith((SESSION_ENDING, ".json")) else None
