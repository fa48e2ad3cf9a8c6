"""Spectral risk measures: means of quantiles weighted by risk aversion."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from .._typing import FloatScalar, FloatScalarLike
from ._tail import as_weights, tail_mean


def spectral_risk(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    cumulative_spectrum: Callable[[Float[Array, "scenarios"]], Float[Array, "scenarios"]],
) -> FloatScalar:
    r"""Spectral risk $\int_0^1 \phi(p)\,VaR_p\,dp$ of the sample, exact for its step-shaped quantile function.

    With the cumulative spectrum $\Phi(p) = \int_0^p \phi$ each loss, in rising order, gets the weight
    $\Phi(F_i) - \Phi(F_{i-1})$. Coherent if phi does not fall and $\Phi(1) = 1$. All ranks are needed here, so this one
    sorts. Derivatives hold the weights fixed, as for the ES.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights, normalised here; None means 1/n each.
        cumulative_spectrum: Phi, from [0, 1] onto [0, 1], rising and convex.

    Returns:
        The spectral risk, in the unit of the loss; NaN if a scenario that counts is NaN.

    Example:
        >>> import jax.numpy as jnp
        >>> losses = jnp.arange(1.0, 11.0)
        >>> float(spectral_risk(losses, None, lambda p: jnp.maximum(p - 0.8, 0.0) / 0.2).round(6))
        9.5

    References:
        C. Acerbi, Spectral measures of risk, J. Banking & Finance 26 (2002).
    """
    w = lax.stop_gradient(as_weights(loss, weight))
    order = jnp.argsort(jnp.where(w > 0, lax.stop_gradient(loss), -jnp.inf))
    reached = jnp.cumsum(w[order])
    spectrum = cumulative_spectrum(reached / reached[-1])
    step = jnp.diff(spectrum, prepend=cumulative_spectrum(jnp.zeros(1, loss.dtype)))
    return tail_mean(jnp.where(w[order] > 0, step, 0.0), loss[order])


def exponential_spectrum(
    probability: Float[Array, "scenarios"], *, risk_aversion: FloatScalarLike
) -> Float[Array, "scenarios"]:
    r"""Cumulative spectrum of exponential utility, $\Phi(p) = (e^{-k(1-p)} - e^{-k}) / (1 - e^{-k})$.

    Args:
        probability: p in [0, 1].
        risk_aversion: k > 0; the larger, the closer to the worst case.

    Returns:
        Phi(p).

    Example:
        >>> import jax.numpy as jnp
        >>> exponential_spectrum(jnp.asarray([0.0, 1.0]), risk_aversion=20.0).tolist()
        [0.0, 1.0]

    References:
        J. Cotter and K. Dowd, Extreme spectral risk measures, J. Banking & Finance 30 (2006).
    """
    k = jnp.asarray(risk_aversion, probability.dtype)
    return (jnp.exp(-k * (1.0 - probability)) - jnp.exp(-k)) / -jnp.expm1(-k)
