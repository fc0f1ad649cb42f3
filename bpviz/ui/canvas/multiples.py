"""Small multiples: what a small drawing of each sample of the batch shows, all on one scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.snapshot import Snapshot
from bpviz.ui.canvas.common_scale import common_scale, differs_by_sample, largest
from bpviz.ui.canvas.covered import covered
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.overlays import Look, strength_of
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.shown import Numbers, Shown, as_stale, shown

# The place of the drawing of what joins the samples: the batch's own gradients and loss.
JOINED: Final = -1
# Of a batch with more numbers than this only some samples are looked at for the largest.
MOST_MEASURED: Final = 200_000
# Where some numbers are hidden, so many samples are asked for the largest of the others.
MOST_ASKED: Final = 16


@dataclass(frozen=True)
class Coloured:
    """Numbers [M] as colours: their states, and how strong each colour is, 0 to 1."""

    numbers: Numbers
    strength: FloatArray


@dataclass(frozen=True)
class Tile:
    """One small drawing.

    Its edges are `shown.edges` with `shown.strength`; `fill` colours the nodes, the loss among
    them [N + 1], by their values, `ring` by δ (∂E/∂a of inputs), where gradients are shown.
    """

    sample: int
    shown: Shown
    fill: Coloured
    ring: Coloured | None


@dataclass(frozen=True)
class Scales:
    """The numbers that are drawn strongest: on edges, of inputs, units, δ and losses."""

    edges: float = 0.0
    inputs: float = 0.0
    units: float = 0.0
    errors: float = 0.0
    losses: float = 0.0


class Multiples:
    """The small drawings of the batch that a player shows, made when they are asked for.

    Numbers, states and colours are those that the canvas would have with that sample chosen, its
    gradients and loss its own at every frame. All share one scale: the largest of any sample.
    """

    def __init__(self, player: Player, scene: CanvasScene) -> None:
        self._player, self._scene = player, scene
        self._made: dict[int, Tile] = {}
        # What was shown last of a network that can't be computed any more.
        self._last: tuple[Geometry, dict[int, Tile]] | None = None
        self._geometry = scene.geometry
        self._things: tuple[object, ...] = ()
        self._places: tuple[object, ...] = ()
        self._count = 0
        self.scales = Scales()

    @property
    def count(self) -> int:
        """How many samples there are; those of before, where nothing can be computed now."""
        return self._count

    @property
    def has_joined(self) -> bool:
        """Whether what joins the samples has a drawing of its own: where gradients are shown."""
        return self._count > 1 and self._scene.look.overlay == "gradients"

    @property
    def is_stale(self) -> bool:
        """Whether nothing can be computed, so that all is of before the last edit."""
        return self._player.trace is None

    def follow(self) -> bool:
        """Take over what the player shows now; return whether any drawing is another."""
        player, scene = self._player, self._scene
        trace, geometry = player.trace, scene.geometry
        if trace is not None:
            self._count = len(trace.rows)
        elif self._last is None and not self._made:
            self._count = 0
        if self._holds(geometry):
            return False
        if trace is not None:
            self._last = None
            self.scales = self._measured(trace)
        elif self._made and self._last is None:
            self._last = (self._geometry, self._made)
        self._geometry, self._made = geometry, {}
        return True

    def _holds(self, geometry: Geometry) -> bool:
        """Whether all is still what the drawings were made of; take over what it is now."""
        player, scene = self._player, self._scene
        hidden = player.hidden
        asked = player.sample if hidden.kinds else JOINED
        things = (
            player.trace, player.frames, geometry, scene.session.network, hidden, scene.look,
        )  # fmt: skip
        places = (
            player.frame_index, player.running, player.scrubbing, asked,
            0.0 if differs_by_sample(scene.look) else scene.picture.shown.scale,
        )  # fmt: skip
        same = (
            places == self._places
            and len(things) == len(self._things)
            and all(one is other for one, other in zip(things, self._things, strict=True))
        )
        self._things, self._places = things, places
        return same

    def forget(self) -> None:
        """Know nothing of what was shown before: it was another session."""
        self._made, self._last, self._things, self._count = {}, None, (), 0

    def tile(self, sample: int) -> Tile:
        """Return the drawing of a sample, by its place in the batch, or of `JOINED`."""
        made = self._made.get(sample)
        if made is None:
            made = self._made[sample] = self._make(sample)
        return made

    def _make(self, sample: int) -> Tile:
        player, geometry = self._player, self._scene.geometry
        network = self._scene.session.network
        # A joined drawing is the canvas's own: the batch's numbers, once there are any.
        snapshot = player.snapshot if sample == JOINED else player.snapshot_of(sample)
        if snapshot is None:
            return self._stale(sample)
        now = covered(shown(snapshot, network, geometry, self._look), snapshot, geometry)
        if sample == JOINED:
            now = _only_joined(now, snapshot, geometry)
        return self._coloured(sample, now)

    def _stale(self, sample: int) -> Tile:
        geometry, network = self._scene.geometry, self._scene.session.network
        blank = shown(None, network, geometry, self._look)
        if self._last is not None and sample in self._last[1]:
            before, tiles = self._last
            blank = as_stale(blank, tiles[sample].shown, before, geometry)
        return self._coloured(sample, blank)

    @property
    def _look(self) -> Look:
        """The canvas's look with the common scale fixed, so that all drawings share it."""
        look, scale = self._scene.look, self.scales.edges
        return replace(look, ranges={**look.ranges, look.overlay: scale}) if scale else look

    def _coloured(self, sample: int, now: Shown) -> Tile:
        geometry, scales = self._scene.geometry, self.scales
        count = geometry.node_count
        inputs = geometry.is_square[:count]
        ring = None
        if now.overlay == "gradients":
            numbers = now.bias_gradient if sample == JOINED else _errors(now, geometry)
            ring = Coloured(numbers, _strength(numbers, scales.errors))
        value = Numbers.none(count) if sample == JOINED else now.value
        strength = np.where(inputs, _strength(value, scales.inputs), _strength(value, scales.units))
        if geometry.has_loss:
            strength = np.append(strength, _strength(now.loss, scales.losses))
            value = _joined(value, now.loss)
        return Tile(sample, now, Coloured(value, strength), ring)

    def _measured(self, trace: Trace) -> Scales:
        """Return the scales of all samples: of what is known, and told to all who look."""
        player, snapshot = self._player, self._player.snapshot
        edges = self._edge_scale(trace)
        geometry = self._scene.geometry
        if snapshot is None or len(snapshot.value) != geometry.node_count:
            return Scales(edges)
        some = slice(None, None, max(1, trace.a.size // MOST_MEASURED))
        if player.hidden.kinds:
            # Another sample's numbers are not to be guessed from how strong this one's are.
            some = slice(player.sample, player.sample + 1)
        inputs = geometry.is_square[: geometry.node_count]
        known = snapshot.value_known
        errors = trace.delta[some][:, snapshot.delta_known & ~inputs]
        arriving = trace.dloss_da[some][:, snapshot.dloss_da_known & inputs]
        return Scales(
            edges=edges,
            inputs=largest(trace.a[some][:, known & inputs]),
            units=largest(trace.a[some][:, known & ~inputs]),
            errors=max(largest(errors), largest(arriving)),
            losses=largest(trace.loss_per_sample[some]) if snapshot.loss_known else 0.0,
        )

    def _edge_scale(self, trace: Trace) -> float:
        """Return the scale that the numbers on the edges share, see `common_scale`.

        Where numbers are hidden, it is of those that are not.
        """
        snapshot, look, drawn = self._player.snapshot, self._scene.look, self._scene.picture.shown
        if snapshot is None or not differs_by_sample(look):
            return drawn.scale
        if not self._player.hidden.kinds:
            return common_scale(trace, snapshot, look)
        geometry, network, scale = self._scene.geometry, self._scene.session.network, drawn.scale
        for sample in range(min(len(trace.rows), MOST_ASKED)):
            each = shown(self._player.snapshot_of(sample), network, geometry, look)
            scale = max(scale, each.scale)
        return scale


def _only_joined(now: Shown, snapshot: Snapshot, geometry: Geometry) -> Shown:
    """Return what joins the samples alone: the batch's gradients and loss, where they are known."""
    if snapshot.batch_gradients:
        own = geometry.edge_count
        to_loss = Numbers.none(len(geometry.outputs))
        edges = Numbers(now.edges.value[:own], now.edges.state[:own]).followed_by(to_loss)
        hidden = now.edges.hidden
        return replace(now, edges=replace(edges, hidden=hidden))
    edges = Numbers.none(len(geometry.source))
    nodes = Numbers.none(geometry.node_count)
    return replace(now, edges=edges, bias_gradient=nodes, loss=Numbers.none(1))


def _errors(now: Shown, geometry: Geometry) -> Numbers:
    """Return δ of units and ∂E/∂a of inputs [N]."""
    inputs = geometry.is_square[: geometry.node_count]
    hidden = None
    if now.delta.hidden is not None and now.dloss_da.hidden is not None:
        hidden = np.where(inputs, now.dloss_da.hidden, now.delta.hidden)
    return Numbers(
        np.where(inputs, now.dloss_da.value, now.delta.value),
        np.where(inputs, now.dloss_da.state, now.delta.state),
        hidden,
    )


def _joined(first: Numbers, second: Numbers) -> Numbers:
    """Return numbers with others behind them, and which of them are hidden."""
    hidden = [
        np.zeros(len(each.value), np.bool_) if each.hidden is None else each.hidden
        for each in (first, second)
    ]
    return replace(first.followed_by(second), hidden=np.concatenate(hidden))


def _strength(numbers: Numbers, scale: float) -> FloatArray:
    return strength_of(numbers.sizes, scale, is_logarithmic=False)
