"""Checkpoints: states along the history line, kept within a memory budget."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from typing import Final

from bpviz.engine.state import State
from bpviz.model.edit import Edit
from bpviz.model.history import Place
from bpviz.model.schema import Session

BUDGET: Final = 64 * 1024 * 1024
# Restoring and replaying must stay below the time of a frame, whatever the length of the run.
MAX_CHECKPOINTS: Final = 2_048
FIRST_SPACING: Final = 16


@dataclass(frozen=True)
class Checkpoint:
    """A state that stands at `place`; its network's structure is the entry's own."""

    place: Place
    state: State

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return self.state.theta.nbytes * (1 + len(self.state.slots)) + 512


class Checkpoints:
    """Checkpoints of one line, by place; `spacing` iterations apart inside training entries.

    When they outgrow the budget, every other one inside an entry goes, oldest entries first, and
    the spacing doubles for what is still to come.
    """

    def __init__(self, budget: int = BUDGET, limit: int = MAX_CHECKPOINTS) -> None:
        self._budget = budget
        self._limit = limit
        self._places: list[Place] = []
        self._kept: dict[Place, Checkpoint] = {}
        self._size = 0
        self.spacing = FIRST_SPACING
        # Sessions known whole, by the entry they stand before: where going back starts from.
        self.sessions: dict[int, Session] = {}

    def copy(self) -> Checkpoints:
        """Return checkpoints that grow by themselves; the states are shared, as none changes."""
        other = Checkpoints(self._budget, self._limit)
        other._places, other._kept, other._size = list(self._places), dict(self._kept), self._size
        other.spacing, other.sessions = self.spacing, dict(self.sessions)
        return other

    def __len__(self) -> int:
        return len(self._places)

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    def add(self, place: Place, state: State) -> None:
        """Keep a copy of `state` as the checkpoint at `place`."""
        if place in self._kept:
            return
        checkpoint = Checkpoint(place, state.copy())
        insort(self._places, place)
        self._kept[place] = checkpoint
        self._size += checkpoint.size
        while self._is_full and self._thin():
            pass

    def remember(self, entry: int, session: Session, state: State) -> None:
        """Keep the session and the state at the start of a training entry."""
        self.sessions[entry] = session
        self.add((entry, 0), state)

    @property
    def _is_full(self) -> bool:
        return self._size > self._budget or len(self._places) > self._limit

    def nearest(self, place: Place) -> Checkpoint | None:
        """Return the last checkpoint inside the same entry at or before `place`."""
        index = bisect_right(self._places, place)
        if index and self._places[index - 1][0] == place[0]:
            return self._kept[self._places[index - 1]]
        return None

    def put(self, edit: Edit, here: Place) -> None:
        """Drop what is kept for places behind `here`, unless `edit`, put in there, keeps them."""
        if edit.is_cosmetic:
            self.make_room(here)
        else:
            self.cut(here)
        self.sessions = {index: kept for index, kept in self.sessions.items() if index <= here[0]}

    def join(self, here: Place) -> None:
        """Forget the sessions from `here` on: the entry before grew by a cosmetic edit.

        The engine reads nothing of it, so the states stay.
        """
        self.sessions = {index: kept for index, kept in self.sessions.items() if index < here[0]}

    def cut(self, place: Place) -> None:
        """Forget what lies behind `place`."""
        index = bisect_right(self._places, place)
        for gone in self._places[index:]:
            self._size -= self._kept.pop(gone).size
        del self._places[index:]

    def make_room(self, here: Place) -> None:
        """Move what lies behind `here` up: an entry was put in there, splitting the one it is in.

        States are the same on both sides of such an entry, which the engine reads nothing of.
        """
        entry, inside = here
        added = 2 if inside else 1
        index = bisect_right(self._places, here) if inside else bisect_left(self._places, here)
        states = [(place, self._kept.pop(place).state) for place in self._places[index:]]
        del self._places[index:]
        for place, state in states:
            within = place[1] - inside if place[0] == entry else place[1]
            moved = (place[0] + added, within)
            self._places.append(moved)
            self._kept[moved] = Checkpoint(moved, state)

    def _thin(self) -> bool:
        """Drop every other checkpoint; return whether any went."""
        dropped = self._places[1:-1:2]
        for place in dropped:
            self._size -= self._kept.pop(place).size
        self._places = [place for place in self._places if place in self._kept]
        self.spacing *= 2
        return bool(dropped)
