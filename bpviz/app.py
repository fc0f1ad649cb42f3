"""The desktop program: builds document, player and window, and connects them all in one place."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from platformdirs import user_state_path
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from bpviz import __version__
from bpviz.document.autosave import Autosave
from bpviz.document.document import Document
from bpviz.document.fast_kernel import FastKernel
from bpviz.document.filling import CurveFilling
from bpviz.document.player import Player
from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.dialogs import show_message
from bpviz.ui.panels.recovery import Recovery
from bpviz.ui.settings import Settings
from bpviz.ui.style import resource_path

logger = logging.getLogger(__name__)

FIRST_LESSON = "S5.bpviz.json"


def create_window(session: Session | None = None) -> MainWindow:
    """Return a window, not yet shown, on `session`; without one on a small network for XOR.

    The window has the attributes `document` and `player`. A QApplication must be there.
    """
    document = Document(session if session is not None else start_session())
    player = Player(document)
    window = MainWindow(document, player, Settings())
    # The window owns both, so that they end with it.
    document.setParent(window)
    player.setParent(window)
    connect(window)
    CurveFilling(document, player, window)
    window.lesson_commands.start()
    return window


def start_session() -> Session:
    """Return the session the program starts with: 2-2-1 on the four points of XOR."""
    data = GeneratorData(name="xor_points", samples=4, test_fraction=0.0)
    return new_layered((2, 2, 1), data=data, seed=7)


def connect(window: MainWindow) -> None:
    """Connect all signals of the window, sorted by sender."""
    document, player = window.document, window.player

    document.edited.connect(window.on_edited)
    document.file_changed.connect(window.on_file_changed)
    document.noticed.connect(window.on_noticed)
    document.replaced.connect(window.look.on_replaced)
    document.replaced.connect(window.on_replaced)
    document.runs_changed.connect(window.loss_plot.refresh)

    player.curve_changed.connect(window.loss_plot.refresh_live)
    player.run_changed.connect(window.on_run_changed)
    player.stepped.connect(window.on_stepped)
    player.stopped.connect(window.on_stopped)

    window.loss_plot.log_toggled.connect(window.view.on_loss_log_toggled)
    window.loss_plot.rested.connect(player.rest)
    window.loss_plot.sought.connect(player.scrub_to)
    window.recent_menu.aboutToShow.connect(window.on_recent_shown)
    window.scene.look_changed.connect(window.look.on_look_changed)
    window.scene.selection_changed.connect(window.on_selection_changed)
    window.workspace.inspector.titled.connect(window.workspace.docks["inspector"].title.set_about)

    window.workspace.docks["decision"].toggleViewAction().triggered.connect(
        window.view.set_decision_plot
    )
    connect_canvas(window)
    connect_commands(window)


def connect_canvas(window: MainWindow) -> None:
    """Connect the canvas and the toolbox over it."""
    canvas, toolbox, editing = window.canvas, window.workspace.toolbox, window.editing

    canvas.menu_asked.connect(editing.show_menu)
    window.scene.editor.placing_changed.connect(toolbox.show_placing)

    toolbox.carried.connect(canvas.drag_placing)
    toolbox.chosen.connect(editing.place)
    toolbox.dragged.connect(canvas.begin_placing)
    toolbox.dropped.connect(canvas.drop_placing)


def connect_commands(window: MainWindow) -> None:
    """Connect all actions of the window's menus, menu by menu, each sorted by id."""
    connect_file(window)
    connect_edit(window)
    connect_view(window)
    connect_run(window)
    connect_lessons(window)
    connect_explain(window)


def connect_file(window: MainWindow) -> None:
    """Connect the actions of the menus File and Help."""
    commands, exports = window.commands, window.exports
    commands["file.export_drawing"].triggered.connect(exports.export_drawing)
    commands["file.export_loss"].triggered.connect(exports.export_loss)
    commands["file.import_data"].triggered.connect(window.data_commands.import_data)
    commands["file.new"].triggered.connect(window.on_new)
    commands["file.open"].triggered.connect(window.on_open)
    commands["file.quit"].triggered.connect(window.close)
    commands["file.save"].triggered.connect(window.on_save)
    commands["file.save_as"].triggered.connect(window.on_save_as)
    commands["help.about"].triggered.connect(window.on_about)
    commands["help.keys"].triggered.connect(window.on_help)


