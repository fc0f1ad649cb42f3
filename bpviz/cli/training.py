"""`bpviz train`: training without a window, on along the session's own line of history."""

from __future__ import annotations

import argparse
import csv
import io
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpviz.cli.errors import DONE, INTERRUPTED, NON_FINITE, CommandError
from bpviz.cli.files import load, require_apart, require_writable, write, write_out, writing
from bpviz.cli.kernel import settle_kernel, settle_kernels_of
from bpviz.document.saving import encode_with_history
from bpviz.document.timeline import Timeline
from bpviz.engine.backprop import evaluate
from bpviz.engine.curve import LossCurve
from bpviz.engine.datasets import batches_per_epoch, epoch_of
from bpviz.engine.errors import NonFinite
from bpviz.export.trace_json import encode, result_document
from bpviz.model.counts import grouped
from bpviz.model.files import atomic_write

PROGRESS_SECONDS = 0.2


def train(options: argparse.Namespace) -> int:
    """Train as the options say, write what they ask for and return the exit status."""
    session = load(options.session)
    for path in (options.save, options.csv, options.output):
        require_writable(path)
    results = {"--csv": options.csv, "-o": options.output}
    require_apart(results, session=options.session)
    require_apart({"--save": options.save, **results})
    run = Run(Timeline(session), options)
    run.settle_kernel()
    with _interrupts_noted(run):
        stopped, where = run.run()
    if options.save is not None:
        _save(run.timeline, options.save)
    if options.csv is not None:
        write(options.csv, _curve_csv(run))
    if stopped == "interrupted":
        raise CommandError(
            f"interrupted after iteration {grouped(run.timeline.iteration)}", INTERRUPTED
        )
    write_out(encode(_result(run, stopped, where)), options.output)
    if stopped == "non_finite":
        raise CommandError(
            f"stopped after iteration {grouped(run.timeline.iteration)}: {where}", NON_FINITE
        )
    return DONE


