"""Strips: fixed payments merged by date move as full revaluation says, whatever the book."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.instruments import CashPoints, GrowthPoints, LinearFlows, Portfolio, Swap, position_group
from pact_jax.market import MarketShock
from pact_jax.pricing import fixed_payments
from pact_jax.revaluation import collapse, collapsed_pnl, full_vectors, plan_ladders, value_base
from pact_jax.revaluation.ladder._nodes import LadderNodes
from pact_jax.revaluation.ladder._strips import StripDates, _spread
from tests.pricing import books

SCENARIOS = 64
RNG = np.random.default_rng(5)


def shock(size: float = 1.0) -> MarketShock:
    market = books.market()

    def draw(name: str, scale: float) -> jax.Array:
        shape = getattr(market, name).shape
        shape = shape[:1] if name == "hazard_rate" else shape
        return jnp.asarray(size * scale * RNG.normal(size=(SCENARIOS, *shape)))

    return MarketShock(fx=draw("fx", 0.03), zero_rate=draw("zero_rate", 0.004), hazard_rate=draw("hazard_rate", 0.25))


def coupons(count: int = 40):
    """Bonds of two issuers and of governments, in three currencies, with payments at odd times up to twelve years."""
    years = RNG.uniform(0.4, 12.0, count)
    issuer, currency = RNG.integers(-1, 2, count), RNG.integers(0, 3, count)
    ends = [np.arange(year, 0.0, -0.5)[::-1] for year in years]
    return books.bonds_of(
        contract=np.repeat(np.arange(count), [len(e) for e in ends]),
        end=np.concatenate(ends),
        start=np.concatenate([[0.0, *e[:-1]] for e in ends]),
        amount=np.concatenate([2.0 + 100.0 * (e == e[-1]) for e in ends]),
        currency=currency,
        issuer=issuer,
        recovery=np.where(issuer >= 0, 40.0, 0.0),
    )


def swap(num_growth: int) -> Swap:
    """One payer swap on its own curve; with periods on another forward curve it is not fixed payments."""
    time = jnp.asarray([0.5, 1.0, 1.5, 2.0, 7.3])
    flows = LinearFlows(jnp.arange(5), jnp.zeros(5, int), jnp.asarray([1.0, -0.02, -0.02, -0.02, -1.02]))
    period = jnp.full(num_growth, 0.5)
    at = jnp.zeros(num_growth, int)
    growth = GrowthPoints(at, at, at + 1, period, 2.0 * period)
    none = LinearFlows(at, at, 0.0 * period)
    return Swap(CashPoints(jnp.zeros(5, int), jnp.zeros(5, int), time), growth, flows, none, jnp.zeros(1, int))


def book() -> Portfolio:
    """Two desks; issuers' bonds in credit buckets, some bonds held by both desks."""
    bonds, forwards = coupons(), books.fx_forwards()
    issuer = np.asarray(bonds.points.issuer)[np.unique(np.asarray(bonds.flow_contract), return_index=True)[1]]
    contract = np.concatenate([np.arange(40), np.arange(20)])
    groups = (
        position_group(
            bonds,
            RNG.normal(size=60) + 0.4,
            contract,
            desk=np.repeat([0, 1], [40, 20]),
            bucket=np.where(issuer < 0, -1, 2 * issuer)[contract] + np.where(np.arange(60) < 40, 0, 1),
        ),
        position_group(forwards, [1e3, -2e3, 5e2], desk=[0, 1, 1], bucket=[4, -1, 4]),
        position_group(swap(0), [300.0], desk=[1]),
    )
    return Portfolio(groups, num_desks=3, num_buckets=6)


BOOK = book()


def by_strips(portfolio: Portfolio, moves: MarketShock):
    market, nodes = books.market(), LadderNodes().fitted(moves)
    planned = plan_ladders(portfolio, market, moves)
    assert planned.plan is not None and not planned.left
    return evaluate(planned.plan, portfolio, value_base(portfolio, market), market, moves, nodes)


@functools.partial(jax.jit, static_argnames="nodes")
def evaluate(plan, portfolio, base, market, moves, nodes):
    collapsed = collapse(plan, portfolio, base, market, moves, nodes)
    return collapsed_pnl(plan, collapsed, portfolio, market, moves)


