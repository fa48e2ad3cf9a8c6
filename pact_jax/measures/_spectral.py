"""Spectral risk measures: means of quantiles weighted by risk aversion."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar, FloatScalarLike, IntScalarLike
from ..errors import ArgumentError
from ._standard_error import _long_run_variance
from ._tail_weights import as_weights, tail_mean

CumulativeSpectrum = Callable[[Float[Array, "scenarios"]], Float[Array, "scenarios"]]
"""Phi(p), the integral of the risk aversion phi up to p: from [0, 1] onto [0, 1], rising and convex."""

_NODES = 4097


class SpectralRisk(eqx.Module):
    """Spectral risk measures of one loss vector, one for each spectrum.

    Attributes:
        value: in the unit of the loss.
        standard_error: by the influence function.
    """

    value: Float[Array, "levels"]
    standard_error: Float[Array, "levels"]


class _Ranked(eqx.Module):
    """A sample in rising order, with the probability reached before and at each loss, ties taken together."""

    order: Array
    loss: Float[Array, "scenarios"]
    weight: Float[Array, "scenarios"]
    below: Float[Array, "scenarios"]
    reached: Float[Array, "scenarios"]


def spectral_risk(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    cumulative_spectrum: CumulativeSpectrum,
) -> FloatScalar:
    r"""Spectral risk $\int_0^1 \phi(p)\,VaR_p\,dp$ of the sample, exact for its step-shaped quantile function.

    With the cumulative spectrum $\Phi(p) = \int_0^p \phi$ each loss, in rising order, gets the weight
    $\Phi(F_i) - \Phi(F_{i-1})$. Coherent if phi does not fall and $\Phi(1) = 1$ (`check_spectrum`). All ranks are
    needed here, so this one sorts. Derivatives hold the weights fixed, as for the ES.

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
    return tail_mean(spectral_weights(loss, weight, cumulative_spectrum), loss)


def spectral_weights(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    cumulative_spectrum: CumulativeSpectrum,
) -> Float[Array, "scenarios"]:
    """The weights s with spectral risk = sum s L; passed to `expected_shortfall_components` they split it by item.

    Ties share in proportion to their weight, so that contributions do not depend on the order of scenarios. As the
    weights stand still in derivatives, the components are those of Euler and sum to the risk.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights, normalised here; None means 1/n each.
        cumulative_spectrum: Phi, from [0, 1] onto [0, 1], rising and convex.

    Returns:
        s per scenario, not negative for an admissible spectrum; they sum to 1.

    Example:
        >>> import jax.numpy as jnp
        >>> spectral_weights(jnp.asarray([1.0, 3.0, 2.0, 2.0]), None, lambda p: p * p).tolist()
        [0.0625, 0.4375, 0.25, 0.25]
    """
    ranked = _rank(loss, weight)
    return _in_sample_order(_shares(ranked, cumulative_spectrum), ranked)


def spectral_measures(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    cumulative_spectra: Sequence[CumulativeSpectrum],
    *,
    lag: IntScalarLike | None = None,
) -> SpectralRisk:
    r"""Spectral risks by any number of spectra, with standard errors; one sort serves them all.

    The influence of one loss is $-\int (1\{x \le y\} - F(y))\,\phi(F(y))\,dy$, a cumulative sum over the ranks.

    Args:
        loss: Losses, positive = money lost; in date order where there is a lag.
        weight: Probability weights, normalised here; None means 1/n each.
        cumulative_spectra: One Phi each; differentiable almost everywhere.
        lag: Of the long-run variance for dependent history (`default_lag`); None for independent scenarios.

    Returns:
        Values and standard errors in the order of the spectra.

    Example:
        >>> import jax
        >>> losses = jax.random.normal(jax.random.key(0), (4000,))
        >>> found = spectral_measures(losses, None, [lambda p: p, lambda p: p * p])
        >>> [round(float(error), 3) for error in found.standard_error]  # of a mean: 1 / sqrt(4000) = 0.016
        [0.016, 0.017]

    References:
        R. Serfling, Approximation Theorems of Mathematical Statistics (1980), section 8.1.
    """
    ranked = _rank(loss, weight)
    gap = jnp.diff(ranked.loss, append=ranked.loss[-1:])
    values, errors = [], []
    for spectrum in cumulative_spectra:
        _, slope = jax.jvp(spectrum, (ranked.reached,), (jnp.ones_like(ranked.reached),))
        # After the last loss the gap is 0, whatever the spectrum does at 1.
        rise = jnp.where(gap > 0.0, gap * slope, 0.0)
        above = jnp.cumsum(rise[::-1])[::-1]
        influence = _in_sample_order(ranked.weight * (tree_sum(ranked.reached * rise) - above), ranked)
        variance = tree_sum(influence * influence)
        if lag is not None:
            variance = _long_run_variance(influence, jnp.minimum(jnp.asarray(lag), loss.shape[0] - 1))
        values.append(tail_mean(_shares(ranked, spectrum), ranked.loss))
        errors.append(jnp.sqrt(variance))
    return SpectralRisk(jnp.stack(values), jnp.stack(errors))


