"""Who makes the tail: Euler components of the ES, kernel-weighted components of the VaR, marginals, diversification."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._numerics import tree_sum
from .._typing import FloatScalar, FloatScalarLike
from ._tail import expected_shortfall, tail_kernel, value_at_risk


class ValueAtRiskComponents(eqx.Module):
    """Components of a value at risk.

    Attributes:
        component: Kernel-weighted mean loss of each item near the VaR, in the unit of the loss.
        standard_error: Of each component, for independent scenarios.
        smoothing_gap: VaR less the sum of the components: what smoothing moved, a line of its own.
        value_at_risk: The number explained: sum of the components plus the gap.
        bandwidth: Standard deviation of the kernel, in the unit of the loss.
        effective_scenarios: 1 / sum k^2: how many scenarios the kernel averages over.
    """

    component: Float[Array, "positions"]
    standard_error: Float[Array, "positions"]
    smoothing_gap: FloatScalar
    value_at_risk: FloatScalar
    bandwidth: FloatScalar
    effective_scenarios: FloatScalar


def expected_shortfall_components(
    tail_weight: Float[Array, "scenarios"], item_loss: Float[Array, "scenarios positions"]
) -> Float[Array, "positions"]:
    r"""Euler components of the expected shortfall, $C_i = \sum_w t(w)\,l_i(w)$; they sum to it.

    Only scenarios in the tail matter, so pass those alone. To stream, pass aligned tiles of 2^k scenarios and add the
    results with `tree_sum`: the bits are those of one pass.

    Args:
        tail_weight: t from `tail_weights` of the total loss.
        item_loss: Losses of the items, which sum to the total in each scenario.

    Returns:
        One component per item, in the unit of the loss. Where t is 0 the item's loss is not looked at.

    Example:
        >>> import jax.numpy as jnp
        >>> t = jnp.asarray([0.0, 0.5, 0.5])
        >>> expected_shortfall_components(t, jnp.asarray([[9.0, 9.0], [1.0, 2.0], [3.0, 4.0]])).tolist()
        [2.0, 3.0]

    References:
        D. Tasche, Risk contributions and performance measurement (1999).
    """
    t = tail_weight[:, None]
    return tree_sum(jnp.where(t == 0, 0.0, t * item_loss), axis=0)


def marginal_expected_shortfall(
    tail_weight: Float[Array, "scenarios"], loss_per_unit: Float[Array, "scenarios positions"]
) -> Float[Array, "positions"]:
    r"""Derivative of the expected shortfall with respect to each size, $\sum_w t(w)\,\partial L / \partial q_i$.

    For losses linear in size, size times marginal is the component; where they are not (market impact), it differs,
    and the two are shown side by side. Marginals answer small changes only and are never summed over large ones.

    Args:
        tail_weight: t from `tail_weights` of the total loss.
        loss_per_unit: dL/dq_i in each scenario: the loss of one unit where the loss is linear in size.

    Returns:
        One marginal per item, in units of loss per unit of size.

    Example:
        >>> import jax.numpy as jnp
        >>> marginal_expected_shortfall(jnp.asarray([0.5, 0.5]), jnp.asarray([[1.0], [3.0]])).tolist()
        [2.0]

    References:
        C. Gourieroux, J. P. Laurent and O. Scaillet, Sensitivity analysis of values at risk (2000).
    """
    return expected_shortfall_components(tail_weight, loss_per_unit)


@jax.jit
def value_at_risk_components(
    item_loss: Float[Array, "scenarios positions"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
    *,
    bandwidth: FloatScalarLike | None = None,
) -> ValueAtRiskComponents:
    r"""Components of the value at risk, $C_i = \sum_w k(w)\,l_i(w) \approx E[l_i | L = VaR]$.

    The VaR is the loss of one scenario; its split there is one draw. The kernel averages over the neighbours, which
    biases the sum a little: that difference is `smoothing_gap`.
    $se(C_i)^2 = \sum_w k(w)^2 (l_i(w) - C_i)^2$.

    Args:
        item_loss: Losses of the items, which sum to the total in each scenario.
        weight: Probability weights; None means 1/n each.
        confidence: Level c.
        bandwidth: Kernel width in the unit of the loss; the default is that of `tail_kernel`.

    Returns:
        Components with their standard errors and the gap line.

    Example:
        >>> import jax
        >>> losses = jax.random.normal(jax.random.key(0), (4000, 2))
        >>> split = value_at_risk_components(losses, None, 0.95)
        >>> bool(abs(split.component.sum() + split.smoothing_gap - split.value_at_risk) < 1e-4)
        True

    References:
        E. Epperlein and A. Smillie, Cracking VaR with kernels, Risk 19 (2006).
    """
    total = tree_sum(item_loss)
    kernel = tail_kernel(total, weight, confidence, bandwidth)
    var = value_at_risk(total, weight, confidence)
    k = kernel.weight[:, None]
    component = tree_sum(jnp.where(k == 0, 0.0, k * item_loss), axis=0)
    error = jnp.where(k == 0, 0.0, k * (item_loss - component[None, :]))
    return ValueAtRiskComponents(
        component=component,
        standard_error=jnp.sqrt(tree_sum(error * error, axis=0)),
        smoothing_gap=var - tree_sum(component),
        value_at_risk=var,
        bandwidth=kernel.bandwidth,
        effective_scenarios=1.0 / tree_sum(kernel.weight * kernel.weight),
    )


def standalone_expected_shortfall(
    item_loss: Float[Array, "scenarios positions"],
    weight: Float[Array, "scenarios"] | None,
    confidence: FloatScalarLike,
) -> Float[Array, "positions"]:
    """Expected shortfall of each item by itself, in its own tail; their sum is at least that of the total.

    Args:
        item_loss: Losses of the items.
        weight: Probability weights; None means 1/n each.
        confidence: Level c.

    Returns:
        One ES per item, in the unit of the loss.

    Example:
        >>> import jax.numpy as jnp
        >>> standalone_expected_shortfall(jnp.asarray([[1.0, 4.0], [3.0, 2.0]]), None, 0.5).tolist()
        [3.0, 4.0]
    """
    return jax.vmap(lambda loss: expected_shortfall(loss, weight, confidence), in_axes=1)(item_loss)


def diversification(standalone: Float[Array, "agents"], total: FloatScalarLike) -> FloatScalar:
    """Diversification, 1 - total / sum of stand-alone risks.

    Args:
        standalone: Risk of each part by itself, the interaction included as a part where there is one.
        total: Risk of the whole, same measure, level and horizon.

    Returns:
        Between 0 and 1 for coherent measures of parts that add up; negative where the whole is riskier than the sum of
        its parts (a loss that only arises jointly); NaN where the parts sum to 0.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(diversification(jnp.asarray([3.0, 4.0]), 5.0)), 4)
        0.2857
    """
    parts = tree_sum(standalone)
    return jnp.where(parts == 0, jnp.nan, 1.0 - total / jnp.where(parts == 0, 1.0, parts))
