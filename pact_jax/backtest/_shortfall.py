"""Backtest of expected shortfall: the second statistic of Acerbi and Szekely, with simulated significance and power."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from .._typing import FloatScalar, FloatScalarLike, IntScalar, KeyScalar
from ..measures import OrderStatistic, order_statistic_value_at_risk
from ..special import student_t_quantile

_GRID = 1024


class ShortfallTest(eqx.Module):
    """Result of a test of expected shortfall forecasts.

    Attributes:
        statistic: Z2: 0 expected if the forecasts are right, negative if losses in the tail are worse than forecast.
        p_value: Probability of a statistic at least as low if they are right; NaN where only the statistic is asked.
        critical: The 5 % quantile of the statistic under the null: reject below.
        exceptions: Number of losses beyond the value at risk.
        n: Number of observations.
        power: Probability that the test at 95 % rejects the null law where the alternative one is true.
    """

    statistic: FloatScalar
    p_value: FloatScalar
    critical: FloatScalar
    exceptions: IntScalar
    n: IntScalar
    power: FloatScalar


def acerbi_szekely_statistic(
    loss: Float[Array, "dates"],
    value_at_risk: Float[Array, "dates"],
    expected_shortfall: Float[Array, "dates"],
    confidence: FloatScalarLike,
) -> FloatScalar:
    r"""Acerbi and Szekely's $Z_2 = 1 - \sum_t L_t 1\{L_t > VaR_t\} / (n (1-c) ES_t)$.

    It reacts to too many exceptions and to too large ones alike.

    Args:
        loss: Realised losses.
        value_at_risk: VaR forecasts for them.
        expected_shortfall: ES forecasts for them, positive.
        confidence: Level c of both.

    Returns:
        Z2; NaN if an ES forecast is not positive or a number is missing.

    Example:
        >>> import jax.numpy as jnp
        >>> loss, ones = jnp.zeros(40).at[0].set(3.0), jnp.ones(40)
        >>> abs(round(float(acerbi_szekely_statistic(loss, 2.0 * ones, 3.0 * ones, 0.975)), 3))
        0.0

    References:
        C. Acerbi and B. Szekely, Backtesting expected shortfall, Risk (December 2014).
    """
    tail = (1.0 - jnp.asarray(confidence)).astype(loss.dtype)
    usable = jnp.all(expected_shortfall > 0) & ~jnp.any(jnp.isnan(loss) | jnp.isnan(value_at_risk))
    terms = jnp.where(loss > value_at_risk, loss / expected_shortfall, 0.0)
    return jnp.where(usable, 1.0 - jnp.sum(terms) / (loss.shape[0] * tail), jnp.nan)


def acerbi_szekely(
    loss: Float[Array, "dates"],
    value_at_risk: Float[Array, "dates"],
    expected_shortfall: Float[Array, "dates"],
    confidence: FloatScalarLike,
    *,
    key: KeyScalar,
    null_dof: FloatScalarLike = 100.0,
    alternative_dof: FloatScalarLike = 3.0,
    simulations: int = 10_000,
) -> ShortfallTest:
    """Test of ES forecasts by `acerbi_szekely_statistic`, its law simulated under independent Student t losses.

    The law depends little on the tail of the null: the 5 % value for 250 days at 97.5 % is near -0.7 from normal to
    t3. For the power the losses follow the alternative law at the variance of the null one, while the forecasts keep
    the null.

    Args:
        loss: Realised losses.
        value_at_risk: VaR forecasts for them.
        expected_shortfall: ES forecasts for them, positive.
        confidence: Level c of both.
        key: Random key of the simulation.
        null_dof: Degrees of freedom of the losses if the forecasts are right, above 2; 100 is near normal.
        alternative_dof: Degrees of freedom of the wrong world that the power is for, above 2.
        simulations: Number of simulated histories.

    Returns:
        The test.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> loss = jax.random.normal(jax.random.key(0), (250,))
        >>> test = acerbi_szekely(loss, jnp.full(250, 1.96), jnp.full(250, 2.338), 0.975, key=jax.random.key(1))
        >>> bool(test.p_value > 0.05), int(test.n)
        (True, 250)

    References:
        C. Acerbi and B. Szekely, Backtesting expected shortfall, Risk (December 2014).
    """
    n = loss.shape[0]
    statistic = acerbi_szekely_statistic(loss, value_at_risk, expected_shortfall, confidence)
    null_key, other_key = jax.random.split(key)
    null = simulate_acerbi_szekely(
        null_key, n, confidence, true_dof=null_dof, model_dof=null_dof, simulations=simulations
    )
    other = simulate_acerbi_szekely(
        other_key, n, confidence, true_dof=alternative_dof, model_dof=null_dof, simulations=simulations
    )
    critical = -order_statistic_value_at_risk(-null, 0.95, OrderStatistic.CEIL)
    p_value = (1.0 + jnp.sum(null <= statistic.astype(null.dtype)).astype(null.dtype)) / (simulations + 1.0)
    return ShortfallTest(
        statistic=statistic,
        p_value=jnp.where(jnp.isnan(statistic), jnp.nan, p_value),
        critical=critical,
        exceptions=jnp.sum(loss > value_at_risk),
        n=jnp.asarray(n),
        power=jnp.mean(other < critical),
    )


def simulate_acerbi_szekely(
    key: KeyScalar,
    n: int,
    confidence: FloatScalarLike,
    *,
    true_dof: FloatScalarLike,
    model_dof: FloatScalarLike,
    simulations: int,
) -> Float[Array, "..."]:
    """Simulated statistics: independent Student t losses against the constant forecasts of another Student t model.

    Both laws have variance one. Losses are drawn by inversion, the tail quantiles from a table in the logarithm of
    the tail probability.

    Args:
        key: Random key.
        n: Observations per history.
        confidence: Level c.
        true_dof: Degrees of freedom of the losses, above 2.
        model_dof: Degrees of freedom behind the forecasts, above 2.
        simulations: Number of histories.

    Returns:
        One statistic per history.

    Example:
        >>> import jax
        >>> z = simulate_acerbi_szekely(
        ...     jax.random.key(0), 250, 0.975, true_dof=100.0, model_dof=100.0, simulations=2000
        ... )
        >>> bool(abs(z.mean()) < 0.05)
        True
    """
    level = jnp.asarray(confidence)
    true, model = jnp.asarray(true_dof, level.dtype), jnp.asarray(model_dof, level.dtype)
    var, es = _unit_student(level, model)
    # Everything beyond the model's VaR lies beyond this tail probability of the true law, as far as both may differ.
    logs = jnp.linspace(jnp.log(jnp.asarray(0.5, level.dtype)), jnp.log(jnp.asarray(1e-12, level.dtype)), _GRID)
    unit = jnp.sqrt((true - 2.0) / true)
    table = -student_t_quantile(jnp.exp(logs), jnp.full_like(logs, true)) * unit
    log_tail = jnp.log(jax.random.uniform(key, (simulations, n), level.dtype, minval=1e-12))
    # Probabilities above one half stop at the median: no exception there.
    drawn = jnp.interp(-log_tail, -logs, table)
    return 1.0 - jnp.sum(jnp.where(drawn > var, drawn, 0.0), axis=1) / (n * (1.0 - level) * es)


def _unit_student(level: FloatScalar, dof: FloatScalar) -> tuple[FloatScalar, FloatScalar]:
    """VaR and ES of a Student t loss of variance one."""
    tail = 1.0 - level
    q = -student_t_quantile(tail, dof)
    log_density = gammaln(0.5 * (dof + 1.0)) - gammaln(0.5 * dof) - 0.5 * jnp.log(dof * jnp.pi)
    density = jnp.exp(log_density - 0.5 * (dof + 1.0) * jnp.log1p(q * q / dof))
    unit = jnp.sqrt((dof - 2.0) / dof)
    return q * unit, unit * density * (dof + q * q) / ((dof - 1.0) * tail)