def connect_edit(window: MainWindow) -> None:
    """Connect the actions of the menu Edit."""
    commands, document, editing = window.commands, window.document, window.editing
    commands["edit.add_input"].triggered.connect(editing.add_input)
    commands["edit.add_max"].triggered.connect(editing.add_max)
    commands["edit.add_output"].triggered.connect(editing.add_output)
    commands["edit.add_product"].triggered.connect(editing.add_product)
    commands["edit.add_unit"].triggered.connect(editing.add_unit)
    commands["edit.arrange"].triggered.connect(window.scene.editor.arrange)
    commands["edit.combine_max"].triggered.connect(partial(editing.combine, "max"))
    commands["edit.combine_product"].triggered.connect(partial(editing.combine, "product"))
    commands["edit.combine_sum"].triggered.connect(partial(editing.combine, "sum"))
    commands["edit.connect"].triggered.connect(editing.connect_selected)
    commands["edit.copy"].triggered.connect(editing.copy)
    commands["edit.copy_drawing"].triggered.connect(window.exports.copy_drawing)
    commands["edit.copy_number"].triggered.connect(window.look.copy_number)
    commands["edit.cut"].triggered.connect(editing.cut)
    commands["edit.delete"].triggered.connect(window.on_delete)
    commands["edit.duplicate"].triggered.connect(editing.duplicate)
    commands["edit.find"].triggered.connect(window.workspace.canvas_frame.find_bar.open_bar)
    commands["edit.freeze"].triggered.connect(editing.freeze)
    commands["edit.insert"].triggered.connect(editing.insert)
    commands["edit.keep_selected"].triggered.connect(window.canvas.walker.keep)
    commands["edit.layer_add"].triggered.connect(editing.add_layer)
    commands["edit.layer_grow"].triggered.connect(editing.grow_layer)
    commands["edit.layer_remove"].triggered.connect(editing.remove_layer)
    commands["edit.layer_shrink"].triggered.connect(editing.shrink_layer)
    commands["edit.nudge_down"].triggered.connect(editing.nudge_down)
    commands["edit.nudge_left"].triggered.connect(editing.nudge_left)
    commands["edit.nudge_right"].triggered.connect(editing.nudge_right)
    commands["edit.nudge_up"].triggered.connect(editing.nudge_up)
    commands["edit.paste"].triggered.connect(editing.paste)
    commands["edit.put_right"].triggered.connect(window.workspace.lack_bar.put_right)
    commands["edit.randomise"].triggered.connect(editing.randomise)
    commands["edit.redo"].triggered.connect(document.redo)
    commands["edit.reinitialise"].triggered.connect(window.data_commands.reinitialise)
    commands["edit.retarget"].triggered.connect(partial(editing.retarget, "target"))
    commands["edit.retarget_start"].triggered.connect(partial(editing.retarget, "source"))
    commands["edit.select_all"].triggered.connect(window.on_select_all)
    commands["edit.select_layer"].triggered.connect(editing.select_layer)
    commands["edit.toggle_output"].triggered.connect(editing.toggle_output)
    commands["edit.undo"].triggered.connect(document.undo)
    connect_numbers(window)
    for way in ("left", "right", "up", "down"):
        action = commands[f"edit.go_{way}"]
        action.triggered.connect(partial(window.canvas.walker.on_go, action))


def connect_numbers(window: MainWindow) -> None:
    """Connect the actions of the menu Edit that change numbers by keys."""
    commands, numbers = window.commands, window.numbers
    commands["edit.fields"].triggered.connect(numbers.go_to_fields)
    commands["edit.larger"].triggered.connect(numbers.larger)
    commands["edit.little_larger"].triggered.connect(numbers.little_larger)
    commands["edit.little_smaller"].triggered.connect(numbers.little_smaller)
    commands["edit.scale"].triggered.connect(numbers.scale)
    commands["edit.set_number"].triggered.connect(numbers.type_number)
    commands["edit.smaller"].triggered.connect(numbers.smaller)
    window.workspace.inspector.left.connect(window.canvas.setFocus)


