"""How the scenarios of a set depend on each other, from its generator in words, as the manifest holds it."""

from typing import get_args

from pact_jax.errors import ArgumentError

from ._generator import Randomised, Windowed


def is_history(generator: str) -> bool:
    """Whether scenarios are windows of the history, which overlap and are dependent, from the generator in words."""
    return any(f"{kind.__name__}(" in generator for kind in get_args(Windowed))


def refuse_randomised(generator: str, where: str) -> None:
    """Refuses errors that hold for independent or dated scenarios only, from the generator in words."""
    if any(f"{kind.__name__}(" in generator for kind in get_args(Randomised)):
        raise ArgumentError(
            f"errors of scenarios in randomisations are not known here ({generator})",
            where=where,
            mend="use MonteCarlo() or Historical(); VaR and ES of randomised sets are in `measures`, with their errors",
        )
