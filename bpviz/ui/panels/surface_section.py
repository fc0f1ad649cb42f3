"""The loss surface over two chosen parameters: what is computed, how far, and what it says."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.retrace import Retrace
from bpviz.document.slices import Slices
from bpviz.document.timeline import Timeline
from bpviz.engine.surface import LossSurface, Parameter, parameters_of
from bpviz.explain.parameter import parameter_text
from bpviz.model.counts import grouped
from bpviz.model.data import Data
from bpviz.model.network import Network
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.form import Choice, Form, side_by_side
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.plots.surface_plot import SurfacePlot
from bpviz.ui.style import Theme, guard

FloatArray = NDArray[np.float64]

DRAWING_INTERVAL: Final = 0.15
MOST_OFFERED: Final = 300
MOST_POINTS: Final = 4_000
# Room around the path, and the least distance shown on each side of the present value.
ROOM, LEAST_REACH = 0.35, 1.0
INTRO: Final = (
    "The loss over all training rows when two parameters change and all others stay, with the path "
    "that training has walked."
)


class SurfaceSection(QWidget):
    """Computes on demand: first the path, walking the history again, then the grid of losses.

    `computed` tells that a surface stands there, whole.
    """

    computed = Signal()

    def __init__(
        self, document: Document, player: Player, scene: CanvasScene, theme: Theme
    ) -> None:
        super().__init__()
        self._document = document
        self._player = player
        self._scene = scene
        self._slices = Slices(self)
        self._retrace: Retrace | None = None
        self._surface: LossSurface | None = None
        self._shown_at: tuple[int, FloatArray] = (0, np.empty(0))
        self._drawn_at = 0.0
        self._learnt_from: tuple[Data, str] | None = None
        self._offered_for: tuple[str, ...] | None = None
        self._pair: tuple[Parameter, Parameter] | None = None
        self._path: list[tuple[int, float, float]] = []
        self._first, self._second = Choice({}), Choice({})
        self._reach = NumberField(above=0, high=1e6, empty="automatic")
        self._take_button = QPushButton("Take the Selected")
        self._button = QPushButton("Compute")
        self._about = QLabel(INTRO)
        self._reading = QLabel()
        self.plot = SurfacePlot(theme)
        self._build()
        self._button.clicked.connect(self._on_clicked)
        self._take_button.clicked.connect(self._on_take)
        self._slices.advanced.connect(self._show_share)
        self._slices.ended.connect(self._on_ended)
        self.plot.picked.connect(self._on_picked)

    @property
    def words(self) -> str:
        """What is said about the surface."""
        return self._about.text()

    @property
    def pair(self) -> tuple[Parameter, Parameter] | None:
        """The two parameters of the surface that stands there or is computed."""
        return self._pair

    @property
    def is_computed(self) -> bool:
        """Whether a surface stands there, whole."""
        return self._surface is not None and self._surface.ended and not self._slices.busy

    def show_selected(self) -> None:
        """Compute the surface over the two that are selected, unless it stands there already."""
        if not self._take():
            return
        wanted = (_parameter(self._first.currentData()), _parameter(self._second.currentData()))
        if self._pair != wanted:
            self._forget()
            self._on_clicked()
        elif self.is_computed:
            self.computed.emit()

    def refresh(self) -> None:
        """Follow the network; a surface of another one goes."""
        program = self._player.program
        names = (*program.edge_names, *program.node_ids)
        if names != self._offered_for:
            self._offered_for = names
            self._offer([_key(each) for each in parameters_of(program, MOST_OFFERED)])
            self._forget()
        learnt_from = (self._document.session.data, self._document.session.training.loss)
        if learnt_from != self._learnt_from:
            self._learnt_from = learnt_from
            self._forget()

    def refresh_numbers(self) -> None:
        """Mark where the parameters stand, and go on with the path."""
        trace, pair = self._player.trace, self._pair
        if self._surface is None or pair is None or trace is None:
            return
        if self._player.running and self._slices.busy:
            self._forget()
            return
        slots = tuple(each.slots(trace.program) for each in pair)
        if not all(len(each) for each in slots):
            self._forget()
            return
        x, y = (float(trace.theta[each[0]]) for each in slots)
        at = self._player.iteration
        if (not self._path or at > self._path[-1][0]) and len(self._path) < MOST_POINTS:
            self._path.append((at, x, y))
        self._show_path()
        self.plot.show_here(x, y)
        self._say_what_it_is()

    def set_scale(self, factor: float) -> None:
        """Draw the surface `factor` times as large, for a projector."""
        self.plot.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.plot.apply_theme(theme)

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Do no work that nobody sees."""
        super().hideEvent(event)
        if self._slices.busy:
            self._forget()

    # -- choosing ------------------------------------------------------------------------------

    def _offer(self, keys: list[str]) -> None:
        network = self._player.program.network
        for place, choice in enumerate((self._first, self._second)):
            choice.clear()
            for key in keys:
                choice.addItem(parameter_text(network, _parameter(key).name), key)
            choice.setCurrentIndex(min(place, len(keys) - 1))
        self._button.setEnabled(len(keys) > 1)

    def _on_take(self) -> None:
        if not self._take():
            self._about.setText("Select two edges, or units with a bias, on the drawing first.")

    def _take(self) -> bool:
        """Take the first two edges and nodes that are selected; False where there are no two."""
        network = self._player.program.network
        chosen = [Parameter("weight", name) for name in self._scene.selected_edges()]
        chosen += [
            Parameter("bias", node_id)
            for node_id in self._scene.selected_nodes()
            if node_id in network.node_index
        ]
        fitting = [each for each in chosen if len(each.slots(self._player.program))]
        if len(fitting) < 2:
            return False
        for choice, parameter in zip((self._first, self._second), fitting, strict=False):
            key = _key(parameter)
            if choice.findData(key) < 0:
                choice.addItem(parameter_text(network, parameter.name), key)
            choice.set_key(key)
        return True

    # -- computing -----------------------------------------------------------------------------

    def _on_clicked(self) -> None:
        if self._slices.busy:
            self._forget()
            return
        first, second = self._first.currentData(), self._second.currentData()
        if self._player.trace is None:
            self._about.setText(f"Nothing to compute yet. {localised(self._player.problem)}")
        elif first == second:
            self._about.setText("Choose two different parameters.")
        else:
            self._player.pause()
            self._forget()
            self._pair = (_parameter(first), _parameter(second))
            self._retrace = Retrace(self._document.timeline.history, self._visit)
            self._slices.begin(self._retrace)
            self._show_share()

    def _visit(self, line: Timeline) -> None:
        """Note where the two parameters stand on the way, where the network has them."""
        program = line.workshop.program(line.base)
        assert self._pair is not None
        slots = [each.slots(program) for each in self._pair]
        if all(len(each) for each in slots):
            x, y = (float(line.state.theta[each[0]]) for each in slots)
            self._path.append((line.iteration, x, y))

    def _on_ended(self) -> None:
        if self._retrace is not None:
            self._retrace = None
            self._begin_grid()
        else:
            self._show_surface()
            self._say_what_it_is()
            self._button.setText("Compute")
            self.computed.emit()

    def _begin_grid(self) -> None:
        player, pair, trace = self._player, self._pair, self._player.trace
        if pair is None or trace is None:
            self._forget()
            return
        program = trace.program
        slots = (pair[0].slots(program), pair[1].slots(program))
        if not (len(slots[0]) and len(slots[1])):
            self._forget()  # the network has lost one of them meanwhile
            return
        here = [float(trace.theta[each[0]]) for each in slots]
        walked = np.array([point[1:] for point in self._path] or [(here[0], here[1])])
        reach = self._reach.value
        spans = (_span(here[0], walked[:, 0], reach), _span(here[1], walked[:, 1], reach))
        training = self._document.timeline.base.training
        self._surface = LossSurface(program, player.rows, training, trace.theta, slots, spans)
        others = np.delete(trace.theta, np.concatenate(slots))
        self._shown_at = (player.iteration, others)
        network = player.program.network
        self.plot.set_titles(*(parameter_text(network, each.name) for each in pair))
        self._slices.begin(self._surface)
        self._show_surface()
        self.refresh_numbers()

    def _forget(self) -> None:
        """Give up what is under way and show nothing."""
        self._slices.cancel()
        self._retrace = self._surface = self._pair = None
        self._path = []
        self.plot.clear()
        self.plot.hide()
        self._reading.setText("")
        self._button.setText("Compute")
        self._about.setText(INTRO)

    # -- showing -------------------------------------------------------------------------------

    def _show_share(self) -> None:
        walking = self._retrace is not None
        self._button.setText(f"Cancel · {self._slices.share:.0%}")
        what = "Walking the history again for the path…" if walking else "Computing losses…"
        self._about.setText(what)
        if not walking and time.monotonic() - self._drawn_at > DRAWING_INTERVAL:
            self._show_surface()

    def _show_surface(self) -> None:
        surface = self._surface
        self._drawn_at = time.monotonic()
        if surface is not None:
            self.plot.show()
            self.plot.show_grid(surface.first, surface.second, surface.losses)
            self._show_path()

    def _show_path(self) -> None:
        points = np.array([point[1:] for point in self._path], dtype=np.float64).reshape(-1, 2)
        position = self._player.iteration
        self.plot.show_path(points, sum(point[0] <= position for point in self._path))

    def _say_what_it_is(self) -> None:
        """Say what is held fixed, how far losses go, and whether the others have moved since."""
        surface, trace, pair = self._surface, self._player.trace, self._pair
        if surface is None or trace is None or pair is None or self._slices.busy:
            return
        chosen = [each.slots(trace.program) for each in pair]
        if not all(map(len, chosen)):
            return
        known = surface.losses[np.isfinite(surface.losses)]
        if not known.size:
            self._about.setText("No loss here is a finite number.")
            return
        low, high = format_number(float(known.min())), format_number(float(known.max()))
        iteration, others = self._shown_at
        text = f"All other parameters as at iteration {grouped(iteration)}. Loss {low} to {high}."
        slots = np.concatenate(chosen)
        if not np.array_equal(np.delete(trace.theta, slots), others):
            text += " They have moved since: compute again."
        if text != self._about.text():
            self._about.setText(text)

    def _on_picked(self, x: float, y: float) -> None:
        """Tell the loss at the point of the grid nearest to a click."""
        surface, pair = self._surface, self._pair
        if surface is not None and pair is not None:
            a, b, loss = _nearest(surface, x, y)
            self.plot.pin(a, b)
            self._reading.setText(_reading(self._player.program.network, pair, (a, b), loss))

    def _build(self) -> None:
        heading = QLabel("Loss surface")
        heading.setProperty("role", "title")
        self._about.setObjectName("surface.about")
        self._reading.setObjectName("surface.reading")
        for label in (self._about, self._reading):
            label.setWordWrap(True)
        self._about.setProperty("role", "muted")
        form = Form()
        form.add("Across", self._first, "surface.first", "The parameter along the lower edge")
        form.add("Upwards", self._second, "surface.second", "The parameter along the left edge")
        form.add("Reach ±", self._reach, "surface.reach",
                 "How far to go from the present values; left empty: to hold the path")  # fmt: skip
        form.add_wide(side_by_side(self._take_button, self._button))
        form.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self._take_button.setObjectName("surface.take")
        self._take_button.setToolTip("Take the two edges or units that are selected on the drawing")
        self._button.setObjectName("surface.compute")
        self._button.setToolTip("Compute the losses around the present values; again to cancel")
        self.plot.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        for widget in (heading, self._about, form, self.plot, self._reading):
            layout.addWidget(widget)


