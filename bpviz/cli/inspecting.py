"""`bpviz trace`, `check` and `verify`: what one iteration computes, and whether it is right."""

from __future__ import annotations

import argparse
import sys

import msgspec

from bpviz.cli.errors import DONE, FAILED, NON_FINITE, CommandError, shown_path
from bpviz.cli.files import (
    load,
    prepare,
    read,
    require_apart,
    require_complete,
    require_writable,
    tell,
    write_out,
)
from bpviz.cli.kernel import settle_kernel, settle_kernels_of
from bpviz.engine.backprop import Tracer
from bpviz.engine.datasets import batch_rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.kernels import choose_kernel
from bpviz.engine.replay import place_of, replay
from bpviz.engine.state import state_of, with_state
from bpviz.engine.trainer import Trainer
from bpviz.export.trace_json import MAX_NUMBERS, count_numbers, encode, trace_document
from bpviz.model.counts import grouped
from bpviz.model.edit import EditError
from bpviz.model.files import FormatError
from bpviz.model.history import History, restore_history
from bpviz.model.network import Unit
from bpviz.model.session import Session

CHECK_LIMIT = 1e-5
VERIFY_LIMIT = 1e-6


def trace(options: argparse.Namespace) -> int:
    """Write the record of one iteration as JSON."""
    session = load(options.session)
    require_apart({"-o": options.output}, session=options.session)
    require_writable(options.output)
    try:
        session = _before(session, options.iteration)
        program, rows = prepare(session)
        settle_kernel(program, rows, session.training, 1)
        state = state_of(session, program)
        batch = batch_rows(rows.count, session.training, state.iteration + 1).tolist()
        chosen = _chosen_rows(options.rows, batch, rows.count)
        numbers = count_numbers(program, len(chosen), len(batch))
        if numbers > MAX_NUMBERS:
            raise CommandError(
                f"trace: {grouped(numbers)} numbers, at most {grouped(MAX_NUMBERS)}; "
                "choose fewer rows with --rows A-B"
            )
        tracer = Tracer(program, rows, session.training, choose_kernel(program, len(batch)))
        record = tracer.trace(state, chosen)
    except NonFinite as error:
        raise CommandError(error.where, NON_FINITE) from None
    write_out(encode(trace_document(record)), options.output)
    return DONE


def _before(session: Session, iteration: int | None) -> Session:
    """Return `session` as it stands before the update number `iteration`."""
    done = session.progress.iteration
    if iteration is None or iteration == done + 1:
        return session
    if iteration > done:
        program, rows = prepare(session)
        settle_kernel(program, rows, session.training, iteration - done)
        state = state_of(session, program)
        Trainer(program, rows, session.training).advance(state, iteration - 1 - done)
        return with_state(session, program, state)
    history = _history(session)
    place = place_of(history, iteration - 1) if history is not None else None
    if history is None or place is None:
        raise CommandError(
            f"trace: iteration {grouped(iteration)} has passed (the session stands at "
            f"{grouped(done)}) and is not in a saved history"
        )
    return _replayed(history, place)


def _chosen_rows(chosen: tuple[int, int] | None, batch: list[int], count: int) -> list[int]:
    """Return the rows of the batch that are chosen, all without a choice."""
    if chosen is None:
        return batch
    first, last = chosen
    if last >= count:
        raise CommandError(f"trace: --rows {first}-{last}: rows go from 0 to {grouped(count - 1)}")
    rows = [row for row in batch if first <= row <= last]
    if not rows:
        raise CommandError(f"trace: --rows {first}-{last}: none of them is in this batch")
    return rows


def check(options: argparse.Namespace) -> int:
    """Compare gradients with central differences; print the worst parameter."""
    from bpviz.engine.gradcheck import check_gradients

    session = load(options.session)
    # Gradients are the same with every kernel; the one the session was made with may be missing.
    progress = msgspec.structs.replace(session.progress, kernel="numpy")
    try:
        result = check_gradients(msgspec.structs.replace(session, progress=progress))
    except NonFinite as error:
        raise CommandError(error.where, NON_FINITE) from None
    if result.kinks:
        names = ", ".join(result.kinks)
        sys.stdout.write(f"not counted, at a kink: {names}\n")
    if not result.name:
        sys.stdout.write("no parameter to check\n")
        return DONE
    sys.stdout.write(f"{result.worst:.3e} {result.name}\n")
    return DONE if result.worst <= CHECK_LIMIT else FAILED


def verify(options: argparse.Namespace) -> int:
    """Replay the saved history; print "identical" or the largest difference."""
    loaded = read(options.session)
    session = loaded.session
    require_complete(session)
    history = _history(session)
    if history is None:
        why = "".join(f" {shown_path(options.session)}: {each}" for each in loaded.notices[:1])
        raise CommandError(f"verify:{why or ' the session has no saved history'}")
    tell(options.session, loaded)
    try:
        again = _replayed(history, history.position)
    except NonFinite as error:
        raise CommandError(error.where, NON_FINITE) from None
    difference, name = largest_difference(session, again)
    if not name:
        sys.stdout.write("identical\n")
        return DONE
    sys.stdout.write(f"{difference:.3e} {name}\n")
    return DONE if difference <= VERIFY_LIMIT else FAILED


def largest_difference(saved: Session, again: Session) -> tuple[float, str]:
    """Return the largest difference of a number training made, and its name; 0 and "" for none.

    Weights, biases and all the optimizer remembers are compared; the bits count, so that equal
    means equal. What stands on one side only counts as infinitely different.
    """
    ours, theirs = _numbers(saved), _numbers(again)
    worst, name = 0.0, ""
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        mine, other = ours.get(key), theirs.get(key)
        if mine is None or other is None:
            return float("inf"), key
        if mine.hex() != other.hex() and (abs(mine - other) > worst or not name):
            worst, name = abs(mine - other), key
    return worst, name


def _numbers(session: Session) -> dict[str, float]:
    numbers = {edge.name: edge.weight for edge in session.network.edges}
    for node in session.network.nodes:
        if isinstance(node, Unit):
            numbers[node.id] = node.bias
    progress = session.progress
    numbers["the iteration"] = float(progress.iteration)
    numbers["the optimizer's step"] = float(progress.optimizer.step)
    for slots in (progress.optimizer.edges, progress.optimizer.biases):
        for name, values in slots.items():
            for slot, value in values.items():
                numbers[f"{name} ({slot})"] = value
    return numbers


def _history(session: Session) -> History | None:
    if session.history is msgspec.UNSET:
        return None
    try:
        return restore_history(session.history, session)
    except FormatError as error:
        raise CommandError(str(error)) from None


def _replayed(history: History, place: tuple[int, int]) -> Session:
    settle_kernels_of(history)
    try:
        return replay(history, place)
    except EditError as error:
        raise CommandError(f"the saved history can't be replayed: {error}") from None
