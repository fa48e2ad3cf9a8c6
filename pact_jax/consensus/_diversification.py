"""How much the agents diversify: outputs of the joint loss, never inputs to it."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from pact_jax._program import program


class Diversification(eqx.Module):
    """The joint score beside the scores apart.

    Attributes:
        score_sum: `S_sum`, stand-alone scores and that of the interaction; print it beside S always.
        diversification: `1 - S / S_sum`; negative where joint risk exceeds the sum.
        implied_correlation: the one correlation of all pairs of agents that explains the joint score without
            interaction; NaN where fewer than two agents have risk. Outside [-1, 1] it is no correlation: flag it.
        loss_correlation: weighted correlation of the agents' losses; NaN for an agent whose loss never changes.
    """

    score_sum: Float[Array, ""]
    diversification: Float[Array, ""]
    implied_correlation: Float[Array, ""]
    loss_correlation: Float[Array, "agents agents"]


@program(small=True)
def diversify(
    score: Float[Array, ""],
    score_without_interaction: Float[Array, ""],
    agent_score: Float[Array, "agents"],
    interaction_score: Float[Array, ""],
    agent_loss: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
) -> Diversification:
    """Diversification and the correlations that come out of the joint loss.

    `S_sum = sum s_a + s_int`; implied correlation `(S^2 - sum s_a^2) / sum_{a != b} s_a s_b` with S taken without
    interaction.

    Args:
        score: S of the joint loss.
        score_without_interaction: the same of the sum of the agents' losses.
        agent_score: stand-alone score of each agent.
        interaction_score: stand-alone score of the interaction.
        agent_loss: loss of each agent.
        weight: probability of each scenario.

    Returns:
        Sum, diversification and correlations.
    """
    total = jnp.sum(agent_score)
    squares = jnp.sum(agent_score**2)
    score_sum = total + interaction_score
    cross = total**2 - squares
    defined = jnp.abs(cross) > 8.0 * float(jnp.finfo(cross.dtype).eps) * total**2
    implied = (score_without_interaction**2 - squares) / jnp.where(defined, cross, 1.0)
    share = (weight / jnp.sum(weight))[:, None]
    centred = agent_loss - jnp.sum(share * agent_loss, axis=0, keepdims=True)
    covariance = jnp.matmul((share * centred).T, centred, precision=jax.lax.Precision.HIGHEST)
    scale = jnp.sqrt(jnp.diagonal(covariance))
    return Diversification(
        score_sum=score_sum,
        diversification=jnp.where(score_sum == 0.0, jnp.nan, 1.0 - score / score_sum),
        implied_correlation=jnp.where(defined, implied, jnp.nan),
        loss_correlation=covariance / (scale[:, None] * scale[None, :]),
    )
