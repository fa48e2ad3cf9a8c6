"""Named stresses: sizes by hand, windows by brute force, the library's dates against published prices and yields."""

import csv
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketState, VolDynamics, apply_shock, example_market
from pact_jax.scenarios import (
    HISTORICAL_STRESSES,
    HYPOTHETICAL_STRESSES,
    STRESS_LIBRARY,
    CurrencyMove,
    FactorColumn,
    FactorHistory,
    FactorNames,
    GroupMove,
    HistoricalWindow,
    ShockLayout,
    ShockLeaf,
    StressScenario,
    StressShocks,
    WindowRule,
    spot_vol_grid,
    stress_shocks,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = FactorNames(("SP500", "BBB"), ("EUR", "USD", "JPY"), ("EUR",), ("SP500",), ("X", "Y"))


def market() -> MarketState:
    """Two assets and a padded third, three currencies, one curve of two tenors, one surface, two issuers."""
    return eqx.tree_at(
        lambda m: (m.spot, m.dividend_yield, m.half_spread, m.adv, m.fx, m.hazard_rate),
        example_market(),
        (jnp.ones(3), jnp.zeros(3), jnp.full(3, 1e-3), jnp.ones(3), jnp.asarray([1.0, 0.9, 0.006]), jnp.ones((2, 2))),
    )


def named(name: str) -> StressScenario:
    return next(scenario for scenario in STRESS_LIBRARY if scenario.name == name)


def shocked(*definition) -> tuple[MarketState, tuple[str, ...]]:
    built = stress_shocks([StressScenario("one", "test", definition)], market(), NAMES)
    return apply_shock(market(), jax.tree.map(lambda leaf: leaf[0], built.shock)), built.not_covered[0]


def test_relative_moves_arrive_whole_and_padding_stays():
    state, missing = shocked(GroupMove(ShockLeaf.SPOT, -0.4), GroupMove(ShockLeaf.VOL_LEVEL, 0.5))
    np.testing.assert_allclose(state.spot, [0.6, 0.6, 1.0], rtol=1e-14)
    np.testing.assert_allclose(state.vol_level, [1.5], rtol=1e-14)
    assert missing == ()


def test_named_rows_and_unknown_names():
    state, missing = shocked(GroupMove(ShockLeaf.HAZARD_RATE, 1.0, names=("Y", "ZZ")))
    np.testing.assert_allclose(state.hazard_rate, [[1.0, 1.0], [2.0, 2.0]], rtol=1e-14)
    assert missing == ("hazard_rate:ZZ",)


def test_parallel_and_steepener():
    up, _ = shocked(GroupMove(ShockLeaf.ZERO_RATE, 0.01))
    np.testing.assert_allclose(up.zero_rate - market().zero_rate, 0.01, rtol=1e-13)
    # Tenors 0.25 and 10: flat before the first point, the last one in full.
    steep, _ = shocked(GroupMove(ShockLeaf.ZERO_RATE, 0.0, by_tenor=((1.0, -0.005), (10.0, 0.005))))
    np.testing.assert_allclose((steep.zero_rate - market().zero_rate)[0], [-0.005, 0.005], rtol=1e-12)


def test_dearer_dollar_against_every_other_currency():
    # Reporting EUR: one dollar buys 10 % more euro and 10 % more yen; the yen in euro stays.
    state, _ = shocked(CurrencyMove("USD", 0.1))
    np.testing.assert_allclose(state.fx, [1.0, 0.99, 0.006], rtol=1e-14)
    # Dearer euro, the reporting currency: every other one is worth 1/1.1 of what it was.
    state, _ = shocked(CurrencyMove("EUR", 0.1))
    np.testing.assert_allclose(state.fx, [1.0, 0.9 / 1.1, 0.006 / 1.1], rtol=1e-14)


def test_moves_of_one_leaf_add_up():
    state, _ = shocked(GroupMove(ShockLeaf.SPOT, -0.2), GroupMove(ShockLeaf.SPOT, -0.1, names=("BBB",)))
    np.testing.assert_allclose(state.spot, [0.8, 0.72, 1.0], rtol=1e-14)


def test_a_leaf_that_no_scenario_moves_is_none():
    built = stress_shocks([named("equity -20%"), named("rates +100bp")], market(), NAMES)
    assert built.shock.fx is None and built.shock.hazard_rate is None
    assert built.shock.spot is not None and built.shock.zero_rate is not None
    np.testing.assert_array_equal(leaf(built, "zero_rate")[0], 0.0)
    np.testing.assert_array_equal(leaf(built, "spot")[1], 0.0)
    assert built.window == (None, None)


def test_vol_dynamics_are_carried():
    built = stress_shocks([named("equity -20%")], market(), NAMES, vol_dynamics=VolDynamics.STICKY_MONEYNESS)
    assert built.shock.vol_dynamics is VolDynamics.STICKY_MONEYNESS


LAYOUT = ShockLayout(
    (
        FactorColumn(ShockLeaf.SPOT, 0),
        FactorColumn(ShockLeaf.FX, 1),
        FactorColumn(ShockLeaf.ZERO_RATE, 0, 1),
    )
)


def history(count: int = 40, seed: int = 3) -> FactorHistory:
    rng = np.random.default_rng(seed)
    days = np.busday_offset("2008-09-01", np.arange(count), roll="forward")
    levels = np.exp(np.cumsum(0.03 * rng.standard_normal((count, 3)), axis=0))
    levels[:, 2] = 0.03 + 0.01 * (levels[:, 2] - 1.0)
    return FactorHistory(days, levels, LAYOUT)


def leaf(built: StressShocks, name: str) -> np.ndarray:
    found = getattr(built.shock, name)
    assert found is not None
    return np.asarray(found)


def window(rule: WindowRule, horizon_days: int = 5, reference: str = "spot:SP500") -> StressScenario:
    return StressScenario("w", "test", HistoricalWindow("2008-09-03", "2008-10-17", rule, reference, horizon_days))


def test_between_dates_moves_every_column_and_lists_the_rest():
    past = history()
    built = stress_shocks([window(WindowRule.BETWEEN, reference="")], market(), NAMES, history=past)
    first, last = (int(np.flatnonzero(past.days == np.datetime64(d))[0]) for d in ("2008-09-03", "2008-10-17"))
    spot, fx, zero = np.log(past.levels[last] / past.levels[first])
    assert float(leaf(built, "spot")[0, 0]) == pytest.approx(spot, rel=1e-12)
    assert float(leaf(built, "fx")[0, 1]) == pytest.approx(fx, rel=1e-12)
    assert float(leaf(built, "zero_rate")[0, 0, 1]) == pytest.approx(past.levels[last, 2] - past.levels[first, 2])
    assert zero != 0.0 and built.window == (("2008-09-03", "2008-10-17"),)
    assert set(built.not_covered[0]) == {
        "spot:BBB",
        "fx:JPY",
        "zero:EUR:0.25",
        "vol: all 1",
        "hazard: all 2",
        "half_spread: all 2",
        "adv: all 2",
    }


@given(st.integers(0, 10_000), st.integers(1, 20))
def test_worst_window_is_the_smallest_by_brute_force(seed, horizon_days):
    past = history(seed=seed)
    built = stress_shocks([window(WindowRule.WORST, horizon_days)], market(), NAMES, history=past)
    inside = (past.days >= np.datetime64("2008-09-03")) & (past.days <= np.datetime64("2008-10-17"))
    path = past.levels[inside, 0]
    worst = min(np.log(path[k + horizon_days] / path[k]) for k in range(len(path) - horizon_days))
    assert float(leaf(built, "spot")[0, 0]) == pytest.approx(worst, rel=1e-9)
    dates = built.window[0]
    assert dates is not None
    assert np.busday_count(*dates) == horizon_days


@given(st.integers(0, 10_000))
def test_peak_to_trough_is_the_largest_fall_by_brute_force(seed):
    past = history(seed=seed)
    built = stress_shocks([window(WindowRule.PEAK_TO_TROUGH)], market(), NAMES, history=past)
    inside = (past.days >= np.datetime64("2008-09-03")) & (past.days <= np.datetime64("2008-10-17"))
    path = past.levels[inside, 0]
    fall = min(np.log(path[b] / path[a]) for b in range(len(path)) for a in range(b + 1))
    assert float(leaf(built, "spot")[0, 0]) == pytest.approx(fall, rel=1e-9)


def test_a_window_outside_the_history_is_refused_with_its_reason():
    built = stress_shocks([named("COVID 2020"), named("equity -20%")], market(), NAMES, history=history())
    assert built.names == ("equity -20%",)
    ((name, reason),) = built.refused
    assert name == "COVID 2020" and "no levels at 2020-02-19" in reason


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (window(WindowRule.WORST, 60), "too few for 60 business days"),
        (window(WindowRule.WORST, 5, "spot:NONE"), "no column for the reference factor spot:NONE"),
    ],
)
def test_rules_that_the_history_cannot_feed_are_refused(scenario, words):
    built = stress_shocks([scenario, named("equity -20%")], market(), NAMES, history=history())
    assert words in built.refused[0][1]


