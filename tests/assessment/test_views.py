"""Market views and the worst dates of a book of stocks, against the definitions in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax import AgeWeighted, Historical, MonteCarlo, QuasiMonteCarlo, assess
from pact_jax.agents._market import _attribute_market, _observe_market
from pact_jax.assessment import market_views, worst_market_moves
from pact_jax.errors import ArgumentError
from pact_jax.io import snapshot_from_dict
from pact_jax.measures import OrderStatistic, dependent_standard_error, independent_standard_error
from tests.report import books

LEVELS = {"var_95": 0.95, "var_99": 0.99, "expected_shortfall": 0.975}


def by_definition(loss: np.ndarray, measure: str) -> float:
    """Quantile: smallest loss that at most 1 - c exceeds. ES: mean of the worst 1 - c, split exactly."""
    ordered, n, level = np.sort(loss)[::-1], len(loss), LEVELS[measure]
    if measure != "expected_shortfall":
        return float(ordered[n - int(np.ceil(n * level - 1e-9))])
    tail = n * (1.0 - level)
    whole = int(tail)
    return float((ordered[:whole].sum() + (tail - whole) * ordered[whole]) / tail)


@pytest.mark.parametrize("horizon", [1, 10])
@pytest.mark.parametrize("measure", LEVELS)
def test_history_is_the_definition(horizon, measure):
    views = books.views().set_index(["horizon_days", "measure"])
    row, loss = views.loc[(horizon, measure)], books.losses(horizon)
    assert row["historical"] == pytest.approx(by_definition(loss, measure), rel=1e-9)
    assert row["historical_scenarios"] == len(loss) == books.NUM_DATES - horizon
    assert row["confidence"] == LEVELS[measure] and row["unit"] == "reporting currency"


@pytest.mark.parametrize("horizon", [1, 10])
def test_errors_fit_the_sampling(horizon):
    row = books.views().set_index(["horizon_days", "measure"]).loc[(horizon, "expected_shortfall")]
    loss = jnp.asarray(books.losses(horizon))
    fits = jax.jit(lambda x: dependent_standard_error(x, None, 0.975, horizon_days=horizon).expected_shortfall)(loss)
    assert row["historical_standard_error"] == pytest.approx(float(fits), rel=1e-8)
    independent = jax.jit(lambda x: independent_standard_error(x, None, 0.975).expected_shortfall)(loss)
    assert abs(row["historical_standard_error"] / float(independent) - 1.0) > 0.01


def test_monte_carlo_is_that_of_the_assessment():
    views = books.views()
    rows = views[views["horizon_days"] == 10].set_index("measure")
    table = books.report().measures
    market = table[table["scope"] == "agent:market"].set_index("measure")
    for name in LEVELS:
        assert rows.loc[name, "monte_carlo"] == pytest.approx(market.loc[name, "value"], rel=1e-12)
        error = market.loc[name, "standard_error"]
        assert rows.loc[name, "monte_carlo_standard_error"] == pytest.approx(error, rel=1e-9)


def test_randomised_sets_beside_longer_ones():
    # What fills a set up to the common size belongs to no randomisation: the error is that of the set alone.
    def views(*generators):
        return market_views(books.stocks(), horizons=(10,), levels=(), generators=generators, confidence=0.95).iloc[0]

    beside, alone = views(MonteCarlo(600), QuasiMonteCarlo(512)), views(QuasiMonteCarlo(512))
    for column in ("quasi_sobol", "quasi_sobol_standard_error"):
        assert beside[column] == pytest.approx(alone[column], rel=1e-9)


def test_one_program_values_every_view_and_the_assessment():
    _observe_market.clear_cache()
    _attribute_market.clear_cache()
    market_views(books.stocks(), horizons=(1, 10), generators=(Historical(), MonteCarlo(500)))
    worst_market_moves(books.stocks(), horizon_days=10, count=1, size=500)
    assess(books.stocks(), generator=MonteCarlo(500), num_worst=1)
    assert (_observe_market._cache_size(), _attribute_market._cache_size()) == (1, 1)


def test_worst_dates():
    worst, loss = books.worst(), books.losses(10)
    dates = books.history().index.to_numpy().astype("datetime64[D]")
    starts = np.searchsorted(dates, worst["start"].to_numpy().astype("datetime64[D]"))
    assert starts[0] == np.argmax(loss)
    np.testing.assert_allclose(worst["loss"], loss[starts], rtol=1e-9)
    assert (dates[starts + 10] == worst["end"].to_numpy().astype("datetime64[D]")).all()
    # No two windows overlap, and nothing worse was left out that overlaps none of them.
    gaps = np.abs(starts[:, None] - starts[None, :])[~np.eye(len(starts), dtype=bool)]
    assert gaps.min() >= 10
    free = np.abs(np.arange(len(loss))[:, None] - starts[None, :]).min(axis=1) >= 10
    assert loss[free].max() <= worst["loss"].min()
    assert (worst["driver"] == "spot").all()
    np.testing.assert_allclose(worst["spot"], worst["loss"], rtol=1e-9)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("generators", {"generators": (MonteCarlo(10), MonteCarlo(20))}),
        ("generators", {"generators": ()}),
        ("horizons", {"horizons": ()}),
        ("confidence level", {"confidence": 0.025}),
        ("dates", {"horizons": (books.NUM_DATES,)}),
    ],
)
def test_refusals(words, arguments):
    with pytest.raises(ArgumentError, match=words):
        market_views(books.stocks(), **arguments)


def test_a_linear_book_has_one_horizon_and_no_history():
    payload = {
        "positions": [{"value": 1e6, "sensitivity": 0.02}],
        "risk_factors": ["equity"],
        "correlation_matrix": [[1.0]],
        "total_capital": 1e6,
        "horizon_days": 5,
    }
    snapshot = snapshot_from_dict(payload)
    with pytest.raises(ArgumentError, match="span 5 business days"):
        market_views(snapshot, generators=(MonteCarlo(100),))
    with pytest.raises(ArgumentError, match="no history"):
        market_views(snapshot, horizons=(5,))
    row = market_views(snapshot, horizons=(5,), generators=(MonteCarlo(4000),)).set_index("measure").loc["var_95"]
    # 1e6 x 0.02 x 1.6449, the quantile of the standard normal.
    assert abs(row["monte_carlo"] - 32897.07) < 4 * row["monte_carlo_standard_error"]


def test_value_at_risk_by_the_rule_of_another_system():
    """Rank ceil((1 - c) n) and NumPy's own interpolation, from the windows themselves."""
    loss = books.losses(10)
    for rule, want in (
        (OrderStatistic.CEIL, np.sort(loss)[::-1][int(np.ceil(0.05 * len(loss))) - 1]),
        (OrderStatistic.LINEAR, np.quantile(loss, 0.95)),
    ):
        found = market_views(books.stocks(), (10,), (Historical(),), (0.95,), quantile_rule=rule)
        assert found.attrs["quantile_rule"] == rule.name
        assert found.set_index("measure").at["var_95", "historical"] == pytest.approx(want, rel=1e-12)
    with pytest.raises(ArgumentError, match="unequal weights"):
        market_views(books.stocks(), (10,), (AgeWeighted(),), (0.95,), quantile_rule=OrderStatistic.FLOOR)
