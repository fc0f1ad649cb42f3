"""Every action of the program as one row of a table; menus, tips, keys and names come from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

MENUS: Final = ("File", "Edit", "View", "Run", "Lessons", "Help")


@dataclass(frozen=True)
class Row:
    """One action: its id, menu text, key, tip, icon and place in the menus.

    `menu` is a menu's name, with `/` a submenu of it. `group` makes the rows that share it
    exclusive choices. `ruled` draws a line above it in the menu. `also` is a second key.
    """

    id: str
    text: str
    key: str
    tip: str
    icon: str
    menu: str
    checkable: bool = False
    group: str = ""
    ruled: bool = False
    also: str = ""


def _choice(id_: str, text: str, key: str, tip: str, menu: str, ruled: bool = False) -> Row:
    """Return one of several exclusive choices, those whose ids are alike up to the first `_`."""
    group = id_.partition("_")[0]
    return Row(id_, text, key, tip, "", menu, checkable=True, group=group, ruled=ruled)


# The name in the settings, the menu's text and the tip of each speed.
SPEED_TEXTS: Final = (
    ("5s", "One Step in &5 s", "Play one step every five seconds"),
    ("2s", "One Step in 2 s", "Play one step every two seconds"),
    ("1", "&1 Step per Second", "Play one step a second"),
    ("2", "&2 Steps per Second", "Play two steps a second"),
    ("5", "5 Steps per Second", "Play five steps a second"),
    ("10", "10 Steps per Second", "Play ten steps a second"),
    ("30", "&30 Steps per Second", "Play thirty steps a second"),
    ("100", "1&00 Steps per Second", "Play a hundred steps a second, several to a picture"),
    ("1000", "1000 &Steps per Second", "Play a thousand steps a second, of any size"),
    ("max", "&As Fast as It Goes", "Run trains as fast as it goes"),
)

ACTIONS: Final = (
    Row("file.new", "&New…", "Ctrl+N", "Start a new layered network", "new", "File"),
    Row("file.open", "&Open…", "Ctrl+O", "Open a session file", "open", "File"),
    Row("file.save", "&Save", "Ctrl+S", "Save the session", "save", "File", ruled=True),
    Row("file.save_as", "Save &As…", "Ctrl+Shift+S", "Save the session to another file", "",
        "File"),
    Row("file.import_data", "&Import Data…", "Ctrl+I",
        "Replace the rows by those of a CSV or TSV file", "", "File", ruled=True),
    Row("file.export_drawing", "Export &Drawing…", "Ctrl+E",
        "Export the drawing, with the overlay shown, as SVG, PDF or PNG", "image", "File",
        ruled=True),
    Row("file.export_loss", "Export &Loss…", "Ctrl+Shift+E",
        "Export the loss curve as SVG, PDF, PNG or CSV", "chart", "File"),
    Row("file.export_derivation", "Export Deri&vation…", "Ctrl+Shift+D",
        "Export the derivation of a gradient as Markdown, LaTeX or a web page", "", "File"),
    Row("file.quit", "&Quit", "Ctrl+Q", "Close the program", "", "File", ruled=True),
    Row("edit.undo", "&Undo", "Ctrl+Z", "Undo the last change", "undo", "Edit"),
    Row("edit.redo", "&Redo", "Ctrl+Shift+Z", "Redo the change undone last", "redo", "Edit"),
    Row("edit.cut", "Cu&t", "Ctrl+X", "Copy the selected nodes and delete them", "cut", "Edit",
        ruled=True),
    Row("edit.copy", "&Copy", "Ctrl+C", "Copy the selected nodes and the edges between them",
        "copy", "Edit"),
    Row("edit.paste", "&Paste", "Ctrl+V", "Paste copied nodes at the pointer, from any window",
        "paste", "Edit"),
    Row("edit.duplicate", "Dupl&icate", "Ctrl+J",
        "Put a copy of the selected nodes beside them", "", "Edit"),
    Row("edit.delete", "&Delete", "Del", "Delete what is selected", "delete", "Edit"),
    Row("edit.select_all", "Select &All", "Ctrl+A", "Select all nodes and edges", "", "Edit"),
    Row("edit.add_unit", "Add &Unit", "N",
        "Add a unit at the pointer; where nodes are selected, one that they feed", "unit",
        "Edit/Node"),
    Row("edit.add_product", "Add &Product", "Shift+P", "Add a unit that multiplies", "product",
        "Edit/Node"),
    Row("edit.add_max", "Add &Max", "Shift+M", "Add a unit that takes the largest", "max",
        "Edit/Node"),
    Row("edit.add_input", "Add &Input", "Shift+N", "Add an input and its column of the data",
        "input", "Edit/Node"),
    Row("edit.add_output", "Add &Output", "Ctrl+Shift+N",
        "Add an output and its column of targets", "output", "Edit/Node"),
    Row("edit.connect", "&Connect Selected", "Shift+C",
        "Let the selected nodes feed the one selected last", "", "Edit/Node", ruled=True),
    Row("edit.insert", "Put Unit into &Edge", "Shift+I",
        "Split each selected edge with a unit; the weight stays before it, after it is 1", "",
        "Edit/Node"),
    Row("edit.retarget", "Move Edge's E&nd", "Shift+T",
        "Let the selected edge lead to the selected node; its weight stays", "", "Edit/Node"),
    Row("edit.retarget_start", "Move Edge's S&tart", "Ctrl+Shift+T",
        "Let the selected edge come from the selected node; its weight stays", "", "Edit/Node"),
    Row("edit.toggle_output", "Output or &Not", "Shift+O",
        "Make the selected units outputs, or no outputs any more", "", "Edit/Node"),
    Row("edit.combine_sum", "&Sum", "Ctrl+Alt+S", "Let the selected units add up what enters them",
        "unit", "Edit/Node/Join Inputs by"),
    Row("edit.combine_product", "&Product", "Ctrl+Alt+P",
        "Let the selected units multiply what enters them; they have no bias", "product",
        "Edit/Node/Join Inputs by"),
    Row("edit.combine_max", "&Max", "Ctrl+Alt+M",
        "Let the selected units take the largest of what enters them; they have no bias", "max",
        "Edit/Node/Join Inputs by"),
    Row("edit.select_layer", "&Select Layer", "Shift+L", "Select the whole layer of the selection",
        "", "Edit/Layer"),
    Row("edit.layer_grow", "Add &Unit to Layer", "Shift+U",
        "Add a node to the layer; all other weights stay", "", "Edit/Layer", ruled=True),
    Row("edit.layer_shrink", "&Remove Unit from Layer", "Shift+K",
        "Remove the last node of the layer; all other weights stay", "", "Edit/Layer"),
    Row("edit.layer_add", "&Add Layer", "Ctrl+Shift+L",
        "Add a layer after that of the selection", "", "Edit/Layer"),
    Row("edit.layer_remove", "Re&move Layer", "Ctrl+Shift+K",
        "Remove the layer of the selection; its neighbours are connected", "", "Edit/Layer"),
    Row("edit.nudge_left", "Nudge &Left", "Alt+Shift+Left", "Move the selected nodes a little left",
        "", "Edit/Shift"),
    Row("edit.nudge_right", "Nudge &Right", "Alt+Shift+Right",
        "Move the selected nodes a little right", "", "Edit/Shift"),
    Row("edit.nudge_up", "Nudge &Up", "Alt+Shift+Up", "Move the selected nodes a little up", "",
        "Edit/Shift"),
    Row("edit.nudge_down", "Nudge &Down", "Alt+Shift+Down", "Move the selected nodes a little down",
        "", "Edit/Shift"),
    Row("edit.arrange", "Arrange b&y Layers", "Shift+A",
        "Place all nodes by layers, with few crossings", "arrange", "Edit"),
    Row("edit.set_number", "Se&t Number…", "F2",
        "Type the weight, bias, input or target of what is selected; again for its next number",
        "", "Edit/Weights", also="Return"),
    Row("edit.larger", "&Larger", "Ctrl+Up", "Make the selected number a step larger", "",
        "Edit/Weights"),
    Row("edit.smaller", "&Smaller", "Ctrl+Down", "Make the selected number a step smaller", "",
        "Edit/Weights"),
    Row("edit.little_larger", "A Li&ttle Larger", "Ctrl+Shift+Up",
        "Make the selected number a fine step larger", "", "Edit/Weights"),
    Row("edit.little_smaller", "A Littl&e Smaller", "Ctrl+Shift+Down",
        "Make the selected number a fine step smaller", "", "Edit/Weights"),
    Row("edit.scale", "S&cale…", "Shift+S",
        "Multiply all selected weights and biases by a number", "", "Edit/Weights", ruled=True),
    Row("edit.randomise", "&Randomise", "Shift+R",
        "Draw small new weights and biases for what is selected", "", "Edit/Weights"),
    Row("edit.freeze", "&Freeze or Unfreeze", "Shift+F",
        "Let training leave the selected weights and biases alone, or not any more", "",
        "Edit/Weights"),
    Row("edit.put_right", "Put Rig&ht", "Ctrl+Return",
        "Do what the bar on the drawing offers first, where the network is not complete", "",
        "Edit"),
    Row("edit.fields", "&Fields of the Selection", "F4",
        "Go to the fields of what is selected; Esc goes back to the drawing", "", "Edit/Go to"),
    Row("edit.copy_latex", "Copy as LaTe&X", "Ctrl+Shift+C",
        "Copy the formulas of the panel in front as LaTeX", "", "Edit", ruled=True),
    Row("edit.find", "&Find…", "Ctrl+F", "Find a node or an edge by name", "", "Edit"),
    Row("edit.copy_number", "Copy Nu&mber", "Ctrl+Alt+N",
        "Copy the number shown at the selected node or edge, with all digits", "", "Edit",
        ruled=True),
    Row("edit.copy_drawing", "C&opy Drawing", "Ctrl+Alt+C",
        "Copy the drawing, with the overlay shown, as SVG and PNG", "", "Edit"),
    Row("edit.reinitialise", "R&e-initialise…", "Ctrl+R", "Draw all trainable weights anew", "",
        "Edit", ruled=True),
    Row("edit.keep_selected", "&Keep in Selection", "M",
        "Keep what is selected while Tab and Alt+arrows go on; again: no longer", "",
        "Edit/Go to"),
    Row("edit.go_left", "Node to the &Left", "Alt+Left", "Select the neighbour to the left", "",
        "Edit/Go to"),
    Row("edit.go_right", "Node to the &Right", "Alt+Right", "Select the neighbour to the right",
        "", "Edit/Go to"),
    Row("edit.go_up", "Node &Above", "Alt+Up", "Select the node above", "", "Edit/Go to"),
    Row("edit.go_down", "Node &Below", "Alt+Down", "Select the node below", "", "Edit/Go to"),
    _choice("view.show_values", "Show &Values", "Ctrl+1",
            "Colour nodes and edges by their values and weights", "View"),
    _choice("view.show_gradients", "Show &Gradients", "Ctrl+2",
            "Colour nodes and edges by their gradients", "View"),
    _choice("view.show_updates", "Show &Updates", "Ctrl+3",
            "Colour edges by how the last update changed them", "View"),
    _choice("view.show_weights", "Show &Weights", "Ctrl+4",
            "Colour edges and biases by the weights themselves",
            "View/More to Show"),
    _choice("view.show_local", "Show &Local Gradients", "Ctrl+7",
            "Show each edge's own factor of the chain rule, known since the forward pass",
            "View/More to Show"),
    _choice("view.show_optimizer", "Show O&ptimizer State", "Ctrl+5",
            "Show what the optimizer keeps of each weight; again for its next quantity",
            "View/More to Show"),
    _choice("view.show_differences", "Show Diff&erences", "Ctrl+6",
            "Show how far each weight is from where the history began",
            "View/More to Show"),
    Row("view.size_log", "&Logarithmic Size", "Ctrl+Shift+Y",
        "Width and colour follow the logarithm of a number", "", "View/Scale", checkable=True),
    Row("view.range_fixed", "&Fixed Range", "Ctrl+Shift+R",
        "The widest line stays one number, so that steps can be compared", "", "View/Scale",
        checkable=True),
    Row("view.zoom_in", "Zoom &In", "Ctrl++", "Enlarge the drawing", "zoom_in", "View", ruled=True),
    Row("view.zoom_out", "Zoom &Out", "Ctrl+-", "Shrink the drawing", "zoom_out", "View"),
    Row("view.fit", "&Fit", "Ctrl+0", "Show the whole network", "fit", "View"),
    Row("view.heat_maps", "&Heat Maps", "Ctrl+H",
        "Show in each node its value over the plane of two inputs", "", "View", checkable=True,
        ruled=True),
    Row("view.decision_plot", "De&cision Plot", "Ctrl+Shift+H",
        "Show the output over the plane of two inputs, with the data on it", "", "View",
        checkable=True),
    Row("view.zoom_selection", "&Zoom to Selection", "Ctrl+9",
        "Show what is selected as large as it fits", "", "View"),
    Row("view.minimap", "Minima&p", "Ctrl+M",
        "Show a map of the whole network, where it is large or does not fit", "", "View",
        checkable=True),
    Row("view.snap", "S&nap to Guides", "Ctrl+Shift+G",
        "What is moved aligns with other nodes; Alt held leaves that out", "", "View",
        checkable=True),
    Row("view.reduce_motion", "&Reduce Motion", "", "Nothing on the drawing moves by itself", "",
        "View", checkable=True, ruled=True),
    Row("view.gradient_check", "Chec&k Gradients", "",
        "Check the gradients in the pauses of the program, with a badge over the drawing", "",
        "View", checkable=True),
    Row("view.loss_log", "&Logarithmic Loss", "Ctrl+L", "Plot the loss on a logarithmic axis", "",
        "View", checkable=True),
    _choice("view.digits_3", "&3", "", "Show numbers with 3 significant digits", "View/Digits"),
    _choice("view.digits_4", "&4", "", "Show numbers with 4 significant digits", "View/Digits"),
    _choice("view.digits_6", "&6", "", "Show numbers with 6 significant digits", "View/Digits"),
    _choice("view.digits_10", "&10", "", "Show numbers with 10 significant digits", "View/Digits"),
    Row("view.decimal_comma", "Decimal &Comma", "",
        "Show 0,5 for 0.5 in the window; files keep the point", "", "View/Digits", checkable=True,
        ruled=True),
    Row("view.larger", "&Larger Text", "Ctrl+Alt++", "Enlarge formulas and panels, for a projector",
        "", "View/Big Text"),
    Row("view.smaller", "&Smaller Text", "Ctrl+Alt+-", "Make formulas and panels smaller again",
        "", "View/Big Text"),
    _choice("view.scale_100", "&100 %", "",
            "Show formulas and panels at 100 %", "View/Big Text", True),
    _choice("view.scale_125", "12&5 %", "",
            "Show formulas and panels at 125 %", "View/Big Text"),
    _choice("view.scale_150", "15&0 %", "",
            "Show formulas and panels at 150 %", "View/Big Text"),
    _choice("view.scale_200", "&200 %", "",
            "Show formulas and panels at 200 %", "View/Big Text"),
    Row("view.theme", "&Next Theme", "Ctrl+T", "Switch between dark, light and high contrast",
        "theme", "View/Theme"),
    _choice("view.theme_dark", "&Dark", "", "Light drawing on a dark ground", "View/Theme", True),
    _choice("view.theme_light", "&Light", "", "Dark drawing on a light ground", "View/Theme"),
    _choice("view.theme_high_contrast", "&High Contrast", "",
            "Strong colours on black, for weak eyes and weak projectors", "View/Theme"),
    Row("view.front_explain", "&Explain", "Alt+1", "What this step, or what is selected, computes",
        "", "View/Explain"),
    Row("view.front_derivation", "&Derivation", "Alt+2",
        "A gradient from its symbol to its number, rule by rule", "", "View/Explain"),
    Row("view.front_paths", "&Paths", "Alt+3",
        "All ways from a parameter to the loss, which add up to its gradient", "", "View/Explain"),
    Row("view.front_matrices", "&Matrices", "Alt+4",
        "The layers as matrices, each cell tied to the drawing", "", "View/Explain"),
    Row("view.front_gradient_check", "Gradient &Check", "Alt+5",
        "Back propagation against central differences, for every parameter", "", "View/Explain"),
    Row("view.front_conventions", "C&onventions", "Alt+6",
        "The same step as other texts would compute it, and this session's notation", "",
        "View/Explain"),
    Row("view.front_samples", "&Samples", "Alt+7",
        "Each sample of the batch as a small drawing; a click shows it", "", "View/Explain"),
    _choice("view.colours_standard", "Blue / &Orange, Magenta / Green", "",
            "Colours of plus and minus, for values and for gradients", "View/Theme", True),
    _choice("view.colours_blue_red", "&Blue / Red, Violet / Lime", "",
            "Colours of plus and minus, for values and for gradients", "View/Theme"),
    _choice("view.colours_purple_gold", "&Purple / Gold, Blue / Orange", "",
            "Colours of plus and minus, for values and for gradients", "View/Theme"),
    Row("run.toggle", "&Run", "Space", "Run or pause the training", "run", "Run"),
    Row("run.until", "Run &Until…", "Shift+Space",
        "Run, and stop at a loss, after so many epochs, or when learning fails", "", "Run"),
    Row("run.step_forward", "Step &Forward", "Right", "One step forward, of the chosen size",
        "step_forward", "Run", ruled=True, also="PgDown"),
    Row("run.step_back", "Step &Back", "Left", "One step back, of the chosen size", "step_back",
        "Run", also="PgUp"),
    Row("run.phase_forward", "Ne&xt Phase", "Shift+Right",
        "Forward to the end of the next phase", "", "Run"),
    Row("run.phase_back", "Pre&vious Phase", "Shift+Left", "Back to the end of the phase before",
        "", "Run"),
    Row("run.step_iteration", "Next &Iteration", "Ctrl+Right", "One whole iteration forward",
        "iteration_forward", "Run"),
    Row("run.back_iteration", "Previous Itera&tion", "Ctrl+Left", "One whole iteration back",
        "iteration_back", "Run"),
    Row("run.reset", "Back to the St&art", "Ctrl+Home",
        "Back to the untrained network, of the present shape", "reset", "Run", ruled=True),
    Row("run.go_to_start", "Start of the &History", "Home",
        "Go to where the history begins", "", "Run"),
    Row("run.go_to_end", "&End of the History", "End", "Go to where the history ends", "", "Run"),
    Row("run.add_bookmark", "Add Book&mark", "Ctrl+B", "Mark the place shown, to come back to it",
        "", "Run", ruled=True),
    Row("run.fork", "F&ork", "Ctrl+Shift+F", "Keep the whole line as a run, and go on from here",
        "", "Run"),
    Row("run.next_sample", "&Next Sample", "Alt+PgDown", "Show the next sample of the batch", "",
        "Run", ruled=True),
    Row("run.previous_sample", "Pre&ceding Sample", "Alt+PgUp",
        "Show the sample before this one in the batch", "", "Run"),
    Row("run.why", "&Why Did This Weight Move?", "Ctrl+U",
        "Go to the last update of the selected weight: which samples and terms moved it", "",
        "Run"),
    _choice("run.grain_term", "&Term", "1", "Each step shows one term of a sum or a product",
            "Run/Step by"),
    _choice("run.grain_neuron", "&Neuron", "2", "Each step shows one neuron", "Run/Step by"),
    _choice("run.grain_layer", "&Layer", "3", "Each step shows one layer", "Run/Step by"),
    _choice("run.grain_phase", "&Phase", "4",
            "Each step shows a whole phase: forward, loss, backward, update", "Run/Step by"),
    _choice("run.grain_iteration", "&Iteration", "5", "Each step is a whole iteration",
            "Run/Step by"),
    _choice("run.grain_epoch", "&Epoch", "6", "Each step is an epoch: every row once",
            "Run/Step by"),
    *(_choice(f"run.speed_{name}", text, "", tip, "Run/Play Speed")
      for name, text, tip in SPEED_TEXTS),
    Row("run.faster", "&Faster", "]", "Play at the next higher speed", "", "Run/Play Speed",
        ruled=True),
    Row("run.slower", "&Slower", "[", "Play at the next lower speed", "", "Run/Play Speed"),
    Row("lesson.predict", "P&redict, Then Reveal", "Ctrl+Shift+P",
        "Hide numbers and be asked for them, or show them all again", "", "Lessons"),
    Row("lesson.next", "&Next Page", "Ctrl+PgDown", "Open the lesson's next page and set its view",
        "", "Lessons"),
    Row("lesson.back", "&Previous Page", "Ctrl+PgUp",
        "Open the lesson's page before and set its view", "", "Lessons"),
    Row("lesson.again", "Show Page &Again", "Ctrl+Shift+PgDown",
        "Set the view of the open page once more", "", "Lessons"),
    Row("lesson.write", "&Write Pages", "Ctrl+Shift+W",
        "Write the pages of this session's lesson, or end writing", "edit", "Lessons"),
    Row("help.keys", "&Keys and Mouse", "F1", "What keys and mouse do", "help", "Help"),
    Row("help.about", "&About bpviz", "", "Version and licence", "", "Help"),
)  # fmt: skip


def make_actions(parent: QWidget) -> dict[str, QAction]:
    """Return one QAction per row, by id, as children of `parent`; keys work all over it."""
    actions: dict[str, QAction] = {}
    groups: dict[str, QActionGroup] = {}
    for row in ACTIONS:
        action = QAction(row.text, parent)
        action.setObjectName(row.id)
        action.setCheckable(row.checkable)
        if row.key:
            action.setShortcuts([QKeySequence(key) for key in (row.key, row.also) if key])
        action.setToolTip(tip_with_key(row.tip, action))
        action.setStatusTip(row.tip)
        action.setIconText(row.text.replace("&", "").removeprefix("Show ").rstrip("…"))
        if row.group:
            group = groups.setdefault(row.group, QActionGroup(parent))
            group.addAction(action)
        parent.addAction(action)
        actions[row.id] = action
    actions["file.quit"].setMenuRole(QAction.MenuRole.QuitRole)
    actions["help.about"].setMenuRole(QAction.MenuRole.AboutRole)
    return actions


def tip_with_key(tip: str, action: QAction) -> str:
    """Return a tip that also names the action's key."""
    key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip} ({key})" if key else tip


def fill_menu_bar(bar: QMenuBar, actions: dict[str, QAction]) -> dict[str, QMenu]:
    """Put all actions into the menus of `bar`; return the menus by name ("View/Theme")."""
    menus: dict[str, QMenu] = {}
    for name in MENUS:
        menus[name] = bar.addMenu(f"&{name}")
        menus[name].setToolTipsVisible(True)
    for row in ACTIONS:
        menu = _menu(menus, row.menu)
        if row.ruled:
            menu.addSeparator()
        menu.addAction(actions[row.id])
    return menus


def _menu(menus: dict[str, QMenu], path: str) -> QMenu:
    """Return the menu at `path`, made where it is a submenu not yet there."""
    if path not in menus:
        above, _, name = path.rpartition("/")
        menus[path] = _menu(menus, above).addMenu(f"&{name}")
        menus[path].setToolTipsVisible(True)
    return menus[path]