def connect_view(window: MainWindow) -> None:
    """Connect the actions of the menu View."""
    commands, view = window.commands, window.view
    commands["view.decision_plot"].triggered.connect(view.set_decision_plot)
    commands["view.fit"].triggered.connect(window.canvas.fit)
    commands["view.heat_maps"].triggered.connect(view.set_heat_maps)
    commands["view.gradient_check"].toggled.connect(view.on_gradient_check_toggled)
    commands["view.larger"].triggered.connect(view.on_larger)
    commands["view.loss_log"].toggled.connect(view.on_loss_log_toggled)
    commands["view.reduce_motion"].toggled.connect(view.on_reduce_motion_toggled)
    commands["view.minimap"].toggled.connect(window.look.on_minimap)
    commands["view.range_fixed"].triggered.connect(window.look.on_range_fixed)
    commands["view.size_log"].triggered.connect(window.look.on_size_log)
    commands["view.decimal_comma"].toggled.connect(view.on_decimal_comma)
    commands["view.snap"].toggled.connect(view.on_snap_toggled)
    commands["view.smaller"].triggered.connect(view.on_smaller)
    commands["view.theme"].triggered.connect(view.on_next_theme)
    commands["view.zoom_in"].triggered.connect(window.canvas.zoom_in)
    commands["view.zoom_out"].triggered.connect(window.canvas.zoom_out)
    commands["view.zoom_selection"].triggered.connect(window.canvas.zoom_to_selection)

    _group(window, "view.colours_standard").triggered.connect(view.on_colours_chosen)
    _group(window, "view.scale_100").triggered.connect(view.on_scale_chosen)
    _group(window, "view.digits_4").triggered.connect(view.on_digits_chosen)
    _group(window, "view.show_values").triggered.connect(view.on_overlay_chosen)
    _group(window, "view.show_values").triggered.connect(window.look.on_overlay_chosen)
    _group(window, "view.theme_dark").triggered.connect(view.on_theme_chosen)


def connect_run(window: MainWindow) -> None:
    """Connect the actions of the menu Run."""
    commands, player, run_commands = window.commands, window.player, window.run_commands
    commands["run.add_bookmark"].triggered.connect(window.places.on_add_bookmark)
    commands["run.back_iteration"].triggered.connect(player.back_iteration)
    commands["run.faster"].triggered.connect(run_commands.on_faster)
    commands["run.fork"].triggered.connect(window.places.on_fork)
    commands["run.go_to_end"].triggered.connect(player.go_to_end)
    commands["run.go_to_start"].triggered.connect(player.go_to_start)
    commands["run.next_sample"].triggered.connect(window.places.on_next_sample)
    commands["run.phase_back"].triggered.connect(run_commands.on_phase_back)
    commands["run.phase_forward"].triggered.connect(run_commands.on_phase_forward)
    commands["run.previous_sample"].triggered.connect(window.places.on_previous_sample)
    commands["run.reset"].triggered.connect(player.reset)
    commands["run.slower"].triggered.connect(run_commands.on_slower)
    commands["run.step_back"].triggered.connect(run_commands.on_step_back)
    commands["run.step_forward"].triggered.connect(run_commands.on_step_forward)
    commands["run.step_iteration"].triggered.connect(player.step_iteration)
    commands["run.toggle"].triggered.connect(player.toggle)
    commands["run.until"].triggered.connect(run_commands.on_run_until)
    commands["run.why"].triggered.connect(window.places.on_why)
    window.workspace.explain_panel.why_asked.connect(window.places.on_why)
    window.workspace.explain_panel.sample_chosen.connect(player.choose_sample)

    _group(window, "run.grain_neuron").triggered.connect(run_commands.on_grain_chosen)
    _group(window, "run.speed_max").triggered.connect(run_commands.on_speed_chosen)


def connect_lessons(window: MainWindow) -> None:
    """Connect the actions of the menu Lessons; the lessons themselves are connected as listed."""
    commands, lessons = window.commands, window.lesson_commands
    commands["lesson.again"].triggered.connect(lessons.on_again)
    commands["lesson.back"].triggered.connect(lessons.on_back)
    commands["lesson.predict"].triggered.connect(lessons.on_predict)
    commands["lesson.next"].triggered.connect(lessons.on_next)
    commands["lesson.write"].triggered.connect(lessons.on_write)


