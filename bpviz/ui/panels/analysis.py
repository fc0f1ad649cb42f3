"""The panels that take a gradient apart, in two groups: how it is derived, and whether it holds."""

from __future__ import annotations

from PySide6.QtCore import Qt

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.panels.canvas_frame import CanvasFrame
from bpviz.ui.panels.check_badge import CheckBadge, inset
from bpviz.ui.panels.check_panel import CheckPanel
from bpviz.ui.panels.conventions_panel import ConventionsPanel
from bpviz.ui.panels.derivation_panel import DerivationPanel
from bpviz.ui.panels.idle_check import IdleCheck
from bpviz.ui.panels.matrices_panel import MatricesPanel
from bpviz.ui.panels.panel_group import PanelGroup
from bpviz.ui.panels.paths_panel import PathsPanel
from bpviz.ui.style import Theme


class Analysis:
    """Makes the panels; `groups` are those that stand in docks, by their place's name."""

    def __init__(
        self, document: Document, player: Player, scene: CanvasScene, theme: Theme
    ) -> None:
        self.derivation = DerivationPanel(document, player, scene, theme)
        self.paths = PathsPanel(document, player, scene, theme)
        self.matrices = MatricesPanel(player, scene, theme)
        self.conventions = ConventionsPanel(document, player, scene, theme)
        self.idle_check = IdleCheck(document, player, player)
        self.check = CheckPanel(document, player, scene, theme, self.idle_check)
        self.writing = (self.derivation, self.paths, self.matrices)
        """Those that can be copied as LaTeX."""
        self.groups = {
            "derive": PanelGroup(
                {
                    "derivation": self.derivation,
                    "paths": self.paths,
                    "matrices": self.matrices,
                },
                {
                    "derivation": (
                        "Derivation",
                        "A gradient, from symbol to number, rule by rule",
                    ),
                    "paths": ("Paths", "All ways from a parameter to the loss, and their sum"),
                    "matrices": ("Matrices", "The layers as W, z, a and δ"),
                },
            ),
            "check": PanelGroup(
                {"gradient_check": self.check, "conventions": self.conventions},
                {
                    "gradient_check": ("Gradients", "Back propagation against differences"),
                    "conventions": ("Conventions", "The same step as other texts compute it"),
                },
            ),
        }

    def badge_over(self, frame: CanvasFrame, theme: Theme) -> CheckBadge:
        """Return the badge of the gradient check, put into the corner of the canvas."""
        badge = CheckBadge(self.idle_check, theme)
        badge.widened.connect(frame.canvas.camera.set_corner)
        frame.narrowed.connect(badge.set_short)
        badge.measured.connect(frame.lay_out)
        frame.add_over(inset(badge), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        return badge

    def turn_to(self, name: str) -> str:
        """Put the panel called `name` in front of its group; return its dock's name."""
        for place, group in self.groups.items():
            if name in group.panels:
                group.turn_to(name)
                return place
        raise KeyError(name)
