"""Raw SVI: the total implied variance of one expiry in five parameters."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Bool, Float

from .._program import program
from ._least_squares import least_squares
from ._quotes import Quotes, check_quotes

_CENTRES = 9  # starts of the fit: m over the range of the quotes, sigma over its share
_WIDTHS = (0.03, 0.1, 0.3, 1.0)


class SVIParameters(NamedTuple):
    """Parameters of raw SVI, scalars for one expiry or one element an expiry.

    Attributes:
        a: level of total variance; may be negative.
        b: slope of the wings, not negative.
        rho: tilt, between -1 and 1.
        m: log-moneyness of the vertex.
        sigma: width of the vertex, positive.
    """

    a: Float[Array, "..."]
    b: Float[Array, "..."]
    rho: Float[Array, "..."]
    m: Float[Array, "..."]
    sigma: Float[Array, "..."]


class SVIFit(NamedTuple):
    """Raw SVI at each expiry.

    Attributes:
        parameters: one element an expiry.
        residual: fitted minus quoted volatility, 0 where the weight is 0.
        converged: whether the fit reached its minimum to rounding; it says nothing of how close that is to the quotes.
    """

    parameters: SVIParameters
    residual: Float[Array, "expiries strikes"]
    converged: Bool[Array, "expiries"]


def svi_total_variance(parameters: SVIParameters, log_moneyness: Float[Array, "strikes"]) -> Float[Array, "strikes"]:
    """Total implied variance of one expiry, `a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2))`.

    Args:
        parameters: of one expiry, scalars.
        log_moneyness: k = log(strike / forward).

    Returns:
        Implied variance times time to expiry; negative for parameters with `a + b sigma sqrt(1 - rho^2) < 0`.

    Example:
        >>> smile = SVIParameters(*map(jnp.asarray, (0.04, 0.4, -0.4, 0.05, 0.1)))
        >>> round(float(svi_total_variance(smile, jnp.zeros(1))[0]), 6)
        0.092721

    References:
        J. Gatheral, A parsimonious arbitrage-free implied volatility parameterization, Global Derivatives (2004).
    """
    a, b, rho, m, sigma = parameters
    at = log_moneyness - m
    return a + b * (rho * at + jnp.sqrt(at**2 + sigma**2))


def svi_implied_vol(
    parameters: SVIParameters, log_moneyness: Float[Array, "strikes"], expiry: Float[Array, ""]
) -> Float[Array, "strikes"]:
    """Implied volatility of one expiry, the root of SVI's total variance over time.

    Args:
        parameters: of one expiry, scalars.
        log_moneyness: k = log(strike / forward).
        expiry: years, positive.

    Returns:
        Volatility per square-root year; NaN where the total variance is negative.
    """
    return jnp.sqrt(svi_total_variance(parameters, log_moneyness) / expiry)


def fit_svi(expiry, log_moneyness, implied_vol, *, weight=None) -> SVIFit:
    """Fit raw SVI to the quotes of each expiry by least squares in volatility, all expiries in one program.

    For a given vertex (m, sigma) total variance is linear in three numbers, so the start of each expiry is the best
    vertex of a grid, solved exactly; Levenberg-Marquardt then moves all five parameters inside `b > 0`, `|rho| < 1`,
    `sigma > 0` and positive total variance. Arbitrage is not excluded: see `svi_violations`.

    Args:
        expiry: years, positive, ascending.
        log_moneyness: log(strike / forward) of each quote, one row an expiry, ascending.
        implied_vol: quotes per square-root year, positive.
        weight: weight of each squared residual; 0 for a cell without a quote (what it holds is not read). None: all 1.

    Returns:
        Parameters, residuals in volatility and status of each expiry.

    Raises:
        ArgumentError: for quotes that cannot be fitted; it names the cell.

    Example:
        >>> k = jnp.linspace(-0.5, 0.5, 11)
        >>> true = SVIParameters(*map(jnp.asarray, (0.04, 0.4, -0.4, 0.05, 0.1)))
        >>> fit = fit_svi([1.0], k[None], svi_implied_vol(true, k, jnp.asarray(1.0))[None])
        >>> bool(fit.converged[0]), round(float(fit.parameters.rho[0]), 3)
        (True, -0.4)

    References:
        Zeliade Systems, Quasi-explicit calibration of Gatheral's SVI model, white paper (2009).
    """
    quotes = check_quotes("fit_svi", "log_moneyness", expiry, log_moneyness, implied_vol, weight, least=5)
    return _fit(quotes)


@program
def _fit(quotes: Quotes) -> SVIFit:
    return jax.vmap(_fit_one)(*quotes)


def _fit_one(expiry, log_moneyness, vol, weight) -> SVIFit:
    root = jnp.sqrt(weight)

    def misfit(x):
        variance = svi_total_variance(_from_free(x), log_moneyness)
        return jnp.sqrt(variance / expiry) - vol

    start = _start(log_moneyness, vol**2 * expiry, weight / (4.0 * vol**2 * expiry**2))
    found = least_squares(lambda x: root * misfit(x), start)
    residual = jnp.where(weight > 0.0, misfit(found.x), 0.0)
    return SVIFit(_from_free(found.x), residual, found.converged & jnp.all(jnp.isfinite(residual)))


def _from_free(x: Float[Array, "factors"]) -> SVIParameters:
    """Parameters from unbounded numbers: logarithms of least total variance, slope and width; artanh of the tilt."""
    lowest, b, rho, m, sigma = jnp.exp(x[0]), jnp.exp(x[1]), jnp.tanh(x[2]), x[3], jnp.exp(x[4])
    return SVIParameters(lowest - b * sigma / jnp.cosh(x[2]), b, rho, m, sigma)


def _start(log_moneyness, variance, weight) -> Float[Array, "factors"]:
    """The best vertex of a grid, with level, slope and tilt by linear least squares, moved inside the bounds."""
    live = weight > 0.0
    low = jnp.min(jnp.where(live, log_moneyness, jnp.inf))
    high = jnp.max(jnp.where(live, log_moneyness, -jnp.inf))
    centre = low + (high - low) * jnp.linspace(0.0, 1.0, _CENTRES, dtype=low.dtype)
    width = (high - low) * jnp.asarray(_WIDTHS, low.dtype)
    mean = jnp.sum(weight * variance) / jnp.sum(weight)

    def linear(m, sigma):
        y = (log_moneyness - m) / sigma
        design = jnp.stack([jnp.ones_like(y), y, jnp.sqrt(y**2 + 1.0)], axis=1)
        normal = design.T @ (weight[:, None] * design)
        ridge = 1e-12 * jnp.trace(normal) * jnp.eye(3, dtype=y.dtype)
        _, tilt, slope = cho_solve(cho_factor(normal + ridge), design.T @ (weight * variance))
        slope = jnp.maximum(slope, 1e-3 * mean)
        tilt = jnp.clip(tilt, -0.98 * slope, 0.98 * slope)
        level = jnp.sum(weight * (variance - tilt * design[:, 1] - slope * design[:, 2])) / jnp.sum(weight)
        lowest = jnp.maximum(level + jnp.sqrt(slope**2 - tilt**2), 1e-2 * mean)
        free = jnp.stack([jnp.log(lowest), jnp.log(slope / sigma), jnp.arctanh(tilt / slope), m, jnp.log(sigma)])
        miss = svi_total_variance(_from_free(free), log_moneyness) - variance
        return jnp.sum(weight * miss**2), free

    cost, free = jax.vmap(jax.vmap(linear, (None, 0)), (0, None))(centre, width)
    return free.reshape(-1, 5)[jnp.nanargmin(cost.reshape(-1))]
