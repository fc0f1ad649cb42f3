"""The menu's choices of how things look: overlay, digits, theme, motion; they are remembered."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QFontInfo
from PySide6.QtWidgets import QApplication

from bpviz.document.player import Player
from bpviz.ui.actions import ACTIONS
from bpviz.ui.canvas.corners import around_scale
from bpviz.ui.colour_scales import coloured_theme
from bpviz.ui.icons import icon
from bpviz.ui.numbers import use_comma
from bpviz.ui.panels.tool_bar import ToolBar
from bpviz.ui.panels.workspace import Workspace
from bpviz.ui.settings import SCALE_CHOICES, THEME_CHOICES, Settings
from bpviz.ui.style import Theme, apply_theme, style_sheet


class ViewCommands(QObject):
    """Carries out the choices of the View menu and keeps them for the next start."""

    def __init__(
        self,
        player: Player,
        workspace: Workspace,
        tool_bar: ToolBar,
        commands: Mapping[str, QAction],
        settings: Settings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._player = player
        self._workspace = workspace
        self._tool_bar = tool_bar
        self._commands = commands
        self._settings = settings
        self.overlay = settings.text("overlay")
        self.theme = use_theme(settings)

    def restore(self) -> None:
        """Show all as it was left the last time."""
        self.set_theme(self.theme.name)
        comma = self._settings.flag("decimal_comma")
        use_comma(comma)
        self._commands["view.decimal_comma"].setChecked(comma)
        self.set_digits(self._settings.number("digits"))
        self.set_overlay(self.overlay)
        if self._settings.number("scale") != SCALE_CHOICES[0]:
            self.set_scale(self._settings.number("scale"))
        else:
            self._commands[f"view.scale_{SCALE_CHOICES[0]}"].setChecked(True)
            self._commands["view.smaller"].setEnabled(False)
        self.on_loss_log_toggled(self._settings.flag("loss_logarithmic"))
        still = self._settings.flag("reduce_motion")
        self._commands["view.reduce_motion"].setChecked(still)
        self._workspace.scene.set_motion(not still)
        checks = self._settings.flag("gradient_check")
        self._commands["view.gradient_check"].setChecked(checks)
        self._workspace.badge.setVisible(checks)
        self.set_heat_maps(self._settings.flag("heat_maps"))
        self.set_decision_plot(self._settings.flag("decision_plot"))
        self._commands["view.snap"].setChecked(self._settings.flag("snap"))
        self._workspace.scene.sketch.set_snap(self._settings.flag("snap"))

    def set_scale(self, percent: int) -> None:
        """Show formulas, panels and the texts over the drawing at `percent` of their size."""
        self._settings.put("scale", percent)
        self._commands[f"view.scale_{percent}"].setChecked(True)
        self._commands["view.larger"].setEnabled(percent != SCALE_CHOICES[-1])
        self._commands["view.smaller"].setEnabled(percent != SCALE_CHOICES[0])
        self._workspace.set_scale(percent / 100)
        self._tool_bar.set_scale(percent / 100)
        self._scale_rest(percent / 100)

    def _scale_rest(self, factor: float) -> None:
        """Let menus grow by half of what panels do, and dialogs as these."""
        window, usual = self._tool_bar.window(), QFontInfo(QApplication.font()).pixelSize()
        menus, dialogs = round(usual * around_scale(factor)), round(usual * factor)
        sheet = f"QMenuBar, QMenu {{ font-size: {menus}px; }}"
        sheet += f" QDialog, QDialog QWidget {{ font-size: {dialogs}px; }}"
        window.setStyleSheet("" if factor == 1.0 else sheet)

    def on_scale_chosen(self, action: QAction) -> None:
        """Show all at the size that the action is called after."""
        self.set_scale(int(action.objectName().removeprefix("view.scale_")))

    def on_larger(self) -> None:
        """Show all one size larger."""
        self._change_scale(1)

    def on_smaller(self) -> None:
        """Show all one size smaller."""
        self._change_scale(-1)

    def _change_scale(self, by: int) -> None:
        place = SCALE_CHOICES.index(self._settings.number("scale")) + by
        self.set_scale(SCALE_CHOICES[min(max(place, 0), len(SCALE_CHOICES) - 1)])

    def on_gradient_check_toggled(self, checked: bool) -> None:
        """Check gradients in the pauses and say so over the drawing, or not."""
        self._settings.put("gradient_check", checked)
        self._workspace.badge.setVisible(checked)

    def set_overlay(self, overlay: str) -> None:
        """Show `overlay`, one of the canvas's overlays."""
        self._settings.put("overlay", overlay)
        self.overlay = overlay
        self._commands[f"view.show_{overlay}"].setChecked(True)
        self._workspace.set_overlay(overlay)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits everywhere."""
        self._settings.put("digits", digits)
        self._commands[f"view.digits_{digits}"].setChecked(True)
        self._workspace.set_digits(digits)

    def set_theme(self, name: str) -> None:
        """Show the theme called `name`."""
        self._settings.put("theme", name)
        self._commands[f"view.theme_{name}"].setChecked(True)
        self._commands[f"view.colours_{self._settings.text('colours')}"].setChecked(True)
        self.theme = use_theme(self._settings)
        for row in ACTIONS:
            if row.icon:
                self._commands[row.id].setIcon(icon(row.icon, self.theme))
                self._commands[row.id].setIconVisibleInMenu(False)
        self._tool_bar.apply_theme(self.theme)
        self._tool_bar.show_running(self._player.playing, self.theme)
        self._workspace.apply_theme(self.theme)

    def set_heat_maps(self, shown: bool) -> None:
        """Draw heat maps in the nodes, or don't."""
        self._settings.put("heat_maps", shown)
        self._commands["view.heat_maps"].setChecked(shown)
        self._workspace.scene.set_heat_maps(shown)

    def set_decision_plot(self, shown: bool) -> None:
        """Show the decision plot, or don't."""
        self._settings.put("decision_plot", shown)
        self._commands["view.decision_plot"].setChecked(shown)
        self._workspace.docks["decision"].set_shown(shown)

    def on_overlay_chosen(self, action: QAction) -> None:
        """Show what the action is called after."""
        self.set_overlay(action.objectName().removeprefix("view.show_"))

    def on_decimal_comma(self, checked: bool) -> None:
        """Show numbers with a comma, or with a point."""
        self._settings.put("decimal_comma", checked)
        use_comma(checked)
        self._workspace.set_digits(self._settings.number("digits"))
        self._workspace.refresh_structure()
        self._workspace.refresh_numbers()

    def on_digits_chosen(self, action: QAction) -> None:
        """Show numbers with another number of digits."""
        self.set_digits(int(action.objectName().removeprefix("view.digits_")))

    def on_theme_chosen(self, action: QAction) -> None:
        """Show another theme."""
        self.set_theme(action.objectName().removeprefix("view.theme_"))

    def on_colours_chosen(self, action: QAction) -> None:
        """Show signs in other colours."""
        self._settings.put("colours", action.objectName().removeprefix("view.colours_"))
        self.set_theme(self.theme.name)

    def on_next_theme(self) -> None:
        """Show the theme after this one."""
        place = THEME_CHOICES.index(self.theme.name)
        self.set_theme(THEME_CHOICES[(place + 1) % len(THEME_CHOICES)])

    def on_loss_log_toggled(self, checked: bool) -> None:
        """Plot the loss logarithmically, or not."""
        self._settings.put("loss_logarithmic", checked)
        self._commands["view.loss_log"].setChecked(checked)
        if self._workspace.loss_plot.logarithmic != checked:
            self._workspace.loss_plot.set_log(checked)

    def on_snap_toggled(self, checked: bool) -> None:
        """Let what is moved align with other nodes, or not."""
        self._settings.put("snap", checked)
        self._workspace.scene.sketch.set_snap(checked)

    def on_reduce_motion_toggled(self, checked: bool) -> None:
        """Keep still what moves by itself, or let it move."""
        self._settings.put("reduce_motion", checked)
        self._workspace.scene.set_motion(not checked)


def use_theme(settings: Settings) -> Theme:
    """Give the application the theme set, unless it has it: laying all out anew is slow."""
    theme = coloured_theme(settings.text("theme"), settings.text("colours"))
    application = QApplication.instance()
    if isinstance(application, QApplication) and application.styleSheet() != style_sheet(theme):
        apply_theme(application, theme)
    return theme
