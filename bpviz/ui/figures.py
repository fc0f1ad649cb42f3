"""Figures in files: the drawing as SVG, PDF or PNG, the loss also as CSV; no screen needed."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QMimeData,
    QRectF,
    QSize,
    QSizeF,
    Qt,
)
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.curve import LossCurve
from bpviz.engine.datasets import epoch_of, make_rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.readiness import first_problem
from bpviz.model.files import atomic_write
from bpviz.model.schema import Session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import decimal_points, has_comma
from bpviz.ui.plots.loss_figure import LossSeries, paint_loss
from bpviz.ui.style import THEMES, Theme, apply_theme

PNG_SCALE: Final = 2
PDF_RESOLUTION: Final = 96
LOSS_SIZE: Final = QSize(900, 480)
# Header and legend around the drawing, and the room they need.
AROUND: Final = QSize(48, 150)
SMALLEST: Final = QSize(440, 320)
LARGEST: Final = 6_000
DRAWING_FILTER: Final = "SVG (*.svg);;PDF (*.pdf);;PNG, 2x (*.png)"
LOSS_FILTER: Final = "SVG (*.svg);;PDF (*.pdf);;PNG, 2x (*.png);;CSV (*.csv)"
DRAWING_ENDINGS: Final = (".svg", ".pdf", ".png")
LOSS_ENDINGS: Final = (*DRAWING_ENDINGS, ".csv")

Paint = Callable[[QPainter, QRectF], None]


class FigureError(ValueError):
    """No such figure can be made; the text is one line that says why."""


def export_drawing(
    session: Session,
    path: str | os.PathLike[str],
    theme: str = "light",
    overlay: str = "gradients",
) -> None:
    """Write the session's drawing to `path`, at the end of its next backward phase.

    The kind follows the ending: .svg, .pdf or .png. FigureError for another ending or an
    incomplete session, NonFinite where a value is not finite, OSError where the disk refuses.
    Needs no display.
    """
    _check_ending(path, DRAWING_ENDINGS)
    application = drawing_application()
    apply_theme(application, theme)
    document = Document(session)
    player = Player(document)
    scene = CanvasScene(document, player, THEMES[theme], 4)
    scene.set_overlay(overlay)
    if player.frames:
        joined = [n for n, frame in enumerate(player.frames) if frame.phase == "reduce"]
        player.show_frame(joined[-1] if joined else len(player.frames) - 1)
    if problem := first_problem(session):
        raise FigureError(problem)
    if player.problem:
        place, _, cause = player.fault.partition(": ")
        raise NonFinite(place, cause)
    write_drawing(scene, path)


def export_loss_plot(session: Session, path: str | os.PathLike[str], theme: str = "light") -> None:
    """Write the session's loss curve to `path`: .svg, .pdf, .png or .csv.

    FigureError for another ending, OSError where the disk refuses. Needs no display.
    """
    _check_ending(path, LOSS_ENDINGS)
    drawing_application()
    document = Document(session)
    player = Player(document)
    write_loss(session, player.curve, path, THEMES[theme])


def drawing_application() -> QApplication:
    """Return the running application, or one that needs no screen."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return QApplication(["bpviz"])


def write_drawing(scene: CanvasScene, path: str | os.PathLike[str]) -> None:
    """Write the scene as it is, with the overlay shown, to `path`."""
    _check_ending(path, DRAWING_ENDINGS)
    with _with_points(scene):
        made = _rendered(_ending(path), _drawing_size(scene), scene.paint_to)
    atomic_write(path, made)


def copied_drawing(scene: CanvasScene) -> QMimeData:
    """Return the scene as it is, for the clipboard: as SVG, and as a PNG twice as large."""
    size = _drawing_size(scene)
    made = QMimeData()
    with _with_points(scene):
        made.setData("image/svg+xml", QByteArray(_rendered(".svg", size, scene.paint_to)))
        png = _rendered(".png", size, scene.paint_to)
    made.setData("image/png", QByteArray(png))
    # What Qt's own programs and Windows take.
    made.setImageData(QImage.fromData(png))
    return made


@contextmanager
def _with_points(scene: CanvasScene) -> Iterator[None]:
    """Let the drawing have decimal points meanwhile, whatever the window shows."""
    comma = has_comma()
    with decimal_points():
        if comma:
            scene.refresh()
        yield
    if comma:
        scene.refresh()


def _drawing_size(scene: CanvasScene) -> QSize:
    box = scene.picture.content_rect()
    scale = min(1.0, LARGEST / max(box.width(), box.height(), 1.0))
    size = QSize(round(box.width() * scale), round(box.height() * scale))
    return (size + AROUND).expandedTo(SMALLEST)


def write_loss(
    session: Session,
    curve: LossCurve,
    path: str | os.PathLike[str],
    theme: Theme,
    *,
    logarithmic: bool = False,
) -> None:
    """Write the loss curve to `path`, drawn or as a table."""
    _check_ending(path, LOSS_ENDINGS)
    if _ending(path) == ".csv":
        atomic_write(path, loss_table(session, curve).encode())
        return
    series = LossSeries(curve.iteration, curve.train, curve.test)

    def paint(painter: QPainter, rect: QRectF) -> None:
        paint_loss(painter, rect, series, theme, logarithmic=logarithmic)

    with decimal_points():
        made = _rendered(_ending(path), LOSS_SIZE, paint)
    atomic_write(path, made)


def loss_table(session: Session, curve: LossCurve) -> str:
    """Return the curve as CSV: iteration, epoch, loss, test_loss (empty without test rows)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("iteration", "epoch", "loss", "test_loss"))
    count = make_rows(session.data, session.training.loss).count
    for index, iteration in enumerate(curve.iteration):
        epoch = epoch_of(count, session.training, iteration) if count else 0
        test = repr(curve.test[index]) if index < len(curve.test) else ""
        writer.writerow((iteration, epoch, repr(curve.train[index]), test))
    return text.getvalue()


def _ending(path: str | os.PathLike[str]) -> str:
    return Path(path).suffix.lower()


def _check_ending(path: str | os.PathLike[str], allowed: tuple[str, ...]) -> None:
    if _ending(path) not in allowed:
        listed = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
        raise FigureError(f"{Path(path).name}: the name must end in {listed}")


def _rendered(ending: str, size: QSize, paint: Paint) -> bytes:
    """Return the file's bytes; `paint` is given the painter and the rectangle to fill."""
    rect = QRectF(0.0, 0.0, size.width(), size.height())
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if ending == ".png":
        image = QImage(size * PNG_SCALE, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(PNG_SCALE)
        image.fill(Qt.GlobalColor.transparent)
        _paint_on(image, rect, paint)
        image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes
    elif ending == ".svg":
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(rect)
        generator.setTitle("bpviz")
        _paint_on(generator, rect, paint)
    else:
        writer = QPdfWriter(buffer)
        writer.setCreator("bpviz")
        scale = 72.0 / PDF_RESOLUTION
        points = QSizeF(size.width() * scale, size.height() * scale)
        page = QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
        layout = QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF())
        layout.setMode(QPageLayout.Mode.FullPageMode)
        writer.setPageLayout(layout)
        writer.setResolution(PDF_RESOLUTION)
        _paint_on(writer, rect, paint)
    buffer.close()
    return bytes(buffer.data().data())


def _paint_on(device: QImage | QSvgGenerator | QPdfWriter, rect: QRectF, paint: Paint) -> None:
    painter = QPainter(device)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        paint(painter, rect)
    finally:
        painter.end()
