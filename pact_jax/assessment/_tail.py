"""The tail beyond the scenarios: peaks over a threshold of a report's losses, as a labelled frame."""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from pact_jax.errors import ArgumentError
from pact_jax.measures import (
    FEWEST_EXCEEDANCES,
    LOWEST_SHAPE,
    ParetoMeasures,
    TailMeasures,
    default_exceedances,
    default_lag,
    exceedance_independence,
    pareto_expected_shortfall,
    pareto_measures,
    pareto_tail_by_moments,
    pareto_value_at_risk,
    tail_measures,
)

from ._dependence import is_history

_RELIABLE = 40.0
_WHERE = "tail"


def tail_frame(
    loss: np.ndarray,
    weight: np.ndarray,
    levels: Sequence[float],
    *,
    exceedances: int | None,
    generator: str,
    horizon_days: int,
) -> pd.DataFrame:
    """VaR and ES beyond the sample by peaks over a threshold, beside those of the sample itself.

    Args:
        loss: losses of equally weighted scenarios, in date order where they are history.
        weight: their weights.
        levels: quantile levels beyond the threshold.
        exceedances: how many losses make the tail; n^(2/3), at most a tenth, if None.
        generator: the generator in words, as the manifest holds it: windows of history are dependent.
        horizon_days: business days.

    Returns:
        Two rows a level; see `AssessmentReport.tail`.

    Raises:
        ArgumentError: unequal weights, too few exceedances, ties, no spread, a tail that ends too sharply, or a level
            that is not beyond the threshold.
    """
    count = default_exceedances(len(loss)) if exceedances is None else exceedances
    _check(loss, weight, levels, count)
    dependent = is_history(generator)
    with jax.enable_x64(True):
        lag = np.asarray(default_lag(len(loss), horizon_days) if dependent else 0)
        found, moments, empirical = jax.tree.map(
            np.asarray, _measure(np.asarray(loss, float), np.asarray(levels, float), lag, exceedances=count)
        )
    _check_fit(found, count)
    rows = []
    for measure in ("value_at_risk", "expected_shortfall"):
        low, high = getattr(found, f"{measure}_interval").T
        rows.append(
            pd.DataFrame(
                {
                    "measure": measure,
                    "confidence": np.asarray(levels, float),
                    "value": getattr(found, measure),
                    "standard_error": getattr(found, f"{measure}_error"),
                    "low": low,
                    "high": high,
                    "by_moments": moments[measure],
                    "sample": getattr(empirical, measure),
                }
            )
        )
    frame = pd.concat(rows, ignore_index=True)
    frame["threshold"] = float(found.tail.threshold)
    frame["exceedances"] = count
    frame["shape"] = float(found.tail.shape)
    frame["shape_standard_error"] = float(np.sqrt(found.tail.covariance[0, 0] / found.independence))
    frame.attrs.update({"independence": float(found.independence), "flags": _flags(found, count, len(loss), dependent)})
    return frame


@partial(jax.jit, static_argnames="exceedances")
def _measure(
    loss: Float[Array, "scenarios"], levels: Float[Array, "levels"], lag: Float[Array, ""], *, exceedances: int
) -> tuple[ParetoMeasures, dict[str, Float[Array, "levels"]], TailMeasures]:
    # A lag of 0 is that of independent scenarios: the ratio of variances is 1 by definition.
    independence = exceedance_independence(loss, exceedances=exceedances, lag=lag)
    found = pareto_measures(loss, levels, exceedances=exceedances, independence=independence)
    other = pareto_tail_by_moments(loss, exceedances=exceedances)
    moments = {
        "value_at_risk": jax.vmap(lambda level: pareto_value_at_risk(other, level))(levels),
        "expected_shortfall": jax.vmap(lambda level: pareto_expected_shortfall(other, level))(levels),
    }
    return found, moments, tail_measures(loss, None, levels)


def _check(loss: np.ndarray, weight: np.ndarray, levels: Sequence[float], count: int) -> None:
    if not np.allclose(weight, weight[0], rtol=1e-9, atol=0.0):
        raise ArgumentError(
            "the scenarios have unequal weights, which the likelihood of a tail does not cover here",
            where=_WHERE,
            mend="use a generator with equal weights: Historical, FilteredHistorical, BlockBootstrap, MonteCarlo, ...",
        )
    if not np.all(np.isfinite(loss)):
        raise ArgumentError("a loss is not finite", where=_WHERE, mend="assess with inputs that give finite losses")
    if not FEWEST_EXCEEDANCES <= count < len(loss):
        raise ArgumentError(
            f"{count} exceedances of {len(loss)} losses say too little of a tail",
            where=_WHERE,
            mend=f"give at least {FEWEST_EXCEEDANCES} exceedances ({10 * FEWEST_EXCEEDANCES} scenarios by default)",
        )
    lowest = 1.0 - count / len(loss)
    wrong = [level for level in levels if not lowest < level < 1.0]
    if wrong or not len(levels):
        raise ArgumentError(
            f"levels {wrong} are not beyond the threshold",
            where=_WHERE,
            mend=f"give levels above {lowest:.6g} and below 1, or more exceedances",
        )


def _check_fit(found: ParetoMeasures, count: int) -> None:
    distinct = int(found.tail.distinct)
    if not np.isfinite(found.tail.scale) or distinct < count / 2:
        raise ArgumentError(
            f"{count} exceedances take {distinct} different values: a density does not fit ties",
            where=_WHERE,
            mend="use the tail measures of the sample; a lumpy book has no smooth tail",
        )
    if not float(found.tail.shape) > LOWEST_SHAPE + 1e-3:
        raise ArgumentError(
            "the losses end too sharply at their largest (shape -1/2 or below): no standard error holds",
            where=_WHERE,
            mend="use the tail measures of the sample; the loss is bounded",
        )


def _flags(found: ParetoMeasures, count: int, sample: int, dependent: bool) -> tuple[str, ...]:
    shape, independence = float(found.tail.shape), float(found.independence)
    flags = [f"THRESHOLD: the {count} largest of {sample} losses"]
    if dependent:
        flags.append(
            f"DEPENDENT: windows of history; {count} exceedances count for {independence * count:.0f} independent ones"
        )
    if independence * count < _RELIABLE:
        flags.append(f"UNRELIABLE: fewer than {_RELIABLE:.0f} independent exceedances")
    if shape >= 1.0:
        flags.append("INFINITE: a shape of 1 or more leaves no expected shortfall")
    elif shape >= 0.5:
        flags.append("HEAVY: a shape of 1/2 or more leaves no variance, and moments are no second opinion")
    return tuple(flags)
