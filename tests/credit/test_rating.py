"""Rating table, floors and the regulatory correlation."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pact_jax.credit import (
    ONE_YEAR_DEFAULT_RATE,
    PdFloor,
    rating_pd,
    rating_pds,
    regulatory_correlation,
    regulatory_loading,
)
from pact_jax.errors import UnknownName
from pact_jax.snapshot import RATINGS

# BCBS, Basel II comprehensive version (June 2006, bcbs128), Annex 5: illustrative IRB risk weights of corporates,
# LGD 45 %, maturity 2.5 years. (PD, turnover in EUR m, risk weight in %)
ANNEX_5 = [
    (0.0003, 50, 14.44), (0.0003, 5, 11.3), (0.0025, 5, 39.01), (0.004, 50, 62.72), (0.005, 5, 54.91),
    (0.0075, 50, 82.78), (0.01, 50, 92.32), (0.025, 50, 122.16), (0.025, 5, 93.43), (0.04, 50, 139.58),
    (0.04, 5, 105.04), (0.05, 50, 149.86), (0.05, 5, 112.27), (0.1, 50, 193.09), (0.1, 5, 146.51),
    (0.15, 50, 221.54), (0.15, 5, 171.91), (0.2, 5, 188.42),
]  # fmt: skip


def test_every_rating_of_the_schema_has_a_rate():
    assert tuple(ONE_YEAR_DEFAULT_RATE) == RATINGS


def test_rates_never_fall_as_ratings_get_worse():
    rates = list(ONE_YEAR_DEFAULT_RATE.values())
    assert rates == sorted(rates)


def test_rates_agree_with_the_class_averages_of_a_later_study():
    # S&P Global Ratings, 2024 annual study (2025), global average one-year default rates 1981-2024 by class: AA 0.02,
    # A 0.05, BBB 0.14, BB 0.56, B 2.93, CCC/C 26.12 (%). Another period, so a class sits between its modifiers.
    later = {"AA": 0.0002, "A": 0.0005, "BBB": 0.0014, "BB": 0.0056, "B": 0.0293}
    for name, rate in later.items():
        assert ONE_YEAR_DEFAULT_RATE[f"{name}+"] <= rate <= ONE_YEAR_DEFAULT_RATE[f"{name}-"]
    assert ONE_YEAR_DEFAULT_RATE["CCC"] == pytest.approx(0.2612, rel=0.05)


def test_floors():
    assert rating_pd("AAA", PdFloor.NONE) == 0.0
    assert rating_pd("AAA", PdFloor.BASEL_II) == 0.0003
    assert rating_pd("AAA") == rating_pd("A") == 0.0005
    assert rating_pd(" bb- ") == 0.0092
    assert rating_pds(["BBB", "B"]).tolist() == [0.0014, 0.0299]


@pytest.mark.parametrize("rating", ["D", "SD", "NR", "", "Baa1", "BBB +"])
def test_an_unknown_rating_lists_the_valid_ones(rating):
    with pytest.raises(UnknownName) as caught:
        rating_pd(rating)
    assert "AAA" in str(caught.value) and "CCC-" in str(caught.value)


@pytest.mark.parametrize(("pd", "turnover", "risk_weight"), ANNEX_5)
def test_correlation_reproduces_the_illustrative_risk_weights(pd, turnover, risk_weight):
    correlation = float(regulatory_correlation(jnp.asarray([pd]), jnp.asarray([float(turnover)]))[0])
    stressed = norm.cdf((norm.ppf(pd) + np.sqrt(correlation) * norm.ppf(0.999)) / np.sqrt(1 - correlation))
    slope = (0.11852 - 0.05478 * np.log(pd)) ** 2
    capital = 0.45 * (stressed - pd) * (1 + (2.5 - 2.5) * slope) / (1 - 1.5 * slope)
    assert 1250 * capital == pytest.approx(risk_weight, abs=0.01)


def test_correlation_of_hulls_problem():
    # Hull, Risk Management and Financial Institutions, end-of-chapter problem: PD 0.3 % gives R = 0.22.
    assert float(regulatory_correlation(jnp.asarray([0.003]))[0]) == pytest.approx(0.22, abs=0.005)


@given(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=6))
def test_correlation_falls_with_pd_within_its_limits(pds):
    correlation = np.asarray(regulatory_correlation(jnp.asarray(sorted(pds))))
    assert (np.diff(correlation) <= 1e-15).all()
    assert (correlation >= 0.12 - 1e-12).all() and (correlation <= 0.24 + 1e-12).all()
    np.testing.assert_allclose(np.asarray(regulatory_loading(jnp.asarray(sorted(pds)))) ** 2, correlation, rtol=1e-14)


def test_no_size_relief_from_fifty_million_upwards():
    pd = jnp.asarray([0.01, 0.01, 0.01])
    sized = regulatory_correlation(pd, jnp.asarray([50.0, 500.0, 1.0]))
    plain = regulatory_correlation(pd)
    np.testing.assert_allclose(np.asarray(plain - sized), [0.0, 0.0, 0.04], atol=1e-15)