@pytest.mark.parametrize(("size", "tolerance"), [(1.0, 3e-5), (3.0, 3e-4)])
def test_desks_and_buckets_move_as_in_full_revaluation(size, tolerance):
    moves = shock(size)
    pnl, bucket_pnl = by_strips(BOOK, moves)
    full = full_vectors(BOOK, books.market(), moves)
    scale = np.abs(np.asarray(full.pnl)).max()
    np.testing.assert_allclose(pnl, full.pnl, rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(bucket_pnl, full.bucket_pnl, rtol=0, atol=tolerance * scale)
    # Each column is somebody's, the spare desk and bucket aside: a zero would agree with anything.
    assert (np.abs(np.asarray(full.pnl)).max(axis=0) > 1e-3 * scale).tolist() == [True, True, False]
    assert (np.abs(np.asarray(full.bucket_pnl)).max(axis=0) > 0.0).tolist() == [True, True, True, True, True, False]


def test_one_payment_by_its_formula():
    """X (e^{fx} e^{-t dz} e^{-H g} - 1) P Q, the definition, for 100 paid at 3.7 years by the second issuer."""
    market = books.market()
    terms = books.bonds_of([0], [3.7], [3.7], [100.0], currency=[1], issuer=[1], recovery=[0.0])
    portfolio = Portfolio((position_group(terms, [2.0]),), num_desks=1, num_buckets=0)
    up, wider, fx = 0.013, 0.4, -0.05
    moves = MarketShock(
        fx=jnp.full((SCENARIOS, 3), fx),
        zero_rate=jnp.full((SCENARIOS, *market.zero_rate.shape), up),
        hazard_rate=jnp.full((SCENARIOS, 2), wider),
    )
    rate = np.interp(3.7, np.asarray(market.curve_time), np.asarray(market.zero_rate)[1])
    hazard = 0.05 * 1.0 + 0.04 * 2.7
    base = 200.0 * float(market.fx[1]) * np.exp(-rate * 3.7 - hazard)
    expected = base * np.expm1(fx - 3.7 * up - hazard * np.expm1(wider))
    np.testing.assert_allclose(by_strips(portfolio, moves)[0], expected, rtol=1e-7)


def test_a_shock_of_nothing_it_reads_moves_nothing():
    pnl, bucket_pnl = by_strips(BOOK, MarketShock(spot=jnp.full((SCENARIOS, 3), 0.1)))
    scale = float(jnp.abs(value_base(BOOK, books.market()).value).max())
    assert float(jnp.abs(pnl).max()) < 1e-12 * scale and float(jnp.abs(bucket_pnl).max()) < 1e-12 * scale


def test_spreading_is_exact_for_cubics_between_the_nodes():
    ends = jnp.asarray([0.0, 0.5, 0.5, 2.0, 10.0])
    inner = [0.5 * (a + b) + 0.5 * (b - a) * np.array([-1.0, -0.5, 0.5]) for a, b in zip(ends, ends[1:], strict=False)]
    dates = StripDates(ends, jnp.asarray(np.append(np.concatenate(inner), 10.0)), jnp.zeros((1, 13)))
    time = jnp.asarray([0.0, 0.1, 0.5, 1.9, 2.0, 7.7, 10.0])
    weight = _spread(dates, time)
    cubic = np.polynomial.Polynomial([1.0, -2.0, 0.7, 0.11])
    np.testing.assert_allclose(weight @ cubic(np.asarray(dates.time)), cubic(np.asarray(time)), rtol=1e-12)
    np.testing.assert_allclose(weight.sum(axis=1), 1.0, rtol=1e-14)


def test_floating_periods_on_another_curve_are_no_fixed_payments():
    assert fixed_payments(swap(0)) is not None and fixed_payments(swap(2)) is None


def test_another_book_of_these_shapes_needs_the_same_programs():
    moves = shock()
    groups = (position_group(BOOK.groups[0].terms, RNG.normal(size=40), desk=RNG.integers(0, 2, 40)),)
    one, two = (
        plan_ladders(Portfolio(g, num_desks=3, num_buckets=6), books.market(), moves).plan
        for g in (BOOK.groups[:1], groups)
    )
    assert one is not None and two is not None
    own, other = (jax.tree.leaves(plan.strips) for plan in (one, two))
    assert [x.shape[1:] for x in own] == [x.shape[1:] for x in other]
    assert all(x.shape[0] % 8 == 0 for x in (*own, *other))
