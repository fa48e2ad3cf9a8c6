"""American and Bermudan options on supplied paths by least-squares Monte Carlo."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class SampledPrice(NamedTuple):
    """A Monte Carlo value with its standard error, both as present values of one unit."""

    value: Float[Array, ""]
    standard_error: Float[Array, ""]


def longstaff_schwartz_price(
    paths: Float[Array, "paths dates"],
    discount_factor: Float[Array, "dates"],
    strike: Float[Array, ""],
    is_call: Bool[Array, ""],
    *,
    degree: int = 3,
) -> SampledPrice:
    """Early-exercise option on simulated spots, continuation values by regression on the paths in the money.

    The policy is estimated on the same paths that value it: the in-sample bias upward and the bias downward of a rule
    that is not optimal partly cancel, and neither is in the standard error. The policy is held fixed under
    differentiation (its first-order effect on the value is 0 at the optimum), so path derivatives flow through.

    Args:
        paths: spots at the exercise dates, in order of time; the last date is the expiry.
        discount_factor: discount factor from today to each exercise date.
        strike: strike price, positive.
        is_call: true for a call, false for a put.
        degree: highest power of spot / strike in the regression; static.

    Returns:
        Value and standard error. Exercise today is not among the dates: compare with the intrinsic value.

    Example:
        >>> spots = jnp.asarray([[90.0, 80.0], [110.0, 120.0], [95.0, 105.0], [85.0, 95.0]])
        >>> float(longstaff_schwartz_price(spots, jnp.asarray([1.0, 1.0]), 100.0, False, degree=0).value)
        6.25

    References:
        F. Longstaff, E. Schwartz, Valuing American options by simulation, Rev. Financial Studies 14 (2001).
    """
    sign = jnp.where(is_call, 1.0, -1.0).astype(paths.dtype)
    payoff = jnp.maximum(sign * (paths - strike), 0.0) * discount_factor[None, :]
    count = paths.shape[0]

    def back(
        cash: Float[Array, "paths"], column: tuple[Float[Array, "paths"], Float[Array, "paths"]]
    ) -> tuple[Float[Array, "paths"], None]:
        spot, now = column
        inside = (now > 0.0).astype(paths.dtype)
        x = spot / strike - 1.0
        basis = jnp.stack([x**power for power in range(degree + 1)], axis=1) * inside[:, None]
        gram = jnp.matmul(basis.T, basis, precision="highest")
        # A whisper of ridge keeps dates on which fewer paths are in the money than powers solvable.
        ridge = 1e-12 * (jnp.trace(gram) + 1e-12) * jnp.eye(degree + 1, dtype=paths.dtype)
        moments = jnp.matmul(basis.T, (cash * inside)[:, None], precision="highest")
        weights = jnp.linalg.solve(gram + ridge, moments)[:, 0]
        held = jnp.matmul(basis, weights[:, None], precision="highest")[:, 0]
        exercise = jax.lax.stop_gradient((inside > 0.0) & (now > held))
        return jnp.where(exercise, now, cash), None

    earlier = (paths[:, :-1].T[::-1], payoff[:, :-1].T[::-1])
    cash, _ = jax.lax.scan(back, payoff[:, -1], earlier)
    value = jnp.mean(cash)
    spread = jnp.sqrt(jnp.sum(jnp.square(jax.lax.stop_gradient(cash - value))) / max(count - 1, 1))
    return SampledPrice(value, spread / jnp.sqrt(jnp.asarray(count, paths.dtype)))
