"""Optional dependencies: which extra brings which module, and one door that names the pip line when it is absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from .errors import MissingExtra

EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "plot": ("matplotlib",),
    "io": ("pyarrow",),
    "audit": ("cryptography",),
}
"""The modules that each extra of `pyproject.toml` makes importable."""


@contextmanager
def extra(name: str, where: str = "") -> Iterator[None]:
    """Wrap the import of an optional dependency, so that its absence names the pip line.

    Args:
        name: A key of `EXTRAS`.
        where: The feature that needs it, for the message.

    Raises:
        MissingExtra: A module that the extra brings is not installed. Any other import error passes through.

    Example:
        >>> with extra("plot", where="plot_loss"):
        ...     import json
    """
    modules = EXTRAS[name]
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] in modules:
            raise MissingExtra(name, error.name, where) from error
        raise


def missing_modules(name: str) -> tuple[str, ...]:
    """Return the modules of one extra that are not installed, without importing any."""
    return tuple(module for module in EXTRAS[name] if find_spec(module) is None)
