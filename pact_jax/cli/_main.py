"""The command line itself, and the commands that are a call or two."""

import argparse
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from pact_jax._doctor import doctor
from pact_jax._version import __version__
from pact_jax.audit import add_audit_command
from pact_jax.errors import ArgumentError, PactError
from pact_jax.io import write_template

from ._assess import add_assess
from ._tables import add_tables


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        arguments: Command-line words after `pact`; those of the process if None.

    Returns:
        Exit status: 0 done (whatever the decision), 2 refused with a reason on standard error.

    Example:
        >>> main(["doctor"])  # doctest: +ELLIPSIS
        pact-jax ...
        0
    """
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.run is not _run_bench:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    chosen.rest = rest
    try:
        return chosen.run(chosen)
    except PactError as error:
        print(f"pact: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough (`pact assess | head`). What is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pact", description="Portfolio risk on shared scenarios.")
    parser.add_argument("--version", action="version", version=f"pact-jax {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_assess(commands)
    add_tables(commands)
    template = commands.add_parser("template", help="write an example snapshot folder to edit")
    template.add_argument("folder", type=Path, metavar="FOLDER", help="where; made if it is not there")
    template.add_argument("--force", action="store_true", help="overwrite files that are there")
    template.set_defaults(run=_run_template)
    command = commands.add_parser("doctor", help="print devices, precision, versions and optional parts")
    command.set_defaults(run=_run_doctor)
    add_audit_command(commands)
    bench = commands.add_parser("bench", help="run the benchmarks of a checkout", add_help=False)
    bench.set_defaults(run=_run_bench)
    return parser


def _run_template(chosen: argparse.Namespace) -> int:
    folder = write_template(chosen.folder, force=chosen.force)
    print(f"wrote {folder}: edit it, then run `pact assess {folder}`; its README.md explains every column")
    return 0


def _run_doctor(chosen: argparse.Namespace) -> int:
    doctor()
    return 0


def _run_bench(chosen: argparse.Namespace) -> int:
    """`python -m benchmarks` of the checkout in the current directory; they are no part of the installed package."""
    folder = Path.cwd()
    if not (folder / "benchmarks" / "__main__.py").is_file():
        raise ArgumentError(
            f"no benchmarks in {folder}",
            "pact bench",
            "run it in a checkout of the repository; wheels do not carry them",
        )
    sys.argv = ["benchmarks", *chosen.rest]
    sys.path.insert(0, str(folder))
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
    return 0
