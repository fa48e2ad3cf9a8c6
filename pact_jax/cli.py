"""The `pact` command: one thin function per subcommand, no arithmetic."""

import argparse
import sys
from collections.abc import Sequence

from ._doctor import doctor
from ._version import __version__
from .audit import add_audit_command
from .errors import PactError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        arguments: Command-line words after `pact`; those of the process if None.

    Returns:
        Exit status: 0 done, 2 refused with a reason on standard error.

    Example:
        >>> main(["doctor"])  # doctest: +ELLIPSIS
        pact-jax ...
        0
    """
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except PactError as error:
        print(f"pact: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pact", description="Portfolio risk on shared scenarios.")
    parser.add_argument("--version", action="version", version=f"pact-jax {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    command = commands.add_parser("doctor", help="print devices, precision, versions and optional parts")
    command.set_defaults(run=_run_doctor)
    add_audit_command(commands)
    return parser


def _run_doctor(chosen: argparse.Namespace) -> int:
    doctor()
    return 0
