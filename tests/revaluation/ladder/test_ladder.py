"""Ladders: close to full revaluation everywhere, certified on the tail, never silent about what they do not cover."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import ArgumentError
from pact_jax.instruments import DiscountPoints, EuropeanOption
from pact_jax.market import MarketShock, VolDynamics, base_implied_vol
from pact_jax.pricing import bend_width
from pact_jax.revaluation import LadderNodes, RevaluationMode, full_vectors, ladder_vectors, plan_ladders
from pact_jax.revaluation._vectors import certify, tail_scenarios
from pact_jax.revaluation.ladder._chebyshev import chebyshev_basis, chebyshev_nodes, chebyshev_transform
from tests.pricing import books

COUNT, LEVEL = 300, 0.95
RNG = np.random.default_rng(7)


def options(count: int = 90) -> EuropeanOption:
    """Calls and puts on three assets; more contracts on one asset than a block holds."""
    asset = np.minimum(RNG.integers(0, 6, count), 2)
    spot = np.array([103.7, 48.2, 2210.0])
    expiry = np.array([0.3, 0.8, 1.9])
    point = RNG.integers(0, 9, count) // 3 + 3 * asset
    return EuropeanOption(
        asset=jnp.asarray(asset),
        currency=jnp.asarray(asset),
        surface=jnp.asarray(asset),
        discount=DiscountPoints(jnp.asarray(np.repeat([0, 1, 2], 3)), jnp.asarray(np.tile(expiry, 3))),
        point=jnp.asarray(point),
        strike=jnp.asarray(spot[asset] * np.exp(RNG.uniform(-0.2, 0.2, count))),
        expiry=jnp.asarray(expiry[point % 3]),
        is_call=jnp.asarray(RNG.random(count) < 0.5),
        multiplier=jnp.asarray(1e3 / spot[asset]),
    )


def book():
    count = 90
    return books.book(
        books.hold(options(count), RNG.normal(size=count) - 0.3, desk=RNG.integers(0, 2, count)),
        books.hold(books.stocks(), [10.0, -20.0, 3.0], desk=[0, 1, 1]),
        books.hold(books.loans(), [1.0, 1.0], desk=[0, 1]),
        num_desks=2,
    )


def shock() -> MarketShock:
    market = books.market()
    draw = {name: RNG.normal(size=(COUNT, *getattr(market, name).shape)) for name in ("spot", "vol_level", "fx")}
    # One level a curve and a little of everything else: three components do not span it.
    curve = 0.004 * RNG.normal(size=(COUNT, 3, 1)) + 0.0005 * RNG.normal(size=(COUNT, 3, 4))
    return MarketShock(
        spot=jnp.asarray(0.06 * draw["spot"]),
        vol_level=jnp.asarray(0.1 * draw["vol_level"]),
        fx=jnp.asarray(0.03 * draw["fx"]),
        zero_rate=jnp.asarray(curve),
    )


BOOK, SHOCK = book(), shock()


@pytest.fixture(scope="module")
def full():
    return full_vectors(BOOK, books.market(), SHOCK)


@pytest.fixture(scope="module")
def ladder():
    return ladder_vectors(BOOK, books.market(), SHOCK, confidence=LEVEL)


def test_every_scenario_and_desk_is_close_to_full_revaluation(full, ladder):
    assert ladder.mode is RevaluationMode.LADDER and full.mode is RevaluationMode.FULL
    scale = ladder.certificate.value_at_risk
    np.testing.assert_allclose(ladder.pnl, full.pnl, rtol=0, atol=2e-4 * scale)
    assert np.max(np.abs(np.asarray(ladder.pnl - full.pnl))) > 0.0


def test_the_certificate_says_what_full_revaluation_says(full, ladder):
    seen, loss = ladder.certificate, full.loss
    assert seen is not None and seen.complete and seen.holds
    ranked = np.sort(loss)
    assert seen.value_at_risk == pytest.approx(ranked[-16], rel=1e-12)
    assert seen.expected_shortfall == pytest.approx(ranked[-15:].mean(), rel=1e-12)
    ours = np.sort(ladder.loss)
    assert seen.value_at_risk_error == pytest.approx(abs(ours[-16] - ranked[-16]), rel=1e-6, abs=1e-9)
    worst = np.argsort(-ladder.loss)[: seen.verified]
    assert seen.max_error == pytest.approx(np.max(np.abs(ladder.loss - loss)[worst]), rel=1e-6)
    assert seen.value_at_risk_error < 1e-4 * seen.value_at_risk


def test_what_is_left_in_full_is_named(ladder):
    assert ladder.exact == ("loan: it is held at cost and has no market loss",)


def test_a_certificate_that_does_not_hold_brings_full_revaluation(full):
    result = ladder_vectors(
        BOOK, books.market(), SHOCK, confidence=LEVEL, nodes=LadderNodes(3, 2, components=0), tolerance=1e-6
    )
    assert result.certificate is not None and not result.certificate.holds
    assert result.mode is RevaluationMode.FULL and "did not hold" in result.remark
    assert (np.asarray(result.pnl) == np.asarray(full.pnl)).all()


def test_the_terms_of_the_curve_may_be_finer_than_the_grid(full):
    nodes = LadderNodes(spot=6, vol=3, rate_spot=7, rate_vol=4, over_spot=8, over_vol=5)
    result = ladder_vectors(BOOK, books.market(), SHOCK, confidence=LEVEL, nodes=nodes, tolerance=0.1)
    assert result.mode is RevaluationMode.LADDER
    np.testing.assert_allclose(result.pnl, full.pnl, rtol=0, atol=0.05 * np.abs(np.asarray(full.pnl)).max())


def test_a_missing_spot_is_not_smoothed_over():
    assert SHOCK.spot is not None
    broken = dataclasses.replace(SHOCK, spot=SHOCK.spot.at[5, 0].set(jnp.nan))
    result = ladder_vectors(BOOK, books.market(), broken, confidence=LEVEL)
    assert result.mode is RevaluationMode.FULL
    assert np.flatnonzero(np.asarray(result.status)).tolist() == [5]
    assert np.isnan(result.loss).sum() == 1


def test_what_a_ladder_does_not_cover():
    market = books.market()
    nodes = MarketShock(implied_vol=jnp.zeros((4, *market.implied_vol.shape)))
    unshared = plan_ladders(BOOK, market, nodes)
    assert [kind.kind for kind in unshared.left] == ["european_option", "loan"]
    assert "single nodes" in unshared.left[0].reason and unshared.plan is not None  # shares read no volatility
    sticky = MarketShock(spot=SHOCK.spot, vol_dynamics=VolDynamics.STICKY_MONEYNESS)
    assert plan_ladders(BOOK, market, sticky).plan is not None
    crossed = dataclasses.replace(market, vol_underlying=market.vol_underlying[::-1])
    refused = plan_ladders(BOOK, crossed, sticky)
    assert refused.left[0].kind == "european_option" and "another asset" in refused.left[0].reason
    only_loans = dataclasses.replace(BOOK, groups=BOOK.groups[2:])
    assert plan_ladders(only_loans, market, SHOCK).plan is None


def test_shares_and_futures_go_on_the_ladders_of_the_options():
    market = books.market()
    both = books.book(books.hold(books.options(), [1.0] * 6), books.hold(books.forwards(), [3.0, -1.0, 2.0]))
    shares = books.book(*both.groups, books.hold(books.stocks(), [10.0, -20.0, 3.0]))
    plans = [plan_ladders(some, market, SHOCK).plan for some in (both, shares)]
    assert plans[0] is not None and plans[1] is not None
    for one, two in zip(jax.tree.leaves(plans[0].axes), jax.tree.leaves(plans[1].axes), strict=True):
        np.testing.assert_array_equal(one, two)
    result, full = ladder_vectors(shares, market, SHOCK, confidence=LEVEL), full_vectors(shares, market, SHOCK)
    assert result.exact == () and result.mode is RevaluationMode.LADDER
    np.testing.assert_allclose(result.pnl, full.pnl, rtol=0, atol=2e-4 * np.abs(np.asarray(full.pnl)).max())


def test_blocks_hold_every_contract_once():
    plan = plan_ladders(BOOK, books.market(), SHOCK).plan
    assert plan is not None
    order, terms = plan.orders[0], BOOK.groups[0].terms
    assert order is not None and plan.axes is not None and plan.orders[2] is None and plan.strips == (None, None, None)
    contract, used = np.asarray(order.contract), np.asarray(order.used)
    assert len(contract) == 32 * len(order.block_ladder) and len(contract) % 512 == 0
    assert np.sort(contract[used]).tolist() == list(range(90))
    ladder = np.repeat(np.asarray(order.block_ladder), 32)
    assert (np.asarray(plan.axes.asset)[ladder] == np.asarray(terms.asset)[contract])[used].all()


def test_options_that_bend_too_sharply_are_revalued_in_full():
    # Days to expiry against spots that move by a half: a kink between two nodes.
    terms, market = options(), books.market()
    near = dataclasses.replace(terms, expiry=terms.expiry.at[:5].set(4.0 / 365.0))
    first = dataclasses.replace(BOOK.groups[0], terms=near)
    some = dataclasses.replace(BOOK, groups=(first, *BOOK.groups[1:]))
    assert SHOCK.spot is not None
    wide = dataclasses.replace(SHOCK, spot=2.0 * SHOCK.spot)
    planned = plan_ladders(some, market, wide, spot_nodes=16)
    assert planned.plan is not None and planned.plan.orders[0] is not None
    assert [str(kind) for kind in planned.left] == ["5 contracts of european_option", "loan"]
    order = planned.plan.orders[0]
    assert np.asarray(order.left)[np.asarray(order.left_used)].tolist() == [0, 1, 2, 3, 4]
    assert order.left.shape == (64,) and set(np.asarray(order.contract)[np.asarray(order.used)]) == set(range(5, 90))
    # In full they carry no error of their own; on the ladders they do.
    full = full_vectors(some, market, wide)
    ours, forced = (
        ladder_vectors(some, market, wide, confidence=LEVEL, tolerance=1.0, planned=each) for each in (planned, None)
    )
    errors = [float(np.max(np.abs(np.asarray(each.pnl - full.pnl)))) for each in (ours, forced)]
    assert ours.mode is RevaluationMode.LADDER and "5 contracts of european_option: they bend" in ours.exact[0]
    assert errors[0] < 2e-4 * abs(full.loss).max() and errors[1] > 10 * errors[0]


def test_a_price_bends_over_the_deviation_of_its_spot_to_expiry():
    terms, market = options(), books.market()
    width = bend_width(terms, market)
    vol = base_implied_vol(market, terms.surface, terms.expiry, jnp.log(terms.strike))
    np.testing.assert_allclose(width, vol * market.vol_level[terms.surface] * jnp.sqrt(terms.expiry), rtol=1e-15)
    assert bend_width(books.stocks(), market) is None


def test_another_book_of_these_shapes_needs_the_same_programs():
    other = dataclasses.replace(BOOK.groups[0], terms=options())
    changed = dataclasses.replace(BOOK, groups=(other, *BOOK.groups[1:]))
    one, two = (plan_ladders(book, books.market(), SHOCK).plan for book in (BOOK, changed))
    assert jax.tree.structure(one) == jax.tree.structure(two)
    assert [x.shape for x in jax.tree.leaves(one)] == [x.shape for x in jax.tree.leaves(two)]
    assert any(np.any(np.asarray(x) != np.asarray(y)) for x, y in zip(*map(jax.tree.leaves, (one, two)), strict=True))


def test_chebyshev_is_exact_for_polynomials():
    count, x = 7, np.linspace(-1.0, 1.0, 11)
    polynomial = np.polynomial.Polynomial(RNG.normal(size=count))
    coefficient = chebyshev_transform(count) @ polynomial(chebyshev_nodes(count))
    np.testing.assert_allclose(coefficient, polynomial.convert(kind=np.polynomial.Chebyshev).coef, atol=1e-13)
    value = sum(c * t for c, t in zip(coefficient, chebyshev_basis(jnp.asarray(x), count), strict=True))
    np.testing.assert_allclose(value, polynomial(x), atol=1e-13)


def test_certify_by_hand():
    approximate = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    seen = certify(approximate, np.array([9, 8, 7, 6]), np.array([10.5, 9.0, 7.9, 7.0]), 0.8, 0.1)
    assert seen.complete and seen.max_error == 0.5
    assert (seen.value_at_risk, seen.expected_shortfall) == pytest.approx((7.9, 9.75))
    assert (seen.value_at_risk_error, seen.expected_shortfall_error) == pytest.approx((0.1, 0.25))
    assert seen.holds and not dataclasses.replace(seen, tolerance=0.02).holds
    # An error beyond the distance to the next scenario: that one might have crossed the VaR, so the largest counts.
    open_ended = certify(approximate, np.array([9, 8, 7]), np.array([10.0, 9.0, 10.5]), 0.8, 0.1)
    assert not open_ended.complete and open_ended.value_at_risk_error == 2.5 and not open_ended.holds


def test_the_verified_scenarios_are_the_worst_ones():
    loss = RNG.normal(size=1000)
    every = tail_scenarios(loss, 0.9, None)
    assert every.tolist() == np.argsort(-loss)[:116].tolist()
    some = tail_scenarios(loss, 0.9, 10)
    assert len(some) == 10 and set(some) <= set(every) and {some[0], some[-1]} == {every[0], every[-1]}
    with pytest.raises(ArgumentError):
        tail_scenarios(loss, 0.9, 1)
    with pytest.raises(ArgumentError):
        ladder_vectors(BOOK, books.market(), SHOCK, confidence=1.0)
