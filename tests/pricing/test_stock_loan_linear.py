"""Shares, loans and supplied sensitivities: values that can be written down."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from pact_jax.instruments import Accounting
from pact_jax.pricing import delivered_asset, linear_value, loan_value, stock_value, unit_values

from . import books


def test_share_is_spot_times_exchange_rate():
    np.testing.assert_allclose(
        stock_value(books.stocks(), books.market()), [103.7, 48.2 * 1.0893, 2210.0 * 0.00713], rtol=1e-15
    )


def test_share_delivers_one_unit_in_the_dtype_of_the_book():
    delivered = delivered_asset(books.stocks())
    assert delivered is not None
    np.testing.assert_array_equal(delivered.units, 1.0)
    np.testing.assert_array_equal(delivered.asset, [0, 1, 2])


def test_loan_is_carried_at_its_outstanding_amount_and_is_accrual():
    np.testing.assert_allclose(loan_value(books.loans(), books.market()), [1e6, 2e5 * 1.0893], rtol=1e-15)
    assert books.loans().accounting is Accounting.ACCRUAL and books.loans().depends_on == ()


def test_linear_is_value_plus_sensitivity_times_factor():
    market = dataclasses.replace(books.market(), factor=jnp.asarray([2.0, -0.5]))
    np.testing.assert_allclose(unit_values(books.linear(), market), [1000.0 + 6.0 + 0.5, -50.0 - 1.25], rtol=1e-15)
    # Position P&L of the founding document's kind: value x sensitivity x shock, exact in one factor.
    base = unit_values(books.linear(), books.market())
    np.testing.assert_array_equal(base, [1000.0, -50.0])
    np.testing.assert_allclose(linear_value(books.linear(), jnp.asarray([1.0, 0.0, 0.0])), [3.0, 0.0], rtol=1e-15)
