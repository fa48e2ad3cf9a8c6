"""American options by spectral collocation of the exercise boundary.

A put with rate r, yield q, strike 1 is solved; a call is the put with spot and strike, rate and yield exchanged. The
unknown is `L(tau) = log(B(tau) / X)`, `X = min(1, r/q)`, at Chebyshev nodes in sqrt(tau), interpolated through L^2,
which is nearly a polynomial there. The fixed point

    B(tau) = [e^(-r tau) N(d-(tau, B)) + r I-] / [e^(-q tau) N(d+(tau, B)) + q I+],
    I-+ = integral over t in (0, tau) of e^(-(r,q) t) N(d-+(t, B(tau) / B(tau - t)))

is iterated from an explicit guess. With `t = tau cos^2(angle)` both ends of the integrals are regular, so a few Gauss
nodes in the angle do. Nodes being fixed fractions, the interpolation is one constant matrix for all contracts.
"""

# pyright: reportArgumentType=false, reportCallIssue=false
# Bare Python numbers and flags stand for arrays here: they broadcast and stay weakly typed.

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.special import mills_fraction, normal_cdf, normal_pdf

# Beyond 40 standard deviations a tail is 0 in both precisions.
_FAR = 40.0
# Under a square root whose derivative would be infinite at 0.
_TINY = 1e-30


class AmericanScheme(NamedTuple):
    """Sizes of the method; static, one compilation each.

    Attributes:
        nodes: collocation nodes of the boundary.
        quadrature: Gauss nodes of the integrals in the fixed point.
        price_quadrature: Gauss nodes of the exercise premium.
        iterations: fixed-point iterations.
    """

    nodes: int
    quadrature: int
    price_quadrature: int
    iterations: int


FAST = AmericanScheme(7, 8, 16, 5)
ACCURATE = AmericanScheme(10, 14, 24, 7)
PRECISE = AmericanScheme(16, 24, 48, 14)


class _Grid(NamedTuple):
    """Constants of a scheme, as NumPy arrays: roots of the node times, and for each integral cos, weight, matrix."""

    root: np.ndarray
    cosine: np.ndarray
    weight: np.ndarray
    matrix: np.ndarray
    price_cosine: np.ndarray
    price_weight: np.ndarray
    price_matrix: np.ndarray


def _barycentric(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] /= 2.0
    gaps = points[:, None] - nodes[None, :]
    hit = np.abs(gaps) < 1e-15
    matrix = weights / np.where(hit, 1.0, gaps)
    matrix /= matrix.sum(axis=1, keepdims=True)
    return np.where(hit.any(axis=1, keepdims=True), hit.astype(float), matrix)


