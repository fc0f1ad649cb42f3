"""A straight C loop for a layered tanh network, compiled for this machine, to measure against."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
# Sizes and batch are known to the compiler: the best case for C.
SOURCE = """
#include <math.h>
#define L {layers}
#define B {batch}
#define W {widest}
static const int size[L + 1] = {{{sizes}}};

void train(double *w[], double *b[], const double *x, const double *t, double rate, long steps)
{{
    static double a[L + 1][W][B], d[L + 1][W][B];
    for (int i = 0; i < size[0]; i++)
        for (int s = 0; s < B; s++) a[0][i][s] = x[i * B + s];
    for (long step = 0; step < steps; step++) {{
        for (int l = 0; l < L; l++)
            for (int j = 0; j < size[l + 1]; j++) {{
                double z[B];
                for (int s = 0; s < B; s++) z[s] = b[l][j];
                for (int i = 0; i < size[l]; i++)
                    for (int s = 0; s < B; s++) z[s] += w[l][j * size[l] + i] * a[l][i][s];
                for (int s = 0; s < B; s++) a[l + 1][j][s] = l < L - 1 ? tanh(z[s]) : z[s];
            }}
        for (int j = 0; j < size[L]; j++)
            for (int s = 0; s < B; s++) d[L][j][s] = (a[L][j][s] - t[j * B + s]) / B;
        for (int l = L - 1; l >= 0; l--) {{
            if (l)
                for (int i = 0; i < size[l]; i++) {{
                    double g[B] = {{0}};
                    for (int j = 0; j < size[l + 1]; j++)
                        for (int s = 0; s < B; s++) g[s] += w[l][j * size[l] + i] * d[l + 1][j][s];
                    for (int s = 0; s < B; s++) d[l][i][s] = g[s] * (1 - a[l][i][s] * a[l][i][s]);
                }}
            for (int j = 0; j < size[l + 1]; j++) {{
                double sum = 0;
                for (int s = 0; s < B; s++) sum += d[l + 1][j][s];
                b[l][j] -= rate * sum;
                for (int i = 0; i < size[l]; i++) {{
                    double g = 0;
                    for (int s = 0; s < B; s++) g += d[l + 1][j][s] * a[l][i][s];
                    w[l][j * size[l] + i] -= rate * g;
                }}
            }}
        }}
    }}
}}
"""


def has_compiler() -> bool:
    """Whether there is a C compiler."""
    return shutil.which("cc") is not None


class CLoop:
    """Weights [targets, sources] and biases of each layer, trained in C."""

    def __init__(
        self,
        folder: Path,
        sizes: tuple[int, ...],
        weights: list[NDArray[np.float64]],
        biases: list[NDArray[np.float64]],
        x: NDArray[np.float64],
        t: NDArray[np.float64],
        rate: float,
    ) -> None:
        self.weights = [np.ascontiguousarray(w) for w in weights]
        self.biases = [b.copy() for b in biases]
        assert [w.shape for w in self.weights] == [(b, a) for a, b in pairwise(sizes)]
        self._x, self._t = np.ascontiguousarray(x.T), np.ascontiguousarray(t.T)
        self._train = _built(folder, sizes, len(x)).train
        pointers = ctypes.c_void_p * len(weights)
        self._arguments = (
            pointers(*(w.ctypes.data for w in self.weights)),
            pointers(*(b.ctypes.data for b in self.biases)),
            ctypes.c_void_p(self._x.ctypes.data),
            ctypes.c_void_p(self._t.ctypes.data),
            ctypes.c_double(rate),
        )

    def train(self, steps: int) -> None:
        """Do `steps` iterations."""
        self._train(*self._arguments, ctypes.c_long(steps))


def _built(folder: Path, sizes: tuple[int, ...], batch: int) -> ctypes.CDLL:
    name = f"loop-{'-'.join(map(str, sizes))}-{batch}"
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(
        SOURCE.format(
            layers=len(sizes) - 1, batch=batch, widest=max(sizes), sizes=", ".join(map(str, sizes))
        )
    )
    subprocess.run(["cc", *FLAGS, str(source), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))
