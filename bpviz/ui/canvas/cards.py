"""Cards made from a network and what is shown of a step: every text of a node."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bpviz.model.names import drawn_name, pretty_name
from bpviz.model.network import Input, Network, Unit, activation_name
from bpviz.model.schema import Session
from bpviz.ui.canvas.card import PARTS_JOIN, Card
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.overlays import Overlay
from bpviz.ui.canvas.pens import text_color
from bpviz.ui.canvas.short_formulas import COMBINE_SYMBOLS, LOSS_SYMBOLS, applied, formula
from bpviz.ui.canvas.shown import Numbers, Shown, State, StateArray
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme

SHORT_DIGITS = 3
LONGEST_TIE = 8
# The overlays that show what comes back to a node, the inputs too.
WITH_ERRORS = ("gradients", "local")
MOST_TARGETS = 3
TARGETS_JOIN = "  "
BORDERS = {
    State.NOT_COMPUTED: "not_computed",
    State.STALE: "stale",
    State.NON_FINITE: "non_finite",
}


def look_of(state: StateArray) -> StateArray:
    """Return states as a node's border tells them: what is known looks alike, whatever its sign."""
    known: StateArray = np.where(state >= State.NEGATIVE, np.int8(State.ZERO), state)
    return known


def number_text(numbers: Numbers, place: int, digits: int, *, trim: bool = False) -> str:
    """Return a number as text; "—" where it is not computed yet, "?" where it is hidden."""
    if numbers.state[place] == State.NOT_COMPUTED:
        return "?" if numbers.is_hidden(place) else "—"
    return format_number(float(numbers.value[place]), digits, trim=trim)


def tie_mark(share: str) -> str:
    """Return what follows a weight or bias that is one with others of the same name: " =b₁"."""
    if not share:
        return ""
    name = share if len(share) <= LONGEST_TIE else share[: LONGEST_TIE - 1] + "…"
    return f" ={pretty_name(name)}"


def loss_symbol(session: Session) -> str:
    """Return the letter that the session's text has for the loss."""
    symbol = getattr(session.notation, "loss_symbol", "")
    return str(symbol) if symbol else "E"


def target_symbol(session: Session) -> str:
    """Return the letter that the session's text has for the target."""
    symbol = getattr(session.notation, "target_symbol", "")
    return str(symbol) if symbol else "t"


def loss_formula(session: Session) -> str:
    """Return the loss in short, in the session's letters: ½(a−r)²."""
    return LOSS_SYMBOLS.get(session.training.loss, "loss").replace(
        "−t", f"−{target_symbol(session)}"
    )


def target_text(session: Session, target: FloatArray, digits: int) -> str:
    """Return the line over the loss: the chosen sample's targets [K], "" for too many or none."""
    if not 0 < len(target) <= MOST_TARGETS:
        return ""
    numbers = (format_number(float(each), digits, trim=True) for each in target)
    return f"{target_symbol(session)} {TARGETS_JOIN.join(numbers)}"


