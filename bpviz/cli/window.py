"""The bare command: the desktop program, where there is a screen to show it on."""

from __future__ import annotations

import ctypes
import os
import sys

from bpviz.cli.errors import CommandError
from bpviz.cli.files import load

# What Qt's X11 plugin loads; without them Qt ends the program with a message of its own.
X11_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


def show(path: str | None) -> int:
    """Open the desktop program and return its exit status; CommandError without a screen."""
    if path is not None:
        # A file that can't be read is told here, before a window comes up.
        if not os.path.exists(path) and os.path.basename(path) == path:
            raise CommandError(f'there is no session file "{path[:40]}", nor such a command')
        load(path, complete=False)
    require_screen()
    require_qt()
    from bpviz.app import run

    return run([path] if path is not None else [])


def require_screen() -> None:
    """Raise CommandError where there is no display to show a window on."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    display = os.environ.get("DISPLAY")
    if not display:
        raise CommandError(
            "no display: run it in a desktop session, or use the commands that need no screen "
            '(bpviz --help); "bpviz export" draws into files'
        )
    lacking = [package for name, package in X11_LIBRARIES.items() if not _loads(name)]
    if lacking:
        raise CommandError(f"Qt libraries are missing: apt-get install {' '.join(lacking)}")
    if not _answers(display):
        raise CommandError(
            f'the display "{display[:40]}" does not answer: check DISPLAY, or use the commands '
            "that need no screen (bpviz --help)"
        )


def require_qt() -> None:
    """Raise CommandError where Qt can't be imported, for want of a system library as a rule."""
    try:
        import PySide6.QtSvg
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        library = str(error).partition(":")[0]
        raise CommandError(
            f"Qt can't be loaded ({library} is missing): on Debian and Ubuntu run apt-get install "
            "libglib2.0-0 libgl1 libxkbcommon0 libegl1 libfontconfig1 libdbus-1-3"
        ) from None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _answers(display: str) -> bool:
    """Whether the X server of `display` accepts a connection."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(display.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
