"""Static arbitrage in a surface: where, which condition, by how much; and a door that refuses it."""

import enum
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..errors import ArgumentError, CalibrationError
from ._svi import SVIParameters, svi_total_variance

_MAX_LISTED = 50


class ArbitrageCondition(enum.Enum):
    """What a surface without static arbitrage keeps.

    Attributes:
        POSITIVE: total variance is positive.
        BUTTERFLY: Durrleman's g is not negative: the density of the price at expiry is not.
        WING: total variance grows by no more than 2 per unit of log-moneyness far out.
        CALENDAR: total variance does not fall from one expiry to the next at fixed forward moneyness.
    """

    POSITIVE = "total variance is positive"
    BUTTERFLY = "g(k) >= 0, no butterfly arbitrage"
    WING = "slope of the wing <= 2"
    CALENDAR = "total variance does not fall with expiry"


class ArbitrageViolation(NamedTuple):
    """One broken condition.

    Attributes:
        expiry: years; of a calendar violation the later expiry.
        log_moneyness: log(strike / forward); infinite for a wing.
        condition: the one that is broken.
        amount: by how much, positive, in the units of the condition.
    """

    expiry: float
    log_moneyness: float
    condition: ArbitrageCondition
    amount: float

    def __str__(self) -> str:
        place = f"expiry {self.expiry:.6g}, log-moneyness {self.log_moneyness:.6g}"
        return f"{place}: broken by {self.amount:.3g}: {self.condition.value}"


def durrleman(
    total_variance: Callable[[Float[Array, ""]], Float[Array, ""]], log_moneyness: Float[Array, "strikes"]
) -> Float[Array, "strikes"]:
    """Durrleman's function of a smile, with exact derivatives.

    `g = (1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2`; the density at expiry is g times a positive number.

    Args:
        total_variance: w at one log-moneyness, twice differentiable.
        log_moneyness: where to read g.

    Returns:
        g; negative where the smile has butterfly arbitrage.

    Example:
        >>> durrleman(lambda k: 0.04 + 0.0 * k, jnp.asarray([0.0, 0.5])).tolist()
        [1.0, 1.0]

    References:
        J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014), equation
        (2.1); V. Durrleman, A note on initial volatility surface (2003).
    """
    slope = jax.grad(total_variance)
    parts = jax.vmap(lambda k: (total_variance(k), slope(k), jax.grad(slope)(k)))(log_moneyness)
    return _durrleman(log_moneyness, *parts)


def grid_durrleman(
    log_moneyness: Float[Array, "strikes"], total_variance: Float[Array, "strikes"]
) -> Float[Array, "strikes-2"]:
    """Durrleman's function at the inner nodes of a grid, with the derivatives of the parabola through three nodes.

    Finite differences: exact for a parabola, else of second order on even nodes and first on uneven ones.

    Args:
        log_moneyness: ascending.
        total_variance: at the nodes, positive.

    Returns:
        g at every node but the first and the last.
    """
    gap, rise = jnp.diff(log_moneyness), jnp.diff(total_variance)
    left, right = gap[:-1], gap[1:]
    before, after = rise[:-1] / left, rise[1:] / right
    slope = (before * right + after * left) / (left + right)
    curvature = 2.0 * (after - before) / (left + right)
    return _durrleman(log_moneyness[1:-1], total_variance[1:-1], slope, curvature)


def _durrleman(k, w, slope, curvature):
    return (1.0 - 0.5 * k * slope / w) ** 2 - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * curvature


def smile_violations(
    total_variance: Callable[[Any, Float[Array, ""]], Float[Array, ""]],
    parameters: Any,
    expiry,
    log_moneyness,
    *,
    tolerance: float = 1e-10,
) -> list[ArbitrageViolation]:
    """Static arbitrage of a parametric surface at given moneyness, with exact derivatives in log-moneyness.

    Args:
        total_variance: of one expiry, from its parameters and one log-moneyness.
        parameters: pytree of arrays with one element an expiry.
        expiry: years, positive, ascending.
        log_moneyness: where to look, the same for every expiry; between these points nothing is said.
        tolerance: breaches up to it are taken for rounding.

    Returns:
        All violations, expiry by expiry.

    Raises:
        ArgumentError: for expiries or moneyness that are not finite and ascending.
    """
    time, k = _check_grid("smile_violations", expiry, log_moneyness)
    place = jnp.asarray(k, jnp.result_type(float))
    w, g = _read(total_variance, parameters, place)
    return _listed(time, k, np.asarray(w), np.asarray(g), tolerance)


def svi_violations(
    parameters: SVIParameters, expiry, log_moneyness, *, tolerance: float = 1e-10
) -> list[ArbitrageViolation]:
    """Static arbitrage of raw SVI at given moneyness, and of its wings.

    Args:
        parameters: one element an expiry (`fit_svi`, `ssvi_slices`).
        expiry: years, positive, ascending.
        log_moneyness: where to look, the same for every expiry; between these points nothing is said.
        tolerance: breaches up to it are taken for rounding.

    Returns:
        All violations.

    Raises:
        ArgumentError: for expiries or moneyness that are not finite and ascending.

    Example:
        >>> vogt = SVIParameters(*(jnp.asarray([x]) for x in (-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)))
        >>> print(svi_violations(vogt, [1.0], [0.0, 0.8])[0])
        expiry 1, log-moneyness 0.8: broken by 0.0298: g(k) >= 0, no butterfly arbitrage

    References:
        R. W. Lee, The moment formula for implied volatility at extreme strikes, Mathematical Finance 14 (2004).
    """
    found = smile_violations(svi_total_variance, parameters, expiry, log_moneyness, tolerance=tolerance)
    b, rho = np.asarray(parameters.b), np.asarray(parameters.rho)
    for side, slope in ((-np.inf, b * (1.0 - rho)), (np.inf, b * (1.0 + rho))):
        for row in np.flatnonzero(~(slope <= 2.0 + tolerance)):
            wing = (float(np.asarray(expiry)[row]), side, ArbitrageCondition.WING, float(slope[row] - 2.0))
            found.append(ArbitrageViolation(*wing))
    return found


