"""SSVI: one surface of total variance from at-the-money variances and three numbers."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from .._program import program
from ..errors import ArgumentError
from ._least_squares import least_squares
from ._quotes import Quotes, check_quotes
from ._svi import SVIParameters, svi_total_variance

_TILTS = (-0.7, 0.0, 0.7)  # starts of the fit: rho and eta
_CURVATURES = (0.3, 1.0, 3.0)


class SSVIParameters(NamedTuple):
    """Parameters of SSVI with the power law `phi(theta) = eta theta^-gamma`.

    Attributes:
        theta: total variance at the forward of each expiry, positive.
        rho: tilt, between -1 and 1.
        eta: curvature, positive.
        gamma: how fast the smile flattens with total variance, between 0 and 1.
    """

    theta: Float[Array, "expiries"]
    rho: Float[Array, ""]
    eta: Float[Array, ""]
    gamma: Float[Array, ""]


class SSVIFit(NamedTuple):
    """SSVI over all expiries.

    Attributes:
        parameters: of the surface; theta ascends.
        residual: fitted minus quoted volatility, 0 where the weight is 0.
        converged: whether the fit reached its minimum to rounding; it says nothing of how close that is to the quotes.
    """

    parameters: SSVIParameters
    residual: Float[Array, "expiries strikes"]
    converged: Bool[Array, ""]


class SSVIConditions(NamedTuple):
    """By how much each condition of absence of static arbitrage holds; negative where it is broken.

    Attributes:
        growth: rise of theta from the expiry before, theta itself for the first; Theorem 4.1, not negative.
        skew: room of `d(theta phi)/d theta / phi` between 0 and `(1 + sqrt(1 - rho^2)) / rho^2`; Theorem 4.1, not
            negative. For the power law the ratio is `1 - gamma` at every theta.
        wing: `4 - theta phi (1 + |rho|)`; Theorem 4.2, positive.
        vertex: `4 - theta phi^2 (1 + |rho|)`; Theorem 4.2, not negative.
    """

    growth: Float[Array, "expiries"]
    skew: Float[Array, ""]
    wing: Float[Array, "expiries"]
    vertex: Float[Array, "expiries"]

    @property
    def hold(self) -> Bool[Array, ""]:
        """Whether all of them hold: then the surface has neither butterfly nor calendar arbitrage."""
        at_expiries = (self.growth >= 0.0) & (self.wing > 0.0) & (self.vertex >= 0.0)
        return jnp.all(at_expiries) & (self.skew >= 0.0)


def ssvi_slices(parameters: SSVIParameters) -> SVIParameters:
    """Raw SVI of each expiry that is the same function of log-moneyness.

    `theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2))` is raw SVI with `a = theta (1 - rho^2) / 2`,
    `b = theta phi / 2`, `m = -rho / phi` and `sigma = sqrt(1 - rho^2) / phi`.

    Args:
        parameters: of the surface.

    Returns:
        One element an expiry; read it with `svi_total_variance`.

    Example:
        >>> surface = SSVIParameters(jnp.asarray([0.04]), *map(jnp.asarray, (-0.5, 1.0, 0.5)))
        >>> round(float(ssvi_slices(surface).m[0]), 6)
        0.1

    References:
        J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014), section 4.
    """
    theta, rho, eta, gamma = parameters
    phi = eta * theta ** (-gamma)
    beyond = 1.0 - rho**2
    tilt = jnp.broadcast_to(rho, theta.shape)
    return SVIParameters(0.5 * theta * beyond, 0.5 * theta * phi, tilt, -rho / phi, jnp.sqrt(beyond) / phi)


def ssvi_total_variance(
    parameters: SSVIParameters, log_moneyness: Float[Array, "strikes"]
) -> Float[Array, "expiries strikes"]:
    """Total implied variance of every expiry at the same log-moneyness.

    Args:
        parameters: of the surface.
        log_moneyness: k = log(strike / forward).

    Returns:
        Implied variance times time to expiry.

    Example:
        >>> surface = SSVIParameters(jnp.asarray([0.04, 0.09]), *map(jnp.asarray, (-0.5, 1.0, 0.5)))
        >>> [round(float(row[0]), 6) for row in ssvi_total_variance(surface, jnp.zeros(1))]
        [0.04, 0.09]
    """
    return jax.vmap(svi_total_variance, (0, None))(ssvi_slices(parameters), log_moneyness)


def ssvi_conditions(parameters: SSVIParameters) -> SSVIConditions:
    """Margins of the conditions under which the surface is free of static arbitrage, exact in its parameters.

    The calendar conditions are necessary and sufficient, the butterfly ones sufficient. `wing` and `vertex` are
    powers of theta, so that what holds at two expiries holds at every theta between them.

    Args:
        parameters: of the surface.

    Returns:
        The margins; `hold` says whether all are kept.

    Example:
        >>> surface = SSVIParameters(jnp.asarray([0.04, 0.09]), *map(jnp.asarray, (-0.5, 1.0, 0.5)))
        >>> bool(ssvi_conditions(surface).hold), bool(ssvi_conditions(surface._replace(eta=jnp.asarray(2.0))).hold)
        (True, False)

    References:
        J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014), theorems
        4.1 and 4.2.
    """
    theta, rho, eta, gamma = parameters
    phi = eta * theta ** (-gamma)
    ratio = 1.0 - gamma
    flat = rho == 0.0
    # Without tilt the upper bound is infinite.
    bound = jnp.where(flat, jnp.inf, (1.0 + jnp.sqrt(1.0 - rho**2)) / jnp.where(flat, 1.0, rho**2))
    growth = theta - jnp.concatenate([jnp.zeros_like(theta[:1]), theta[:-1]])
    tilt = 1.0 + jnp.abs(rho)
    skew = jnp.minimum(ratio, bound - ratio)
    return SSVIConditions(growth, skew, 4.0 - theta * phi * tilt, 4.0 - theta * phi**2 * tilt)


def fit_ssvi(expiry, log_moneyness, implied_vol, *, weight=None) -> SSVIFit:
    """Fit one SSVI surface to the quotes of all expiries at once by least squares in volatility.

    Theta of each expiry, rho, eta and gamma move together; theta ascends by construction, so the fitted surface has
    no calendar arbitrage. Butterfly conditions are not imposed: see `ssvi_conditions`.

    Args:
        expiry: years, positive, ascending.
        log_moneyness: log(strike / forward) of each quote, one row an expiry, ascending.
        implied_vol: quotes per square-root year, positive.
        weight: weight of each squared residual; 0 for a cell without a quote (what it holds is not read). None: all 1.

    Returns:
        Parameters, residuals in volatility and status.

    Raises:
        ArgumentError: for quotes that cannot be fitted; it names the cell.

    Example:
        >>> k = jnp.linspace(-0.4, 0.4, 5)
        >>> true = SSVIParameters(jnp.asarray([0.04, 0.09]), *map(jnp.asarray, (-0.5, 1.0, 0.4)))
        >>> expiry = jnp.asarray([1.0, 2.0])
        >>> vol = jnp.sqrt(ssvi_total_variance(true, k) / expiry[:, None])
        >>> fit = fit_ssvi(expiry, jnp.stack([k, k]), vol)
        >>> bool(fit.converged), round(float(fit.parameters.gamma), 3)
        (True, 0.4)
    """
    where = "fit_ssvi"
    quotes = check_quotes(where, "log_moneyness", expiry, log_moneyness, implied_vol, weight, least=1)
    count, needed = int(np.sum(np.asarray(quotes.weight) > 0)), quotes.expiry.shape[0] + 3
    if count < needed:
        raise ArgumentError(f"{count} quotes for {needed} parameters", where, "add quotes or leave expiries out")
    return _fit(quotes)


@program
def _fit(quotes: Quotes) -> SSVIFit:
    expiry, log_moneyness, vol, weight = quotes
    root = jnp.sqrt(weight)

    def misfit(x):
        variance = jax.vmap(svi_total_variance)(ssvi_slices(_from_free(x)), log_moneyness)
        return jnp.sqrt(variance / expiry[:, None]) - vol

    def weighted(x):
        return (root * misfit(x)).reshape(-1)

    start = _starts(quotes)
    cost = jnp.sum(jax.vmap(weighted)(start) ** 2, axis=1)
    found = least_squares(weighted, start[jnp.nanargmin(cost)])
    residual = jnp.where(weight > 0.0, misfit(found.x), 0.0)
    return SSVIFit(_from_free(found.x), residual, found.converged & jnp.all(jnp.isfinite(residual)))


def _from_free(x: Float[Array, "factors"]) -> SSVIParameters:
    """Parameters from unbounded numbers: logarithms of the rises of theta and of eta, artanh of rho, logit of gamma."""
    return SSVIParameters(jnp.cumsum(jnp.exp(x[:-3])), jnp.tanh(x[-3]), jnp.exp(x[-2]), jax.nn.sigmoid(x[-1]))


def _starts(quotes: Quotes) -> Float[Array, "points factors"]:
    expiry, log_moneyness, vol, weight = quotes
    nearest = jnp.argmin(jnp.where(weight > 0.0, jnp.abs(log_moneyness), jnp.inf), axis=1, keepdims=True)
    theta = expiry * jnp.take_along_axis(vol, nearest, axis=1)[:, 0] ** 2
    highest = jax.lax.cummax(theta)
    rise = jnp.diff(highest, prepend=jnp.zeros_like(highest[:1]))
    log_rise = jnp.log(jnp.maximum(rise, 1e-3 * theta))
    tails = [(np.arctanh(tilt), np.log(curvature), 0.0) for tilt in _TILTS for curvature in _CURVATURES]
    return jnp.stack([jnp.concatenate([log_rise, jnp.asarray(tail, vol.dtype)]) for tail in tails])
