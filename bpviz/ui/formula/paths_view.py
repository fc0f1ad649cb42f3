"""The paths of a parameter, one below the other, each with its product, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QWidget

from bpviz.explain.expression import with_numbers
from bpviz.explain.paths import Path, Paths
from bpviz.model.counts import grouped
from bpviz.ui.formula.banded_view import NONE, BandedView
from bpviz.ui.formula.boxes import Piece, row, toned
from bpviz.ui.formula.derivation_page import value_box
from bpviz.ui.formula.flow import Flow
from bpviz.ui.formula.page import Card, Page
from bpviz.ui.style import Theme

# So many paths are written out; of the others each is on a click.
FEW: Final = 6


class PathsView(BandedView):
    """Shows each path as its nodes, its factors in symbols and in numbers, and its product.

    Rows are paths; a click on one of those that are not written out writes it out.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._paths: Paths | None = None
        self._routes: Sequence[str] = ()
        self.setObjectName("paths.list")
        self.setAccessibleName("Paths")
        self.band_clicked.connect(self._on_band_clicked)

    @property
    def paths(self) -> Paths | None:
        """What is shown."""
        return self._paths

    def show_paths(self, paths: Paths | None, routes: Sequence[str]) -> None:
        """Show these paths; `routes` names the nodes that each goes through."""
        self._paths, self._routes, self._chosen = paths, routes, NONE
        self.lay_out()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        if self._paths is None:
            return Page()
        flow = Flow(self.setter(width - 3 * self.type_size), self.type_size, width)
        for place, path in enumerate(self._paths.shown):
            self._put_path(flow, place, path)
        self._put_sum(flow, self._paths)
        return flow.finished()

    def _put_path(self, flow: Flow, place: int, path: Path) -> None:
        top, pad = flow.y, 0.5 * flow.size
        flow.skip(0.45)
        room = flow.width - 2 * pad
        whole = len(self._routes) <= FEW or place == self._chosen
        value = value_box(flow.typesetter, path.value, flow.size).box
        words = flow.words_in(self._routes[place], round(0.86 * flow.size), room - value.width - 12)
        line = words[0] if words else value
        baseline = flow.y + max(line.ascent, value.ascent)
        flow.page.put(value, flow.width - pad - value.width, baseline)
        high = flow.put_lines(words, pad)
        flow.y += max(high, value.height)
        if whole:
            self._put_product(flow, path, pad, room)
        flow.skip(0.45)
        flow.band(top)

    def _put_product(self, flow: Flow, path: Path, pad: float, room: float) -> None:
        flow.skip(0.5)
        flow.y += flow.put_lines(flow.fitted(path.product, room - pad), pad)
        equals = [Piece(flow.typesetter.text("=", "roman", flow.size))]
        numbers = with_numbers(path.product)
        for expression in (path.formula, numbers):
            flow.skip(0.45)
            boxes = flow.fitted(expression, room - pad, equals)
            if expression is numbers:
                boxes = [toned(box, "muted") for box in boxes]
            flow.y += flow.put_lines(boxes, pad)

    def _put_sum(self, flow: Flow, found: Paths) -> None:
        pad = 0.6 * flow.size
        flow.skip(0.5)
        top = flow.y
        flow.skip(0.6)
        if len(found.shown) < found.count:
            rest = f"{grouped(found.count - len(found.shown))} weaker paths together"
            self._put_total(flow, rest, found.rest, pad)
            flow.skip(0.5)
        if found.count != 1:
            self._put_total(flow, f"Sum over all {grouped(found.count)} paths", found.total, pad)
            flow.skip(0.5)
        value = value_box(flow.typesetter, found.total, round(1.1 * flow.size))
        equals = Piece(flow.typesetter.text("=", "roman", flow.size), 0.28 * flow.size)
        boxes = flow.fitted(found.gradient, flow.width - 2 * pad)
        line = [*map(Piece, boxes[:1]), equals, value._replace(space=0.28 * flow.size)]
        box = row(line)
        flow.page.put(box, pad, flow.y + box.ascent)
        flow.y += box.height
        flow.skip(0.6)
        flow.page.cards.append(Card(0.0, top, flow.width, flow.y - top))

    def _put_total(self, flow: Flow, words: str, value: float, pad: float) -> None:
        number = value_box(flow.typesetter, value, flow.size).box
        room = flow.width - 2 * pad - number.width - 12
        boxes = flow.words_in(words, round(0.86 * flow.size), room, "muted")
        flow.page.put(number, flow.width - pad - number.width, flow.y + boxes[0].ascent)
        flow.y += flow.put_lines(boxes, pad)

    def _on_band_clicked(self, band: int) -> None:
        if len(self._routes) > FEW:
            self._chosen = NONE if band == self._chosen else band
            self.lay_out()
