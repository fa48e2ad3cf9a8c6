"""Smiles that the tests of this folder share: few shapes, so that one compiled fit serves many tests."""

import jax
import jax.numpy as jnp
import numpy as np

from pact_jax.surfaces import SSVIParameters, SVIParameters, svi_implied_vol

# Axel Vogt's smile: positive everywhere and still with butterfly arbitrage. Gatheral and Jacquier (2014), section 5.1.
VOGT = SVIParameters(*(np.float64(x) for x in (-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)))

LOG_MONEYNESS = np.linspace(-0.9, 0.8, 13)
SVI_EXPIRY = np.array([0.1, 0.5, 1.0, 3.0])
SVI = SVIParameters(
    a=np.array([0.001, 0.01, -0.041, 0.06]),
    b=np.array([0.08, 0.2, 0.1331, 0.15]),
    rho=np.array([-0.7, -0.4, 0.306, -0.85]),
    m=np.array([0.02, -0.05, 0.3586, 0.1]),
    sigma=np.array([0.05, 0.2, 0.4153, 0.6]),
)
SSVI = SSVIParameters(np.array([0.01, 0.03, 0.06, 0.15]), np.float64(-0.6), np.float64(0.9), np.float64(0.4))


def svi_vols() -> np.ndarray:
    """Volatility of each smile, one row an expiry."""
    parameters = jax.tree.map(jnp.asarray, SVI)
    vols = jax.jit(jax.vmap(svi_implied_vol, (0, None, 0)))(
        parameters, jnp.asarray(LOG_MONEYNESS), jnp.asarray(SVI_EXPIRY)
    )
    return np.array(vols)
