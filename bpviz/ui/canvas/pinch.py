"""Pinch zoom: two fingers on a trackpad or on the screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from bpviz.ui.canvas.camera import Camera


def let_pinch(viewport: QWidget) -> None:
    """Let `viewport` hear of two fingers on the screen."""
    viewport.grabGesture(Qt.GestureType.PinchGesture)


def pinch(camera: Camera, viewport: QWidget, event: QEvent) -> bool:
    """Zoom where `event` is a pinch, what lies between the fingers staying; return whether."""
    if isinstance(event, QNativeGestureEvent):
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        camera.zoom_by(max(1.0 + event.value(), 0.1), event.position())
        return True
    if isinstance(event, QGestureEvent):
        gesture = event.gesture(Qt.GestureType.PinchGesture)
        if isinstance(gesture, QPinchGesture) and gesture.scaleFactor() > 0.0:
            middle = gesture.centerPoint().toPoint()
            camera.zoom_by(gesture.scaleFactor(), QPointF(viewport.mapFromGlobal(middle)))
            event.accept(gesture)
            return True
    return False
