"""Numbers: compiled networks, traces, training, data sets. NumPy, no Qt.

What a program outside needs stands here: make or load a session, `compile` its network, `trace`
an iteration, `advance` through many, `check_gradients`. `prepare` brings the compiled kernel,
where numba is installed, with which small networks train up to 20 times faster from then on.
"""

from bpviz.engine.backprop import Trace, Tracer, trace
from bpviz.engine.builders import new_graph, new_layered
from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import Evaluation, evaluate
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.gradcheck import CheckResult, check_gradients, check_program
from bpviz.engine.losses import LOSSES
from bpviz.engine.numba_setup import prepare
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.engine.program import Program, compile
from bpviz.engine.state import State, initial_state, state_of, with_state
from bpviz.engine.trainer import Trainer, advance

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "OPTIMIZERS",
    "CheckResult",
    "Evaluation",
    "NonFinite",
    "Program",
    "Rows",
    "State",
    "Trace",
    "Tracer",
    "Trainer",
    "advance",
    "check_gradients",
    "check_program",
    "compile",
    "evaluate",
    "initial_state",
    "make_rows",
    "new_graph",
    "new_layered",
    "prepare",
    "state_of",
    "trace",
    "with_state",
]
