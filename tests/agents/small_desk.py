"""A book small enough to be revalued in NumPy line by line: ten positions, four obligors, all three agents at work.

Nothing here calls the package for a number: `World` prices every position in every scenario from the closed forms.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from scipy.stats import norm, rankdata

from pact_jax._pipeline import RiskInputs
from pact_jax.credit import CreditBook
from pact_jax.instruments import Bond, DiscountPoints, Forward, Loan, Portfolio, RiskyPoints, Stock, position_group
from pact_jax.liquidity import LiquidityBook
from pact_jax.market import MarketShock, MarketState
from pact_jax.scenarios import Sampling, ScenarioSet

CAPITAL, HORIZON, SEED = 5000.0, 250.0, 11
SPOT, FX, ZERO, HAZARD = np.array([100.0, 50.0]), np.array([1.0, 1.1]), np.array([0.03, 0.02]), 0.03
DIVIDEND, HALF_SPREAD, ADV, VOL = (
    np.array([0.01, 0.0]),
    np.array([1e-3, 2e-3]),
    np.array([1e4, 5e3]),
    np.array([0.02, 0.03]),
)
PHI, COEFFICIENT = 0.25, 1.0
OUTFLOW, BUFFER, PENALTY = 50.0, 20.0, 0.05

# Positions in portfolio order: three stocks, two forwards, two bonds, one loan.
DESK = np.array([0, 1, 1, 0, 2, 2, 0, 1])
QUANTITY = np.array([100.0, -40.0, 30.0, 50.0, -20.0, 10.0, -3.0, 1.0])
ASSET = np.array([0, 0, 1, 0, 1, -1, -1, -1])
STRIKE, MATURITY = np.array([95.0, 60.0]), np.array([0.5, 1.0])
FACE, RECOVERY, BOND_YEARS, OUTSTANDING = 100.0, 40.0, 2.0, 500.0
PD, LOADING, DRIVER = np.array([0.2, 0.15, 0.1, 0.3]), np.array([0.6, 0.5, 0.4, 0.7]), np.array([0, 0, 1, -1])
LGD_NETTING, EAD, LGD = 0.6, np.array([OUTSTANDING * FX[1], 300.0]), np.array([0.45, 0.7])
ISSUER, COUNTERPARTY, BORROWER, LINE = range(4)


def inputs() -> RiskInputs:
    zero = jnp.zeros(2, int)

    def group(terms, contract, rows, bucket=None):
        return position_group(terms, QUANTITY[rows], contract, desk=DESK[rows], bucket=bucket)

    points = DiscountPoints(jnp.asarray([0, 1]), jnp.asarray(MATURITY))
    forward = Forward(
        jnp.asarray([0, 1]), jnp.asarray([0, 1]), points, jnp.asarray([0, 1]), jnp.asarray(STRIKE),
        jnp.asarray(MATURITY), jnp.zeros(2, bool), jnp.ones(2),
    )  # fmt: skip
    # The face if the issuer survives, the recovery if it was there at the start and is not at the end.
    risky = RiskyPoints(
        *(jnp.full(2, k) for k in (1, 1, ISSUER)), jnp.asarray([BOND_YEARS, 0.0]), jnp.full(2, BOND_YEARS)
    )
    amount = jnp.asarray([FACE - RECOVERY, RECOVERY])
    bond = Bond(risky, jnp.arange(2), zero, amount, jnp.ones(1, int), jnp.full(1, RECOVERY))
    portfolio = Portfolio(
        (
            group(Stock(jnp.asarray([0, 1]), jnp.asarray([0, 1])), [0, 0, 1], slice(0, 3)),
            group(forward, [0, 1], slice(3, 5), [1, 2]),
            group(bond, [0, 0], slice(5, 7), [0, 3]),
            group(Loan(jnp.ones(1, int), jnp.full(1, OUTSTANDING)), [0], slice(7, 8)),
        ),
        num_desks=3,
        num_buckets=4,
    )
    credit = CreditBook(
        pd=jnp.asarray(PD), loading=jnp.asarray(LOADING), driver=jnp.asarray(DRIVER),
        key=jnp.asarray([101, 202, 303, 404], jnp.uint32), ead=jnp.asarray(EAD), lgd=jnp.asarray(LGD),
        obligor=jnp.asarray([BORROWER, LINE]), desk=jnp.asarray([1, 2]), position=jnp.asarray([7, -1]),
        bucket_obligor=jnp.asarray([ISSUER, COUNTERPARTY, COUNTERPARTY, ISSUER]), bucket_desk=jnp.asarray([2, 0, 2, 0]),
        bucket_currency=jnp.asarray([1, 0, 0, 1]), bucket_netting=jnp.asarray([-1, 0, 0, -1]),
        bucket_lgd=jnp.asarray([0.0, LGD_NETTING, LGD_NETTING, 0.0]), num_netting=1,
    )  # fmt: skip
    scalars = (jnp.asarray(x) for x in (PHI, COEFFICIENT, 0.2))
    liquidity = LiquidityBook(
        *scalars, jnp.asarray(VOL), jnp.asarray([0, 1]), jnp.full(2, -1), jnp.ones(2, bool),
        *(jnp.asarray(x) for x in (OUTFLOW, BUFFER, PENALTY)),
    )  # fmt: skip
    return RiskInputs(portfolio, _market(), credit, liquidity, jnp.asarray(CAPITAL))


def _market() -> MarketState:
    return MarketState(
        spot=jnp.asarray(SPOT), dividend_yield=jnp.asarray(DIVIDEND), half_spread=jnp.asarray(HALF_SPREAD),
        adv=jnp.asarray(ADV), fx=jnp.asarray(FX), curve_time=jnp.asarray([0.25, 10.0]),
        zero_rate=jnp.stack([jnp.asarray(ZERO)] * 2, axis=1), hazard_time=jnp.asarray([1.0, 10.0]),
        hazard_rate=jnp.full((4, 2), HAZARD), vol_expiry=jnp.asarray([[0.25, 2.0]]),
        vol_log_strike=jnp.broadcast_to(jnp.log(jnp.asarray([50.0, 200.0])), (1, 2, 2)),
        vol_underlying=jnp.zeros(1, int), implied_vol=jnp.full((1, 2, 2), 0.2), vol_level=jnp.ones(1),
        factor=jnp.zeros(1),
    )  # fmt: skip


@dataclass(frozen=True)
class Moves:
    """One row a scenario: log moves, but the rates' are differences."""

    spot: np.ndarray
    fx: np.ndarray
    zero: np.ndarray
    hazard: np.ndarray
    half_spread: np.ndarray
    adv: np.ndarray

    @property
    def systematic(self) -> np.ndarray:
        """Normal scores of the spots' mid-ranks."""
        return norm.ppf((rankdata(self.spot, axis=0) - 0.5) / len(self.spot))