def _span(here: float, walked: FloatArray, reach: float | None) -> tuple[float, float]:
    """Return the range of one parameter: as asked, else around the path."""
    if reach is not None:
        return here - reach, here + reach
    low, high = min(float(walked.min()), here), max(float(walked.max()), here)
    room = max(ROOM * (high - low), LEAST_REACH - (high - low) / 2)
    return low - room, high + room


def _nearest(surface: LossSurface, x: float, y: float) -> tuple[float, float, float]:
    """Return the point of the grid nearest to (x, y), and the loss there."""
    column = int(np.abs(surface.first - x).argmin())
    row = int(np.abs(surface.second - y).argmin())
    place = float(surface.first[column]), float(surface.second[row])
    return *place, float(surface.losses[row, column])


def _reading(
    network: Network, pair: tuple[Parameter, Parameter], place: tuple[float, float], loss: float
) -> str:
    said = format_number(loss, 6) if np.isfinite(loss) else "not a finite number"
    told = (
        f"{parameter_text(network, each.name)} = {format_number(value, 4, trim=True)}"
        for each, value in zip(pair, place, strict=True)
    )
    return f"{',  '.join(told)}:  loss {said}"


def _key(parameter: Parameter) -> str:
    return f"{parameter.kind} {parameter.name}"


def _parameter(key: str) -> Parameter:
    kind, _, name = key.partition(" ")
    return Parameter("bias" if kind == "bias" else "weight", name)
