"""The second pass beside brute force: every subset of factors revalued in every tail scenario, one by one."""

import dataclasses
from itertools import combinations
from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import (
    Accounting,
    AmericanOption,
    AssetOption,
    DigitalOption,
    Portfolio,
    PositionGroup,
    position_group,
)
from pact_jax.market import FactorGroup, MarketShock, VolDynamics, apply_shock
from pact_jax.pricing import contract_values, state_currency, state_values
from pact_jax.revaluation import FACTOR_GROUPS, attribute_tail, share_out, subset_masks, value_base, weigh_subsets
from tests.pricing import books

COUNT, TAIL = 40, (3, 17, 38)
RNG = np.random.default_rng(3)
WEIGHT = np.zeros(COUNT)
WEIGHT[list(TAIL)] = 0.5, 0.3, 0.2
BUCKET_WEIGHT = RNG.random((COUNT, 2))
MARKET = books.market()
attribute = jax.jit(attribute_tail)


def book() -> Portfolio:
    groups = (
        position_group(books.options(), [10.0, -4.0, 2.5, 1.0, -3.0, 2.0]),
        position_group(books.stocks(), [10.0, -20.0, 3.0]),
        position_group(books.bonds(), [3.0, -2.0, 1.0], bucket=[0, 1, -1]),
        position_group(books.fx_forwards(), [5.0, 6.0, -1.0], bucket=[1, -1, 0]),
        position_group(books.loans(), [1.0, 1.0]),
    )
    return Portfolio(groups, num_desks=1, num_buckets=2)


def shock(dynamics: VolDynamics = VolDynamics.STICKY_STRIKE) -> MarketShock:
    sizes = {"spot": 0.1, "fx": 0.08, "zero_rate": 0.01, "vol_level": 0.2, "hazard_rate": 0.3}
    shapes = {
        name: MARKET.hazard_rate.shape[:1] if name == "hazard_rate" else getattr(MARKET, name).shape for name in sizes
    }
    moves = {name: jnp.asarray(size * RNG.normal(size=(COUNT, *shapes[name]))) for name, size in sizes.items()}
    return MarketShock(**moves, vol_dynamics=dynamics)


@jax.jit
def position_pnl(group: PositionGroup, one: MarketShock):
    states = [state_values(group.terms, market) for market in (apply_shock(MARKET, one), MARKET)]
    now, before = (contract_values(group.terms, s) for s in states)
    return (now - before)[group.contract] * group.quantity


def brute_force(group: PositionGroup, moves: MarketShock) -> tuple[np.ndarray, np.ndarray]:
    """Shapley values over all factors that exist, scenario by scenario, and the buckets' sums."""
    by_factor = np.zeros((len(group.quantity), len(FACTOR_GROUPS)))
    in_bucket = np.zeros(len(group.quantity))
    bucket = np.full(len(group.quantity), -1) if group.bucket is None else np.asarray(group.bucket)
    own = [g for g in FACTOR_GROUPS if g in group.terms.depends_on]
    if group.terms.accounting is Accounting.ACCRUAL:
        return by_factor, in_bucket
    for w in TAIL:
        one = jax.tree.map(lambda leaf, w=w: leaf[w], moves)

        def pnl(groups, one=one):
            scale = {g: jnp.asarray(1.0 if g in groups else 0.0) for g in FACTOR_GROUPS}
            return np.asarray(position_pnl(group, one.scaled(scale)))

        for factor in own:
            others = [g for g in own if g is not factor]
            for size in range(len(others) + 1):
                for some in combinations(others, size):
                    share = 1.0 / (len(own) * comb(len(others), size))
                    gain = pnl({*some, factor}) - pnl(set(some))
                    by_factor[:, FACTOR_GROUPS.index(factor)] += WEIGHT[w] * share * gain
        in_bucket += np.where(bucket >= 0, BUCKET_WEIGHT[w][np.maximum(bucket, 0)], 0.0) * pnl(set(own))
    return by_factor, in_bucket


@pytest.mark.parametrize("dynamics", list(VolDynamics))
def test_shapley_values_and_bucket_sums_equal_brute_force(dynamics):
    moves = shock(dynamics)
    found = attribute(book(), MARKET, moves, jnp.asarray(WEIGHT), jnp.asarray(BUCKET_WEIGHT))
    wanted = [np.concatenate(parts) for parts in zip(*(brute_force(g, moves) for g in book().groups), strict=True)]
    scale = np.abs(wanted[0]).max()
    np.testing.assert_allclose(found.by_factor, wanted[0], rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(found.in_bucket, wanted[1], rtol=0, atol=1e-12 * scale)
    assert (np.abs(wanted[0]).max(axis=0) > 0).sum() == 5


def test_runs_of_the_subsets_weighed_apart_add_up_to_the_same():
    moves, given = shock(), (jnp.asarray(WEIGHT), jnp.asarray(BUCKET_WEIGHT))
    some = dataclasses.replace(book(), groups=(book().groups[2],))
    base = value_base(some, MARKET)
    masks = subset_masks(some, moves, jnp.dtype(float))
    weigh = jax.jit(lambda part: weigh_subsets(some, MARKET, base, moves, *given, part))
    halves = [weigh(jax.tree.map(lambda leaf, part=part: leaf[part], masks)) for part in (slice(4), slice(4, 8))]
    joined = jax.tree.map(lambda *parts: jnp.concatenate(parts), *halves)
    whole = share_out(some, base, moves, given[0], joined)
    one = attribute(some, MARKET, moves, *given)
    np.testing.assert_allclose(whole.by_factor, one.by_factor, rtol=1e-13, atol=1e-13)
    assert (np.asarray(whole.in_bucket) == np.asarray(one.in_bucket)).all()


def test_values_are_proportional_to_the_exchange_rate_that_the_kind_names():
    moves = MarketShock(fx=jnp.asarray([0.0, 0.1, -0.2]))
    option = AssetOption(
        **{field.name: getattr(books.options(), field.name) for field in dataclasses.fields(AssetOption)}
    )
    digital = DigitalOption(option, cash=jnp.full(6, 3.0), pays_asset=jnp.arange(6) % 2 == 0)
    kinds = [group.terms for group in book().groups]
    for terms in (*kinds, digital, AmericanOption(option), books.forwards()):
        currency = state_currency(terms)
        if currency is None:
            assert terms.kind in ("fx_forward", "loan")
            continue
        assert FactorGroup.FX in terms.depends_on
        before, after = (state_values(terms, m) for m in (MARKET, apply_shock(MARKET, moves)))
        np.testing.assert_allclose(after, before * np.exp(np.asarray(moves.fx))[np.asarray(currency)], rtol=1e-13)
