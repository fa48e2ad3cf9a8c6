"""The state of the world that a price depends on."""

import equinox as eqx
from jaxtyping import Array, Float, Int


class MarketState(eqx.Module):
    """Everything a present value can depend on, as arrays; ids and dates stay on the host.

    Curves share `curve_time`, hazards share `hazard_time`. Zero rates are continuously compounded and linear between
    nodes, flat outside; hazards are piecewise-constant forward hazards: node k holds on (t[k-1], t[k]] and the last
    one beyond. Implied volatilities sit on absolute log-strikes, `log K`, at each expiry; `vol_level` multiplies a
    whole surface (1 at the base), so a parallel move of a surface costs one number a scenario.

    Attributes:
        spot: price of each asset in its own currency, positive.
        dividend_yield: continuous yield, per year.
        half_spread: half the bid-ask spread, relative to price.
        adv: average daily volume, units per day.
        fx: reporting currency per one unit of each currency, positive; 1 for the reporting currency.
        curve_time: years, ascending.
        zero_rate: per year, decimal.
        hazard_time: years, ascending.
        hazard_rate: per year, decimal.
        vol_expiry: years, ascending along each surface.
        vol_log_strike: natural logarithm of absolute strike, ascending along the last axis.
        vol_underlying: index into assets followed by currencies: whose spot moves a surface under sticky moneyness.
        implied_vol: per square-root year, decimal.
        vol_level: multiplier of each surface.
        factor: abstract risk factors (level 0 at the base) that linear positions load on.
    """

    spot: Float[Array, "assets"]
    dividend_yield: Float[Array, "assets"]
    half_spread: Float[Array, "assets"]
    adv: Float[Array, "assets"]
    fx: Float[Array, "currencies"]
    curve_time: Float[Array, "tenors"]
    zero_rate: Float[Array, "curves tenors"]
    hazard_time: Float[Array, "hazard_tenors"]
    hazard_rate: Float[Array, "issuers hazard_tenors"]
    vol_expiry: Float[Array, "surfaces expiries"]
    vol_log_strike: Float[Array, "surfaces expiries strikes"]
    vol_underlying: Int[Array, "surfaces"]
    implied_vol: Float[Array, "surfaces expiries strikes"]
    vol_level: Float[Array, "surfaces"]
    factor: Float[Array, "factors"]
