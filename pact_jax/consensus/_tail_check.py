"""Approximate losses: which scenarios the tails rest on, and whether no other one can have crossed into them."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._numerics import ordered_bits
from pact_jax._program import program
from pact_jax.agents import CreditObservation, LiquidityObservation, MarketObservation
from pact_jax.credit import CreditBook
from pact_jax.measures import tail_measures, value_at_risk
from pact_jax.scenarios import ScenarioSet

from ._combine import JointLoss, LossAgent, add_up

SAFETY = 10.0
"""How many times the largest error found a scenario that was not revalued is taken to be off."""

DESK_TOLERANCE = 1e-3
"""Largest error of a desk's loss, as a fraction of the joint value at risk."""

_FEWEST_BEYOND = 16
_CONTROLS = 64


class TailCandidates(eqx.Module):
    """The scenarios to revalue in full, and what was approximate before.

    Attributes:
        chosen: everything beyond the lowest level asked for, of the joint loss, of the market agent's and of the sum of
            the agents', with an eighth more, and some of all sizes, for their errors.
        rows: those three losses.
        desk_loss: the joint loss by desk.
    """

    chosen: Bool[Array, "scenarios"]
    rows: Float[Array, "scopes scenarios"]
    desk_loss: Float[Array, "scenarios desks"]


class TailCertificate(eqx.Module):
    """What full revaluation says of an approximation of the joint loss.

    Attributes:
        verified: scenarios revalued in full.
        max_error: largest difference in the joint loss over them.
        desk_error: largest difference in one desk's loss over them: the error of what still stands on approximations.
        value_at_risk_error: by how much the joint value at risk at the confidence of the score was off before.
        expected_shortfall_error: the same of the expected shortfall.
        distance: how far the nearest other scenario is from the lowest value at risk asked for, in units of the largest
            error; the least over the three losses.
        holds: every number is finite, no other scenario can have crossed the lowest value at risk unless its error is
            more than `SAFETY` times the largest that was found, and the desks' error is below `DESK_TOLERANCE` of the
            value at risk. Then VaR, ES and contributions of the joint loss and of the market agent are those of full
            revaluation.
    """

    verified: Int[Array, ""]
    max_error: Float[Array, ""]
    desk_error: Float[Array, ""]
    value_at_risk_error: Float[Array, ""]
    expected_shortfall_error: Float[Array, ""]
    distance: Float[Array, ""]
    holds: Bool[Array, ""]


@program
def tail_candidates(
    market: MarketObservation,
    credit: CreditObservation,
    liquidity: LiquidityObservation,
    book: CreditBook,
    scenarios: ScenarioSet,
    present: Bool[Array, "agents"],
    confidence: Float[Array, ""],
    levels: Float[Array, "levels"],
) -> TailCandidates:
    """Chooses the scenarios that the joint tail, and the market agent's own, will rest on.

    Args:
        market: losses, part of them approximate.
        credit: as for `combine`.
        liquidity: as for `combine`.
        book: as for `combine`.
        scenarios: as for `combine`.
        present: as for `combine`.
        confidence: level of the score.
        levels: levels of the values at risk.

    Returns:
        The choice, and the losses that it was made on.
    """
    parts = add_up(market, credit, liquidity, book, scenarios, present)
    rows = _rows(parts.agent_loss, parts.interaction_loss)
    lowest = jnp.minimum(confidence, jnp.min(levels, initial=1.0))
    chosen = jax.vmap(lambda row: _beyond(row, scenarios.weight, lowest))(rows)
    count = rows.shape[1]
    control = jnp.zeros(count, bool).at[jnp.argsort(rows[0])[:: max(count // _CONTROLS, 1)]].set(True)
    return TailCandidates(jnp.any(chosen, axis=0) | control, rows, parts.desk_loss)


@program
def certify_joint(
    before: TailCandidates,
    joint: JointLoss,
    scenarios: ScenarioSet,
    confidence: Float[Array, ""],
    levels: Float[Array, "levels"],
) -> TailCertificate:
    """Compares the losses before and after full revaluation of the chosen scenarios.

    Args:
        before: the choice, and the approximate losses.
        joint: the joint loss with the chosen scenarios put right.
        scenarios: weights.
        confidence: level of the score.
        levels: levels of the values at risk.

    Returns:
        The certificate.
    """
    rows = _rows(joint.agent_loss, joint.interaction_loss)
    lowest = jnp.minimum(confidence, jnp.min(levels, initial=1.0))
    start = jax.vmap(lambda row: value_at_risk(row, scenarios.weight, lowest))(rows)
    difference = jnp.where(before.chosen[None, :], jnp.abs(rows - before.rows), 0.0)
    error = jnp.max(difference, axis=1, initial=0.0)
    desk_error = jnp.max(jnp.abs(joint.desk_loss - before.desk_loss), initial=0.0)
    nearest = jnp.max(jnp.where(before.chosen[None, :], -jnp.inf, rows), axis=1, initial=-jnp.inf)
    room = start - nearest
    approximate = tail_measures(before.rows[0], scenarios.weight, confidence)
    finite = jnp.all(jnp.isfinite(rows)) & jnp.all(jnp.isfinite(before.rows))
    tolerated = desk_error <= DESK_TOLERANCE * jnp.abs(joint.tail_start[0])
    return TailCertificate(
        verified=jnp.sum(before.chosen),
        max_error=error[0],
        desk_error=desk_error,
        value_at_risk_error=jnp.abs(approximate.value_at_risk - joint.tail_start[0]),
        expected_shortfall_error=jnp.abs(approximate.expected_shortfall - joint.expected_shortfall),
        distance=jnp.min(room / jnp.where(error > 0.0, error, 1.0)),
        holds=finite & tolerated & jnp.all(room >= SAFETY * error),
    )


def _rows(
    agent_loss: Float[Array, "scenarios agents"], interaction_loss: Float[Array, "scenarios"]
) -> Float[Array, "scopes scenarios"]:
    """The joint loss, the market agent's, and the sum of the agents' without interaction."""
    agents_only = jnp.sum(agent_loss, axis=1)
    return jnp.stack([agents_only + interaction_loss, agent_loss[:, int(LossAgent.MARKET)], agents_only])


def _beyond(
    row: Float[Array, "scenarios"], weight: Float[Array, "scenarios"], level: Float[Array, ""]
) -> Bool[Array, "scenarios"]:
    """The value at risk, everything beyond it, and the next ones: an eighth as many."""
    beyond = jnp.sum(row > value_at_risk(row, weight, level))
    wanted = 1 + beyond + jnp.maximum(beyond // 8, _FEWEST_BEYOND)
    # Integers sort several times as fast as the numbers they stand for.
    key = ordered_bits(row)
    return key >= jnp.sort(key)[jnp.maximum(row.shape[0] - wanted, 0)]
