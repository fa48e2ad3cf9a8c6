"""The portfolio review: what nets, what diversifies, who carries the score, and the cheapest way to lower it."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from pact_jax._program import program
from pact_jax.credit import herfindahl
from pact_jax.measures import expected_shortfall, tail_mean


class PortfolioReview(eqx.Module):
    """The hierarchy of desks and the concentration of the score; findings only, no loss and no score.

    Attributes:
        desk_standalone: expected shortfall of each desk's own loss, over capital.
        desk_contribution: its share of the score, in the joint tail.
        desk_diversification: `1 - contribution / stand-alone`: how much of its own risk the other desks take away;
            above 1 for a desk that hedges the rest, NaN where it has no stand-alone risk.
        undesked: share of the score that belongs to no desk (funding); with the contributions it sums to the score.
        diversification: `1 - S / (sum of stand-alone scores + undesked)`.
        contribution_hhi: Herfindahl-Hirschman index of the positions' absolute contributions.
        effective_contributors: its reciprocal: the number of equal contributors that is as concentrated.
    """

    desk_standalone: Float[Array, "desks"]
    desk_contribution: Float[Array, "desks"]
    desk_diversification: Float[Array, "desks"]
    undesked: Float[Array, ""]
    diversification: Float[Array, ""]
    contribution_hhi: Float[Array, ""]
    effective_contributors: Float[Array, ""]


@program
def review_portfolio(
    desk_loss: Float[Array, "scenarios desks"],
    loss: Float[Array, "scenarios"],
    tail_weight: Float[Array, "scenarios"],
    weight: Float[Array, "scenarios"],
    contribution: Float[Array, "positions"],
    confidence: Float[Array, ""],
    capital: Float[Array, ""],
) -> PortfolioReview:
    """Compares what each desk risks alone with what it adds to the whole.

    `s_d = ES(L_d)/K`, `C_d = sum_w t(w) L_d(w) / K` with the joint tail weights t.

    Args:
        desk_loss: joint loss by desk.
        loss: joint loss, what belongs to no desk included.
        tail_weight: t(w), with `S = sum t L / K`.
        weight: probability of each scenario.
        contribution: share of the score of each position and exposure.
        confidence: level of the score.
        capital: K.

    Returns:
        Stand-alone scores, contributions, diversification and concentration.
    """
    own = jax.vmap(lambda desk: expected_shortfall(desk, weight, confidence), in_axes=1)(desk_loss)
    share = jax.vmap(lambda desk: tail_mean(tail_weight, desk), in_axes=1)(desk_loss)
    standalone, added = own / capital, share / capital
    score = tail_mean(tail_weight, loss) / capital
    undesked = tail_mean(tail_weight, loss - jnp.sum(desk_loss, axis=1)) / capital
    apart = jnp.sum(standalone) + undesked
    index = herfindahl(contribution)
    return PortfolioReview(
        desk_standalone=standalone,
        desk_contribution=added,
        desk_diversification=jnp.where(standalone == 0.0, jnp.nan, 1.0 - added / standalone),
        undesked=undesked,
        diversification=jnp.where(apart == 0.0, jnp.nan, 1.0 - score / apart),
        contribution_hhi=index,
        effective_contributors=1.0 / index,
    )


class GrossNet(eqx.Module):
    """Values by group (kind, currency, desk), reporting currency.

    Attributes:
        long: sum of the positive values.
        short: sum of the negative values, at most 0.
        gross: `long - short`.
        net: `long + short`.
        netting: `1 - |net| / gross`: 0 where nothing nets, 1 where everything does, NaN for an empty group.
    """

    long: Float[Array, "groups"]
    short: Float[Array, "groups"]
    gross: Float[Array, "groups"]
    net: Float[Array, "groups"]
    netting: Float[Array, "groups"]


def gross_net(value: Float[Array, "positions"], group: Int[Array, "positions"], num_groups: int) -> GrossNet:
    """Long, short, gross and net value of each group of positions.

    Args:
        value: value of each position, reporting currency; 0 for padding.
        group: index of each position's group.
        num_groups: length of the groups axis.

    Returns:
        Sums by group.

    Example:
        >>> book = gross_net(jnp.asarray([3.0, -1.0, 2.0]), jnp.asarray([0, 0, 1]), 2)
        >>> book.gross.tolist(), book.net.tolist(), book.netting.tolist()
        ([4.0, 2.0], [2.0, 2.0], [0.5, 0.0])
    """
    zero = jnp.zeros(num_groups, value.dtype)
    long = zero.at[group].add(jnp.maximum(value, 0.0))
    short = zero.at[group].add(jnp.minimum(value, 0.0))
    gross, net = long - short, long + short
    return GrossNet(long, short, gross, net, 1.0 - jnp.abs(net) / gross)


class HedgeProposal(eqx.Module):
    """A plan to lower the score, to first order; to be recomputed in full before it is shown as a result.

    Attributes:
        change: trade in each position as a fraction of what is held: -1 closes it, 0 leaves it.
        reduction: first-order reduction of the score by each trade, at least 0.
        cost: what each trade costs, in the unit of the cost given.
        rank: 0 for the position with the largest reduction per cost, then 1, 2, ...
        total_reduction: of the whole plan.
        total_cost: of the whole plan.
        reached: true where the plan reaches the reduction asked for, to first order.
    """

    change: Float[Array, "positions"]
    reduction: Float[Array, "positions"]
    cost: Float[Array, "positions"]
    rank: Int[Array, "positions"]
    total_reduction: Float[Array, ""]
    total_cost: Float[Array, ""]
    reached: Bool[Array, ""]


@program
def propose_hedge(
    marginal: Float[Array, "positions"],
    unit_cost: Float[Array, "positions"],
    target_reduction: Float[Array, ""],
    largest_change: Float[Array, "positions"] | None = None,
) -> HedgeProposal:
    """Cheapest plan that lowers the score by a target, to first order: trade where a unit of cost buys most.

    Minimises `sum c_i |x_i|` subject to `-sum m_i x_i >= target` and `|x_i| <= cap_i`: a continuous knapsack, solved
    exactly by taking positions in order of `|m_i| / c_i`. The score is convex in positions, so the full recomputation
    lies at or above the first-order one; a plan may fall short, never overshoot.

    Args:
        marginal: `m_i = q_i dS/dq_i`; positive: cutting the position lowers the score, negative: adding does.
        unit_cost: cost of trading the whole position once (turnover or half-spread times value), at least 0.
        target_reduction: `S - target`, at least 0; 0 or less asks for nothing.
        largest_change: largest allowed |x_i|; 1 if None, so that a position is at most closed or doubled.

    Returns:
        The plan, as fractions of positions; positions stay unnamed until the host labels them.

    Example:
        >>> marginal, cost = jnp.asarray([0.02, 0.01, -0.01]), jnp.asarray([4.0, 1.0, 4.0])
        >>> propose_hedge(marginal, cost, jnp.asarray(0.015)).change.round(6).tolist()
        [-0.25, -1.0, 0.0]

    References:
        G. B. Dantzig, Discrete-variable extremum problems, Operations Research 5 (1957).
    """
    cap = jnp.ones_like(marginal) if largest_change is None else largest_change
    available = jnp.abs(marginal) * cap
    tiny = float(jnp.finfo(marginal.dtype).tiny)
    # A position that changes nothing comes last even where it is free.
    worth = jnp.where(available > 0.0, jnp.abs(marginal) / jnp.maximum(unit_cost, tiny), -1.0)
    order = jnp.argsort(-worth)
    before = jnp.cumsum(available[order]) - available[order]
    taken = jnp.clip(target_reduction - before, 0.0, available[order])
    reduction = jnp.zeros_like(marginal).at[order].set(taken)
    size = jnp.where(marginal == 0.0, 0.0, reduction / jnp.where(marginal == 0.0, 1.0, jnp.abs(marginal)))
    cost = size * unit_cost
    total = jnp.sum(reduction)
    room = 8.0 * float(jnp.finfo(marginal.dtype).eps) * jnp.abs(target_reduction)
    return HedgeProposal(
        change=-jnp.sign(marginal) * size,
        reduction=reduction,
        cost=cost,
        rank=jnp.zeros_like(order).at[order].set(jnp.arange(order.shape[0], dtype=order.dtype)),
        total_reduction=total,
        total_cost=jnp.sum(cost),
        reached=total >= target_reduction - room,
    )
