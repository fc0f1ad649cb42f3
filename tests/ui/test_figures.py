"""Figures in files: drawing and loss, from the library and from the window."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMessageBox

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.errors import NonFinite
from bpviz.model.data import TableData
from bpviz.model.edit import apply
from bpviz.model.schema import Session
from bpviz.model.session import load_session, save_session
from bpviz.model.verbs import set_node
from bpviz.ui.figures import FigureError, export_drawing, export_loss_plot
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import THEMES

from .conftest import choose_file

Folders = pytest.TempPathFactory


@pytest.fixture
def trained(qapp: QApplication, session: Session, tmp_path_factory: Folders) -> Session:
    """The session after five iterations."""
    document = Document(session)
    player = Player(document)
    for _ in range(5):
        player.step_iteration()
    path = tmp_path_factory.mktemp("trained") / "net.bpviz.json"
    document.save(path)
    return load_session(path)


@pytest.mark.parametrize("overlay", ["values", "gradients", "updates"])
def test_drawing_as_svg_holds_names_and_numbers(
    trained: Session, tmp_path: Path, overlay: str
) -> None:
    path = tmp_path / "net.svg"
    export_drawing(trained, path, overlay=overlay)
    root = ElementTree.parse(path).getroot()
    texts = {(each.text or "").strip() for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"x₁", "h₁", "y₁", "E"} <= texts
    assert "0.5" in texts
    assert len(texts) > 20


@pytest.mark.parametrize("theme", list(THEMES))
def test_drawing_as_png_at_twice_the_size(trained: Session, tmp_path: Path, theme: str) -> None:
    export_drawing(trained, tmp_path / "net.svg", theme)
    export_drawing(trained, tmp_path / "net.png", theme)
    image = QImage(str(tmp_path / "net.png"))
    view = ElementTree.parse(tmp_path / "net.svg").getroot().get("viewBox", "").split()
    assert [image.width(), image.height()] == [2 * float(each) for each in view[2:]]
    assert image.pixelColor(3, 3).name() == THEMES[theme].canvas
    colors = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3)
              for y in range(0, image.height(), 3)}  # fmt: skip
    assert len(colors) > 20


def test_drawing_and_loss_as_pdf(trained: Session, tmp_path: Path) -> None:
    for name, export in (("net.pdf", export_drawing), ("loss.pdf", export_loss_plot)):
        export(trained, tmp_path / name)
        data = (tmp_path / name).read_bytes()
        assert data.startswith(b"%PDF-")
        assert len(data) > 4_000
        assert data.count(b"/Type /Page\n") == 1


def test_loss_as_table(trained: Session, tmp_path: Path) -> None:
    export_loss_plot(trained, tmp_path / "loss.csv")
    with (tmp_path / "loss.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    curve = trained.progress.curve
    assert list(rows[0]) == ["iteration", "epoch", "loss", "test_loss"]
    assert [int(row["iteration"]) for row in rows] == list(curve.iteration) == [0, 1, 2, 3, 4, 5]
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3, 4, 5]
    assert tuple(float(row["loss"]) for row in rows) == curve.train
    assert tuple(float(row["test_loss"]) for row in rows) == curve.test


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_loss_of_an_untrained_session_is_one_point(
    session: Session, tmp_path: Path, ending: str, qapp: QApplication
) -> None:
    path = tmp_path / f"loss.{ending}"
    export_loss_plot(session, path)
    assert path.stat().st_size > 1_000


def test_an_unknown_ending_writes_nothing(session: Session, tmp_path: Path) -> None:
    for name, export in (("net.gif", export_drawing), ("net", export_drawing),
                         ("loss.docx", export_loss_plot)):  # fmt: skip
        with pytest.raises(FigureError, match="must end in"):
            export(session, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_computed_is_not_drawn(session: Session, tmp_path: Path) -> None:
    empty = msgspec.structs.replace(session, data=TableData())
    with pytest.raises(FigureError, match="no rows"):
        export_drawing(empty, tmp_path / "net.svg")
    huge = apply(session, set_node(session, ["h1"], "activation", "exp"))
    huge = apply(huge, set_node(huge, ["h1"], "bias", 1000.0))
    with pytest.raises(NonFinite, match="h1"):
        export_drawing(huge, tmp_path / "net.svg")
    assert list(tmp_path.iterdir()) == []


def test_figures_need_no_screen(trained: Session, tmp_path: Path) -> None:
    save_session(trained, tmp_path / "net.bpviz.json")
    script = (
        "from bpviz.model.session import load_session\n"
        "from bpviz.ui.figures import export_drawing, export_loss_plot\n"
        "session = load_session('net.bpviz.json')\n"
        "export_drawing(session, 'net.svg')\n"
        "export_loss_plot(session, 'loss.png')\n"
    )
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, timeout=60, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "net.svg").stat().st_size > 5_000
    assert (tmp_path / "loss.png").stat().st_size > 5_000


# -- from the window -------------------------------------------------------------------------


def test_export_from_the_menu(window: MainWindow, tmp_path: Path) -> None:
    for _ in range(3):
        window.commands["run.step_iteration"].trigger()
    window.view.set_overlay("values")
    for kind, name in (
        ("drawing", "net.svg"),
        ("drawing", "net.png"),
        ("loss", "loss.svg"),
        ("loss", "loss.csv"),
    ):
        window.commands[f"file.export_{kind}"].trigger()
        choose_file(window, "save", tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100
    assert len((tmp_path / "loss.csv").read_text().splitlines()) == 5
    title = "w·a of this sample"
    assert title in (tmp_path / "net.svg").read_text()


def test_what_goes_wrong_is_said(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bpviz.ui.figures.atomic_write", full)
    window.commands["file.export_drawing"].trigger()
    choose_file(window, "save", tmp_path / "net.svg")
    boxes = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    assert len(boxes) == 1
    assert "No space left on device" in boxes[0].text()
    boxes[0].close()
    assert not (tmp_path / "net.svg").exists()
