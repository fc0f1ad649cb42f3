"""The gradient check in the pauses of the program: some parameters at a time, when all is still."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, Signal

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.slices import Slices
from bpviz.engine.backprop import Trace
from bpviz.engine.errors import NonFinite
from bpviz.engine.gradcheck import CheckResult, GradientCheck, ParameterCheck, joined

# Milliseconds that all has to be still before a check begins.
REST_MS: Final = 300
# Seconds of a slice, and of one parameter from which on checking waits to be asked for.
SLICE: Final = 0.006
DEAR: Final = 0.08


class IdleCheck(QObject):
    """Checks the iteration shown, as long as someone looks; `progressed` tells of each slice.

    Where one parameter alone takes so long that the window would halt, it waits for `start`.
    """

    progressed = Signal()

    def __init__(self, document: Document, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._slices = Slices(self)
        self._slices.advanced.connect(self.progressed)
        self._slices.ended.connect(self.progressed)
        self._trace: Trace | None = None
        self._checker: GradientCheck | None = None
        self._checks: list[ParameterCheck] = []
        self._watchers: set[str] = set()
        self._asked = False
        self.problem = ""
        self.waits = False
        """Whether the check is dear, so that it only goes on once it is asked for."""

    @property
    def checker(self) -> GradientCheck | None:
        """What checks the iteration shown, None before it has begun."""
        return self._checker

    @property
    def result(self) -> CheckResult:
        """What has come out so far."""
        return joined(self._checks)

    @property
    def count(self) -> int:
        """How many parameters are checked."""
        return len(self._checks)

    @property
    def total(self) -> int:
        """How many there are; 0 before the check has begun."""
        return 0 if self._checker is None else len(self._checker.names)

    @property
    def is_done(self) -> bool:
        """Whether all parameters are checked."""
        return self._checker is not None and self.count == self.total

    @property
    def share(self) -> float:
        """How many of all parameters are checked, 0 to 1."""
        return self.count / self.total if self.total else 0.0

    @property
    def ended(self) -> bool:
        """Whether there is nothing to go on with: all is checked, or it may not be."""
        return self._trace is None or self.is_done or self.waits or bool(self.problem)

    def set_watched(self, by: str, watched: bool) -> None:
        """Say whether `by` looks: the check goes on only while anyone does."""
        if watched:
            self._watchers.add(by)
            self.follow()
            self._go_on(REST_MS)
        else:
            self._watchers.discard(by)
            if not self._watchers:
                self._slices.cancel()

    def follow(self) -> None:
        """Begin anew where another iteration is shown, rest while a run is on or frames change."""
        trace = None if self._player.running else self._player.trace
        if trace is self._trace:
            if not self._asked:
                self._slices.wait(REST_MS)
            return
        self._slices.cancel()
        self._trace, self._checker, self._checks = trace, None, []
        self._asked, self.waits, self.problem = False, False, ""
        self.progressed.emit()
        self._go_on(REST_MS)

    def work(self, until: Callable[[], bool]) -> None:
        """Check one parameter, and on until `until` says so."""
        if self._player.running:
            self._slices.cancel()
            return
        started = perf_counter()
        if self._checker is None and not self._begin():
            return
        assert self._checker is not None
        while self.count < self.total:
            self._checks.append(self._checker.check(self.count))
            if until():
                break
        self.waits = not self._asked and perf_counter() - started > DEAR and not self.is_done

    def start(self) -> None:
        """Check on, however dear it is."""
        self._asked, self.waits = True, False
        self._go_on(0)

    def _go_on(self, delay: int) -> None:
        if self._watchers and not self.ended:
            self._slices.begin(self, SLICE, delay)

    def _begin(self) -> bool:
        """Make the checker; return whether there is something to check."""
        timeline = self._document.timeline
        try:
            self._checker = GradientCheck(
                self._player.program, self._player.rows, timeline.base.training, timeline.state
            )
        except NonFinite as error:
            self.problem = self._player.as_drawn(str(error))
        return self._checker is not None