def check_spectrum(cumulative_spectrum: CumulativeSpectrum, name: str = "spectrum") -> None:
    """Refuses a spectrum that makes no coherent measure, on a grid of 4,097 probabilities; not inside `jit`.

    Args:
        cumulative_spectrum: Phi.
        name: of the spectrum, for the message.

    Raises:
        ArgumentError: Phi does not rise from 0 to 1, or is not convex: a smaller loss would weigh more than a larger.

    Example:
        >>> check_spectrum(lambda p: p * p)
        >>> check_spectrum(jnp.sqrt)
        Traceback (most recent call last):
            ...
        pact_jax.errors.ArgumentError: spectrum: risk aversion falls with the loss
          mend: give a cumulative spectrum that is convex
    """
    phi = np.asarray(cumulative_spectrum(jnp.linspace(0.0, 1.0, _NODES)))
    room = 64.0 * float(np.finfo(phi.dtype).eps)
    if not (abs(phi[0]) <= room and abs(phi[-1] - 1.0) <= room):
        raise ArgumentError(
            f"it runs from {phi[0]:.6g} to {phi[-1]:.6g}", name, "give a cumulative spectrum from 0 at 0 to 1 at 1"
        )
    if not np.all(np.diff(phi) >= -room):
        raise ArgumentError("it falls somewhere", name, "give a cumulative spectrum that rises")
    if not np.all(np.diff(phi, 2) >= -4.0 * room):
        raise ArgumentError("risk aversion falls with the loss", name, "give a cumulative spectrum that is convex")


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


def power_spectrum(
    probability: Float[Array, "scenarios"], *, risk_aversion: FloatScalarLike
) -> Float[Array, "scenarios"]:
    r"""Cumulative spectrum of power utility: $\Phi(p) = p^g$ for g at least 1, $1 - (1 - p)^g$ below.

    Below 1 the spectrum is that of the proportional hazard transform and unbounded at the worst case, above 1 of the
    dual power; at 1 it is the mean.

    Args:
        probability: p in [0, 1].
        risk_aversion: g > 0; the further from 1, the closer to the worst case.

    Returns:
        Phi(p).

    Example:
        >>> import jax.numpy as jnp
        >>> power_spectrum(jnp.asarray([0.0, 0.5, 1.0]), risk_aversion=2.0).tolist()
        [0.0, 0.25, 1.0]

    References:
        K. Dowd, J. Cotter and G. Sorwar, Spectral risk measures: properties and limitations, J. Financial Services
        Research 34 (2008). S. Wang, Insurance pricing and increased limits ratemaking by proportional hazards
        transforms, Insurance: Mathematics and Economics 17 (1995).
    """
    g = jnp.asarray(risk_aversion, probability.dtype)
    # The branch that is not taken must not spoil derivatives at either end.
    low, high = jnp.where(g < 1.0, 1.0, g), jnp.where(g < 1.0, g, 1.0)
    inner = jnp.where(probability < 1.0, 1.0 - probability, 0.0)
    rest = jnp.where(inner > 0.0, jnp.where(inner > 0.0, inner, 1.0) ** high, 0.0)
    return jnp.where(g < 1.0, 1.0 - rest, probability**low)


def expected_shortfall_spectrum(
    probability: Float[Array, "scenarios"], *, confidence: FloatScalarLike
) -> Float[Array, "scenarios"]:
    r"""Cumulative spectrum of the expected shortfall, $\Phi(p) = (p - c)^+ / (1 - c)$.

    Args:
        probability: p in [0, 1].
        confidence: Level c in [0, 1).

    Returns:
        Phi(p).

    Example:
        >>> import jax.numpy as jnp
        >>> expected_shortfall_spectrum(jnp.asarray([0.0, 0.75, 1.0]), confidence=0.5).tolist()
        [0.0, 0.5, 1.0]

    References:
        C. Acerbi, Spectral measures of risk, J. Banking & Finance 26 (2002).
    """
    level = jnp.asarray(confidence, probability.dtype)
    return jnp.maximum(probability - level, 0.0) / (1.0 - level)


def _rank(loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None) -> _Ranked:
    loss, w = lax.stop_gradient((loss, as_weights(loss, weight)))
    # What does not count stands below everything: no mass is reached there.
    order = jnp.argsort(jnp.where(w > 0, loss, -jnp.inf))
    ordered, mass = loss[order], w[order]
    ordered = jnp.where(mass > 0, ordered, jnp.min(jnp.where(mass > 0, ordered, jnp.inf)))
    total = jnp.cumsum(mass)
    first = jnp.searchsorted(ordered, ordered, side="left")
    last = jnp.searchsorted(ordered, ordered, side="right") - 1
    below = jnp.where(first > 0, total[jnp.maximum(first - 1, 0)], 0.0)
    # The largest loss is reached with probability 1 to the bit.
    return _Ranked(order, ordered, mass / total[-1], below / total[-1], total[last] / total[-1])


def _shares(ranked: _Ranked, spectrum: CumulativeSpectrum) -> Float[Array, "scenarios"]:
    step = spectrum(ranked.reached) - spectrum(ranked.below)
    block = ranked.reached - ranked.below
    share = step * (ranked.weight / jnp.where(block > 0, block, 1.0))
    known = ~jnp.any(jnp.isnan(ranked.loss))
    return jnp.where(known, jnp.where(ranked.weight > 0, share, 0.0), jnp.nan)


def _in_sample_order(values: Float[Array, "scenarios"], ranked: _Ranked) -> Float[Array, "scenarios"]:
    return jnp.zeros_like(values).at[ranked.order].set(values)
