"""The command line: `bpviz [SESSION]` and its commands. Qt is imported only by what draws."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence

from bpviz.cli.arguments import parse
from bpviz.cli.errors import DONE, INTERRUPTED, REFUSED, CommandError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `argv` is without the program's name.

    0 done; 1 a check failed; 2 bad usage or input, one line on stderr; 3 training met a
    non-finite value; 130 interrupted.
    """
    _stand_in_for_closed_streams()
    try:
        status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        return _after_broken_pipe()
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except OSError as error:
        # What is left is standard output itself, on a full disk for instance.
        _leave_stdout()
        sys.stderr.write(f"{CommandError(f'standard output: {error.strerror}')}\n")
        return REFUSED
    except MemoryError:
        sys.stderr.write(f"{CommandError('not enough memory for this session')}\n")
        return REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("bpviz: interrupted\n")
        return INTERRUPTED
    return status


def _run(argv: list[str]) -> int:
    try:
        options = parse(argv)
    except SystemExit as leaving:
        # argparse leaves this way after --help and --version.
        sys.stdout.flush()
        return leaving.code if isinstance(leaving.code, int) else DONE
    command = options.command
    if command in ("new", "trace", "train", "check", "verify", "export"):
        from bpviz.cli.commands import run

        return run(options)
    from bpviz.cli.window import show

    return show(options.session)


class _Closed(io.StringIO):
    """Stands for a standard output that was closed before the program began."""

    def write(self, _text: str) -> int:
        """Refuse, as the system does."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _stand_in_for_closed_streams() -> None:
    """Let what is written to a closed stream be refused, and errors be said to nobody."""
    # Python has None there, whatever its type says.
    sys.stdout = sys.stdout or _Closed()
    sys.stderr = sys.stderr or io.StringIO()


def _after_broken_pipe() -> int:
    """Leave quietly: who read the output has seen enough."""
    _leave_stdout()
    return DONE


def _leave_stdout() -> None:
    """Point standard output at nothing, so that closing it can't fail a second time."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