@lru_cache
def _grid(scheme: AmericanScheme) -> _Grid:
    root = 0.5 * (1.0 + np.cos(np.pi * np.arange(scheme.nodes + 1) / scheme.nodes))

    def angles(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, w = np.polynomial.legendre.leggauss(count)
        angle = 0.25 * np.pi * (1.0 + x)
        # dt = 2 tau cos sin d(angle)
        return np.cos(angle), 0.5 * np.pi * w * np.cos(angle) * np.sin(angle), np.sin(angle)

    cosine, weight, sine = angles(scheme.quadrature)
    price_cosine, price_weight, price_sine = angles(scheme.price_quadrature)
    # The last node is tau = 0, where L is 0: its column drops out.
    matrix = _barycentric(root, np.outer(root[:-1], sine).ravel())[:, :-1]
    return _Grid(root[:-1], cosine, weight, matrix, price_cosine, price_weight, _barycentric(root, price_sine)[:, :-1])


def _start(
    rate: Float[Array, "1 contracts"],
    dividend: Float[Array, "1 contracts"],
    vol: Float[Array, "1 contracts"],
    log_limit: Float[Array, "1 contracts"],
    tau: Float[Array, "nodes contracts"],
) -> Float[Array, "nodes contracts"]:
    """Bjerksund and Stensland's exponential passage from the boundary at expiry to the perpetual one."""
    drift = rate - dividend - 0.5 * vol * vol
    power = (-drift - jnp.sqrt(drift * drift + 2.0 * rate * vol * vol)) / (vol * vol)
    now, forever = jnp.exp(-log_limit), (power - 1.0) / power
    gap = jnp.maximum(forever - now, 1e-12)
    exponent = -((dividend - rate) * tau + 2.0 * vol * jnp.sqrt(tau)) * now / gap
    return -jnp.log(now + gap * -jnp.expm1(jnp.minimum(exponent, -1e-12))) - log_limit


def _fixed_point(
    level: Float[Array, "nodes contracts"],
    rate: Float[Array, "1 contracts"],
    dividend: Float[Array, "1 contracts"],
    vol: Float[Array, "1 contracts"],
    time: Float[Array, "1 contracts"],
    scheme: AmericanScheme,
) -> Float[Array, "nodes contracts"]:
    """One pass of the boundary equation on L = log(B / X)."""
    grid, dtype = _grid(scheme), level.dtype
    root = jnp.asarray(grid.root[:, None], dtype)
    cosine = jnp.asarray(grid.cosine[None, :, None], dtype)
    weight = jnp.asarray(grid.weight[None, :, None], dtype)
    root_time, log_limit = jnp.sqrt(time), _log_limit(rate, dividend)
    tau, total = time * root * root, vol * root_time * root
    tilt = ((rate - dividend) / vol - 0.5 * vol) * root_time * root

    squares = jnp.matmul(jnp.asarray(grid.matrix, dtype), level * level, precision="highest")
    past = -jnp.sqrt(jnp.maximum(squares, _TINY)).reshape(scheme.nodes, scheme.quadrature, -1)
    span = total[:, None, :] * cosine
    d_minus = (level[:, None, :] - past) / span + tilt[:, None, :] * cosine
    t = tau[:, None, :] * (cosine * cosine)
    down = jnp.sum(weight * jnp.exp(-rate[None] * t) * normal_cdf(d_minus), axis=1)
    up = jnp.sum(weight * jnp.exp(-dividend[None] * t) * normal_cdf(d_minus + span), axis=1)

    at_strike = (level + log_limit) / total + tilt
    numerator = jnp.exp(-rate * tau) * normal_cdf(at_strike) + rate * tau * down
    denominator = jnp.exp(-dividend * tau) * normal_cdf(at_strike + total) + dividend * tau * up
    return jnp.minimum(jnp.log(numerator / denominator) - log_limit, 0.0)


def _passes(
    rate: Float[Array, "1 contracts"],
    dividend: Float[Array, "1 contracts"],
    vol: Float[Array, "1 contracts"],
    time: Float[Array, "1 contracts"],
    scheme: AmericanScheme,
) -> Callable[[Float[Array, "nodes contracts"]], Float[Array, "nodes contracts"]]:
    """`_fixed_point` for iterating: what no pass changes is computed once, and a pass is one loop over the contracts.

    The quadrature is written out and every expensive operation has one reader, so that the compiler keeps a pass in
    registers. Derivatives do not go through here.
    """
    grid, dtype = _grid(scheme), rate.dtype
    root = jnp.asarray(grid.root[:, None], dtype)
    root_time, log_limit = jnp.sqrt(time), _log_limit(rate, dividend)
    tau, total = time * root * root, vol * root_time * root
    tilt, per_total = ((rate - dividend) / vol - 0.5 * vol) * root_time * root, 1.0 / total
    matrix = jnp.asarray(grid.matrix, dtype)
    cosines = [float(cosine) for cosine in grid.cosine]
    earned = [float(w) * rate * tau * jnp.exp(-rate * tau * c * c) for w, c in zip(grid.weight, cosines, strict=True)]
    lost = [
        float(w) * dividend * tau * jnp.exp(-dividend * tau * c * c) for w, c in zip(grid.weight, cosines, strict=True)
    ]
    earned_last, lost_last = jnp.exp(-rate * tau), jnp.exp(-dividend * tau)

    def passed(level: Float[Array, "nodes contracts"]) -> Float[Array, "nodes contracts"]:
        squares = jnp.matmul(matrix, level * level, precision="highest")
        squares = jnp.maximum(squares, _TINY).reshape(scheme.nodes, scheme.quadrature, -1)
        at_strike = (level + log_limit) * per_total + tilt
        numerator = earned_last * _cdf(at_strike)
        denominator = lost_last * _cdf(at_strike + total)
        for k, cosine in enumerate(cosines):
            d_minus = (level + jnp.sqrt(squares[:, k])) * per_total * (1.0 / cosine) + tilt * cosine
            numerator = numerator + earned[k] * _cdf(d_minus)
            denominator = denominator + lost[k] * _cdf(d_minus + total * cosine)
        return jnp.minimum(jnp.log(numerator / denominator) - log_limit, 0.0)

    return passed


def _cdf(x: Float[Array, "nodes contracts"]) -> Float[Array, "nodes contracts"]:
    p, q = mills_fraction(jnp.minimum(jnp.abs(x), _FAR))
    tail = normal_pdf(x) * p
    return jnp.where(x > 0.0, q - tail, tail) / q


def _log_limit(rate: Float[Array, "1 contracts"], dividend: Float[Array, "1 contracts"]) -> Float[Array, "1 contracts"]:
    """Log of the boundary just before expiry, min(1, r / q)."""
    above = dividend > rate
    return jnp.where(above, jnp.log(jnp.where(above, rate, 1.0) / jnp.where(above, dividend, 1.0)), 0.0)


@partial(jax.custom_jvp, nondiff_argnums=(4,))
def _boundary(
    rate: Float[Array, "1 contracts"],
    dividend: Float[Array, "1 contracts"],
    vol: Float[Array, "1 contracts"],
    time: Float[Array, "1 contracts"],
    scheme: AmericanScheme,
) -> tuple[Float[Array, "nodes contracts"], Float[Array, "1 contracts"]]:
    """log(B / X) at the nodes, and the size of its last move."""
    root = jnp.asarray(_grid(scheme).root[:, None], rate.dtype)
    start = _start(rate, dividend, vol, _log_limit(rate, dividend), time * root * root)
    passed = _passes(rate, dividend, vol, time, scheme)
    level, before = jax.lax.fori_loop(0, scheme.iterations, lambda _, at: (passed(at[0]), at[0]), (start, start))
    return level, jnp.max(jnp.abs(level - before), axis=0, keepdims=True)


@_boundary.defjvp
def _boundary_jvp(
    scheme: AmericanScheme, primals: tuple[Float[Array, "..."], ...], tangents: tuple[Float[Array, "..."], ...]
) -> tuple[tuple[Float[Array, "..."], Float[Array, "..."]], tuple[Float[Array, "..."], Float[Array, "..."]]]:
    # Implicit-function theorem on level = F(level, inputs): (1 - dF/dlevel) dlevel = dF/dinputs.
    level, moved = _boundary(*primals, scheme)
    forcing = jax.jvp(lambda *inputs: _fixed_point(level, *inputs, scheme), primals, tangents)[1]

    def column(unit: Float[Array, "nodes"]) -> Float[Array, "nodes contracts"]:
        direction = jnp.broadcast_to(unit[:, None], level.shape)
        return jax.jvp(lambda at: _fixed_point(at, *primals, scheme), (level,), (direction,))[1]

    identity = jnp.eye(scheme.nodes, dtype=level.dtype)
    columns = jax.vmap(column)(identity)
    matrix = identity[None] - jnp.transpose(columns, (2, 1, 0))
    tangent = jnp.linalg.solve(matrix, forcing.T[:, :, None])[:, :, 0].T
    return (level, moved), (tangent, jnp.zeros_like(moved))