class Run:
    """One run of the command: how far to go, and what is shown on the way."""

    def __init__(self, timeline: Timeline, options: argparse.Namespace) -> None:
        self.timeline = timeline
        self.interrupted = False
        # The points of this run alone, where the session's own curve may hold older ones.
        self.curve = LossCurve()
        self._iterations: int | None = options.iterations
        self._epochs: int | None = options.epochs
        self._until_loss: float | None = options.until_loss
        self._shows_progress = sys.stderr.isatty()
        self._shown_at = 0.0

    def settle_kernel(self) -> None:
        """Choose what computes the run, and wait for it where that pays, until Ctrl-C."""
        try:
            self._settle_kernel()
        except KeyboardInterrupt:
            self.interrupted = True

    def _settle_kernel(self) -> None:
        timeline = self.timeline
        if not timeline.at_end:
            settle_kernels_of(timeline.history)
        program, rows = (
            timeline.workshop.program(timeline.base),
            timeline.workshop.rows(timeline.base),
        )
        count = (self._epochs or 0) * self._epoch_length() + (self._iterations or 0)
        settle_kernel(program, rows, timeline.base.training, count)

    def run(self) -> tuple[str, str | None]:
        """Train to the end; return why it stopped, and where a value was not finite."""
        try:
            self._record()
            stopped = self._train()
            self._record()
        except NonFinite as error:
            self._clear_progress()
            return "non_finite", error.where
        self._clear_progress()
        return stopped, None

    def _train(self) -> str:
        done = epochs = 0
        while not self.interrupted:
            if self._iterations is not None and done >= self._iterations:
                return "iterations"
            if self._epochs is not None and epochs >= self._epochs:
                return "epochs"
            left = self._to_look()
            if self._iterations is not None:
                left = min(left, self._iterations - done)
            if self._epochs is not None:
                left = min(left, self._to_epoch_end(self._epochs - epochs))
            before = self.timeline.iteration
            done += self.timeline.advance(left, self._asks)
            per_epoch = self._epoch_length()
            epochs += self.timeline.iteration // per_epoch - before // per_epoch
            if self.timeline.iteration % per_epoch == 0 and self._epoch_ended():
                return "loss"
        return "interrupted"

    def _to_look(self) -> int:
        """Return the iterations to go at once: up to the next epoch end that is looked at."""
        if not self.timeline.at_end:
            # An edit on the way may change how long an epoch is.
            return 1
        return self._to_epoch_end(1 if self._until_loss is not None else self.curve.stride)

    def _to_epoch_end(self, count: int) -> int:
        """Return the iterations to the next epoch end but `count` − 1."""
        per_epoch = self._epoch_length()
        return count * per_epoch - self.timeline.iteration % per_epoch

    def _epoch_length(self) -> int:
        return batches_per_epoch(self._rows_count(), self.timeline.base.training)

    def _rows_count(self) -> int:
        return self.timeline.workshop.rows(self.timeline.base).count

    def _epoch_ended(self) -> bool:
        """Record the losses at an epoch end; return whether training may stop there."""
        if self._until_loss is not None:
            return self._record() <= self._until_loss
        if self.curve.wants(self.timeline.iteration // self._epoch_length()):
            self._record()
        return False

    def _record(self) -> float:
        """Add the losses at the position to the curve; return the training loss."""
        timeline = self.timeline
        timeline.record_loss()
        train_loss, test_loss = _losses(timeline)
        self.curve.record(timeline.iteration, train_loss, test_loss)
        return train_loss

    def _asks(self) -> bool:
        """Show the progress; return whether to stop."""
        if self._shows_progress and time.monotonic() - self._shown_at >= PROGRESS_SECONDS:
            self._shown_at = time.monotonic()
            loss = f", loss {self.curve.train[-1]:.6g}" if self.curve.train else ""
            sys.stderr.write(f"\r\x1b[Kiteration {grouped(self.timeline.state.iteration)}{loss}")
            sys.stderr.flush()
        return self.interrupted

    def _clear_progress(self) -> None:
        if self._shows_progress:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _losses(timeline: Timeline) -> tuple[float, float | None]:
    """Return the losses over all training and all test rows; NonFinite."""
    curve = timeline.curve
    if curve.iteration and curve.iteration[-1] == timeline.iteration:
        return curve.train[-1], curve.test[-1] if curve.test else None
    trainer = timeline.trainer
    theta = timeline.state.theta
    tested = timeline.workshop.rows(timeline.base).test_count
    return trainer.loss(theta, "train"), trainer.loss(theta, "test") if tested else None


@contextmanager
def _interrupts_noted(run: Run) -> Iterator[None]:
    """Let Ctrl-C end the run between two slices of work; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if run.interrupted:
            raise KeyboardInterrupt
        run.interrupted = True

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _save(timeline: Timeline, path: str) -> None:
    """Write the session at the position, with its curve, and its history where it fits."""
    with writing(path):
        data, notice = encode_with_history(timeline)
        atomic_write(path, data)
    if notice:
        sys.stderr.write(f"{CommandError(notice)}\n")


def _result(run: Run, stopped: str, where: str | None) -> dict[str, Any]:
    timeline = run.timeline
    base, theta = timeline.base, timeline.state.theta
    program, rows = timeline.workshop.program(base), timeline.workshop.rows(base)
    train_loss: float | None = None
    test_loss: float | None = None
    outputs: NDArray[np.float64] | None = None
    # Where not even the start is finite there is nothing but parameters to tell.
    with suppress(NonFinite):
        outputs = evaluate(program, rows, base.training, theta).outputs
        train_loss, test_loss = _losses(timeline)
    facts = {
        "iteration": timeline.iteration,
        "epoch": epoch_of(rows.count, base.training, timeline.iteration),
        "loss": train_loss,
        "test_loss": test_loss,
        "stopped": stopped,
        "where": where,
    }
    return result_document(program, theta, outputs, facts)


def _curve_csv(run: Run) -> bytes:
    """Return the curve of this run as CSV: iteration, epoch, loss, test_loss."""
    timeline, curve = run.timeline, run.curve
    count = timeline.workshop.rows(timeline.base).count
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("iteration", "epoch", "loss", "test_loss"))
    tests: list[Any] = list(curve.test) or [""] * len(curve.iteration)
    for iteration, loss, test in zip(curve.iteration, curve.train, tests, strict=True):
        epoch = epoch_of(count, timeline.base.training, iteration)
        writer.writerow((iteration, epoch, repr(loss), repr(test) if curve.test else test))
    return text.getvalue().encode()
