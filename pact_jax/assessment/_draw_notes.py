"""What a history is like that scenarios are drawn from: said in the report, whichever generator is used."""

import numpy as np

from pact_jax.snapshot import RiskFactors

_LISTED = 10
_LONGEST_CLOSURE = 3
"""Business days that an ordinary holiday may take out of a history, and the next level with it."""
_SAME_WEEK = 5
_LEAST_LAGGED = 0.15
_LEAST_DAYS = 60
_STANDARD_ERRORS = 5.0


def history_notes(factors: RiskFactors, horizon_days: int) -> list[str]:
    """Notes on the history: factors that never move, missing dates, and factors that follow others by a day.

    Args:
        factors: with a history; a book of sensitivities has none, and no notes.
        horizon_days: business days of the moves.

    Returns:
        One note for each thing found.
    """
    if not len(factors.levels):
        return []
    notes = _constant(factors) + _gaps(factors.dates)
    return notes + _asynchronous(factors) if horizon_days < _SAME_WEEK else notes


def listed(names: list[str]) -> str:
    """The first few of some names, and how many more there are."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _constant(factors: RiskFactors) -> list[str]:
    never = np.flatnonzero((factors.levels == factors.levels[:1]).all(axis=0))
    names = [factors.names[k] for k in never]
    return [f"never move in the history and stay at base: {listed(names)}"] if names else []


def _gaps(dates: np.ndarray) -> list[str]:
    days = dates.astype("datetime64[D]")
    width = np.busday_count(days[:-1], days[1:])
    wide = np.flatnonzero(width > _LONGEST_CLOSURE)
    names = [f"{days[k]} ({width[k]} business days)" for k in wide]
    return [f"dates are missing, and the move across them counts as one day's: after {listed(names)}"] if names else []


def _asynchronous(factors: RiskFactors) -> list[str]:
    """Pairs of factors of which one moves a day after the other, as where their levels are taken at other times."""
    count = len(factors.levels) - 1
    if count < _LEAST_DAYS:
        return []
    is_log = np.asarray(factors.layout.is_log)
    moves = np.diff(np.where(is_log, np.log(np.where(is_log, factors.levels, 1.0)), factors.levels), axis=0)
    moves = moves - moves.mean(axis=0)
    deviation = moves.std(axis=0)
    standard = moves / np.where(deviation > 0.0, deviation, 1.0)
    later = standard[1:].T @ standard[:-1] / count
    np.fill_diagonal(later, 0.0)
    late, early = np.nonzero(np.abs(later) > max(_LEAST_LAGGED, _STANDARD_ERRORS / np.sqrt(count)))
    if not len(late):
        return []
    strongest = int(np.argmax(np.abs(later[late, early])))
    one, other = late[strongest], early[strongest]
    same = float(standard[:, one] @ standard[:, other]) / count
    names = factors.names
    more = f", and {len(late) - 1} more pairs" if len(late) > 1 else ""
    return [
        f"{names[one]} follows {names[other]} by a day (correlation {later[one, other]:.2f}, on the same day "
        f"{same:.2f}){more}: over so short a horizon their correlation is too small; ten days hold both moves"
    ]
