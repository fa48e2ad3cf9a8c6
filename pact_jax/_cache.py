"""Programs kept on disk between processes: the first answer of a second process in seconds."""

import hashlib
import os
import stat
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import jax

from ._program import keep_programs
from ._program import unkept_programs as unkept_programs
from ._version import __version__
from .errors import ArgumentError


def cache_programs(folder: str | os.PathLike[str] | None = None) -> Path:
    """Keeps traced and compiled programs in a folder for later processes; call it before the first assessment.

    Configures JAX's persistent compilation cache for this process, and keeps what is traced beside it, under a name
    made of the sources of this package, the versions of JAX and the shapes. What lies in the folder is run, so it must
    be yours alone. Programs with classes of your own in them (a kind that you registered) are traced anew each time;
    `unkept_programs` names them.

    Args:
        folder: made if missing; `pact_jax` in `$XDG_CACHE_HOME` or `~/.cache` if None.

    Returns:
        The folder.

    Raises:
        ArgumentError: it cannot be made, belongs to somebody else, or others may write to it.

    Example:
        >>> cache_programs()  # doctest: +SKIP
        PosixPath('/home/me/.cache/pact_jax')
    """
    if folder is None:
        base = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(base) if base else Path.home() / ".cache") / "pact_jax"
    path = Path(folder)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise ArgumentError(
            f"programs cannot be kept there: {error}", str(path), "give a folder of your own"
        ) from error
    owned = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if not owned or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ArgumentError(
            "others may write to it, and what lies there is run", str(path), f"chmod 700 {path}, or give another folder"
        )
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    keep_programs(_Folder(path / "traced"))
    return path


class _Folder:
    """One file a program; a file that cannot be read or written costs time, nothing else."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._code = _digest_of_code()

    def load(self, name: str) -> bytes | None:
        try:
            content = self._file(name).read_bytes()
        except OSError:
            return None
        # A torn or altered file is not parsed.
        return content[32:] if hashlib.sha256(content[32:]).digest() == content[:32] else None

    def save(self, name: str, content: bytes) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(hashlib.sha256(content).digest() + content)
            os.replace(file.name, self._file(name))
        except OSError:
            return

    def _file(self, name: str) -> Path:
        return self._folder / hashlib.sha256(f"{self._code}\n{name}".encode()).hexdigest()


def _digest_of_code() -> str:
    """Changes with every source file of this package and every version that traces."""
    digest = hashlib.sha256()
    versions = (__version__, jax.__version__, version("jaxlib"), sys.version, jax.default_backend())
    digest.update("\n".join((*versions, os.environ.get("XLA_FLAGS", ""))).encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()
