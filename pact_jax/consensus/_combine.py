"""The joint loss: agents added scenario by scenario, and the tail that explains it."""

import enum
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

from pact_jax._program import program
from pact_jax._status import Status
from pact_jax.agents import CreditObservation, LiquidityObservation, MarketObservation
from pact_jax.credit import CreditBook
from pact_jax.measures import tail_measures, tail_weights_at
from pact_jax.scenarios import ScenarioSet

from ._interaction import DefaultInteraction, default_interaction


class LossAgent(enum.IntEnum):
    """Loss agents in consensus order."""

    MARKET = 0
    CREDIT = 1
    LIQUIDITY = 2


class JointLoss(eqx.Module):
    """The joint distribution and its tail.

    Attributes:
        agent_loss: each agent's loss; funding is in liquidity's.
        interaction_loss: what the agents lose together beyond their sum.
        desk_loss: the joint loss by desk; funding belongs to none.
        loss: the joint loss.
        tail_weight: t(w) with ES = sum t L.
        expected_shortfall: of the joint loss at the confidence of the score.
        agent_expected_shortfall: of each agent's own loss.
        interaction_expected_shortfall: of the interaction's own loss.
        sum_expected_shortfall: of the sum of agents without interaction.
        desk_expected_shortfall: of each desk's own loss.
        tail_start: value at risk at the confidence of the score: of the joint loss, each agent's and each desk's.
        value_at_risk: of the joint loss at each level asked for.
        agent_value_at_risk: the same of each agent's own loss.
        desk_value_at_risk: the same of each desk's own loss.
        default: the default interaction's arrays, for the attribution.
        status: bits of `Status` over all scenarios.
    """

    agent_loss: Float[Array, "scenarios agents"]
    interaction_loss: Float[Array, "scenarios"]
    desk_loss: Float[Array, "scenarios desks"]
    loss: Float[Array, "scenarios"]
    tail_weight: Float[Array, "scenarios"]
    expected_shortfall: Float[Array, ""]
    agent_expected_shortfall: Float[Array, "agents"]
    interaction_expected_shortfall: Float[Array, ""]
    sum_expected_shortfall: Float[Array, ""]
    desk_expected_shortfall: Float[Array, "desks"]
    tail_start: Float[Array, "scopes"]
    value_at_risk: Float[Array, "levels"]
    agent_value_at_risk: Float[Array, "levels agents"]
    desk_value_at_risk: Float[Array, "levels desks"]
    default: DefaultInteraction
    status: UInt32[Array, ""]


@program
def combine(
    market: MarketObservation,
    credit: CreditObservation,
    liquidity: LiquidityObservation,
    book: CreditBook,
    scenarios: ScenarioSet,
    present: Bool[Array, "agents"],
    confidence: Float[Array, ""],
    levels: Float[Array, "levels"],
) -> JointLoss:
    """Adds the agents' losses in each scenario, with their interactions, and fixes the joint tail.

    `L(w) = sum_a L_a(w) + L_int(w)`; a missing agent is masked to 0 here and bounded by the caller, and an
    interaction needs both of its agents.

    Args:
        market: losses by desk and bucket P&L.
        credit: losses by desk and defaults.
        liquidity: costs by desk, their stressed part, and funding.
        book: credit buckets.
        scenarios: weights and shocks.
        present: which agents answered.
        confidence: level of the score's expected shortfall.
        levels: levels of the values at risk.

    Returns:
        Joint losses, tail weights and tail measures.
    """
    here = present.astype(market.loss.dtype)
    agent_loss, interaction_loss, desk_loss, default = add_up(market, credit, liquidity, book, scenarios, present)
    agents_only = jnp.sum(agent_loss, axis=1)
    loss = agents_only + interaction_loss

    # Equal to the plain weight in value; its derivative is that of the likelihood of the sampled defaults.
    weight = scenarios.weight * jnp.exp(jnp.where(here[1] > 0.0, credit.likelihood_score, 0.0))

    # Rows: the joint loss, each agent, the interaction, the agents without it, each desk. One compiled estimator
    # serves every row and level.
    own = jnp.concatenate([loss[None], agent_loss.T, interaction_loss[None], agents_only[None], desk_loss.T])
    every = jnp.concatenate([confidence[None], levels])
    measured = jax.vmap(lambda row: tail_measures(row, weight, every))(own)
    shortfall = measured.expected_shortfall[:, 0]
    start, quantile = measured.value_at_risk[:, 0], measured.value_at_risk[:, 1:]
    num = len(LossAgent)
    return JointLoss(
        agent_loss=agent_loss,
        interaction_loss=interaction_loss,
        desk_loss=desk_loss,
        loss=loss,
        tail_weight=tail_weights_at(loss, scenarios.weight, confidence, start[0]),
        expected_shortfall=shortfall[0],
        agent_expected_shortfall=shortfall[1 : 1 + num],
        interaction_expected_shortfall=shortfall[1 + num],
        sum_expected_shortfall=shortfall[2 + num],
        desk_expected_shortfall=shortfall[3 + num :],
        tail_start=jnp.concatenate([start[: 1 + num], start[3 + num :]]),
        value_at_risk=quantile[0],
        agent_value_at_risk=quantile[1 : 1 + num].T,
        desk_value_at_risk=quantile[3 + num :].T,
        default=default,
        status=_joint_status(market.status, loss, scenarios),
    )


class JointParts(NamedTuple):
    """What the joint loss is the sum of.

    Attributes:
        agent_loss: each agent's loss; funding is in liquidity's.
        interaction_loss: what the agents lose together beyond their sum.
        desk_loss: all of it by desk; funding belongs to none.
        default: the default interaction's arrays.
    """

    agent_loss: Float[Array, "scenarios agents"]
    interaction_loss: Float[Array, "scenarios"]
    desk_loss: Float[Array, "scenarios desks"]
    default: DefaultInteraction


def add_up(
    market: MarketObservation,
    credit: CreditObservation,
    liquidity: LiquidityObservation,
    book: CreditBook,
    scenarios: ScenarioSet,
    present: Bool[Array, "agents"],
) -> JointParts:
    """The agents' losses and their interactions in each scenario; arguments as for `combine`."""
    here = present.astype(market.loss.dtype)
    default = default_interaction(
        book, credit.severity, credit.default, market.bucket_pnl, scenarios.shock, market.loss.shape[1]
    )
    by_desk = [here[0] * market.loss, here[1] * credit.loss, here[2] * liquidity.loss]
    interaction = here[0] * here[1] * default.loss + here[0] * here[2] * liquidity.stressed
    agent_loss = jnp.stack([jnp.sum(part, axis=1) for part in by_desk], axis=1)
    agent_loss = agent_loss.at[:, int(LossAgent.LIQUIDITY)].add(here[2] * liquidity.funding)
    desk_loss = by_desk[0] + by_desk[1] + by_desk[2] + interaction
    return JointParts(agent_loss, jnp.sum(interaction, axis=1), desk_loss, default)


def _joint_status(
    status: UInt32[Array, "scenarios"], loss: Float[Array, "scenarios"], scenarios: ScenarioSet
) -> UInt32[Array, ""]:
    bits = jax.lax.reduce(status, jnp.uint32(0), jax.lax.bitwise_or, (0,))
    bad_loss = jnp.where(jnp.all(jnp.isfinite(loss)), 0, int(Status.NONFINITE_PNL))
    bad_driver = jnp.where(jnp.all(jnp.isfinite(scenarios.systematic)), 0, int(Status.NONFINITE_DRIVER))
    return bits | bad_loss.astype(jnp.uint32) | bad_driver.astype(jnp.uint32)
