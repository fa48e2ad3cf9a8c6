"""The door of the fits: what cannot be fitted is named."""

import numpy as np
import pytest

from pact_jax.errors import ArgumentError
from pact_jax.surfaces import fit_svi

K = np.tile([-0.2, -0.1, 0.0, 0.1, 0.2], (2, 1))
VOL = np.full((2, 5), 0.2)


def _with(values, cell, value):
    out = np.array(values, dtype=float)
    out[cell] = value
    return out


@pytest.mark.parametrize(
    ("expiry", "place", "vol", "weight", "message"),
    [
        ([1.0, 2.0], K[:, ::-1], VOL, None, r"log_moneyness\[0, 1\] is 0.1: it ascends"),
        ([1.0, 2.0], _with(K, (1, 2), -0.1), VOL, None, r"log_moneyness\[1, 2\] is -0.1: it ascends"),
        ([1.0, 2.0], _with(K, (1, 2), np.nan), VOL, None, r"log_moneyness\[1, 2\] is nan"),
        ([1.0, 2.0], K, _with(VOL, (0, 3), 0.0), None, r"implied_vol\[0, 3\] is 0.0: a volatility is positive"),
        ([1.0, 2.0], K, _with(VOL, (0, 3), np.nan), None, r"implied_vol\[0, 3\] is nan"),
        ([1.0, 2.0], K, _with(VOL, (0, slice(3)), -1.0), None, r"implied_vol\[0, 0\] is -1.0.*\(3 such\)"),
        ([0.0, 2.0], K, VOL, None, r"expiry\[0\] is 0.0: an expiry is positive"),
        ([2.0, 1.0], K, VOL, None, r"expiry\[1\] is 1.0: expiries ascend"),
        ([1.0, np.inf], K, VOL, None, r"expiry\[1\] is inf"),
        ([1.0, 2.0], K[:, :4], VOL[:, :4], None, r"implied_vol\[0\] is 4: a smile needs at least 5 quotes"),
        ([1.0, 2.0], K, VOL, _with(VOL, (1, 0), 0.0), r"implied_vol\[1\] is 4: a smile needs at least 5 quotes"),
        ([1.0, 2.0], K, VOL, _with(VOL, (1, 0), -1.0), r"weight\[1, 0\] is -1.0"),
        ([1.0], K, VOL, None, r"expiry has shape \(1,\), implied_vol \(2, 5\)"),
        ([1.0, 2.0], K[0], VOL, None, r"log_moneyness has shape \(5,\)"),
        ([1.0, 2.0], K, VOL[0], None, r"implied_vol has shape \(5,\)"),
        ([1.0, 2.0], K, VOL, VOL[0], r"weight has shape \(5,\)"),
        ([], np.zeros((0, 5)), np.zeros((0, 5)), None, r"implied_vol has shape \(0, 5\)"),
    ],
)
def test_refused(expiry, place, vol, weight, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        fit_svi(expiry, place, vol, weight=weight)
    assert caught.value.where == "fit_svi" and caught.value.mend