def moves(num_scenarios: int, seed: int = 5) -> Moves:
    rng = np.random.default_rng(seed)
    fx = np.stack([np.zeros(num_scenarios), 0.08 * rng.standard_normal(num_scenarios)], axis=1)
    return Moves(
        spot=rng.standard_normal((num_scenarios, 2)) * [0.2, 0.3],
        fx=fx,
        zero=0.01 * rng.standard_normal((num_scenarios, 2)),
        hazard=0.3 * rng.standard_normal((num_scenarios, 4)),
        half_spread=0.5 * rng.standard_normal((num_scenarios, 2)),
        adv=0.3 * rng.standard_normal((num_scenarios, 2)),
    )


def scenario_set(m: Moves, horizon: float = HORIZON) -> ScenarioSet:
    n = len(m.spot)
    shock = MarketShock(
        spot=jnp.asarray(m.spot), fx=jnp.asarray(m.fx), zero_rate=jnp.asarray(np.stack([m.zero] * 2, axis=2)),
        hazard_rate=jnp.asarray(m.hazard), half_spread=jnp.asarray(m.half_spread), adv=jnp.asarray(m.adv),
    )  # fmt: skip
    return ScenarioSet(
        shock, jnp.full(n, 1 / n), jnp.arange(n, dtype=jnp.uint32), jnp.asarray(m.systematic), jnp.asarray(horizon),
        jnp.asarray(SEED), Sampling.INDEPENDENT,
    )  # fmt: skip


