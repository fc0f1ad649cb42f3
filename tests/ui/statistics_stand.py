"""The statistics panel alone, following a document: a whole window takes longer to build."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.schema import Session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.panels.statistics_panel import StatisticsPanel
from bpviz.ui.style import DARK


class Stand(QWidget):
    """Document, player, drawing and the panel, connected as in a window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.document = Document(session)
        self.player = Player(self.document, self)
        self.scene = CanvasScene(self.document, self.player, DARK, 4)
        self.panel = StatisticsPanel(self.document, self.player, self.scene, DARK)
        self.document.edited.connect(self.panel.follow_structure)
        self.document.replaced.connect(self.panel.follow_structure)
        self.player.stepped.connect(self.panel.follow_numbers)
        QVBoxLayout(self).addWidget(self.panel)
        self.resize(380, 900)
