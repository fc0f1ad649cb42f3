"""Which kernel a command computes with: it waits for the compiled one where that pays."""

from __future__ import annotations

import sys
from typing import Final

from bpviz.engine import numba_setup
from bpviz.engine.datasets import Rows, batch_size
from bpviz.engine.kernel_costs import numpy_cost
from bpviz.engine.kernels import prefers_numba
from bpviz.engine.program import Program
from bpviz.model.history import History, Train
from bpviz.model.training import Training

# Compiling takes about so long; a run that numpy's kernel ends sooner doesn't wait for it.
WORTH_COMPILING: Final = 30e9
WAITS: Final = "compiling the fast kernel, once on this machine; this takes half a minute…"


def settle_kernel(program: Program, rows: Rows, training: Training, iterations: int) -> None:
    """Load the compiled kernel where it is the faster one for this program.

    It is compiled first where `iterations` are long enough to gain by it.
    """
    batch = batch_size(rows.count, training)
    if not prefers_numba(program, batch):
        return
    if iterations * numpy_cost(program, batch) > WORTH_COMPILING:
        _prepare()
    else:
        numba_setup.load()


def settle_kernels_of(history: History) -> None:
    """Load the kernels that `history` names, compiled first if need be: bits depend on them."""
    named = {entry.kernel for entry in history.entries if isinstance(entry, Train)}
    if "numba" in named:
        _prepare()


def _prepare() -> None:
    waits = sys.stderr.isatty() and numba_setup.state() in ("cold", "compiling")
    if waits:
        sys.stderr.write(WAITS)
        sys.stderr.flush()
    numba_setup.prepare()
    if waits:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
