"""Dates to year fractions."""

from datetime import date

import numpy as np
from jaxtyping import Float

DAYS_PER_YEAR = 365.0


def years_until(maturity: np.ndarray, valuation_date: date) -> Float[np.ndarray, "contracts"]:
    """Year fraction ACT/365F from the valuation date."""
    return (maturity - np.datetime64(valuation_date)) / np.timedelta64(1, "D") / DAYS_PER_YEAR
