"""The arguments of every command, with their help."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from bpviz import __version__
from bpviz.cli.errors import CommandError

DESCRIPTION: Final = """\
See back propagation happen: a neural network drawn as nodes and edges, walked
through one step at a time, forwards and backwards.

Without a command the desktop program opens, with SESSION if one is given."""

EXAMPLES: Final = """\
examples:
  bpviz                                     open the desktop program
  bpviz mine.bpviz.json                     open it with a session
  bpviz new --layers 2-4-1 --data xor_points --loss binary_cross_entropy -o xor.bpviz.json
  bpviz new --expression "(x+y)*z" --values x=-2,y=5,z=-4 -o graph.bpviz.json
  bpviz trace xor.bpviz.json --rows 0-3     every number of the next iteration, as JSON
  bpviz train xor.bpviz.json --epochs 300 --csv loss.csv --save trained.bpviz.json
  bpviz check xor.bpviz.json                back propagation against central differences
  bpviz verify trained.bpviz.json           replay the saved history
  bpviz export trained.bpviz.json --diagram net.svg --loss-plot loss.svg --table numbers.md

exit status:
  0 done   1 the check failed   2 bad usage or bad input   3 training met a
  non-finite value   130 interrupted

"bpviz COMMAND --help" says more about a command."""

COMMANDS: Final = ("new", "trace", "train", "check", "verify", "export")


class Parser(argparse.ArgumentParser):
    """A parser whose usage errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise CommandError instead of printing the usage."""
        command = self.prog.partition(" ")[2]
        start = f"{command}: " if command else ""
        raise CommandError(f'{start}{message}; see "{self.prog} --help"')


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; `command` is None where the desktop program is meant.

    CommandError on bad usage, SystemExit after --help and --version.
    """
    parser = build_parser()
    if argv and (argv[0] in COMMANDS or argv[0].startswith("-")) and argv[0] != "--":
        options = parser.parse_args(argv)
        options.session = getattr(options, "session", None)
        return options
    words = list(argv[1:] if argv[:1] == ["--"] else argv)
    if len(words) > 1:
        if words[1] in ("-h", "--help"):
            parser.print_help()
            sys.exit(0)
        parser.error(
            f'"{words[0][:40]}" is no command ({", ".join(COMMANDS)}), and only one session '
            "can be opened"
        )
    return argparse.Namespace(command=None, session=words[0] if words else None)


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="bpviz",
        usage="bpviz [SESSION]\n       bpviz COMMAND …",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"bpviz {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", prog="bpviz"
    )
    _add_new(commands)
    _add_trace(commands)
    _add_train(commands)
    _add_check(commands)
    _add_verify(commands)
    _add_export(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[Parser], name: str, summary: str, epilog: str
) -> Parser:
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_new(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "new",
        "make a session: a layered network, or the graph of an expression",
        """\
activations: identity sigmoid tanh relu leaky_relu elu gelu silu softplus step sin
  cos exp log sqrt square reciprocal abs; with a parameter: leaky_relu:0.2, elu:0.5,
  power:3
data sets: xor_points and_points or_points circles moons spiral gaussians linear
  blobs3 plane sine parabola
losses: half_squared_error squared_error mean_squared_error absolute_error huber
  binary_cross_entropy softmax_cross_entropy output_value
initialisers: normal xavier xavier_uniform he he_uniform zeros constant (constant:0.1)

examples:
  bpviz new --layers 2-4-2-1 --activation tanh --data spiral -o spiral.bpviz.json
  bpviz new --layers 4-8-3 --csv iris.csv --target species \\
        --loss softmax_cross_entropy -o iris.bpviz.json
  bpviz new --expression=-x+y --values x=1,y=2 -o graph.bpviz.json""",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--layers", metavar="2-4-2-1", help="nodes per layer, inputs first")
    what.add_argument(
        "--expression",
        metavar="TEXT",
        help="+ - * / **, sigmoid tanh relu exp log sqrt sin cos abs max(a,b)",
    )
    parser.add_argument("--values", metavar="x=-2,y=5", help="a value for every name")
    parser.add_argument("--activation", metavar="A", help="of the hidden units (sigmoid)")
    parser.add_argument(
        "--output-activation", metavar="A", help="else chosen from loss and targets"
    )
    rows = parser.add_mutually_exclusive_group()
    rows.add_argument("--data", metavar="NAME", help="a data set made by the program")
    rows.add_argument("--csv", metavar="FILE", help="rows from a table in a text file")
    parser.add_argument(
        "--target", metavar="COLUMN", nargs="+", help="the file's target columns, by name or number"
    )
    parser.add_argument("--loss", metavar="L", help="half_squared_error unless given")
    parser.add_argument("--init", metavar="I", help="xavier; he for the relu family")
    parser.add_argument(
        "--seed", metavar="N", type=_count, help="of weights, data and batch order (0)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the session")


def _add_trace(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "trace",
        "write every number of one iteration as JSON",
        """\
examples:
  bpviz trace mine.bpviz.json
  bpviz trace mine.bpviz.json --iteration 100 --rows 0-9 -o trace.json""",
    )
    _add_session(parser)
    parser.add_argument(
        "--iteration",
        metavar="N",
        type=_positive,
        help="from 1 at the untrained session; the next one unless given",
    )
    parser.add_argument(
        "--rows", metavar="A-B", type=_row_range, help="only the samples of these rows, from 0"
    )
    _add_output(parser)


def _add_train(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "train",
        "train without a window, on from where the session stands",
        """\
examples:
  bpviz train mine.bpviz.json --iterations 300
  bpviz train mine.bpviz.json --epochs 1000 --until-loss 0.01 \\
        --csv loss.csv --save trained.bpviz.json -o result.json""",
    )
    _add_session(parser)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--iterations", metavar="N", type=_count, help="updates to apply")
    length.add_argument("--epochs", metavar="N", type=_count, help="epoch ends to reach")
    parser.add_argument(
        "--until-loss",
        metavar="X",
        type=_finite,
        help="stop at an epoch end with a loss over all training rows of X or less",
    )
    parser.add_argument("--save", metavar="FILE", help="the trained session, with its history")
    parser.add_argument("--csv", metavar="FILE", help="the loss curve")
    _add_output(parser)


def _add_check(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "check",
        "compare the gradients with central differences",
        "The worst parameter is printed; above 1e-5 the exit status is 1.\n\n"
        "example:\n  bpviz check mine.bpviz.json",
    )
    _add_session(parser)


def _add_verify(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "verify",
        "replay the saved history and compare where it ends",
        'Prints "identical", or the largest difference and its parameter; above 1e-6 the\n'
        "exit status is 1.\n\nexample:\n  bpviz verify trained.bpviz.json",
    )
    _add_session(parser)


def _add_export(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(
        commands,
        "export",
        "make figures, tables and derivations from a session; no screen is needed",
        """\
The ending of a file's name says its kind. A derivation goes line by line from the
definition of the loss to each gradient of the next iteration, every line with its
numbers and its rule.

examples:
  bpviz export mine.bpviz.json --diagram net.svg --loss-plot loss.png --table numbers.tex
  bpviz export mine.bpviz.json --derivation all.html
  bpviz export mine.bpviz.json --derivation one.md --parameter "x1->h1"
  bpviz export mine.bpviz.json --derivation bias.tex --parameter h1""",
    )
    _add_session(parser)
    parser.add_argument("--diagram", metavar="FILE", help="the drawing: .svg .pdf .png")
    parser.add_argument("--loss-plot", metavar="FILE", help="the loss curve: .svg .pdf .png .csv")
    parser.add_argument(
        "--table",
        metavar="FILE",
        help="parameters, gradients and node values: .csv .md .tex .html",
    )
    parser.add_argument(
        "--derivation", metavar="FILE", help="how each gradient comes about: .md .tex .html"
    )
    parser.add_argument(
        "--parameter",
        metavar="NAME",
        help="derive only this weight, SOURCE->TARGET, or the bias of this unit",
    )


def _add_session(parser: Parser) -> None:
    parser.add_argument("session", metavar="SESSION", help="a session file, *.bpviz.json")


def _add_output(parser: Parser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="instead of standard output")


def _integer(text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
        raise argparse.ArgumentTypeError(f'"{text[:40]}" is no whole number from {least}')
    return int(text)


def _count(text: str) -> int:
    return _integer(text, 0)


def _positive(text: str) -> int:
    return _integer(text, 1)


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f'"{text[:40]}" is no number')
    return value


def _row_range(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    if not match:
        raise argparse.ArgumentTypeError(f'"{text[:40]}" is no range of rows such as 0-9')
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if last < first:
        raise argparse.ArgumentTypeError(f"{first}-{last} ends before it begins")
    return first, last
