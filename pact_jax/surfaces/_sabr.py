"""SABR: Hagan's expansion of the implied volatility of one expiry, Black or Bachelier."""

import enum
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from .._program import program
from ..errors import ArgumentError
from ._least_squares import least_squares
from ._quotes import Quotes, check_quotes

_NEAR = 1e-5  # below it the series of z / x(z) to second order is exact to rounding
_TILTS = (-0.7, 0.0, 0.7)  # nine starts of each fit: rho, and nu times the root of time
_SPREADS = (0.1, 0.5, 1.5)


class SABRVolatility(enum.Enum):
    """Which volatility an expansion returns.

    Attributes:
        LOGNORMAL: of Black's formula, shifted if the parameters are; per square-root year.
        NORMAL: of Bachelier's formula; in units of the forward per square-root year.
    """

    LOGNORMAL = "lognormal"
    NORMAL = "normal"


class SABRParameters(NamedTuple):
    """Parameters of SABR, `dF = alpha (F + shift)^beta dW`, `dalpha = nu alpha dZ`, scalars or one element an expiry.

    Attributes:
        alpha: volatility today, positive.
        beta: power of the forward, between 0 and 1.
        rho: correlation of forward and volatility, between -1 and 1.
        nu: volatility of volatility, not negative.
        shift: added to forward and strike, so that both are positive.
    """

    alpha: Float[Array, "..."]
    beta: Float[Array, "..."]
    rho: Float[Array, "..."]
    nu: Float[Array, "..."]
    shift: Float[Array, "..."]


class SABRFit(NamedTuple):
    """SABR at each expiry.

    Attributes:
        parameters: one element an expiry; beta and shift are the ones given.
        residual: fitted minus quoted volatility, 0 where the weight is 0.
        converged: whether the fit reached its minimum to rounding; it says nothing of how close that is to the quotes.
    """

    parameters: SABRParameters
    residual: Float[Array, "expiries strikes"]
    converged: Bool[Array, "expiries"]


def sabr_implied_vol(
    parameters: SABRParameters,
    forward: Float[Array, ""],
    strike: Float[Array, "strikes"],
    expiry: Float[Array, ""],
    volatility: SABRVolatility = SABRVolatility.LOGNORMAL,
) -> Float[Array, "strikes"]:
    """Implied volatility of one expiry by Hagan's expansion to first order in time.

    An expansion, not the model: far strikes at long expiries may imply a negative density (see `smile_violations`).

    Args:
        parameters: of one expiry, scalars.
        forward: forward price or rate; with the shift positive.
        strike: with the shift positive.
        expiry: years.
        volatility: which volatility to return.

    Returns:
        Volatility per square-root year: a decimal, or in units of the forward.

    Example:
        >>> smile = SABRParameters(*map(jnp.asarray, (0.3, 1.0, -0.5, 0.6, 0.0)))
        >>> round(float(sabr_implied_vol(smile, jnp.asarray(1.0), jnp.ones(1), jnp.asarray(1.0))[0]), 6)
        0.298875

    References:
        P. S. Hagan, D. Kumar, A. S. Lesniewski and D. E. Woodward, Managing smile risk, Wilmott Magazine (2002),
        equations (2.17a) and (A.69a).
    """
    alpha, beta, rho, nu, shift = parameters
    from_strike, from_forward = strike + shift, forward + shift
    log_ratio = jnp.log(from_forward / from_strike)
    geometric = from_forward * from_strike
    power = geometric ** (0.5 * (1.0 - beta))
    z = nu / alpha * power * log_ratio
    squared = ((1.0 - beta) * log_ratio) ** 2
    leading = alpha / power / (1.0 + squared / 24.0 + squared**2 / 1920.0)
    if volatility is SABRVolatility.NORMAL:
        leading = leading * jnp.sqrt(geometric) * (1.0 + log_ratio**2 / 24.0 + log_ratio**4 / 1920.0)
        level = -beta * (2.0 - beta) / 24.0
    else:
        level = (1.0 - beta) ** 2 / 24.0
    drift = level * (alpha / power) ** 2 + 0.25 * rho * beta * nu * alpha / power + (2.0 - 3.0 * rho**2) / 24.0 * nu**2
    return leading * _z_over_x(z, rho) * (1.0 + drift * expiry)


class SABRSmile(NamedTuple):
    """SABR with what places it in a surface, scalars or one element an expiry.

    Attributes:
        parameters: of the model.
        forward: with the shift positive.
        expiry: years.
    """

    parameters: SABRParameters
    forward: Float[Array, "..."]
    expiry: Float[Array, "..."]


def sabr_total_variance(smile: SABRSmile, log_moneyness: Float[Array, "strikes"]) -> Float[Array, "strikes"]:
    """Total implied variance of one expiry, the squared lognormal volatility times expiry.

    Args:
        smile: of one expiry, scalars.
        log_moneyness: log((strike + shift) / (forward + shift)).

    Returns:
        Implied variance (of the shifted price) times time to expiry.

    Example:
        >>> one = jnp.asarray(1.0)
        >>> smile = SABRSmile(SABRParameters(*map(jnp.asarray, (0.3, 1.0, -0.5, 0.6, 0.0))), one, one)
        >>> round(float(sabr_total_variance(smile, jnp.zeros(1))[0]), 6)
        0.089326
    """
    parameters, forward, expiry = smile
    strike = (forward + parameters.shift) * jnp.exp(log_moneyness) - parameters.shift
    return sabr_implied_vol(parameters, forward, strike, expiry) ** 2 * expiry


