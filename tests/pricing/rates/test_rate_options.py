"""Caps, floors and swaptions: published cases, QuantLib on random contracts, parities and edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax.pricing.rates import (
    RateVol,
    cap_floor_present_value,
    par_yield_annuity,
    rate_option_price,
    swaption_present_value,
)

from .reference import cases, column

_TRUE, _FALSE = jnp.asarray(True), jnp.asarray(False)


def _cached_caplets() -> tuple[jnp.ndarray, ...]:
    rows = cases("capfloor-cached")[0]["inputs"]["optionlets"]
    return tuple(jnp.asarray(column(rows, name)) for name in ("forward", "fix_time", "accrual", "discount"))


@pytest.mark.parametrize("case", cases("capfloor-cached"), ids=lambda c: c["id"])
def test_cached_cap_and_floor(case: dict) -> None:
    forward, fixing, accrual, discount = _cached_caplets()
    value = 100 * cap_floor_present_value(
        forward,
        jnp.asarray(case["inputs"]["strike"]),
        fixing,
        jnp.full(forward.shape, case["inputs"]["vol"]),
        accrual,
        discount,
        is_cap=jnp.asarray(case["inputs"]["type"] == "cap"),
        model=RateVol.BLACK,
    )
    assert float(value) == pytest.approx(case["expected"]["npv"], abs=case["abs_tol"])


def test_cached_swaption() -> None:
    (case,) = cases("swaption-cached")
    names = ("forward_swap_rate", "strike", "expiry_time", "vol", "annuity")
    arguments = (jnp.asarray(case["inputs"][name]) for name in names)
    value = swaption_present_value(*arguments, is_payer=_TRUE, model=RateVol.BLACK)
    assert float(value) == pytest.approx(case["expected"]["npv"], abs=case["abs_tol"])


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", list(RateVol))
def test_random_options_against_quantlib(model: RateVol, count: int) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is the independent reference")
    rng = np.random.default_rng(9)
    normal = model is RateVol.BACHELIER
    shift = 0.0 if normal else 0.03
    forward, strike = (rng.uniform(-0.02, 0.08, count) for _ in range(2))
    time, vol = (
        rng.uniform(0.01, 30.0, count),
        rng.uniform(0.001, 0.015, count) if normal else rng.uniform(0.05, 1.0, count),
    )
    annuity, call = rng.uniform(0.1, 25.0, count), rng.random(count) < 0.5
    kinds = [ql.Option.Call if c else ql.Option.Put for c in call]
    deviation = vol * np.sqrt(time)
    if normal:
        columns = zip(kinds, strike, forward, deviation, annuity, strict=True)
        expected = [ql.bachelierBlackFormula(k, *map(float, rest)) for k, *rest in columns]
    else:
        columns = zip(kinds, strike, forward, deviation, annuity, strict=True)
        expected = [ql.blackFormula(k, *map(float, rest), shift) for k, *rest in columns]
    got = rate_option_price(
        *map(jnp.asarray, (forward, strike, time, vol, annuity)),
        is_call=jnp.asarray(call),
        model=model,
        displacement=shift,
    )
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@given(
    st.floats(0.001, 0.1),
    st.floats(0.001, 0.1),
    st.floats(0.0, 20.0),
    st.floats(0.0, 0.8),
    st.sampled_from(list(RateVol)),
)
def test_put_call_parity(forward: float, strike: float, time: float, vol: float, model: RateVol) -> None:
    scale = 0.03 if model is RateVol.BACHELIER else 1.0
    numbers = [jnp.asarray(x) for x in (forward, strike, time, vol * scale, 7.0)]
    payer = swaption_present_value(*numbers, is_payer=_TRUE, model=model)
    receiver = swaption_present_value(*numbers, is_payer=_FALSE, model=model)
    assert float(payer - receiver) == pytest.approx(7.0 * (forward - strike), abs=1e-13)


def test_cap_minus_floor_is_a_swap() -> None:
    forward, fixing, accrual, discount = _cached_caplets()
    vols, strike = jnp.linspace(0.1, 0.4, forward.size), jnp.asarray(0.045)
    sides = [
        cap_floor_present_value(
            forward, strike, fixing, vols, accrual, discount, is_cap=side, model=RateVol.BLACK, displacement=0.01
        )
        for side in (_TRUE, _FALSE)
    ]
    assert float(sides[0] - sides[1]) == pytest.approx(
        float(jnp.sum((forward - strike) * accrual * discount)), abs=1e-14
    )


def test_expired_fixings_pay_their_intrinsic_value_with_finite_derivatives() -> None:
    def value(forward, vol):
        return cap_floor_present_value(
            jnp.stack([forward, forward]),
            jnp.asarray(0.02),
            jnp.asarray([-0.1, 0.0]),
            jnp.stack([vol, vol]),
            jnp.asarray([0.25, 0.25]),
            jnp.asarray([0.99, 0.98]),
            is_cap=_TRUE,
            model=RateVol.BLACK,
        )

    assert float(value(jnp.asarray(0.03), jnp.asarray(0.2))) == pytest.approx(0.01 * 0.25 * (0.99 + 0.98), rel=1e-13)
    slopes = jax.grad(value, argnums=(0, 1))(jnp.asarray(0.03), jnp.asarray(0.2))
    np.testing.assert_allclose(slopes, (0.25 * 1.97, 0.0), rtol=1e-13)


def test_padding_does_not_count_even_where_it_is_invalid() -> None:
    forward = jnp.asarray([0.03, -0.5])
    value = cap_floor_present_value(
        forward,
        jnp.asarray(0.03),
        jnp.ones(2),
        jnp.full(2, 0.2),
        jnp.asarray([0.5, 0.0]),
        jnp.ones(2),
        is_cap=_TRUE,
        model=RateVol.BLACK,
    )
    alone = rate_option_price(
        forward[:1],
        jnp.full(1, 0.03),
        jnp.ones(1),
        jnp.full(1, 0.2),
        jnp.full(1, 0.5),
        is_call=_TRUE[None],
        model=RateVol.BLACK,
    )
    assert float(value) == float(alone[0])


def test_cash_annuity_of_a_par_swap() -> None:
    # At its own rate a swap is a par bond: S A(S) + (1 + S/f)^-n = 1.
    for rate in (-0.01, 0.0, 0.03, 0.15):
        value = par_yield_annuity(jnp.asarray(rate), periods_per_year=2, periods=20)
        assert rate * float(value) + (1 + rate / 2) ** -20 == pytest.approx(1.0, rel=1e-13)
    batch = par_yield_annuity(jnp.asarray([0.0, 0.03]), periods_per_year=1, periods=3)
    np.testing.assert_allclose(batch, [3.0, sum(1.03**-i for i in (1, 2, 3))], rtol=1e-14)
