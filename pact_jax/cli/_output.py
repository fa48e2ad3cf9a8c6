"""What a command prints and writes: progress, text, files."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pact_jax.errors import ArgumentError


def narrator() -> Callable[[str], None]:
    """Progress on standard error, with the seconds since the start.

    Returns:
        Function of the words to tell; empty words tell nothing.
    """
    started = time.monotonic()

    def tell(words: str) -> None:
        if words:
            print(f"[{time.monotonic() - started:6.1f} s] {words}", file=sys.stderr, flush=True)

    return tell


def print_text(content: str) -> None:
    """To standard output; a character that it cannot show becomes a question mark.

    Args:
        content: the text, with its line ends.
    """
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(content.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def check_writable(path: Path | None) -> None:
    """Refuses before the work what would fail after it.

    Args:
        path: file to be written; None if there is none.

    Raises:
        ArgumentError: it is a folder, or in none.
    """
    if path is None:
        return
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ArgumentError("cannot be written", str(path), "give a file in a folder that exists")


def write_text(path: Path, content: str) -> None:
    """Writes a file in UTF-8.

    Args:
        path: where.
        content: what.

    Raises:
        ArgumentError: the file cannot be written.
    """
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ArgumentError(f"cannot be written: {error}", str(path), "give a file that may be written") from error
