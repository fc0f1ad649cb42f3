"""`python -m bpviz.engine.warm_up`: compile the fast kernel into the user's cache, and end."""

from __future__ import annotations

import contextlib
import os
import sys

from bpviz.engine.numba_setup import prepare


def main() -> int:
    """Compile with low priority; 0 where the kernel is ready."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    return 0 if prepare() == "ready" else 1


if __name__ == "__main__":
    sys.exit(main())
