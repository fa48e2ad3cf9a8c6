"""Value at risk and expected shortfall with their derivatives: one estimator, losses positive."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, UInt32

from .._numerics import tree_sum
from .._status import Status
from .._typing import FloatScalar, FloatScalarLike, UInt32Scalar
from ._kernel import TailKernel, kernel_at
from ._quantile import SNAP, as_confidence, count_losses, tail_mass
from ._refusal import refuse_derivative
from ._tail_weights import as_weights, exact_quantile, share_tail, tail_mean


class TailMeasures(eqx.Module):
    """Value at risk and expected shortfall of one loss vector at a set of levels.

    Attributes:
        value_at_risk: The smallest x with w{L > x} <= 1 - confidence, per level.
        expected_shortfall: Mean of the tail of mass 1 - confidence, per level.
        status: `Status` bits per level; 0 means that both numbers can be used.
    """

    value_at_risk: Float[Array, "..."]
    expected_shortfall: Float[Array, "..."]
    status: UInt32[Array, "..."]


@jax.jit
def value_at_risk(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, confidence: FloatScalarLike
) -> FloatScalar:
    r"""Value at risk: the smallest loss x with w{L > x} <= 1 - confidence.

    Exact to the bit, without a sort: masses are compared as integers, so a count that should meet 1 - confidence does,
    whatever the rounding of the weights.

    The derivative is a kernel estimator, because an order statistic moves with one scenario only:
    $dVaR = \sum_i k_i\,dL_i$ with Gaussian weights $k_i$ of `tail_kernel` around the VaR (its bandwidth is stated
    there), and $dVaR = \sum_i 1\{L_i > VaR\}\,dw_i / f$, $dVaR = dc / f$ with the kernel density f. A second
    derivative is refused.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights, zero for padding; importance weights are likelihood ratios over n and need not
            sum to one. None means 1/n each.
        confidence: Level c, for example 0.975; an array, so that a new level needs no new compilation.

    Returns:
        The value at risk, in the unit of `loss`. NaN if a scenario that counts is NaN, a weight is negative or not
        finite, or the level is outside [0, 1); the smallest loss if the weights hold less mass than 1 - confidence
        (`tail_status` says so).

    Raises:
        DifferentiationError: If differentiated twice.

    Example:
        >>> import jax.numpy as jnp
        >>> float(value_at_risk(jnp.arange(1.0, 11.0), None, 0.8))
        8.0

    References:
        R. T. Rockafellar and S. Uryasev, Conditional value-at-risk for general loss distributions (2002). The
        derivative: C. Gourieroux, J. P. Laurent and O. Scaillet, Sensitivity analysis of values at risk (2000).
    """
    return _measures(loss, weight, as_confidence(confidence))[0]


@jax.jit
def expected_shortfall(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, confidence: FloatScalarLike
) -> FloatScalar:
    r"""Expected shortfall: $ES = \sum_i t_i L_i$ with the tail weights t, summed in one fixed order.

    Derivatives follow the envelope theorem: the tail weights stand still, $dES = \sum_i t_i\,dL_i$; with respect to
    the weights $\sum_i (L_i - VaR)^+ dw_i / (1 - c)$ (so likelihood-ratio weights pass their score on), with respect
    to the level $(ES - VaR)\,dc / (1 - c)$. A second derivative would miss the density at the VaR and is refused.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidence: Level c.

    Returns:
        The expected shortfall, in the unit of `loss`; NaN as for `value_at_risk`.

    Raises:
        DifferentiationError: If differentiated twice.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(expected_shortfall(jnp.arange(1.0, 11.0), None, 0.8)), 6)
        9.5

    References:
        C. Acerbi and D. Tasche, On the coherence of expected shortfall, J. Banking & Finance 26 (2002).
    """
    return _measures(loss, weight, as_confidence(confidence))[1]


@jax.jit
def tail_measures(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, confidences: Float[Array, "..."]
) -> TailMeasures:
    """Value at risk and expected shortfall at any set of levels; losses and masses are prepared once.

    Derivatives are those of `value_at_risk` and `expected_shortfall`.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidences: Levels, any shape.

    Returns:
        Both measures and their status, each in the shape of `confidences`.

    Example:
        >>> import jax.numpy as jnp
        >>> tail_measures(jnp.arange(1.0, 101.0), None, jnp.asarray([0.95, 0.99])).expected_shortfall.tolist()
        [98.0, 100.0]
    """

    def at(level: FloatScalar) -> TailMeasures:
        return TailMeasures(*_measures(loss, weight, level), tail_status(loss, weight, level))

    levels = as_confidence(confidences)
    flat = jax.vmap(at)(levels.reshape(-1))
    return jax.tree.map(lambda x: x.reshape(levels.shape), flat)


@jax.jit
def tail_status(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, confidence: FloatScalarLike
) -> UInt32Scalar:
    """Why the tail measures of these losses are not to be trusted.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidence: Level c.

    Returns:
        `Status` bits: NONFINITE_PNL if a scenario that counts has a loss that is NaN or infinite; TAIL_MASS if the
        weights hold less mass in all than 1 - c, if one is negative or not finite, or if c is outside [0, 1).

    Example:
        >>> import jax.numpy as jnp
        >>> int(tail_status(jnp.asarray([1.0, jnp.inf]), None, 0.5))
        1
    """
    level = as_confidence(confidence)
    w = as_weights(loss, weight)
    held = w > 0
    nonfinite = jnp.any(held & ~jnp.isfinite(loss))
    tail = tail_mass(level).astype(w.dtype)
    room = max(SNAP, 4.0 * float(jnp.finfo(w.dtype).eps))
    # Without weights the mass is one, whatever is added up; only a level outside [0, 1) is left to find.
    mass = jnp.ones((), w.dtype) if weight is None else tree_sum(w)
    short = ~(mass >= tail * (1.0 - room)) | jnp.any(~((w >= 0) & jnp.isfinite(w)))
    bits = jnp.where(nonfinite, int(Status.NONFINITE_PNL), 0) | jnp.where(short, int(Status.TAIL_MASS), 0)
    return bits.astype(jnp.uint32)


@jax.jit
def tail_kernel(
    loss: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    bandwidth: FloatScalarLike | None = None,
) -> TailKernel:
    r"""Kernel weights $k_i \propto w_i\,\phi((L_i - VaR)/h)$, the smoothing behind every derivative of a VaR.

    The default bandwidth is $h = (ES - VaR)\,m^{-1/5}$, m = (1 - c) n_eff the expected number of tail scenarios and
    n_eff = (sum w)^2 / sum w^2 (or that of the scenarios above the VaR, if importance weights put more there): the mean
    excess is the scale of the density in the tail, also where the variance is infinite. Where it is 0 (nothing lies
    above the VaR) the ties at the VaR share the weight.

    Args:
        loss: Losses, positive = money lost.
        weight: Probability weights as for `value_at_risk`; None means 1/n each.
        confidence: Level c.
        bandwidth: h in the unit of the loss, instead of the default.

    Returns:
        Weights, bandwidth and density.

    Example:
        >>> import jax.numpy as jnp
        >>> tail_kernel(jnp.asarray([1.0, 2.0, 3.0]), None, 0.5).weight.round(2).tolist()
        [0.17, 0.65, 0.17]

    References:
        E. Epperlein and A. Smillie, Cracking VaR with kernels, Risk 19 (2006). B. W. Silverman, Density Estimation
        (1986), section 3.4, for the rate n^(-1/5).
    """
    loss, weight, level = lax.stop_gradient((loss, weight, as_confidence(confidence)))
    var, es = _measures(loss, weight, level)
    h = None if bandwidth is None else jnp.asarray(bandwidth, loss.dtype)
    return kernel_at(loss, as_weights(loss, weight), var, es, level, h)


@jax.custom_jvp
def _measures(
    loss: Float[Array, "scenarios"], weight: Float[Array, "scenarios"] | None, level: FloatScalar
) -> tuple[FloatScalar, FloatScalar]:
    var = exact_quantile(loss, weight, count_losses(loss, weight), level)
    return var, tail_mean(share_tail(loss, weight, level, var), loss)


@_measures.defjvp
def _measures_jvp(primals: tuple, tangents: tuple) -> tuple:
    loss, weight, level = refuse_derivative(primals)
    loss_dot, weight_dot, level_dot = tangents
    var = exact_quantile(loss, weight, count_losses(loss, weight), level)
    t = share_tail(loss, weight, level, var)
    es = tail_mean(t, loss)
    kernel = kernel_at(loss, as_weights(loss, weight), var, es, level, None)
    # Plain sums: a tangent has to stay linear for the transposition, which `round_here` is not.
    var_dot = jnp.sum(kernel.weight * loss_dot)
    es_dot = jnp.sum(jnp.where(t == 0, 0.0, t * loss_dot))
    # What the level and the weights move: the mass above the VaR, and the excess over it.
    mass_dot = level_dot.astype(loss.dtype)
    excess_dot = (es - var) * mass_dot
    if weight is not None:
        above = (weight > 0) & (loss > var)
        mass_dot = mass_dot + jnp.sum(jnp.where(above, weight_dot.astype(loss.dtype), 0.0))
        excess_dot = excess_dot + jnp.sum(jnp.where(above, loss - var, 0.0) * weight_dot.astype(loss.dtype))
    tail = tail_mass(level).astype(loss.dtype)
    return (var, es), (var_dot + mass_dot / kernel.density, es_dot + excess_dot / tail)