def test_nothing_at_all_raises():
    with pytest.raises(ArgumentError, match="no history was given"):
        stress_shocks([named("COVID 2020")], market(), NAMES)
    with pytest.raises(ArgumentError, match="two scenarios are called"):
        stress_shocks([named("equity -20%")] * 2, market(), NAMES)
    with pytest.raises(ArgumentError, match="no positive"):
        GroupMove(ShockLeaf.SPOT, -1.0)
    with pytest.raises(ArgumentError, match="needs a reference"):
        HistoricalWindow("2008-01-01", "2008-12-31", WindowRule.WORST)
    with pytest.raises(ArgumentError, match="not ascending"):
        FactorHistory(history().dates[::-1], history().levels, LAYOUT)
    with pytest.raises(ArgumentError, match="shape"):
        FactorHistory(history().dates, history().levels[:, :2], LAYOUT)


def test_a_move_of_nothing_is_refused():
    names = FactorNames(assets=("A",), currencies=("USD",))
    built = stress_shocks([named("USD +10%"), named("vol +50%"), named("equity -20%")], market(), names)
    assert [name for name, _ in built.refused] == ["USD +10%", "vol +50%"]


def test_grid_runs_over_volatilities_fastest():
    shock = spot_vol_grid(market(), [-0.1, 0.2], [0.0, 0.5, 1.0])
    assert shock.spot is not None and shock.vol_level is not None
    np.testing.assert_allclose(np.exp(shock.spot[:, 0]), [0.9, 0.9, 0.9, 1.2, 1.2, 1.2], rtol=1e-14)
    np.testing.assert_allclose(np.exp(shock.vol_level[:, 0]), [1.0, 1.5, 2.0] * 2, rtol=1e-14)
    with pytest.raises(ArgumentError, match="leaves no positive level"):
        spot_vol_grid(market(), [-1.0], [0.0])


