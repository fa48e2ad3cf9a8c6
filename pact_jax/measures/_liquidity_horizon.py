"""Expected shortfall over liquidity horizons: the cascade of the market risk standard, and its table of horizons."""

import enum

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar

LIQUIDITY_HORIZONS: tuple[int, ...] = (10, 20, 40, 60, 120)
"""LH_1 ... LH_5, business days (MAR33.5)."""


class LiquidityClass(enum.Enum):
    """Categories of risk factors; the value is the category in words and its liquidity horizon in business days.

    References:
        Basel Framework, MAR33.12 (2019), table 2.
    """

    INTEREST_RATE_SPECIFIED = ("interest rate: EUR, USD, GBP, AUD, JPY, SEK, CAD and the domestic currency", 10)
    INTEREST_RATE_OTHER_CURRENCY = ("interest rate: unspecified currencies", 20)
    INTEREST_RATE_VOLATILITY = ("interest rate: volatility", 60)
    INTEREST_RATE_OTHER = ("interest rate: other types", 60)
    CREDIT_SOVEREIGN_INVESTMENT_GRADE = ("credit spread: sovereign, investment grade", 20)
    CREDIT_SOVEREIGN_HIGH_YIELD = ("credit spread: sovereign, high yield", 40)
    CREDIT_CORPORATE_INVESTMENT_GRADE = ("credit spread: corporate, investment grade", 40)
    CREDIT_CORPORATE_HIGH_YIELD = ("credit spread: corporate, high yield", 60)
    CREDIT_VOLATILITY = ("credit spread: volatility", 120)
    CREDIT_OTHER = ("credit spread: other types", 120)
    EQUITY_LARGE_CAP = ("equity price: large cap", 10)
    EQUITY_SMALL_CAP = ("equity price: small cap", 20)
    EQUITY_VOLATILITY_LARGE_CAP = ("equity volatility: large cap", 20)
    EQUITY_VOLATILITY_SMALL_CAP = ("equity volatility: small cap", 60)
    EQUITY_OTHER = ("equity: other types", 60)
    FX_SPECIFIED = ("foreign exchange rate: specified currency pairs", 10)
    FX_OTHER_PAIR = ("foreign exchange rate: currency pairs", 20)
    FX_VOLATILITY = ("foreign exchange: volatility", 40)
    FX_OTHER = ("foreign exchange: other types", 40)
    ENERGY_PRICE = ("energy and carbon emissions trading price", 20)
    METAL_PRICE = ("precious metals and non-ferrous metals price", 20)
    COMMODITY_PRICE_OTHER = ("other commodities price", 60)
    ENERGY_VOLATILITY = ("energy and carbon emissions trading price: volatility", 60)
    METAL_VOLATILITY = ("precious metals and non-ferrous metals price: volatility", 60)
    COMMODITY_VOLATILITY_OTHER = ("other commodities price: volatility", 120)
    COMMODITY_OTHER = ("commodity: other types", 120)

    @property
    def days(self) -> int:
        """Liquidity horizon, business days."""
        return self.value[1]


def liquidity_horizon_scale() -> np.ndarray:
    """The factors sqrt((LH_j - LH_{j-1}) / 10) of the cascade, with LH_0 = 0.

    Example:
        >>> liquidity_horizon_scale().round(3).tolist()
        [1.0, 1.0, 1.414, 1.414, 2.449]
    """
    return np.sqrt(np.diff(LIQUIDITY_HORIZONS, prepend=0) / LIQUIDITY_HORIZONS[0])


def liquidity_horizon_cascade(expected_shortfall: Float[Array, "5"]) -> FloatScalar:
    r"""Expected shortfall adjusted for liquidity horizons, from those of five nested sets of shocked factors.

    $ES = \sqrt{\sum_j \left(ES_T(P, j) \sqrt{(LH_j - LH_{j-1}) / T}\right)^2}$ with T = 10 days, where ES_T(P, j) is
    the ten-day ES with shocks to the factors whose liquidity horizon is at least LH_j, all others held. For a linear
    Gaussian book with independent buckets this is each factor scaled by the root of its own horizon.

    Args:
        expected_shortfall: ES_T(P, j) over ten days for j = 1 ... 5; the first one shocks every factor. 0 where no
            factor is left.

    Returns:
        The adjusted expected shortfall, in the unit of the loss. It squares, so a negative ES_T(P, j) (a set of shocks
        that gains in its tail) counts as a loss: the rule's own conservatism.

    Example:
        >>> float(liquidity_horizon_cascade(jnp.asarray([5.0, 0.0, 0.0, 0.0, 0.0])))
        5.0

    References:
        Basel Framework, MAR33.4 and MAR33.5 (2019).
    """
    scaled = expected_shortfall * jnp.asarray(liquidity_horizon_scale(), expected_shortfall.dtype)
    return jnp.sqrt(tree_sum(scaled * scaled))
