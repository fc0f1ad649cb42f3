"""`bpviz export`: drawings, plots, tables and derivations of a session, without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bpviz.cli.errors import DONE, NON_FINITE, CommandError
from bpviz.cli.files import load, prepare, require_apart, require_writable, write, writing
from bpviz.engine.backprop import trace
from bpviz.engine.errors import NonFinite
from bpviz.engine.state import state_of
from bpviz.explain.influence import NoParameterError
from bpviz.export.derivation import DERIVATION_KINDS, derivation_page
from bpviz.export.tables import TABLE_KINDS, table
from bpviz.model.session import Session

DIAGRAM_KINDS = (".svg", ".pdf", ".png")
PLOT_KINDS = (".svg", ".pdf", ".png", ".csv")


def export(options: argparse.Namespace) -> int:
    """Write the figures asked for; every argument is checked before anything is drawn."""
    wanted = (
        ("--diagram", options.diagram, DIAGRAM_KINDS),
        ("--loss-plot", options.loss_plot, PLOT_KINDS),
        ("--table", options.table, TABLE_KINDS),
        ("--derivation", options.derivation, DERIVATION_KINDS),
    )
    if options.parameter is not None and options.derivation is None:
        raise CommandError("export: --parameter goes with --derivation")
    if not any(path for _, path, _ in wanted):
        raise CommandError(
            "export: nothing to do; give --diagram, --loss-plot, --table or --derivation"
        )
    for option, path, kinds in wanted:
        if path is not None and Path(path).suffix.lower() not in kinds:
            raise CommandError(f"export: {option}: the file must end in {' '.join(kinds)}")
        require_writable(path)
    require_apart({option: path for option, path, _ in wanted}, session=options.session)
    session = load(options.session)
    try:
        # First, because the parameter's name may be wrong.
        if options.derivation is not None:
            _write_derivation(session, options.derivation, options.parameter)
        if options.table is not None:
            _write_table(session, options.table)
        if options.diagram is not None or options.loss_plot is not None:
            _draw(session, options.diagram, options.loss_plot)
    except NonFinite as error:
        raise CommandError(error.where, NON_FINITE) from None
    return DONE


def _write_table(session: Session, path: str) -> None:
    program, rows = prepare(session)
    record = trace(program, rows, session.training, state_of(session, program))
    write(path, table(session, record, Path(path).suffix.lower()).encode())


def _write_derivation(session: Session, path: str, parameter: str | None) -> None:
    program, rows = prepare(session)
    record = trace(program, rows, session.training, state_of(session, program))
    try:
        kind = Path(path).suffix.lower()
        text = derivation_page(session, record, kind, parameter, _report())
    except NoParameterError as error:
        raise CommandError(f"export: --parameter: {error}") from None
    write(path, text.encode())


def _report() -> Callable[[int, int], None] | None:
    """Return what tells how far a derivation of many parameters is, where somebody looks on."""
    if not sys.stderr.isatty():
        return None

    def report(done: int, count: int) -> None:
        end = "\n" if done == count else ""
        sys.stderr.write(f"\rbpviz: derived {done} of {count} parameters{end}")
        sys.stderr.flush()

    return report


def _draw(session: Session, diagram: str | None, loss_plot: str | None) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from bpviz.cli.window import require_qt

    require_qt()
    from bpviz.ui.figures import export_drawing, export_loss_plot

    if diagram is not None:
        with writing(diagram):
            export_drawing(session, diagram)
    if loss_plot is not None:
        with writing(loss_plot):
            export_loss_plot(session, loss_plot)