@dataclass(frozen=True)
class CardMaker:
    """Makes the cards of one session's nodes for one step."""

    session: Session
    geometry: Geometry
    shown: Shown
    theme: Theme
    digits: int

    def brief(self, node: int) -> Card:
        """Return a node's card with its name alone, for where nothing else is legible."""
        shown, count = self.shown, self.geometry.node_count
        phase = self.theme.phase_color(shown.phase)
        if node == count:
            border = BORDERS.get(int(shown.loss.state[0]), "plain")
            ring = phase if shown.loss_is_current else ""
            return Card(True, loss_symbol(self.session), border=border, ring=ring, is_loss=True)
        model = self.session.network.nodes[node]
        return Card(
            is_square=isinstance(model, Input),
            name=drawn_name(model.label),
            border=BORDERS.get(int(shown.value.state[node]), "plain"),
            ring=phase if shown.current_node == node else "",
            lit=phase if shown.active_nodes[node] else "",
        )

    def card(self, node: int) -> Card:
        """Return the card of the node at position `node`; behind the last one is the loss."""
        if node == self.geometry.node_count:
            return self._loss_card()
        shown, theme = self.shown, self.theme
        model = self.session.network.nodes[node]
        state = int(shown.value.state[node])
        below, below_state, overlay = self._below(node)
        phase = theme.phase_color(shown.phase)
        return Card(
            is_square=isinstance(model, Input),
            name=drawn_name(model.label),
            value=number_text(shown.value, node, self.digits, trim=isinstance(model, Input)),
            value_color=text_color(theme, "values", state),
            details=self._details(model, node),
            below=below,
            below_color=text_color(theme, overlay, below_state),
            above=self._bias(model, node),
            border=BORDERS.get(state, "plain"),
            ring=phase if shown.current_node == node else "",
            lit=phase if shown.active_nodes[node] else "",
        )

    def _details(self, model: Input | Unit, node: int) -> tuple[str, ...]:
        if isinstance(model, Input):
            return ("input",)
        if self.shown.z.state[node] == State.NOT_COMPUTED:
            return (formula(model), activation_name(model.activation))
        z = number_text(self.shown.z, node, SHORT_DIGITS)
        symbol = COMBINE_SYMBOLS[model.combine]
        if activation_name(model.activation) == "identity":
            return (f"{symbol} = {z}", symbol)
        return (applied(model.activation, z), activation_name(model.activation))

    def _below(self, node: int) -> tuple[str, int, Overlay]:
        """Return the line under a node, the state of its number and whose colours it has."""
        shown = self.shown
        is_input = isinstance(self.session.network.nodes[node], Input)
        if shown.bias_symbol and not is_input:
            state = int(shown.biases.state[node])
            if state == State.NOT_COMPUTED or not self._has_bias(node):
                return "", state, shown.overlay
            text = f"{shown.bias_symbol} = {self._number(shown.biases, node)}"
            return text, state, shown.overlay
        numbers = shown.dloss_da if is_input else shown.delta
        state = int(numbers.state[node])
        if shown.overlay not in ("values", *WITH_ERRORS) or (
            is_input and shown.overlay == "values"
        ):
            return "", state, "gradients"
        if is_input:
            symbol = loss_symbol(self.session)
            name = f"∂{symbol}/∂{self.session.network.names[self.session.network.nodes[node].id]}"
        else:
            name = "δ"
        if state != State.NOT_COMPUTED or numbers.is_hidden(node):
            return f"{name} = {self._number(numbers, node)}", state, "gradients"
        waits = shown.overlay == "gradients" and not is_input
        return ("δ not yet" if waits else ""), state, "gradients"

    def _number(self, numbers: Numbers, node: int) -> str:
        return number_text(numbers, node, self.digits)

    def _has_bias(self, node: int) -> bool:
        model = self.session.network.nodes[node]
        return isinstance(model, Unit) and model.has_bias

    def _bias(self, model: Input | Unit, node: int) -> str:
        """Return the line over a node: its bias and, where it is known, the gradient of it."""
        if not isinstance(model, Unit) or not model.has_bias:
            return ""
        shown = self.shown
        number = format_number(float(shown.bias[node]), self.digits, trim=True)
        text = f"b {number}{tie_mark(model.bias_share)}"
        if shown.overlay == "gradients" and shown.bias_gradient.state[node] != State.NOT_COMPUTED:
            text += f"{PARTS_JOIN}∂ {self._number(shown.bias_gradient, node)}"
        return text

    def _loss_card(self) -> Card:
        shown, theme, session = self.shown, self.theme, self.session
        state = int(shown.loss.state[0])
        below, below_state = self._loss_gradient(session.network)
        phase = theme.phase_color(shown.phase)
        return Card(
            is_square=True,
            name=loss_symbol(session),
            value=number_text(shown.loss, 0, self.digits),
            value_color=text_color(theme, "values", state),
            details=(loss_formula(session), "loss"),
            above=target_text(session, shown.target, self.digits),
            below=below,
            below_color=text_color(theme, "gradients", below_state),
            border=BORDERS.get(state, "plain"),
            ring=phase if shown.loss_is_current else "",
            is_loss=True,
        )

    def _loss_gradient(self, network: Network) -> tuple[str, int]:
        """Return ∂E/∂a of a single output that only the loss follows."""
        own = self.geometry.edge_count
        if self.shown.overlay not in WITH_ERRORS or len(network.outputs) != 1:
            return "", State.NOT_COMPUTED
        state = int(self.shown.edges.state[own])
        if state == State.NOT_COMPUTED:
            return "", state
        name = network.names[network.outputs[0]]
        text = number_text(self.shown.edges, own, self.digits)
        return f"∂{loss_symbol(self.session)}/∂{name} = {text}", state


def touched(
    card: Card, *, selected: bool = False, hovered: bool = False, offered: str = ""
) -> Card:
    """Return `card` as it looks under the pointer, selected, or while an edge is drawn."""
    if not (selected or hovered or offered):
        return card
    return replace(card, selected=selected, hovered=hovered, offered=offered)