class World:
    """Every position's loss in every scenario, agent by agent and in the joint world, from closed forms.

    Axes are scenarios, positions. `joint` is computed on its own: what the book loses where defaults settle at the
    scenario's values and sales happen at the scenario's prices.
    """

    def __init__(self, m: Moves, default: np.ndarray, phi: float = PHI):
        n = len(m.spot)
        base, now = (
            self.values(*(np.zeros_like(x) for x in (m.spot, m.fx, m.zero, m.hazard))),
            self.values(m.spot, m.fx, m.zero, m.hazard),
        )
        fx = FX * np.exp(m.fx)
        self.default, gone = default, default.astype(float)
        self.market = base - now
        self.market[:, 7] = 0.0  # a loan is not marked

        self.credit, self.joint = np.zeros((n, 8)), self.market.copy()
        for i in (5, 6):
            claim, settled = QUANTITY[i] * RECOVERY * FX[1], QUANTITY[i] * RECOVERY * fx[:, 1]
            self.credit[:, i] = gone[:, ISSUER] * (base[:, i] - claim)
            self.joint[:, i] = np.where(default[:, ISSUER], base[:, i] - settled, self.market[:, i])
        for state, target, kept in ((base, self.credit, 0.0), (now, self.joint, 1.0)):
            positive = state[:, 3] + state[:, 4] > 0
            for i in (3, 4):
                lost = gone[:, COUNTERPARTY] * LGD_NETTING * positive * state[:, i]
                target[:, i] = kept * self.market[:, i] + lost
        self.credit[:, 7] = gone[:, BORROWER] * LGD[0] * EAD[0] * QUANTITY[7]
        self.joint[:, 7] = self.credit[:, 7]
        self.line = gone[:, LINE] * LGD[1] * EAD[1]

        held = np.where(ASSET >= 0, QUANTITY, 0.0)
        net = np.array([held[ASSET == a].sum() for a in (0, 1)])
        sold = phi * np.abs(net)
        rate = sold / (HORIZON * ADV * np.exp(m.adv))
        self.spread_rate = HALF_SPREAD * np.exp(m.half_spread)
        self.impact_rate = COEFFICIENT * VOL * np.sqrt(rate)
        price, moved = SPOT * FX, SPOT * np.exp(m.spot) * fx
        share = np.zeros((n, 8))
        for i in range(8):
            if ASSET[i] >= 0:
                share[:, i] = held[i] / net[ASSET[i]] * sold[ASSET[i]]  # l_i = c(Q) q_i / Q

        def cost(unit, each):
            return share * np.where(ASSET >= 0, (unit * each)[:, np.maximum(ASSET, 0)], 0.0)

        self.spread, self.impact = cost(price, self.spread_rate), cost(price, self.impact_rate)
        self.liquidity = self.spread + self.impact
        self.joint = self.joint + cost(moved, self.spread_rate + self.impact_rate)
        self.funding = max(OUTFLOW - BUFFER, 0.0) * PENALTY
        self.interaction = self.joint - self.market - self.credit - self.liquidity

    @staticmethod
    def values(spot, fx, zero, hazard):
        n = len(spot)
        s, x, r = SPOT * np.exp(spot), FX * np.exp(fx), ZERO + zero
        value = np.zeros((n, 8))
        for i in range(3):
            value[:, i] = QUANTITY[i] * s[:, ASSET[i]] * x[:, ASSET[i]]
        for i, a in ((3, 0), (4, 1)):
            prepaid = s[:, a] * np.exp(-DIVIDEND[a] * MATURITY[a])
            value[:, i] = QUANTITY[i] * x[:, a] * (prepaid - STRIKE[a] * np.exp(-r[:, a] * MATURITY[a]))
        survival = np.exp(-HAZARD * np.exp(hazard[:, ISSUER]) * BOND_YEARS)
        unit = x[:, 1] * np.exp(-r[:, 1] * BOND_YEARS) * (FACE * survival + RECOVERY * (1 - survival))
        value[:, 5], value[:, 6] = QUANTITY[5] * unit, QUANTITY[6] * unit
        value[:, 7] = QUANTITY[7] * OUTSTANDING * x[:, 1]
        return value

    @property
    def total(self) -> np.ndarray:
        return self.joint.sum(axis=1) + self.line + self.funding

    def agents(self) -> np.ndarray:
        """Loss of market, credit and liquidity."""
        credit = self.credit.sum(axis=1) + self.line
        return np.stack([self.market.sum(axis=1), credit, self.liquidity.sum(axis=1) + self.funding], axis=1)


def by_desk(loss: np.ndarray) -> np.ndarray:
    return np.stack([loss[:, DESK == d].sum(axis=1) for d in range(3)], axis=1)


def conditional_pd(m: Moves) -> np.ndarray:
    """Probability of default of each obligor in each scenario, given its driver."""
    driver = np.where(DRIVER >= 0, m.systematic[:, np.maximum(DRIVER, 0)], 0.0)
    loading = np.where(DRIVER >= 0, LOADING, 0.0)
    return norm.cdf((norm.ppf(PD) - loading * driver) / np.sqrt(1 - loading**2))
