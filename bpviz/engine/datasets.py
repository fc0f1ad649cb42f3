"""The rows a session trains on: tables as arrays, generated data sets, and the order of batches.

Every random number is made here from raw 64-bit outputs of PCG64 and from Python's `math`, so a
seed gives the same rows in every numpy version.

A generator's `samples` counts train and test rows together. The rows are made whole, put into a
seeded random order (the three point sets keep their textbook order instead), and the last
floor(samples × test_fraction) of them are the test part: a change of `test_fraction` moves the
border and no row. `noise` is the standard deviation of a normal number added to every
coordinate of a class data set, or to the target of a regression; the rows without it stay the
same. Class targets take, for two classes, one column in the encodings `binary` (0, 1) and
`signed` (−1, 1) and two in `one_hot`; for three classes always one column per class, of −1 and 1
in `signed` and of 0 and 1 in the others. Regressions ignore the encoding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.model.data import Data, Encoding, GeneratorData, TableData
from bpviz.model.data import Rows as RowTuples
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TURN = 2.0 * math.pi
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
CLUSTER_SPREAD = 0.5
# The parts of a data set that draw from streams of their own, so that none shifts another.
SHAPE, NOISE, ORDER = 1, 2, 3


@dataclass(frozen=True)
class Rows:
    """The rows of a session: inputs [D, I], targets [D, K] and the same of the test part [T, …].

    With the loss `output_value` there are no targets: K is 0.
    """

    inputs: FloatArray
    targets: FloatArray
    test_inputs: FloatArray
    test_targets: FloatArray

    @property
    def count(self) -> int:
        """Number of training rows D."""
        return len(self.inputs)

    @property
    def test_count(self) -> int:
        """Number of test rows T."""
        return len(self.test_inputs)


class Stream:
    """Numbers drawn from raw PCG64 outputs; what a seed gives never changes."""

    def __init__(self, *entropy: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(list(entropy)))

    def raw(self, count: int) -> NDArray[np.uint64]:
        """Draw `count` 64-bit integers."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> FloatArray:
        """Draw `count` numbers of [low, high): the upper 53 bits of each raw output."""
        unit = (self.raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return low + (high - low) * unit

    def normal(self, count: int) -> FloatArray:
        """Draw `count` standard normal numbers by Box and Muller's formula.

        n₁ = √(−2 ln u₁) cos 2πu₂, n₂ = √(−2 ln u₁) sin 2πu₂ with u₁ in (0, 1].
        """
        pairs = (count + 1) // 2
        radius = np.sqrt(-2.0 * _each(math.log, 1.0 - self.uniform(pairs)))
        angle = TURN * self.uniform(pairs)
        both = np.empty((pairs, 2))
        both[:, 0] = radius * _each(math.cos, angle)
        both[:, 1] = radius * _each(math.sin, angle)
        return both.reshape(-1)[:count]

    def order(self, count: int) -> IntArray:
        """Draw a random order of 0 … count − 1.

        Fisher and Yates: for i from count − 1 down to 1, entry i changes places with entry
        (next raw output) mod (i + 1).
        """
        order = list(range(count))
        if count > 1:
            upper = np.arange(count, 1, -1, dtype=np.uint64)
            for i, j in zip(
                range(count - 1, 0, -1), (self.raw(count - 1) % upper).tolist(), strict=True
            ):
                order[i], order[j] = order[j], order[i]
        return np.array(order, dtype=np.int64)


def _each(function: Callable[[float], float], values: FloatArray) -> FloatArray:
    # numpy's own sin, cos and log differ in the last bit between its versions.
    return np.fromiter(map(function, values.tolist()), dtype=np.float64, count=len(values))


class Generator(NamedTuple):
    """One data set: its columns, its number of classes (0: a regression) and its maker.

    `make(samples, stream)` returns inputs [samples, columns] and either the class of each
    sample, from 0, or its target.
    """

    make: Callable[[int, Stream], tuple[FloatArray, FloatArray]]
    columns: int
    classes: int
    ordered: bool = False


def _corners(samples: int, labels: tuple[int, int, int, int]) -> tuple[FloatArray, FloatArray]:
    which = np.arange(samples) % 4
    return np.array(CORNERS)[which], np.array(labels, dtype=np.float64)[which]


def xor_points(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Repeat the corners (0,0), (0,1), (1,0), (1,1); the class is x₁ xor x₂."""
    return _corners(samples, (0, 1, 1, 0))


def and_points(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Repeat the corners (0,0), (0,1), (1,0), (1,1); the class is x₁ and x₂."""
    return _corners(samples, (0, 0, 0, 1))


def or_points(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Repeat the corners (0,0), (0,1), (1,0), (1,1); the class is x₁ or x₂."""
    return _corners(samples, (0, 1, 1, 1))


def _alternate(samples: int, classes: int = 2) -> tuple[FloatArray, FloatArray]:
    # The class of each sample, and how far along its class it stands, in (0, 1).
    index = np.arange(samples)
    label = index % classes
    size = (samples - label + classes - 1) // classes
    return label.astype(np.float64), (index // classes + 0.5) / size


def _polar(radius: FloatArray, angle: FloatArray) -> FloatArray:
    return np.stack([radius * _each(math.cos, angle), radius * _each(math.sin, angle)], axis=1)


def circles(samples: int, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Class 1 in a disc of radius 1.25, class 0 in the ring between 1.75 and 2.5 around it."""
    label, _ = _alternate(samples)
    along, angle = stream.uniform(samples), stream.uniform(samples, 0.0, TURN)
    radius = np.where(label == 1.0, 1.25 * along, 1.75 + 0.75 * along)
    return _polar(radius, angle), label


def moons(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Two half circles of radius 1: class 0 opens downwards, class 1 upwards and lies between."""
    label, along = _alternate(samples)
    points = _polar(np.ones(samples), math.pi * along)
    flipped = np.array([1.0, 0.5]) - points
    return np.where(label[:, None] == 1.0, flipped, points), label


def spiral(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Two arms of 1.75 turns that end at radius 2.5, one turned by half a turn."""
    label, along = _alternate(samples)
    return _polar(2.5 * along, TURN * 1.75 * along + math.pi * label), label


def _clusters(
    label: FloatArray, centres: FloatArray, stream: Stream
) -> tuple[FloatArray, FloatArray]:
    scatter = stream.normal(2 * len(label)).reshape(-1, 2)
    return centres[label.astype(np.int64)] + CLUSTER_SPREAD * scatter, label


def gaussians(samples: int, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Two normal clouds of standard deviation 0.5 round (−1, −1) and (1, 1)."""
    return _clusters(_alternate(samples)[0], np.array([[-1.0, -1.0], [1.0, 1.0]]), stream)


def linear(samples: int, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Points of the square from −2 to 2; class 1 where x₁ + x₂ > 0."""
    points = stream.uniform(2 * samples, -2.0, 2.0).reshape(-1, 2)
    return points, (points.sum(axis=1) > 0.0).astype(np.float64)


def blobs3(samples: int, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Three normal clouds of standard deviation 0.5, a third of a turn apart at radius 2."""
    centres = _polar(np.full(3, 2.0), TURN * (0.25 + np.arange(3) / 3.0))
    return _clusters(_alternate(samples, 3)[0], centres, stream)


def plane(samples: int, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Regression t = (x₁ + x₂) / 2 over the square from −1 to 1."""
    points = stream.uniform(2 * samples, -1.0, 1.0).reshape(-1, 2)
    return points, points.sum(axis=1) / 2.0


def _evenly(samples: int) -> FloatArray:
    # From −1 to 1, both included, by operations that round alike everywhere.
    return (2.0 * np.arange(samples, dtype=np.float64) - (samples - 1)) / (samples - 1)


def sine(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Regression t = sin x, with x evenly spaced from −π to π."""
    x = math.pi * _evenly(samples)
    return x[:, None], _each(math.sin, x)


def parabola(samples: int, _stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Regression t = x², with x evenly spaced from −1 to 1."""
    x = _evenly(samples)
    return x[:, None], x * x


GENERATORS: Mapping[str, Generator] = MappingProxyType(
    {
        "xor_points": Generator(xor_points, 2, 2, ordered=True),
        "and_points": Generator(and_points, 2, 2, ordered=True),
        "or_points": Generator(or_points, 2, 2, ordered=True),
        "circles": Generator(circles, 2, 2),
        "moons": Generator(moons, 2, 2),
        "spiral": Generator(spiral, 2, 2),
        "gaussians": Generator(gaussians, 2, 2),
        "linear": Generator(linear, 2, 2),
        "blobs3": Generator(blobs3, 2, 3),
        "plane": Generator(plane, 2, 0),
        "sine": Generator(sine, 1, 0),
        "parabola": Generator(parabola, 1, 0),
    }
)


def target_columns(name: str, encoding: Encoding) -> int:
    """Return the number of target columns of the generator `name` in `encoding`."""
    classes = GENERATORS[name].classes
    return classes if classes > 2 or (classes == 2 and encoding == "one_hot") else 1


def _encode(label: FloatArray, name: str, encoding: Encoding) -> FloatArray:
    classes = GENERATORS[name].classes
    if target_columns(name, encoding) == 1:
        hot = label[:, None]
    else:
        hot = (label[:, None] == np.arange(classes)).astype(np.float64)
    return 2.0 * hot - 1.0 if classes and encoding == "signed" else hot


def generate(data: GeneratorData) -> Rows:
    """Make the rows of `data`; see the head of this module for what its fields mean."""
    generator = GENERATORS[data.name]
    samples = data.samples
    inputs, target = generator.make(samples, Stream(data.seed, 0, SHAPE))
    if data.noise:
        noise = Stream(data.seed, 0, NOISE)
        if generator.classes:
            inputs = inputs + data.noise * noise.normal(inputs.size).reshape(inputs.shape)
        else:
            target = target + data.noise * noise.normal(samples)
    targets = _encode(target, data.name, data.encoding)
    if not generator.ordered:
        order = Stream(data.seed, 0, ORDER).order(samples)
        inputs, targets = inputs[order], targets[order]
    border = samples - math.floor(samples * data.test_fraction)
    return Rows(inputs[:border], targets[:border], inputs[border:], targets[border:])


def make_rows(data: Data, loss: str) -> Rows:
    """Return the rows of `data` as arrays; with the loss `output_value` without targets.

    Raises ValueError where the rows of a table differ in length.
    """
    if isinstance(data, GeneratorData):
        rows = generate(data)
    else:
        inputs, targets = _matrix(data.inputs), _matrix(data.targets)
        rows = Rows(
            inputs,
            targets,
            _matrix(data.test_inputs, inputs.shape[1]),
            _matrix(data.test_targets, targets.shape[1]),
        )
    if loss != "output_value":
        return rows
    empty, test_empty = np.empty((rows.count, 0)), np.empty((rows.test_count, 0))
    return Rows(rows.inputs, empty, rows.test_inputs, test_empty)


def _matrix(rows: RowTuples, columns: int = 0) -> FloatArray:
    if not rows:
        return np.empty((0, columns))
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1 if rows[0] else 0)


def as_table(data: Data) -> TableData:
    """Return `data` with its rows written out; a table is returned as it is."""
    if isinstance(data, TableData):
        return data
    rows = generate(data)
    return TableData(
        inputs=_tuples(rows.inputs),
        targets=_tuples(rows.targets),
        test_inputs=_tuples(rows.test_inputs),
        test_targets=_tuples(rows.test_targets),
    )


def _tuples(matrix: FloatArray) -> RowTuples:
    return tuple(map(tuple, matrix.tolist()))


def batch_size(count: int, training: Training) -> int:
    """Return the number of rows of a full batch, out of `count` rows."""
    return count if training.batch_size is None else min(training.batch_size, count)


def batches_per_epoch(count: int, training: Training) -> int:
    """Return the iterations of one epoch over `count` rows, 1 at least."""
    return max(1, -(-count // max(1, batch_size(count, training))))


def epoch_of(count: int, training: Training, iteration: int) -> int:
    """Return the epoch, from 1, that `iteration` belongs to; 0 for iteration 0."""
    return -(-iteration // batches_per_epoch(count, training))


@lru_cache(maxsize=4)
def epoch_order(count: int, seed: int, epoch: int) -> IntArray:
    """Return the shuffled order of epoch `epoch` (from 1), read-only: a function of its arguments.

    A Fisher–Yates shuffle (see `Stream.order`) on PCG64(SeedSequence([seed, epoch])).
    """
    order = Stream(seed, epoch).order(count)
    order.flags.writeable = False
    return order


def batch_rows(count: int, training: Training, iteration: int) -> IntArray:
    """Return the row indices of the batch of `iteration` (from 1), out of `count` rows.

    The last batch of an epoch may be shorter.
    """
    size = batch_size(count, training)
    start = size * ((iteration - 1) % batches_per_epoch(count, training))
    stop = min(start + size, count)
    if not training.shuffle:
        return np.arange(start, stop, dtype=np.int64)
    return epoch_order(count, training.seed, epoch_of(count, training, iteration))[start:stop]