def connect_explain(window: MainWindow) -> None:
    """Connect the actions about explanations, of several menus."""
    commands, explain = window.commands, window.explain_commands
    commands["edit.copy_latex"].triggered.connect(explain.copy_latex)
    commands["file.export_derivation"].triggered.connect(explain.export_derivation)
    for name, action in commands.items():
        if name.startswith("view.front_"):
            action.triggered.connect(partial(explain.on_panel_chosen, action))

    window.player.run_changed.connect(window.workspace.analysis.idle_check.follow)
    window.player.stepped.connect(window.workspace.analysis.idle_check.follow)
    window.workspace.step_line.samples.opened.connect(commands["view.front_samples"].trigger)
    window.workspace.badge.clicked.connect(commands["view.front_gradient_check"].trigger)
    window.workspace.analysis.derivation.export_asked.connect(explain.export_derivation)


def run(arguments: Sequence[str]) -> int:
    """Show the window, on the session file in `arguments` if there is one; return Qt's status.

    FormatError or OSError where the file can't be read.
    """
    application = QApplication.instance() or QApplication(["bpviz"])
    QCoreApplication.setApplicationName("bpviz")
    QCoreApplication.setApplicationVersion(__version__)
    window = create_window()
    handler = ErrorHandler(window)
    sys.excepthook = handler
    if arguments:
        open_first(window, Path(arguments[0]))
    elif not window.settings.recent_files():
        open_first(window, resource_path("lessons", FIRST_LESSON))
    window.show()
    autosave, fast_kernel = keep_recovery(window), FastKernel(window)
    fast_kernel.arrived.connect(window.player.on_kernel_arrived)
    fast_kernel.start()
    try:
        status = int(application.exec())
    finally:
        fast_kernel.stop()
        leave_clipboard()
    autosave.end()
    return status


def leave_clipboard() -> None:
    """Let only text outlive the program on the clipboard.

    Qt ends after Python, and may not touch data that Python made any more: it would crash.
    """
    clipboard = QGuiApplication.clipboard()
    if clipboard.ownsClipboard() or QGuiApplication.platformName() == "offscreen":
        clipboard.setText(clipboard.text())


def keep_recovery(window: MainWindow) -> Autosave:
    """Keep what is unsaved in a recovery file, and offer those that an earlier start left."""
    folder = user_state_path("bpviz", appauthor=False) / "recovery"
    autosave = Autosave(window.document, window.player, folder, window)
    Recovery(window.document, autosave, folder, window).offer()
    return autosave


def open_first(window: MainWindow, path: Path) -> None:
    """Open the file at `path`; one of the program's own lessons as an untitled copy.

    FormatError or OSError where the file can't be read.
    """
    if path.resolve().parent == resource_path("lessons").resolve():
        window.document.new(load_session(path))
    else:
        window.document.open(path)
        window.settings.add_recent(path)


class ErrorHandler:
    """Takes what no code has caught: logs it, and shows one dialog at a time; the loop goes on."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._shown = False

    def __call__(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Log `error` and tell the person, who can go on and save."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        logger.error("unexpected error", exc_info=(kind, error, trace))
        if self._shown:
            return
        self._shown = True
        self._window.player.pause()
        box = show_message(
            self._window,
            "Unexpected error",
            "Something went wrong in the program. Your session is still there: save it, under "
            f"another name to be sure.\n\n{kind.__name__}: {error}",
            QMessageBox.Icon.Critical,
        )
        box.setDetailedText("".join(traceback.format_exception(kind, error, trace)))
        box.finished.connect(self._on_closed)

    def _on_closed(self, _result: int) -> None:
        self._shown = False


def _group(window: MainWindow, action_id: str) -> QActionGroup:
    """Return the group of exclusive choices that an action belongs to."""
    group = window.commands[action_id].actionGroup()
    if group is None:
        raise LookupError(f"{action_id} is no choice of a group")
    return group
