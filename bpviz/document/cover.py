"""What is hidden of the numbers shown, while a learner predicts them."""

from __future__ import annotations

from bpviz.engine.backprop import Trace
from bpviz.engine.hiding import Hidden, hide
from bpviz.engine.snapshot import Snapshot


class Cover:
    """Which numbers are hidden; each snapshot is covered once."""

    def __init__(self) -> None:
        self.hidden = Hidden()
        self._made: tuple[Snapshot, Hidden, Snapshot] | None = None

    def over(self, whole: Snapshot, trace: Trace) -> Snapshot:
        """Return `whole`, that of `trace`, without the hidden numbers."""
        if not self.hidden.kinds:
            return whole
        made = self._made
        if made is None or made[0] is not whole or made[1] is not self.hidden:
            made = self._made = (whole, self.hidden, hide(whole, trace, self.hidden))
        return made[2]
