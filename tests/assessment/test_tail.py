"""The tail of a report beyond its scenarios: labelled values, what is said about them, and refusals."""

import numpy as np
import pytest
from scipy import stats

from pact_jax.assessment import tail_frame
from pact_jax.errors import ArgumentError

_N = 2_000
_EQUAL = np.full(_N, 1.0 / _N)


def frame(loss, levels=(0.99, 0.999), weight=_EQUAL, exceedances=None, generator="MonteCarlo(num_scenarios=2000)"):
    return tail_frame(loss, weight, levels, exceedances=exceedances, generator=generator, horizon_days=10)


def losses(law=None):
    return (stats.t(4) if law is None else law).rvs(_N, random_state=np.random.default_rng(1))


def test_frame():
    loss = losses()
    found = frame(loss)
    assert found["measure"].tolist() == ["value_at_risk"] * 2 + ["expected_shortfall"] * 2
    assert found["confidence"].tolist() == [0.99, 0.999] * 2
    assert np.all((found["low"] < found["value"]) & (found["value"] < found["high"]))
    # Inside the sample the law agrees with it: both are estimates from the same twenty losses.
    inside = found[found["confidence"] == 0.99]
    np.testing.assert_allclose(inside["value"], inside["sample"], rtol=0.1)
    np.testing.assert_allclose(found["by_moments"], found["value"], rtol=0.35)
    assert found["exceedances"].unique() == [158] and found["threshold"].iloc[0] == np.sort(loss)[-159]
    assert found.attrs["flags"] == ("THRESHOLD: the 158 largest of 2000 losses",)


def test_windows_of_history_count_for_less():
    path = np.convolve(stats.t(4).rvs(_N + 9, random_state=np.random.default_rng(2)), np.ones(10), "valid")
    alone, history = (frame(path, generator=words) for words in ("MonteCarlo()", "RootTime(generator=Historical())"))
    assert history.attrs["independence"] < 0.4 and alone.attrs["independence"] == 1.0
    assert np.all(history["standard_error"] > 1.5 * alone["standard_error"])
    assert "DEPENDENT" in history.attrs["flags"][1]
    np.testing.assert_array_equal(history["value"], alone["value"])


def test_heavy_and_infinite_tails_are_named():
    heavy = frame(losses(stats.genpareto(0.7)))
    assert heavy.attrs["flags"][-1].startswith("HEAVY")
    infinite = frame(losses(stats.genpareto(1.8)))
    assert infinite.attrs["flags"][-1].startswith("INFINITE")
    shortfall = infinite[infinite["measure"] == "expected_shortfall"]
    assert np.all(np.isinf(shortfall["value"])) and np.all(np.isinf(shortfall["high"]))


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("unequal weights", lambda: frame(losses(), weight=np.linspace(1.0, 2.0, _N))),
        ("not finite", lambda: frame(np.where(np.arange(_N) == 3, np.nan, losses()))),
        ("say too little", lambda: frame(losses()[:250], weight=_EQUAL[:250])),
        ("say too little", lambda: frame(losses(), exceedances=_N)),
        (r"levels \[0.9\] are not beyond", lambda: frame(losses(), levels=(0.9, 0.999))),
        ("not beyond", lambda: frame(losses(), levels=(1.0,))),
        ("not beyond", lambda: frame(losses(), levels=())),
        ("different values", lambda: frame(np.ones(_N))),
        ("different values", lambda: frame(np.round(losses()))),
        ("end too sharply", lambda: frame(losses(stats.beta(1.0, 0.4)))),
    ],
)
def test_refusals(words, make):
    with pytest.raises(ArgumentError, match=words):
        make()
