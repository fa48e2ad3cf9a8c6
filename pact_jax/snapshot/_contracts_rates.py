"""Rows of bonds and loans -> their terms."""

# pyright: reportArgumentType=false
# The arrays made here are NumPy on purpose: they become device arrays inside the precision that the caller chose.

import numpy as np
import pandas as pd

from pact_jax.instruments import AbstractTerms, Bond, Loan, RiskyPoints

from ._capacity import capacity, padded
from ._contract_axes import Axes, indices_of
from ._resolve import bond_flows


def bond_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    flows = bond_flows(rows, axes.valuation_date)
    issuer = indices_of(rows["issuer"], axes.hazard, missing=-1)
    currency = indices_of(rows["currency"], axes.currency)
    curve = indices_of(rows["currency"], axes.curve_of)
    of = flows.contract
    keys = np.stack([currency[of], curve[of], issuer[of], flows.start, flows.end], axis=1)
    # A default-free point does not depend on where its period starts.
    keys[:, 3] = np.where(issuer[of] < 0, 0.0, keys[:, 3])
    unique, code = np.unique(keys, axis=0, return_inverse=True)
    num_points, num_flows = capacity(len(unique)), capacity(len(of))
    unique = padded(unique, num_points)
    lgd = rows["lgd"].to_numpy(float)
    recovery = np.where(issuer >= 0, (1.0 - lgd) * rows["face"].to_numpy(float), 0.0)
    return Bond(
        points=RiskyPoints(
            currency=unique[:, 0].astype(np.int64),
            curve=unique[:, 1].astype(np.int64),
            issuer=unique[:, 2].astype(np.int64),
            start=unique[:, 3],
            end=unique[:, 4],
        ),
        flow_point=padded(code.reshape(-1), num_flows, 0),
        flow_contract=padded(of, num_flows, 0),
        amount=padded(flows.amount, num_flows, 0.0),
        recovery_amount=padded(recovery[of], num_flows, 0.0),
        currency=currency,
        recovery=recovery,
    )


def loan_terms(rows: pd.DataFrame, axes: Axes) -> AbstractTerms:
    return Loan(indices_of(rows["currency"], axes.currency), rows["outstanding"].to_numpy(float))