def test_library_has_a_source_for_every_scenario_and_no_two_names_alike():
    assert len({scenario.name for scenario in STRESS_LIBRARY}) == len(STRESS_LIBRARY) >= 18
    assert all(len(scenario.source) > 20 for scenario in STRESS_LIBRARY)
    built = stress_shocks(HYPOTHETICAL_STRESSES, market(), NAMES)
    assert built.refused == () and not any(built.not_covered)


def _closes() -> dict[str, float]:
    """S&P 500 closes by date: the older file to the end of 2015, the newer one after it."""
    files = (DATA / "sp500_index_1950_2015" / "sp500_daily.csv", DATA / "sp500_20stocks" / "index.csv")
    if not all(file.exists() for file in files):
        pytest.skip("the published price files are not beside the repository")
    closes = {row["date"]: float(row["close"]) for row in csv.DictReader(files[0].read_text().splitlines())}
    later = list(csv.reader(files[1].read_text().splitlines()))[1:]
    return closes | {row[0][:10]: float(row[1]) for row in later}


def test_dates_of_the_library_are_peaks_and_troughs_of_published_closes():
    closes = _closes()
    for scenario in HISTORICAL_STRESSES:
        place = scenario.definition
        assert isinstance(place, HistoricalWindow)
        inside = [value for day, value in sorted(closes.items()) if place.first <= day <= place.last]
        if "closing high" in scenario.source:
            assert inside[0] == max(inside) and inside[-1] == min(inside), scenario.name
            assert f"{inside[0]:.2f}" in scenario.source and f"{inside[-1]:.2f}" in scenario.source
        if scenario.name.startswith(("US downgrade", "Lehman")):
            assert f"{inside[-1]:.2f}" in scenario.source


def test_yields_of_the_library_are_those_published():
    file = DATA / "us_treasury_yields" / "fred_dgs_2005_2026.csv"
    if not file.exists():
        pytest.skip("the published yield file is not beside the repository")
    yields = {row["date"]: row["DGS10"] for row in csv.DictReader(file.read_text().splitlines())}
    for name in ("taper tantrum 2013", "rates 2022"):
        place = named(name).definition
        assert isinstance(place, HistoricalWindow)
        for day in (place.first, place.last):
            assert f"({float(yields[day]):.2f} %)" in named(name).source