def grid_violations(expiry, log_moneyness, implied_vol, *, tolerance: float = 1e-10) -> list[ArbitrageViolation]:
    """Static arbitrage of volatilities on a grid; butterflies by finite differences at the inner nodes.

    Args:
        expiry: years, positive, ascending.
        log_moneyness: log(strike / forward), ascending, the same for every expiry.
        implied_vol: one row an expiry, positive.
        tolerance: breaches up to it are taken for rounding; finite differences of coarse grids deserve more.

    Returns:
        All violations, expiry by expiry.

    Raises:
        ArgumentError: for axes that are not finite and ascending, a shape that does not fit, a volatility that is not
            positive.

    Example:
        >>> [str(row) for row in grid_violations([1.0, 2.0], [0.0], [[0.3], [0.2]])]
        ['expiry 2, log-moneyness 0: broken by 0.01: total variance does not fall with expiry']
    """
    where = "grid_violations"
    time, k = _check_grid(where, expiry, log_moneyness)
    vol = np.asarray(implied_vol, dtype=float)
    if vol.shape != (time.size, k.size):
        raise ArgumentError(f"implied_vol has shape {vol.shape}", where, f"give shape {(time.size, k.size)}")
    bad = np.argwhere(~(np.isfinite(vol) & (vol > 0.0)))
    if bad.size:
        found = f"implied_vol{bad[0].tolist()} is {vol[tuple(bad[0])]}: a volatility is positive"
        raise ArgumentError(found, where, "mend the node")
    w = vol**2 * time[:, None]
    g = np.full_like(w, np.inf)
    if k.size > 2:
        dtype = jnp.result_type(float)
        g[:, 1:-1] = np.asarray(_read_grid(jnp.asarray(k, dtype), jnp.asarray(w, dtype)))
    return _listed(time, k, w, g, tolerance)


def refuse_arbitrage(violations: Iterable[ArbitrageViolation], *, where: str = "") -> None:
    """Raise if there is any violation; the message lists the first 50 and the count.

    Args:
        violations: of one surface.
        where: its name.

    Raises:
        CalibrationError: if there is a violation.

    Example:
        >>> refuse_arbitrage([])
    """
    rows = list(violations)
    if not rows:
        return
    lines = [f"static arbitrage, {len(rows)} {'violation' if len(rows) == 1 else 'violations'}"]
    lines += [f"  {row}" for row in rows[:_MAX_LISTED]]
    if len(rows) > _MAX_LISTED:
        lines.append(f"  ... and {len(rows) - _MAX_LISTED} more")
    mend = "leave out the quotes that cause it, or fit SSVI within its conditions"
    raise CalibrationError("\n".join(lines), where, mend)


@partial(jax.jit, static_argnums=0)
def _read(total_variance, parameters, place):
    def one(own):
        def smile(k):
            return total_variance(own, k)

        return jax.vmap(smile)(place), durrleman(smile, place)

    return jax.vmap(one)(parameters)


_read_grid = jax.jit(jax.vmap(grid_durrleman, (None, 0)))


def _check_grid(where: str, expiry, log_moneyness) -> tuple[np.ndarray, np.ndarray]:
    time, k = np.asarray(expiry, dtype=float), np.asarray(log_moneyness, dtype=float)
    for name, axis, low in (("expiry", time, 0.0), ("log_moneyness", k, -np.inf)):
        if axis.ndim != 1 or axis.size == 0 or not np.all(np.isfinite(axis)):
            raise ArgumentError(f"{name} is {axis.tolist()}", where, "give a list of finite numbers")
        bad = np.flatnonzero(~(np.diff(axis, prepend=low) > 0))
        if bad.size:
            rule = "it ascends" if low else "it is positive and ascends"
            raise ArgumentError(f"{name}[{bad[0]}] is {axis[bad[0]]}: {rule}", where, "sort it, each value once")
    return time, k


def _listed(time, k, w, g, tolerance) -> list[ArbitrageViolation]:
    drop = np.full_like(w, -np.inf)
    drop[1:] = w[:-1] - w[1:]
    found = []
    # Comparisons are negated so that NaN is a violation; g means nothing where the variance is not positive.
    for condition, amount, broken in (
        (ArbitrageCondition.POSITIVE, -w, ~(w > 0.0)),
        (ArbitrageCondition.BUTTERFLY, -g, (w > 0.0) & ~(g >= -tolerance)),
        (ArbitrageCondition.CALENDAR, drop, ~(drop <= tolerance)),
    ):
        for i, j in np.argwhere(broken):
            found.append((int(i), ArbitrageViolation(float(time[i]), float(k[j]), condition, float(amount[i, j]))))
    return [violation for _, violation in sorted(found, key=lambda pair: pair[0])]
