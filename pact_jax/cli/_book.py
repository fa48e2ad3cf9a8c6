"""Which book a command is about, and where its compiled programs are kept: arguments that the commands share."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from pact_jax._cache import cache_programs
from pact_jax.datasets import load_desk
from pact_jax.errors import ArgumentError
from pact_jax.io import read_snapshot
from pact_jax.snapshot import Snapshot


def add_book(command: argparse.ArgumentParser) -> None:
    """Adds FOLDER, --positions, --on-reject and --no-cache.

    Args:
        command: parser of the command.
    """
    add = command.add_argument
    add("folder", nargs="?", type=Path, metavar="FOLDER", help="snapshot folder; the shipped desk by default")
    add("--positions", type=int, metavar="N", help="a generated desk of this size instead of the shipped one")
    add("--on-reject", choices=("raise", "report"), default="raise", help="what to do with bad rows (default raise)")
    add("--no-cache", action="store_true", help="do not keep compiled programs for the next run")


def open_book(chosen: argparse.Namespace, tell: Callable[[str], None]) -> Snapshot:
    """Reads what was chosen, once compiled programs have their place.

    Args:
        chosen: arguments, those of `add_book` among them.
        tell: progress.

    Returns:
        The book.

    Raises:
        PactError: the snapshot cannot be read, or both a folder and a size are given.
    """
    if not chosen.no_cache:
        tell(use_cache())
    if chosen.folder is None:
        tell("loading the shipped desk" if chosen.positions is None else f"generating {chosen.positions:,} positions")
        return load_desk(chosen.positions)
    if chosen.positions is not None:
        raise ArgumentError("--positions is for the shipped desk only", "pact", "leave out FOLDER or --positions")
    tell(f"reading {chosen.folder}")
    return read_snapshot(chosen.folder, on_reject=chosen.on_reject)


def use_cache() -> str:
    """Keeps programs for the next run; the process is this command's own, to configure JAX in.

    Returns:
        What to tell; empty if the environment configures the cache already.
    """
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return ""
    try:
        return f"compiled programs are kept in {cache_programs()}"
    except ArgumentError as error:
        return f"compiled programs are not kept: {error}"
