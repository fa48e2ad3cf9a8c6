"""What it takes to sell, and what it takes to fund."""

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int


class LiquidityBook(eqx.Module):
    """Inputs of the liquidity agent; amounts in the reporting currency.

    Attributes:
        fraction: phi, the fraction of the net quantity that is sold within the horizon, in [0, 1].
        impact_coefficient: Y of the square-root law, dimensionless, about 1.
        participation_cap: highest share of daily volume that a limit allows; reported, never lowers the cost.
        daily_vol: one-day return volatility of each asset.
        currency: index of each asset's currency.
        surface: index of the volatility surface that moves the asset's volatility, -1 for none.
        supplied: true for assets whose half-spread and volume are known; the others carry no cost and are listed.
        net_outflow: largest cumulative contractual net outflow within the horizon, at least 0.
        cash_buffer: liquid buffer that meets it first.
        penalty_rate: cost of one unit of funding shortfall over the horizon.
    """

    fraction: Float[Array, ""]
    impact_coefficient: Float[Array, ""]
    participation_cap: Float[Array, ""]
    daily_vol: Float[Array, "assets"]
    currency: Int[Array, "assets"]
    surface: Int[Array, "assets"]
    supplied: Bool[Array, "assets"]
    net_outflow: Float[Array, ""]
    cash_buffer: Float[Array, ""]
    penalty_rate: Float[Array, ""]
