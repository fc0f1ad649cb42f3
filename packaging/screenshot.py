"""Make the README's picture, resources/help/screenshot.png, with the program itself.

It shows lesson S5 after some training, in the middle of the backward pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "resources" / "help" / "screenshot.png"
LESSON = ROOT / "resources" / "lessons" / "S5.bpviz.json"
ITERATIONS = 136
SIZE = (1440, 900)
NODE, KIND = "h1", "delta"


def trained(folder: Path) -> Path:
    """Return the file of the lesson after its training, written into `folder`."""
    target = folder / "S5.bpviz.json"
    command = [sys.executable, "-m", "bpviz", "train", str(LESSON)]
    options = ["--iterations", str(ITERATIONS), "--save", str(target), "-o", os.devnull]
    subprocess.run([*command, *options], check=True)
    return target


def take(session_file: Path) -> bytes:
    """Return the picture of the window as PNG."""
    # After the settings folder is chosen, and Qt's platform.
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QAction
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from bpviz.app import create_window
    from bpviz.model.session import load_session

    app = QApplication.instance() or QApplication([])
    window = create_window(load_session(session_file))
    window.resize(*SIZE)
    window.show()
    action = window.findChild(QAction, "view.show_gradients")
    assert action is not None
    action.trigger()
    player = window.player
    node = player.program.node_ids.index(NODE)
    while player.frame is None or (player.frame.kind, player.frame.node) != (KIND, node):
        player.step_forward()
    app.processEvents()
    window.canvas.fit()
    QTest.qWait(500)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    window.close()
    return bytes(data.data())


def main() -> None:
    """Write the picture anew."""
    from bpviz.model.files import atomic_write

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder  # nobody's own settings
        atomic_write(TARGET, take(trained(Path(folder))))
    print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
