"""Of places wanted faster than they can be shown, the newest one, once in a turn of the loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal


class Newest(QObject):
    """Keeps the newest place wanted; `sought` carries it, soon or once `seek` is called."""

    sought = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._place: object = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.seek)

    def want(self, place: object) -> None:
        """Have `place` sought soon, in the stead of what was wanted before; None wants nothing."""
        if place is not None and place != self._place:
            self._place = place
            self._soon.start()

    def seek(self) -> None:
        """Seek at once what is wanted."""
        self._soon.stop()
        place, self._place = self._place, None
        if place is not None:
            self.sought.emit(place)
