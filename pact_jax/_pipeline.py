"""The whole story on one screen: from positions and a market to a score and what it is made of."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float

from ._program import program
from .agents import (
    CreditObservation,
    LiquidityObservation,
    attribute_credit,
    attribute_liquidity,
    attribute_market,
    observe_credit,
    observe_liquidity,
    observe_market,
    observe_market_by_ladder,
    revalue_chosen,
)
from .consensus import (
    Contribution,
    JointLoss,
    TailCertificate,
    bucket_tail_weight,
    certify_joint,
    combine,
    contributions,
    tail_candidates,
)
from .credit import CreditBook
from .errors import ArgumentError, PrecisionError
from .instruments import Portfolio
from .liquidity import LiquidityBook
from .market import MarketState
from .revaluation import TILE, LadderPlan, PortfolioBase, value_base
from .scenarios import ScenarioSet

DEFAULT_CONFIDENCE = 0.975
DEFAULT_LEVELS = (0.95, 0.99)


class RiskInputs(eqx.Module):
    """Everything that is priced, can default or must be sold, and the capital it is measured against.

    Attributes:
        portfolio: positions.
        market: base state.
        credit: obligors and exposures.
        liquidity: selling and funding.
        capital: available capital K, one positive amount, reporting currency.
    """

    portfolio: Portfolio
    market: MarketState
    credit: CreditBook
    liquidity: LiquidityBook
    capital: Float[Array, ""]


class Evaluation(eqx.Module):
    """What the pure story returns: floats and status bits; labels and words exist at the host door only.

    Attributes:
        score: expected shortfall of the joint loss over capital.
        agent_score: the same of each agent's own loss.
        contribution: shares of the score, down to position and factor.
        base_value: present value of each position.
        joint: the joint loss, its tail and its measures.
    """

    score: Float[Array, ""]
    agent_score: Float[Array, "agents"]
    contribution: Contribution
    base_value: Float[Array, "positions"]
    joint: JointLoss


class Observed(eqx.Module):
    """The first half of the story: what the agents saw in the scenarios, and what it comes to.

    Attributes:
        score: expected shortfall of the joint loss over capital.
        agent_score: the same of each agent's own loss.
        joint: the joint loss, its tail and its measures.
        base: the book at the base market.
        credit: what the credit agent saw.
        liquidity: what the liquidity agent saw.
        present: which agents are included.
        certificate: where the market was observed by ladder, what full revaluation says of it; None otherwise.
    """

    score: Float[Array, ""]
    agent_score: Float[Array, "agents"]
    joint: JointLoss
    base: PortfolioBase
    credit: CreditObservation
    liquidity: LiquidityObservation
    present: Bool[Array, "agents"]
    certificate: TailCertificate | None = None


def evaluate(
    inputs: RiskInputs,
    scenarios: ScenarioSet,
    confidence: Float[Array, ""] | float = DEFAULT_CONFIDENCE,
    *,
    levels: tuple[float, ...] | Float[Array, "levels"] = DEFAULT_LEVELS,
    present: Bool[Array, "agents"] | None = None,
    tile: int = TILE,
    mesh: Mesh | None = None,
) -> Evaluation:
    """The pure story: three loss agents on one scenario set, one joint tail, contributions that sum to the score.

    `S = ES_c(L) / K` with `L(w) = sum_a L_a(w) + L_int(w)`, and `C_i = sum_w t(w) l_i(w) / K`. Works under `jit`,
    `vmap` (over markets) and `grad`: the score is differentiable with respect to the inexact leaves of market,
    quantity, capital, pd and lgd (tail weights held fixed; sampled defaults through their likelihood).

    Args:
        inputs: positions, market, credit, liquidity, capital.
        scenarios: the shared scenarios.
        confidence: quantile level of the score.
        levels: quantile levels of the values at risk.
        present: which of market, credit, liquidity to include; all by default.
        tile: scenarios compiled as one block; part of bitwise reproducibility.
        mesh: devices to spread the market revaluation over.

    Returns:
        Score, contributions and the joint distribution.

    Raises:
        PrecisionError: float64 NumPy inputs while x64 is off would be rounded to float32 in silence.
    """
    observed = observe(inputs, scenarios, confidence, levels=levels, present=present, tile=tile, mesh=mesh)
    return explain(inputs, scenarios, observed, tile=tile)


def observe(
    inputs: RiskInputs,
    scenarios: ScenarioSet,
    confidence: Float[Array, ""] | float = DEFAULT_CONFIDENCE,
    *,
    levels: tuple[float, ...] | Float[Array, "levels"] = DEFAULT_LEVELS,
    present: Bool[Array, "agents"] | None = None,
    tile: int = TILE,
    mesh: Mesh | None = None,
    ladder: LadderPlan | None = None,
) -> Observed:
    """The first half of `evaluate`: losses in every scenario, their sum, its tail, the score.

    Args:
        inputs: positions, market, credit, liquidity, capital.
        scenarios: the shared scenarios.
        confidence: quantile level of the score.
        levels: quantile levels of the values at risk.
        present: which of market, credit, liquidity to include; all by default.
        tile: scenarios compiled as one block.
        mesh: devices to spread the market revaluation over.
        ladder: observe the market by ladder, and every scenario that the tails rest on in full. The score and what
            `explain` makes of it are those of full revaluation if the certificate holds; if it does not, observe again
            without a ladder.

    Returns:
        The score and what `explain` needs.

    Raises:
        ArgumentError: a ladder and a mesh.
        PrecisionError: as `evaluate`.
    """
    _refuse_silent_rounding(inputs, scenarios)
    if ladder is not None and mesh is not None:
        mend = "leave out one of them"
        raise ArgumentError("ladders are not spread over devices", where="observe", mend=mend)
    dtype = scenarios.weight.dtype
    confidence, levels = _as_array(confidence, dtype), _as_array(levels, dtype)
    included = jax.device_put(np.ones(3, bool)) if present is None else present
    book, portfolio, market = inputs.credit, inputs.portfolio, inputs.market

    # 1. Each agent observes every scenario, against one valuation of the book at the base market.
    base = value_base(portfolio, market)
    credit_seen = observe_credit(book, portfolio, market, scenarios, base=base)
    liquidity_seen = observe_liquidity(inputs.liquidity, portfolio, market, scenarios)
    if ladder is None:
        market_seen, doubt = observe_market(portfolio, market, scenarios.shock, base=base, tile=tile, mesh=mesh), None
    else:
        found = observe_market_by_ladder(ladder, portfolio, market, scenarios.shock, base=base, tile=tile)
        others = (credit_seen, liquidity_seen, book, scenarios, included, confidence, levels)
        doubt = tail_candidates(found, *others)
        market_seen = revalue_chosen(portfolio, market, scenarios.shock, found, doubt.chosen, base=base)

    # 2. The consensus adds them scenario by scenario and fixes the tail.
    joint = combine(market_seen, credit_seen, liquidity_seen, book, scenarios, included, confidence, levels)
    score, agent_score = scores_of(joint, inputs.capital)
    certificate = None if doubt is None else certify_joint(doubt, joint, scenarios, confidence, levels)
    return Observed(score, agent_score, joint, base, credit_seen, liquidity_seen, included, certificate)


def explain(inputs: RiskInputs, scenarios: ScenarioSet, observed: Observed, *, tile: int = TILE) -> Evaluation:
    """The second half of `evaluate`: each agent explains the tail scenarios, and only those.

    Args:
        inputs: as given to `observe`.
        scenarios: as given to `observe`.
        observed: what it returned.
        tile: scenarios compiled as one block.

    Returns:
        Score, contributions and the joint distribution.
    """
    # 3. Tail-weighted losses of each agent, then shares of the score.
    portfolio, market, joint, base = inputs.portfolio, inputs.market, observed.joint, observed.base
    market_tail = attribute_market(
        portfolio, market, scenarios.shock, joint.tail_weight, bucket_tail_weight(joint), base=base, tile=tile
    )
    credit_tail = attribute_credit(inputs.credit, observed.credit.default, scenarios, joint.tail_weight)
    liquidity_tail = attribute_liquidity(inputs.liquidity, portfolio, market, scenarios, joint.tail_weight)
    shares = contributions(
        joint,
        market_tail,
        observed.credit,
        credit_tail,
        observed.liquidity,
        liquidity_tail,
        inputs.credit,
        portfolio,
        observed.present,
        inputs.capital,
    )
    return Evaluation(
        score=observed.score,
        agent_score=observed.agent_score,
        contribution=shares,
        base_value=base.value,
        joint=joint,
    )


@program(small=True)
def scores_of(joint: JointLoss, capital: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, "agents"]]:
    """The joint score and each agent's own, `ES / K`."""
    return joint.expected_shortfall / capital, joint.agent_expected_shortfall / capital


def _as_array(value: Array | float | tuple[float, ...], dtype: jnp.dtype) -> Array:
    """Numbers of the caller in the precision of the run; a converted Python number would be a program to compile."""
    return value.astype(dtype) if isinstance(value, jax.Array) else jax.device_put(np.asarray(value, dtype))


def _refuse_silent_rounding(*trees: eqx.Module) -> None:
    if jnp.result_type(float) == jnp.float64:
        return
    wide = [leaf for leaf in jax.tree.leaves(trees) if isinstance(leaf, np.ndarray) and leaf.dtype == np.float64]
    if wide:
        raise PrecisionError(
            f"{len(wide)} input arrays are float64 but x64 is off, so they would be rounded to float32",
            where="evaluate",
            mend="call it inside `with jax.enable_x64(True):`, or convert the inputs to float32 on purpose",
        )
