"""Nodes on the system's clipboard, as the JSON of a session: between windows, and as text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, QMimeData, QPointF
from PySide6.QtGui import QGuiApplication

from bpviz.model.clips import decode_clip, encode_clip
from bpviz.model.edit import EditError
from bpviz.model.schema import Session

MIME: Final = "application/x-bpviz+json"
# What is pasted again at the same place goes this much further down and right.
STEP: Final = 40.0
LARGEST: Final = 16_000_000
NOTHING: Final = "The clipboard holds no network: copy nodes here or in another window first"


class Clipboard:
    """Copies clips to the clipboard and reads them back, once more at another place."""

    def __init__(self) -> None:
        self._pasted = b""
        self._place = QPointF()
        self._times = 0

    def put(self, part: Session) -> None:
        """Put a clip on the clipboard, for this program and as text."""
        text = encode_clip(part)
        data = QMimeData()
        data.setData(MIME, QByteArray(text))
        data.setText(text.decode("utf-8"))
        QGuiApplication.clipboard().setMimeData(data)
        self._pasted = b""

    def get(self) -> Session:
        """Return the clip on the clipboard; EditError for anything else."""
        return decode_clip(self._bytes())

    def place(self, wanted: QPointF) -> QPointF:
        """Return where to paste: at `wanted`, each time again a step further."""
        content = self._bytes()
        again = content == self._pasted and (wanted - self._place).manhattanLength() < STEP / 2
        self._times = self._times + 1 if again else 0
        if not again:
            self._pasted, self._place = content, wanted
        return self._place + QPointF(STEP, STEP) * self._times

    def _bytes(self) -> bytes:
        data = QGuiApplication.clipboard().mimeData()
        if data is None:  # nobody has copied anything yet
            raise EditError(NOTHING)
        if data.hasFormat(MIME):
            content = bytes(data.data(MIME).data())
        elif data.hasText():
            content = data.text().encode("utf-8", "replace")
        else:
            raise EditError(NOTHING)
        if len(content) > LARGEST:
            raise EditError("What is on the clipboard is too large for a network")
        return content
