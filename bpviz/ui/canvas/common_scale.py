"""One scale for the numbers on the edges of all samples of a batch: they can be compared."""

from __future__ import annotations

from typing import Final

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.engine.snapshot import Snapshot
from bpviz.ui.canvas.geometry import FloatArray
from bpviz.ui.canvas.overlays import Look, rounded_up

# What the edges show is another number for each sample; all else is the same for all.
BY_SAMPLE: Final = ("values", "gradients", "local")
# Of a larger batch only so many samples, evenly spread, are looked at for the largest number.
MOST_LOOKED_AT: Final = 64
# Of a network with more numbers than these at so many samples, no edges are drawn that small.
MOST_NUMBERS: Final = 40_000


def differs_by_sample(look: Look) -> bool:
    """Whether the numbers on the edges are each sample's own, so that they need a common scale."""
    return look.overlay in BY_SAMPLE and not look.fixed


def common_scale(trace: Trace, snapshot: Snapshot, look: Look) -> float:
    """Return the number drawn strongest: the largest known of any sample, rounded up.

    The batch's own gradients count too, once they are shown: a sum is larger than its parts.
    0 where nothing is known, or nothing but zeros.
    """
    most = min(MOST_LOOKED_AT, max(1, MOST_NUMBERS // max(len(snapshot.edge_weight), 1)))
    every = -(-len(trace.rows) // most)
    samples = range(0, len(trace.rows), every)
    known = snapshot.edge_gradient_known
    peaks = []
    with np.errstate(over="ignore", invalid="ignore"):
        if look.overlay == "gradients":
            peaks = [trace.edge_gradients(sample)[known] for sample in samples]
            if snapshot.batch_gradients:
                peaks.append(snapshot.edge_gradient[known])
        elif look.overlay == "local":
            known, target = snapshot.edge_local_known, trace.program.target
            peaks = [
                (trace.local_gradients(each) * trace.slope[each, target])[known] for each in samples
            ]
        else:
            known, source = snapshot.edge_term_known, trace.program.source
            terms = snapshot.edge_weight * trace.a[::every][:, source]
            peaks = [terms[:, known].reshape(-1)]
    return largest(np.concatenate(peaks)) if peaks else 0.0


def largest(values: FloatArray) -> float:
    """Return the largest finite size, rounded up; 0 where there is none."""
    sizes = np.abs(values[np.isfinite(values)])
    return rounded_up(float(sizes.max())) if sizes.size else 0.0
