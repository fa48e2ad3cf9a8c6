"""Measures of a report's loss vectors that are read off on demand: spectral risks, and the quantile rules of others."""

from collections.abc import Mapping, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from pact_jax._typing import IntScalarLike
from pact_jax.errors import ArgumentError
from pact_jax.measures import (
    CumulativeSpectrum,
    OrderStatistic,
    SpectralRisk,
    check_spectrum,
    expected_shortfall_components,
    exponential_spectrum,
    order_statistic_value_at_risk,
    power_spectrum,
    spectral_measures,
    spectral_weights,
)

DEFAULT_SPECTRA: dict[str, CumulativeSpectrum] = {
    "exponential 20": partial(exponential_spectrum, risk_aversion=20.0),
    "exponential 100": partial(exponential_spectrum, risk_aversion=100.0),
    "dual power 20": partial(power_spectrum, risk_aversion=20.0),
    "proportional hazard 0.5": partial(power_spectrum, risk_aversion=0.5),
}
"""Spectra that are shown where none are named."""


def spectral_frame(
    losses: pd.DataFrame, weight: np.ndarray, spectra: Mapping[str, CumulativeSpectrum], *, lag: int | None
) -> pd.DataFrame:
    """Spectral risks of a total loss, with standard errors and the parts of the columns that it is the sum of.

    Args:
        losses: column `total`, then its parts.
        weight: probability of each scenario.
        spectra: cumulative spectra by name.
        lag: of the long-run variance, for windows of history; None for independent draws.

    Returns:
        One row a spectrum; see `AssessmentReport.spectral`.

    Raises:
        ArgumentError: a spectrum makes no coherent measure, or there is none.
    """
    if not spectra:
        raise ArgumentError("there is no spectrum", where="spectral", mend="name at least one, or pass none at all")
    with jax.enable_x64(True):
        for name, spectrum in spectra.items():
            check_spectrum(spectrum, name)
        parts = losses.drop(columns="total")
        numbers = (jnp.asarray(x) for x in (losses["total"].to_numpy(), weight, parts.to_numpy()))
        found, split = _measure(*numbers, lag, spectra=tuple(spectra.values()))
    frame = pd.DataFrame(
        {"value": np.asarray(found.value), "standard_error": np.asarray(found.standard_error)},
        index=pd.Index(list(spectra), name="spectrum"),
    )
    return frame.join(pd.DataFrame(np.asarray(split), frame.index, parts.columns))


@partial(jax.jit, static_argnames="spectra")
def _measure(
    total: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"],
    parts: Float[Array, "scenarios desks"],
    lag: IntScalarLike | None,
    *,
    spectra: tuple[CumulativeSpectrum, ...],
) -> tuple[SpectralRisk, Float[Array, "levels desks"]]:
    split = [expected_shortfall_components(spectral_weights(total, weight, phi), parts) for phi in spectra]
    return spectral_measures(total, weight, spectra, lag=lag), jnp.stack(split)


def quantile_frame(loss: np.ndarray, weight: np.ndarray, levels: Sequence[float]) -> pd.DataFrame:
    """The value at risk of equally weighted losses by every rule that systems print.

    Args:
        loss: losses.
        weight: probability of each scenario; zero or all the same.
        levels: quantile levels.

    Returns:
        One row a level, one column a rule.

    Raises:
        ArgumentError: unequal weights, or a level outside [0, 1).
    """
    if not all(0.0 <= level < 1.0 for level in levels):
        raise ArgumentError(f"levels {levels}", where="value_at_risk_by_rule", mend="give levels in [0, 1)")
    with jax.enable_x64(True):
        columns = {
            rule.name.lower(): [quantile_by_rule(loss, weight, c, rule) for c in levels] for rule in OrderStatistic
        }
    return pd.DataFrame(columns, index=pd.Index(levels, name="confidence"))


def quantile_by_rule(loss: np.ndarray, weight: np.ndarray, level: float, rule: OrderStatistic) -> float:
    """One value at risk by one rule; rules count losses, so that they must be equally weighted.

    Args:
        loss: losses.
        weight: probability of each scenario; zero (not counted) or all the same.
        level: quantile level.
        rule: which order statistic.

    Returns:
        The value at risk.

    Raises:
        ArgumentError: unequal weights.
    """
    held = weight > 0
    if not held.any() or not np.allclose(weight[held], weight[held][0], rtol=1e-9, atol=0.0):
        raise ArgumentError(
            "rules of order statistics count scenarios, and these have unequal weights",
            where="quantile_rule",
            mend="use the default rule EXCEEDANCE, or a generator with equal weights",
        )
    return float(_by_rule(jnp.asarray(loss[held]), level, rule=rule))


_by_rule = jax.jit(order_statistic_value_at_risk, static_argnames="rule")
