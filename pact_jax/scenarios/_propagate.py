"""What the factors that a stress leaves out do, given those that it names."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from pact_jax.errors import ArgumentError
from pact_jax.market import MarketShock, MarketState

from ._layout import ShockLayout, ShockLeaf
from ._stress import StressShocks

_TOLERANCE = 1e-8
_RANK = 1e-12


def propagate_shock(
    covariance: Float[Array, "factors factors"],
    named: Bool[Array, "factors"],
    shock: Float[Array, "factors"],
) -> Float[Array, "factors"]:
    r"""Shock of every factor given the shock of some: the named ones as they are, the others by conditional mean.

    $x_o = \Sigma_{on} \Sigma_{nn}^{-1} x_n$: of all shocks with the named values the most plausible one, that of least
    Mahalanobis distance.

    Args:
        covariance: of all factors; positive semi-definite.
        named: which factors the stress names.
        shock: values of the named factors; others are not read.

    Returns:
        Shock of every factor.

    Raises:
        ArgumentError: no factor is named, or named factors that determine each other are given values that cannot
            happen together.

    Example:
        >>> covariance = jnp.asarray([[4.0, 1.0], [1.0, 1.0]])
        >>> propagate_shock(covariance, jnp.asarray([True, False]), jnp.asarray([2.0, 0.0])).tolist()
        [2.0, 0.5]

    References:
        P. Kupiec, Stress testing in a value at risk framework, J. Derivatives 6 (1998).
    """
    matrix, given = np.asarray(covariance, dtype=np.float64), np.asarray(named, dtype=bool)
    if not given.any():
        raise ArgumentError("no factor is named", where="propagate_shock", mend="name at least one shocked factor")
    scale = np.sqrt(np.diag(matrix))
    unit = np.where(scale > 0.0, scale, 1.0)
    correlation = matrix / np.outer(unit, unit)
    wanted = np.asarray(shock, dtype=np.float64)[given] / unit[given]
    values, vectors = np.linalg.eigh(correlation[np.ix_(given, given)])
    held = values > _RANK * len(values)
    inverse = np.where(held, 1.0 / np.where(held, values, 1.0), 0.0)
    weight = vectors @ (inverse * (vectors.T @ wanted))
    reached = correlation[:, given] @ weight
    off = np.abs(reached[given] - wanted).max()
    if off > _TOLERANCE * max(np.abs(wanted).max(), 1.0):
        place = int(np.flatnonzero(given)[np.argmax(np.abs(reached[given] - wanted))])
        raise ArgumentError(
            f"the value of column {place} cannot happen with the others: their covariance is singular",
            where="propagate_shock",
            mend="name fewer factors, or give values that move together as the covariance says",
        )
    reached[given] = wanted
    return jnp.asarray(reached * unit, covariance.dtype)


def propagate_stresses(
    stress: StressShocks, covariance: Float[Array, "factors factors"], layout: ShockLayout, market: MarketState
) -> tuple[StressShocks, tuple[str, ...]]:
    """The same stresses with the history's factors that a hypothetical one leaves at base at their conditional mean.

    A factor is left at base if its move is 0. Windows of history move every factor as it moved, and stay as they are.

    Args:
        stress: what `stress_shocks` built.
        covariance: of the factors of the layout, over a horizon of the stresses' kind.
        layout: where each factor sits in a shock.
        market: gives the shapes.

    Returns:
        The stresses, and why any hypothetical one was not propagated.
    """
    moves = np.asarray(layout.to_moves(stress.shock))
    added, kept = np.zeros_like(moves), []
    for k, (name, window) in enumerate(zip(stress.names, stress.window, strict=True)):
        if window is not None:
            continue
        named = moves[k] != 0.0
        try:
            whole = np.asarray(propagate_shock(covariance, jnp.asarray(named), jnp.asarray(moves[k])))
        except ArgumentError as refusal:
            kept.append(f"{name}: not propagated, {refusal.what}")
            continue
        added[k] = np.where(named, 0.0, whole)
    return dataclasses.replace(stress, shock=_sum(stress.shock, layout.to_shock(jnp.asarray(added), market))), tuple(
        kept
    )


def _sum(first: MarketShock, second: MarketShock) -> MarketShock:
    leaves = {}
    for leaf in ShockLeaf:
        held = [part for part in (getattr(first, leaf.value), getattr(second, leaf.value)) if part is not None]
        if held:
            leaves[leaf.value] = sum(held[1:], held[0])
    return MarketShock(**leaves, vol_dynamics=first.vol_dynamics)
