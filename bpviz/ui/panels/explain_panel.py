"""The Explain panel: what the present step, or what is selected, is and how it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.origin import next_edits
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.engine.snapshot import Snapshot
from bpviz.explain.copying import latex_of_lines
from bpviz.explain.explanation import Explanation, Line
from bpviz.explain.expression import Reference
from bpviz.explain.movement import Movement, is_trained, movement
from bpviz.explain.names import NotedLeaves
from bpviz.explain.questions import gives_away
from bpviz.explain.subject import Aspect, Subject, aspects, explain_subject, known, subject_named
from bpviz.explain.symbols import Leaves
from bpviz.model.network import Unit
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.chips_view import Chip, ChipsView
from bpviz.ui.formula.derivation import formula_lines, tone, used
from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.formula_view import FormulaView
from bpviz.ui.numbers import localised
from bpviz.ui.panels.aspect_row import AspectRow
from bpviz.ui.panels.movement_section import MovementSection, behind_words
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.terms import TermLights
from bpviz.ui.plots.activation_plot import ActivationPlot, Point
from bpviz.ui.style import Theme

MOST_LINES: Final = 6
MOST_CHIPS: Final = 12
READY: Final = (
    "Nothing is computed yet in this iteration. → steps forward and shows here how each number "
    "comes about; Space runs. Click a node or an edge to see its formula."
)
RUNNING: Final = "Numbers change too fast to be explained. Space pauses; then every step can be."
HIDDEN: Final = "The numbers are hidden: predict them in the panel Predict."
WHY: Final = "Go to the update and take it apart into samples, penalty and optimizer (Ctrl+U)"
FIXED: Final = "It is fixed: no update moves it"
NOT_YET: Final = "Not computed yet at this step: the numbers follow when → has come to it."


class ExplainPanel(Panel):
    """Explains the frame shown; after a click on a node or an edge that one, until the next step.

    A term under the pointer lights up its node or edge on the canvas, and the other way round.
    `why_asked` asks why the selected weight or bias moved, `sample_chosen` for another sample.
    """

    why_asked = Signal()
    sample_chosen = Signal(int)

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._scene = scene
        self._digits = 4
        self._subject: Subject | None = None
        self._aspect: Aspect | None = None
        self._place = (-1, -1)
        self._lines: Sequence[Line] = ()
        self._title = QLabel()
        self._sentence = QLabel()
        self._uses = QLabel("Uses")
        self._more = QLabel()
        self._aspects = AspectRow()
        font = FormulaFont()
        self.formula = FormulaView(theme, font)
        self.chips = ChipsView(theme, font)
        self.activation = ActivationPlot(theme)
        self.causes = MovementSection(theme)
        self._why = QPushButton("Why Did It Move?")
        self._build()
        self._why.clicked.connect(self.why_asked)
        self.causes.sample_chosen.connect(self.sample_chosen)
        self._aspects.chosen.connect(self._on_aspect_chosen)
        for view in (self.formula, self.chips):
            view.term_chosen.connect(self._on_term_chosen)
        self._lights = TermLights(scene, self.formula, self.chips, parent=self)
        scene.selection_changed.connect(self._on_selection_changed)
        scene.loss_asked.connect(self._on_loss_asked)
        self.refresh()

    @property
    def title(self) -> str:
        """What is explained."""
        return self._title.text()

    @property
    def sentence(self) -> str:
        """What is said of it in words."""
        return self._sentence.text()

    def latex(self) -> str:
        """Return the formula shown as LaTeX; "" where there is none."""
        return latex_of_lines(self._lines, self._digits) if self._lines else ""

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        for view in (self.formula, self.chips, self.activation, self.causes):
            view.set_digits(digits)
        self.refresh()

    def set_scale(self, factor: float) -> None:
        """Draw formulas `factor` times as large, for a projector."""
        for view in (self.formula, self.chips, self.activation, self.causes):
            view.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        for view in (self.formula, self.chips, self.activation, self.causes):
            view.apply_theme(theme)

    def refresh(self) -> None:
        """Explain what is shown now; a step forgets what was clicked."""
        player = self._player
        place = (player.iteration, player.frame_index)
        if place != self._place:
            self._place, self._subject, self._aspect = place, None, None
        trace, snapshot = player.trace, player.snapshot
        if player.running:
            self._say("Running", RUNNING)
        elif trace is None or snapshot is None:
            self._say("Nothing to explain yet", self._what_to_do())
        elif self._subject is not None and self._is_there(trace, self._subject):
            self._explain_subject(trace, snapshot, self._subject)
        elif player.frame is None:
            self._say("Ready", READY)
        else:
            self._explain_frame(trace, snapshot, player.frame)
        self.settle()

    # -- what is explained ---------------------------------------------------------------------

    def _explain_frame(self, trace: Trace, snapshot: Snapshot, frame: Frame) -> None:
        told = self._player.told_step(trace, frame, self._digits)
        self._aspects.show_aspects((), (), None)
        self._why.hide()
        computed = self._show(told)
        if len(snapshot.step) > 1:
            # A layer or a phase is about no parameter and no curve of its own.
            frame = frame._replace(kind="", node=-1, edge=-1)
        at = Subject(frame.node, frame.edge) if frame.kind in ("update", "update_line") else None
        self._show_causes(trace, at if computed else None)
        edge = trace.program.network.edges[frame.edge] if frame.edge >= 0 else None
        node = frame.node
        if node < 0 and edge is not None:
            node = trace.program.network.node_index[edge.target]
        self._show_activation(trace, snapshot, node)

    def _explain_subject(self, trace: Trace, snapshot: Snapshot, subject: Subject) -> None:
        network, sample = trace.program.network, self._player.sample
        there, computed = aspects(network, subject), known(snapshot, network, subject)
        latest = computed[-1] if computed else there[0]
        aspect = self._aspect if self._aspect in there else latest
        batch = snapshot.batch_gradients
        told = explain_subject(
            trace,
            subject,
            aspect,
            sample,
            self._digits,
            batch=batch,
            penalized=snapshot.penalized,
            notation=self._player.notation,
        )
        self._aspects.show_aspects(there, computed, aspect)
        is_shown = self._show(told, computed=aspect in computed)
        self._why.setVisible("update" in there and aspect != "update")
        trained = "update" in there and is_trained(
            Leaves(trace, sample), subject.node, subject.edge
        )
        self._why.setEnabled(trained)
        self._why.setToolTip(WHY if trained else FIXED)
        self._show_causes(trace, subject if is_shown and aspect == "update" else None)
        node = subject.node
        if subject.edge >= 0:
            node = network.node_index[network.edges[subject.edge].target]
        self._show_activation(trace, snapshot, node)

    def _show_causes(self, trace: Trace, subject: Subject | None) -> None:
        """Show why the parameter of `subject` moves by this update."""
        found: Movement | None = None
        if subject is not None and (subject.edge >= 0 or subject.node >= 0):
            leaves = NotedLeaves(trace, self._player.sample, self._player.notation)
            found = movement(leaves, subject.node, subject.edge)
        self.causes.set_loss_symbol(self._player.notation.loss_symbol)
        behind = ""
        if found is not None and subject is not None:
            behind = self._edited_behind(trace, subject)
        self.causes.show_movement(found, self._player.sample, behind)

    def _edited_behind(self, trace: Trace, subject: Subject) -> str:
        """Return what edits did behind the update shown."""
        network, timeline = trace.program.network, self._document.timeline
        edge, node = subject.edge, subject.node
        name = network.edges[edge].name if edge >= 0 else network.nodes[node].id
        own, others = next_edits(
            timeline.line, timeline.place, name, timeline.session.network.names
        )
        return behind_words(own, others, "it", self._digits)

    def _show(self, told: Explanation, *, computed: bool = True) -> bool:
        """Show an explanation; return whether its numbers can be seen."""
        lines = _shortened(told.lines)
        inputs = frozenset(node.id for node in self._document.session.network.inputs)
        covered = gives_away(told, self._player.hidden, inputs)
        why = HIDDEN if covered else NOT_YET
        computed = computed and not covered
        # What is not computed yet is not given away on the clipboard either.
        self._lines = lines if computed else ()
        words = told.sentence.partition(": ")[0] if told.lines else told.sentence
        self._title.setText(told.title)
        self._sentence.setText(localised(f"{words}." if computed else f"{words}. {why}"))
        for view in (self.formula, self.chips):
            view.set_names(self._document.session.network.names)
        self.formula.show_lines(formula_lines(lines, self._digits, with_numbers=computed))
        self.formula.setVisible(bool(lines))
        hidden = len(told.lines) - len(lines) + told.more
        self._more.setText(f"… and {hidden} more like these: click an edge to see its own.")
        self._more.setVisible(hidden > 0)
        self._show_chips(lines if computed else ())
        return computed

    def _show_chips(self, lines: Sequence[Line]) -> None:
        leaves = used(lines)
        chips = [Chip(leaf, tone(leaf.value, leaf.reference)) for leaf in leaves[:MOST_CHIPS]]
        self.chips.show_chips(chips)
        more = len(leaves) - len(chips)
        self._uses.setText(f"Uses (the first {len(chips)} of {len(leaves)})" if more else "Uses")
        for part in (self._uses, self.chips):
            part.setVisible(bool(chips))

    def _show_activation(self, trace: Trace, snapshot: Snapshot, node: int) -> None:
        unit = trace.program.network.nodes[node] if node >= 0 else None
        self.activation.setVisible(isinstance(unit, Unit))
        if not isinstance(unit, Unit):
            return
        sample, point = self._player.sample, None
        if snapshot.z_known[node] and not self._player.hidden.covers("values", unit.id):
            numbers = (each[sample, node] for each in (trace.z, trace.a, trace.slope))
            point = Point(*map(float, numbers))
        label = trace.program.network.names[unit.id]
        self.activation.show_unit(unit.activation, label, point, trace.slope[:, node])

    def _say(self, title: str, words: str) -> None:
        """Show no formula, only what is going on."""
        if self._title.text() == title and self._sentence.text() == localised(words):
            return
        self._lines = ()
        self._title.setText(title)
        self._sentence.setText(localised(words))
        self._aspects.show_aspects((), (), None)
        self.formula.show_lines(())
        self.chips.show_chips(())
        for part in (
            self.formula, self._more, self._uses, self.chips, self.activation, self.causes,
            self._why,
        ):  # fmt: skip
            part.hide()

    def _what_to_do(self) -> str:
        if not self._document.session.network.nodes:
            return "The network is empty. Double-click the canvas to add a unit."
        return self._player.problem

    def _is_there(self, trace: Trace, subject: Subject) -> bool:
        network = trace.program.network
        return subject.node < len(network.nodes) and subject.edge < len(network.edges)

    # -- what canvas and terms tell -------------------------------------------------------------

    def _on_selection_changed(self) -> None:
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        self._subject, self._aspect = None, None
        if len(nodes) + len(edges) == 1:
            network = self._document.session.network
            self._subject = subject_named(network, *(nodes or [""]), *(edges or [""]))
        self.refresh()

    def _on_term_chosen(self, term: Reference) -> None:
        """Select what a term stands for: then that is explained."""
        if term.kind == "node":
            self._scene.select([term.name], [])
        elif term.kind == "edge":
            self._scene.select([], [term.name])
        elif term.quantity in ("loss", "batch_loss"):
            self._on_loss_asked()

    def _on_loss_asked(self) -> None:
        """Explain the loss, at whatever step."""
        self._subject, self._aspect = Subject(is_loss=True), None
        self.refresh()

    def _on_aspect_chosen(self, aspect: Aspect) -> None:
        self._aspect = aspect
        self.refresh()

    def _build(self) -> None:
        self._why.setObjectName("explain.why")
        self._title.setObjectName("explain.title")
        self._title.setProperty("role", "title")
        self._sentence.setObjectName("explain.sentence")
        for words in (self._sentence, self._more, self._uses):
            words.setProperty("role", "muted")
        for label in (self._title, self._sentence, self._more):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(10)
        for part in (
            self._title, self._aspects, self._why, self.formula, self._more, self._sentence,
            self.causes, self._uses, self.chips, self.activation,
        ):  # fmt: skip
            layout.addWidget(part)
        layout.addStretch(1)


def _shortened(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines, the first few only where they are many: a derivation is shown whole."""
    alike = len({line.rule for line in lines}) < len(lines)
    return lines[:MOST_LINES] if alike else lines
