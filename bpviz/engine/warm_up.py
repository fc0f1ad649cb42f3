"""`python -m bpviz.engine.warm_up`: compile the fast kernel into the user's cache, and end."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from bpviz.engine.numba_setup import CHILD, prepare


def main() -> int:
    """Compile with low priority; 0 where the kernel is ready."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    return 0 if prepare() == "ready" else 1


def _end_with_input() -> None:
    """End this process when its standard input is closed: then nobody waits for it any more."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    if CHILD in sys.argv[1:]:
        threading.Thread(target=_end_with_input, daemon=True).start()
    sys.exit(main())
