"""Expected loss and exposure of a whole book, against the small desk's own figures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.credit import concentration, expected_losses, exposure_at_default, obligor_exposure, severities
from tests.agents import small_desk as desk


@pytest.fixture(scope="module")
def book():
    given = desk.inputs()
    return given, severities(given.credit, given.portfolio, given.market)


def base_values():
    return desk.World.values(*(np.zeros((1, k)) for k in (2, 2, 2, 4)))[0]


def by_hand(years=1.0):
    pd = 1 - (1 - desk.PD) ** years
    value = base_values()
    claim = desk.RECOVERY * desk.FX[1]
    bond = value[5:7] - desk.QUANTITY[5:7] * claim
    obligor = np.zeros(4)
    obligor[desk.ISSUER] = bond.sum() * pd[desk.ISSUER]
    obligor[desk.COUNTERPARTY] = desk.LGD_NETTING * (value[3] + value[4]) * pd[desk.COUNTERPARTY]
    obligor[desk.BORROWER] = desk.LGD[0] * desk.EAD[0] * pd[desk.BORROWER]
    obligor[desk.LINE] = desk.LGD[1] * desk.EAD[1] * pd[desk.LINE]
    by_desk = np.zeros(3)
    by_desk[1] = obligor[desk.BORROWER]
    by_desk[2] = bond[0] * pd[desk.ISSUER] + desk.LGD_NETTING * value[4] * pd[desk.COUNTERPARTY] + obligor[desk.LINE]
    by_desk[0] = bond[1] * pd[desk.ISSUER] + desk.LGD_NETTING * value[3] * pd[desk.COUNTERPARTY]
    return obligor, by_desk


@pytest.mark.parametrize("years", [1.0, 2.5])
def test_expected_losses_of_the_small_desk(book, years):
    given, severity = book
    got = expected_losses(given.credit, severity, 3, years)
    obligor, by_desk = by_hand(years)
    np.testing.assert_allclose(got.obligor, obligor, rtol=1e-11)
    np.testing.assert_allclose(got.desk, by_desk, rtol=1e-11)
    for part in (got.obligor, got.desk):
        assert float(jnp.sum(part)) == pytest.approx(float(got.total), rel=1e-13)
    assert float(jnp.sum(got.exposure) + jnp.sum(got.bucket)) == pytest.approx(float(got.total), rel=1e-13)


def test_the_horizon_of_expected_loss_is_not_that_of_the_scenarios(book):
    given, severity = book
    one, two = (float(expected_losses(given.credit, severity, 3, y).total) for y in (1.0, 2.0))
    assert 0 < one < two < 2 * one


def test_exposures_to_obligors(book):
    given, severity = book
    value = base_values()
    expected = [value[5:7].sum(), value[3:5].sum(), desk.EAD[0] * desk.QUANTITY[7], desk.EAD[1]]
    got = obligor_exposure(given.credit, given.portfolio, severity)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    np.testing.assert_allclose(exposure_at_default(given.credit, given.portfolio), expected[2:], rtol=1e-15)
    large = concentration(got, jnp.asarray([0, 1, 1, 0]), 2, jnp.asarray(desk.CAPITAL))
    assert large.is_large.tolist() == [x > 0.1 * desk.CAPITAL for x in expected]


def test_expected_loss_is_differentiable_in_pd_lgd_and_ead(book):
    given, severity = book

    def total(pd, lgd, ead):
        credit = given.credit
        moved = type(credit)(**{**vars(credit), "pd": pd, "lgd": lgd, "ead": ead})
        return expected_losses(moved, severities(moved, given.portfolio, given.market), 3).total

    slopes = jax.grad(total, argnums=(0, 1, 2))(given.credit.pd, given.credit.lgd, given.credit.ead)
    np.testing.assert_allclose(slopes[0] * desk.PD, by_hand()[0], rtol=1e-11)
    pd = desk.PD[[desk.BORROWER, desk.LINE]]
    np.testing.assert_allclose(slopes[1], desk.EAD * pd, rtol=1e-12)
    np.testing.assert_allclose(slopes[2], desk.LGD * pd, rtol=1e-12)
