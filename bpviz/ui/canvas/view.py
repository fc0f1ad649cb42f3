"""The view: zooms, pans and turns mouse and keys into gestures of the scene."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QToolTip, QWidget
from shiboken6 import isValid

from bpviz.ui.canvas.camera import FIT_ZOOM, REACH, ZOOM_STEP, Camera
from bpviz.ui.canvas.card import ALL_TEXT_FROM as LEGIBLE
from bpviz.ui.canvas.corners import around_scale
from bpviz.ui.canvas.ground import Ground
from bpviz.ui.canvas.hand import Hand
from bpviz.ui.canvas.legend import KeptSurround
from bpviz.ui.canvas.pinch import let_pinch, pinch
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.selection import selection_rect
from bpviz.ui.canvas.walker import Walker
from bpviz.ui.style import Theme, guard


class CanvasView(QGraphicsView):
    """Shows a scene. Wheel zooms at the pointer, the middle button pans, the left one edits.

    `menu_asked` asks for the menu of a "node", an "edge" or the "canvas" at a point of the screen.
    """

    menu_asked = Signal(str, QPoint)

    def __init__(self, scene: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._canvas = scene
        self._pan_from: QPoint | None = None
        self._ground = Ground()
        self._kept_surround = KeptSurround()
        self.camera = Camera(self)
        self.hand = Hand(scene, self.camera)
        self.camera.moved.connect(self._on_moved)
        self.camera.settled.connect(self._on_settled)
        self.setObjectName("canvas")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSceneRect(-REACH, -REACH, 2 * REACH, 2 * REACH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setMouseTracking(True)
        let_pinch(self.viewport())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.walker = Walker(scene, self)
        scene.tip_asked.connect(self._on_tip)
        scene.surround_changed.connect(self._on_surround_changed)
        self._on_surround_changed()

    @property
    def canvas(self) -> CanvasScene:
        """The scene shown."""
        return self._canvas

    @property
    def zoom(self) -> float:
        """Pixels per scene unit."""
        return self.camera.zoom

    @property
    def _is_moving(self) -> bool:
        return self.camera.is_moving or self._pan_from is not None

    def set_scale(self, factor: float) -> None:
        """Write larger over the drawing, and let a fitted one be `factor` times as large."""
        self.camera.scale = around_scale(factor)
        self.camera.fit_limit = FIT_ZOOM * factor
        self.viewport().update()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._canvas.apply_theme(theme)
        self.viewport().update()

    # -- zoom and pan --------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole network; it stays fitted until the person zooms or pans."""
        rect = self._canvas.content_rect()
        self.camera.fit(rect)
        if self._canvas.content_rect() != rect:  # heads of layers grow where the drawing shrinks
            self.camera.fit(self._canvas.content_rect())
        self.viewport().update()

    def zoom_in(self) -> None:
        """Enlarge around the middle of the view."""
        self.camera.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Shrink around the middle of the view."""
        self.camera.zoom_by(1.0 / ZOOM_STEP)

    def zoom_to_selection(self) -> None:
        """Show what is selected as large as it fits; the whole network where nothing is."""
        rect = selection_rect(self._canvas.geometry, self._canvas.selection)
        if rect.isEmpty():
            self.fit()
        else:
            self.camera.frame(rect)

    def reveal_selection(self) -> None:
        """Bring what is selected into the middle, where it is out of sight or illegible."""
        rect = selection_rect(self._canvas.geometry, self._canvas.selection)
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if self.zoom < LEGIBLE:
            self.camera.zoom_by(1.0 / self.zoom)
        elif seen.contains(rect):
            return
        self.camera.centre_on(rect.center())

    def _on_moved(self) -> None:
        """Draw fast and all of the viewport until nothing has moved for a moment."""
        if self.camera.is_moving:
            self._canvas.set_moving(True)
            self._set_update_mode(True)
        self._canvas.set_zoom(self.zoom)

    def _on_settled(self) -> None:
        self._canvas.set_moving(False)
        self._on_surround_changed()

    def _set_update_mode(self, moving: bool) -> None:
        mode = QGraphicsView.ViewportUpdateMode
        # Scrolled pixels would drag header and legend along; a running picture changes anyway.
        wanted = mode.FullViewportUpdate if moving else mode.MinimalViewportUpdate
        if self.viewportUpdateMode() != wanted:
            self.setViewportUpdateMode(wanted)

    def _on_surround_changed(self) -> None:
        self._set_update_mode(self._is_moving or self._canvas.is_running)
        if self.camera.fits and self.isVisible():
            self.camera.refit(self._canvas.content_rect())
        if self._kept_surround.is_old(self._canvas.surround(self.zoom)):
            self.viewport().update()

    # -- placing new nodes ---------------------------------------------------------------------

    def begin_placing(self, kind: str) -> None:
        """Let the next click place a node of `kind`; Esc ends that."""
        self.hand.begin_placing(kind)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.setFocus()

    def drag_placing(self, to: QPoint) -> None:
        """Carry the node being placed to a point of the screen."""
        self.hand.carry(self.viewport().mapFromGlobal(to))

    def drop_placing(self, to: QPoint) -> None:
        """Place it there; off the canvas it is dropped altogether."""
        self.hand.drop(self.viewport().mapFromGlobal(to), self.camera.area())

    # -- Qt's events ---------------------------------------------------------------------------

    @guard
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Ctrl over a number, change it by fine steps."""
        turn = event.angleDelta().y() or event.pixelDelta().y()
        if turn and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = self.camera.scene_point(event.position())
            if self._canvas.editor.turn_number(at, self.zoom, turn / 120.0):
                event.accept()
                return
        if turn and self._pan_from is None:
            self.camera.zoom_by(math.pow(ZOOM_STEP, turn / 120.0), event.position())
        event.accept()

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture, or pan with the middle button."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.hand.cancel()
            self._pan_from = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self._set_update_mode(True)
        elif event.button() == Qt.MouseButton.LeftButton and self._pan_from is None:
            self.hand.press(self.camera.scene_point(event.position()), event.modifiers())
        event.accept()

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the gesture or the pan; else mark what lies under the pointer."""
        at = self.camera.scene_point(event.position())
        self.hand.move(at)
        if self._pan_from is not None:
            here = event.position().toPoint()
            by, self._pan_from = here - self._pan_from, here
            self.camera.pan_by(by)
        elif self.hand.is_busy:
            self.hand.follow(at, event.modifiers())
        elif not event.buttons():
            self.viewport().setCursor(self._canvas.hover(at, self.zoom))
        event.accept()

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture or the pan."""
        if event.button() == Qt.MouseButton.MiddleButton and self._pan_from is not None:
            self._pan_from = None
            self.viewport().unsetCursor()
        elif event.button() == Qt.MouseButton.LeftButton:
            self.hand.finish(self.camera.scene_point(event.position()))
        event.accept()

    @guard
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Add a unit where nothing lies yet; else press once more."""
        at = self.camera.scene_point(event.position())
        free = self._canvas.editor.is_free(at, self.zoom) and not self.hand.acted_on_head
        if event.button() == Qt.MouseButton.LeftButton and free:
            self.hand.cancel()
            # A drawing that is edited by hand stays where the hand is.
            self.camera.hold()
            self._canvas.editor.add_at("unit", at)
            event.accept()
        else:
            self.mousePressEvent(event)

    @guard
    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Go through nodes and edges with Tab before the focus goes to the next widget."""
        return self.walker.tab(forward=forward) or bool(super().focusNextPrevChild(forward))

    @guard
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select what the menu is about, and ask for it."""
        self.hand.cancel()
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        editor = self._canvas.editor
        if by_key:
            at, kind = editor.anchor(), editor.kind_selected()
        else:
            at = self.camera.scene_point(QPointF(event.pos()))
            kind = editor.choose_at(at, self.zoom)
        self.hand.open_menu(at)
        where = self.camera.viewport_point(at).toPoint()
        self.menu_asked.emit(kind, self.viewport().mapToGlobal(where))
        event.accept()

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc cancel the gesture, a trial or the selection; other keys are the window's."""
        event.setAccepted(event.key() == Qt.Key.Key_Escape and self._escape())

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Forget what lay under the pointer."""
        self.hand.pointer = None
        self._canvas.hover(QPointF(2 * REACH, 2 * REACH), self.zoom)

    @guard
    def viewportEvent(self, event: QEvent) -> bool:
        """Show tips of nodes and edges."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self.camera.scene_point(QPointF(event.pos()))
            text = self._canvas.tip_at(at, self.zoom)
            # Without a text this hides the tip there is.
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        if pinch(self.camera, self.viewport(), event):
            return True
        return bool(super().viewportEvent(event))

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted drawing fitted."""
        super().resizeEvent(event)
        if self.camera.fits:
            self.fit()

    @guard
    def showEvent(self, event: QShowEvent) -> None:
        """Let dots flow while the view is seen."""
        super().showEvent(event)
        self._canvas.set_watched(True)

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Stop all motion while nobody looks."""
        self.hand.cancel()
        self.camera.stop()
        if isValid(self._canvas):  # a window that is taken apart may end its scene first
            self._canvas.set_watched(False)
        super().hideEvent(event)

    @guard
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        """Fill with the canvas's colour and a faint grid of dots that moves with the scene."""
        where = (self.viewport(), QRectF(rect), self.viewportTransform())
        self._ground.paint(painter, *where, self._canvas.theme, keep=not self._is_moving)

    @guard
    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        """Paint header and legend over the drawing, fixed to the viewport."""
        look = (self._canvas.theme, self.font(), self.camera.scale)
        surround = replace(self._canvas.surround(self.zoom), corner=self.camera.corner)
        self._kept_surround.paint(painter, self.viewport(), surround, *look)

    def _escape(self) -> bool:
        """Give up the first there is of gesture, trial, selection; return whether there was one."""
        if self.hand.is_busy:
            self.hand.cancel()
            return True
        if self._canvas.editor.trials.stop_trying():
            return True
        chosen = bool(self._canvas.selected_nodes() or self._canvas.selected_edges())
        self._canvas.select([], [])
        return chosen

    # -- tips ---------------------------------------------------------------------------------

    def _on_tip(self, text: str, at: QPointF) -> None:
        where = self.viewport().mapToGlobal(self.camera.viewport_point(at).toPoint())
        QToolTip.showText(where, text, self.viewport())