def _z_over_x(z: Float[Array, "strikes"], rho: Float[Array, ""]) -> Float[Array, "strikes"]:
    """`z / x(z)` with `x = log((sqrt(1 - 2 rho z + z^2) + z - rho) / (1 - rho))`, free of cancellation.

    The logarithm is a difference of two inverse hyperbolic sines; their addition theorem leaves one, with a factor z.
    """
    near = jnp.abs(z) < _NEAR
    away = jnp.where(near, 1.0, z)
    root = jnp.sqrt((away - rho) ** 2 + 1.0 - rho**2)
    x = jnp.arcsinh(away * (1.0 + rho * (away - 2.0 * rho) / (root + 1.0)) / (1.0 - rho**2))
    series = 1.0 - 0.5 * rho * z + (2.0 - 3.0 * rho**2) / 12.0 * z**2
    return jnp.where(near, series, away / x)


def fit_sabr(
    expiry,
    forward,
    strike,
    implied_vol,
    *,
    beta: float,
    shift: float = 0.0,
    volatility: SABRVolatility = SABRVolatility.LOGNORMAL,
    weight=None,
) -> SABRFit:
    """Fit alpha, rho and nu to the quotes of each expiry by least squares in volatility, all expiries in one program.

    Args:
        expiry: years, positive, ascending.
        forward: of each expiry.
        strike: of each quote, one row an expiry, ascending.
        implied_vol: quotes, positive; Black's (shifted by `shift`) or Bachelier's, as `volatility` says.
        beta: between 0 and 1; quotes of one expiry hardly tell it from rho, so it is given.
        shift: added to forwards and strikes, so that all are positive.
        volatility: what the quotes are.
        weight: weight of each squared residual; 0 for a cell without a quote (what it holds is not read). None: all 1.

    Returns:
        Parameters, residuals in volatility and status of each expiry.

    Raises:
        ArgumentError: for quotes that cannot be fitted, a shifted forward or strike that is not positive, a beta
            outside [0, 1]; it names the cell.

    Example:
        >>> true = SABRParameters(*map(jnp.asarray, (0.2, 1.0, -0.3, 0.5, 0.0)))
        >>> strike = jnp.asarray([0.8, 0.9, 1.0, 1.1, 1.2])
        >>> vol = sabr_implied_vol(true, jnp.asarray(1.0), strike, jnp.asarray(1.0))
        >>> fit = fit_sabr([1.0], [1.0], strike[None], vol[None], beta=1.0)
        >>> bool(fit.converged[0]), round(float(fit.parameters.rho[0]), 3)
        (True, -0.3)
    """
    quotes = check_quotes("fit_sabr", "strike", expiry, strike, implied_vol, weight, least=3)
    _check_forwards(quotes, np.asarray(forward), beta, shift)
    kept = jnp.asarray(forward, quotes.vol.dtype)
    return _fit(quotes, kept, jnp.asarray(beta, kept.dtype), jnp.asarray(shift, kept.dtype), volatility)


def _check_forwards(quotes: Quotes, forward: np.ndarray, beta: float, shift: float) -> None:
    where = "fit_sabr"
    if not 0.0 <= beta <= 1.0:
        raise ArgumentError(f"beta is {beta}", where, "give a number from 0 to 1")
    if forward.shape != quotes.expiry.shape:
        found = f"forward has shape {forward.shape}, expiry {quotes.expiry.shape}"
        raise ArgumentError(found, where, "give one forward an expiry")
    for name, values in (("forward", forward), ("strike", np.asarray(quotes.place))):
        bad = ~(np.isfinite(values) & (values + shift > 0.0))
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            found = f"{name}{list(at)} is {values[at]}, with the shift not positive"
            raise ArgumentError(found, where, "give a shift above the lowest forward and strike, or mend the value")


@program(static_argnames=("volatility",))
def _fit(quotes: Quotes, forward, beta, shift, volatility) -> SABRFit:
    def one(expiry, strike, vol, weight, forward):
        return _fit_one(expiry, strike, vol, weight, forward, beta, shift, volatility)

    return jax.vmap(one)(*quotes, forward)


def _fit_one(expiry, strike, vol, weight, forward, beta, shift, volatility) -> SABRFit:
    root = jnp.sqrt(weight)

    def parameters(x):
        return SABRParameters(jnp.exp(x[0]), beta, jnp.tanh(x[1]), jnp.exp(x[2]), shift)

    def misfit(x):
        return sabr_implied_vol(parameters(x), forward, strike, expiry, volatility) - vol

    nearest = jnp.argmin(jnp.where(weight > 0.0, jnp.abs(strike - forward), jnp.inf))
    backbone = beta if volatility is SABRVolatility.NORMAL else beta - 1.0
    alpha = vol[nearest] * (forward + shift) ** (-backbone)
    starts = [
        jnp.stack([jnp.log(alpha), jnp.full_like(alpha, np.arctanh(tilt)), jnp.log(spread / jnp.sqrt(expiry))])
        for tilt in _TILTS
        for spread in _SPREADS
    ]
    # The sum of squares has more than one minimum: the best of the places that the starts lead to.
    ends = jax.vmap(lambda x: least_squares(lambda y: root * misfit(y), x, max_steps=100))(jnp.stack(starts))
    cost = jnp.sum(jax.vmap(lambda x: root * misfit(x))(ends.x) ** 2, axis=1)
    best = jnp.nanargmin(cost)
    found = jax.tree.map(lambda leaf: leaf[best], ends)
    residual = jnp.where(weight > 0.0, misfit(found.x), 0.0)
    return SABRFit(parameters(found.x), residual, found.converged & jnp.all(jnp.isfinite(residual)))
