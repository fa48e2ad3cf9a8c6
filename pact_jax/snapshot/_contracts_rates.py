"""Rows of bonds and loans -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np
import pandas as pd

from pact_jax.instruments import AbstractTerms, Bond, Loan, RiskyPoints

from ._contract_axes import Axes, indices_of
from ._flows import merged_flows, unique_rows
from ._resolve import bond_flows


def bond_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    flows = bond_flows(rows, axes.valuation_date)
    issuer = indices_of(rows["issuer"], axes.hazard, missing=-1)
    currency = indices_of(rows["currency"], axes.currency)
    curve = indices_of(rows["currency"], axes.curve_of)
    lgd = rows["lgd"].to_numpy(float)
    recovery = np.where(issuer >= 0, (1.0 - lgd) * rows["face"].to_numpy(float), 0.0)
    # Recovery is a payment of its own, contingent on survival to the start of the period less survival to its end.
    pays = recovery[flows.contract] != 0.0
    of = np.concatenate([flows.contract, flows.contract[pays]])
    survive = np.concatenate([flows.end, flows.start[pays]])
    pay = np.concatenate([flows.end, flows.end[pays]])
    amount = np.concatenate([flows.amount - recovery[flows.contract], recovery[flows.contract[pays]]])
    # Without an issuer, or without time for a default, survival does not matter: such payments meet in one point.
    certain = (issuer[of] < 0) | (survive == 0.0)
    name, survive = np.where(certain, -1, issuer[of]), np.where(certain, 0.0, survive)
    unique, code = unique_rows(np.stack([currency[of], curve[of], name, survive, pay], axis=1))
    merged = merged_flows(code, of, amount)
    return Bond(
        points=RiskyPoints(
            currency=unique[:, 0].astype(np.int64),
            curve=unique[:, 1].astype(np.int64),
            issuer=unique[:, 2].astype(np.int64),
            start=unique[:, 3],
            end=unique[:, 4],
        ),
        flow_point=merged.point,
        flow_contract=merged.contract,
        amount=merged.amount,
        currency=currency,
        recovery=recovery,
    )


def loan_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return Loan(indices_of(rows["currency"], axes.currency), rows["outstanding"].to_numpy(float))
