"""Jump wings: the published example, its mended form, round trips."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.surfaces import (
    ArbitrageCondition,
    SVIJumpWings,
    SVIParameters,
    svi_from_jump_wings,
    svi_jump_wings,
    svi_violations,
)

from .smiles import SVI, SVI_EXPIRY, VOGT

# Gatheral and Jacquier (2014), section 5.1: Vogt's smile, at one year.
PUBLISHED = (0.01742625, -0.1752111, 0.6997381, 1.316798, 0.0116249)
_to_wings, _from_wings = jax.jit(svi_jump_wings), jax.jit(svi_from_jump_wings)


def test_published_example():
    np.testing.assert_allclose(_to_wings(VOGT, np.float64(1.0)), PUBLISHED, rtol=2e-5)
    raw = _from_wings(SVIJumpWings(*(np.float64(x) for x in PUBLISHED)), np.float64(1.0))
    np.testing.assert_allclose(raw, VOGT, rtol=1e-3)


def test_published_mend_has_no_arbitrage():
    # The same section: with call wing p + 2 psi and least variance 4 v p c / (p + c)^2 the butterfly is gone; the
    # paper prints c = 0.3493158 and least variance 0.01548182.
    v, skew, put, _, _ = PUBLISHED
    call = put + 2.0 * skew
    least = v * 4.0 * put * call / (put + call) ** 2
    np.testing.assert_allclose([call, least], [0.3493158, 0.01548182], rtol=1e-6)
    wings = SVIJumpWings(*(np.full(1, x) for x in (v, skew, put, call, least)))
    raw = _from_wings(wings, np.ones(1))
    places = np.linspace(-1.5, 1.5, 61)
    assert svi_violations(raw, [1.0], places) == []
    vogt = SVIParameters(*(jnp.asarray([x]) for x in VOGT))
    assert {row.condition for row in svi_violations(vogt, [1.0], places)} == {ArbitrageCondition.BUTTERFLY}


def test_round_trip():
    found = _from_wings(_to_wings(SVI, SVI_EXPIRY), SVI_EXPIRY)
    for name, value, true in zip(SVIParameters._fields, found, SVI, strict=True):
        np.testing.assert_allclose(value, true, rtol=1e-9, atol=1e-12, err_msg=name)


def test_numbers_that_no_smile_has():
    steep = SVIJumpWings(*(np.float64(x) for x in (0.04, -0.6, 0.5, 0.5, 0.02)))
    above = SVIJumpWings(*(np.float64(x) for x in (0.04, -0.1, 0.5, 0.5, 0.05)))
    for wings in (steep, above):
        assert np.isnan(_from_wings(wings, np.float64(1.0)).sigma)
