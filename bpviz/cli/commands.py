"""The commands by name, and how whatever they raise becomes an exit status."""

from __future__ import annotations

import argparse

from bpviz.cli.errors import CommandError


def run(options: argparse.Namespace) -> int:
    """Run the command that `options` names and return its exit status; CommandError."""
    command = options.command
    if command == "new":
        from bpviz.cli.making import new

        return new(options)
    if command == "train":
        from bpviz.cli.training import train

        return train(options)
    if command == "export":
        from bpviz.cli.figures import export

        return export(options)
    from bpviz.cli import inspecting

    found = {
        "trace": inspecting.trace,
        "check": inspecting.check,
        "verify": inspecting.verify,
    }.get(command)
    if found is None:
        raise CommandError(f"no command {command}")
    return found(options)
