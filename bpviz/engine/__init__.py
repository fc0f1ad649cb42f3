"""Numbers: compiled networks, traces, training, data sets. NumPy, no Qt.

The names here are the engine as a library: build a session, compile it, trace, advance, check.
"""

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.builders import BuildError, new_graph, new_layered
from bpviz.engine.datasets import Rows, as_table, batch_rows, epoch_of, make_rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import Evaluation, evaluate
from bpviz.engine.gradcheck import CheckResult, ParameterCheck, check_gradients
from bpviz.engine.program import Program, compile
from bpviz.engine.state import State, state_of, with_state
from bpviz.engine.trainer import Trainer, advance

__all__ = [
    "BuildError",
    "CheckResult",
    "Evaluation",
    "NonFinite",
    "ParameterCheck",
    "Program",
    "Rows",
    "State",
    "Trace",
    "Trainer",
    "advance",
    "as_table",
    "batch_rows",
    "check_gradients",
    "compile",
    "epoch_of",
    "evaluate",
    "make_rows",
    "new_graph",
    "new_layered",
    "state_of",
    "trace",
    "with_state",
]
