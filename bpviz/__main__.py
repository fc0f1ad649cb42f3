"""`python -m bpviz` is the command `bpviz`."""

from __future__ import annotations

import sys

from bpviz.cli import main

if __name__ == "__main__":
    sys.exit(main())
