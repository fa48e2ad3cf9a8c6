"""What every kind must satisfy: padding, shared contracts, linear states, both precisions, transforms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax.errors import UnsupportedInstrument
from pact_jax.market import FactorGroup, MarketShock, apply_shock
from pact_jax.pricing import (
    contract_values,
    default_claim,
    delivered_asset,
    held_quantity,
    present_value,
    state_values,
    unit_values,
)
from tests.helpers import assert_trees_close

from . import books

KINDS = {
    terms.kind: terms
    for terms in (
        books.stocks(),
        books.options(),
        books.forwards(),
        books.fx_forwards(),
        books.fx_options(),
        books.bonds(),
        books.linear(),
        books.loans(),
    )
}
price = jax.jit(unit_values)


@pytest.fixture(scope="module")
def value():
    return jax.jit(present_value)


def test_jit_equals_eager(value):
    # Some kinds only: eagerly every operation is compiled on its own, which takes long for the option formulas.
    everything = books.everything()
    some = books.book(*(everything.groups[k] for k in (0, 3, 6)))
    with jax.disable_jit():
        eager = present_value(some, books.market())
    found = value(everything, books.market())
    assert_trees_close(jnp.concatenate([found[:3], found[14:17], found[22:24]]), eager)


def test_positions_are_quantity_times_contract_and_padding_is_nothing(value):
    group = books.everything().groups[1]
    units = price(group.terms, books.market())
    found = value(books.everything(), books.market())[3:11]
    np.testing.assert_allclose(found[:7], group.quantity[:7] * units[np.array([0, 1, 2, 3, 4, 5, 0])], rtol=1e-13)
    assert float(found[7]) == 0.0 and float(group.quantity[7]) == 99.0
    np.testing.assert_array_equal(held_quantity(group)[-2:], [7.0, 0.0])


def test_padding_is_nothing_even_where_its_contract_is_not_a_number():
    terms = books.stocks()
    group = books.hold(terms, [1.0, 1.0, 5.0], [0, 1, 2], [True, True, False])
    market = apply_shock(books.market(), MarketShock(spot=jnp.asarray([0.0, 0.0, 1.0])))
    assert float(jnp.sum(present_value(books.book(group), market))) == pytest.approx(103.7 + 48.2 * 1.0893, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_contracts_are_linear_in_states(kind):
    terms, market = KINDS[kind], books.market()
    states = state_values(terms, market)
    other = jnp.cos(jnp.arange(states.shape[0], dtype=float))
    mixed = contract_values(terms, 2.0 * states - 3.0 * other)
    assert_trees_close(mixed, 2.0 * contract_values(terms, states) - 3.0 * contract_values(terms, other))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_depends_on_what_it_declares_and_on_nothing_else(kind):
    """Each group of factors alone: the value moves if and only if the kind declares the group."""
    terms, market = KINDS[kind], books.market()
    shock = MarketShock(
        spot=jnp.asarray([0.1, -0.2, 0.3]),
        fx=jnp.asarray([0.0, 0.05, -0.04]),
        zero_rate=jnp.full_like(market.zero_rate, 0.01),
        vol_level=jnp.full(4, 0.2),
        hazard_rate=jnp.asarray([0.5, -0.5]),
        factor=jnp.asarray([2.0, -1.0]),
    )
    base = price(terms, market)
    for group in FactorGroup:
        moved = price(terms, apply_shock(market, shock.only([group])))
        changed = bool(jnp.any(jnp.abs(moved - base) > 1e-12 * jnp.abs(base)))
        # A loan is held at cost: it converts at today's rate, which is not a market loss, so it declares nothing.
        if kind != "loan" or group is not FactorGroup.FX:
            assert changed == (group in terms.depends_on), group


@pytest.mark.parametrize("kind", KINDS)
def test_float32_in_float32_out_and_close(kind):
    def narrow(tree):
        return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, tree)

    found = price(narrow(KINDS[kind]), narrow(books.market()))
    assert found.dtype == jnp.float32
    # The two legs of a currency forward are near 1 and nearly cancel.
    np.testing.assert_allclose(found, price(KINDS[kind], books.market()), rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite(kind):
    market = books.market()
    inexact = {n: getattr(market, n) for n in ("spot", "fx", "zero_rate", "hazard_rate", "implied_vol", "vol_level")}

    def total(leaves):
        fields = {name: getattr(market, name) for name in market.__dataclass_fields__} | leaves
        return jnp.sum(unit_values(KINDS[kind], type(market)(**fields)))

    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(jax.jit(jax.grad(total))(inexact)))


def test_vmap_over_markets_equals_a_loop(value):
    moves = jnp.asarray([[0.0, 0.0, 0.0], [0.1, -0.1, 0.2]])
    shocked = jax.vmap(lambda spot: apply_shock(books.market(), MarketShock(spot=spot)).spot)(moves)

    def at(spot):
        market = books.market()
        fields = {name: getattr(market, name) for name in market.__dataclass_fields__} | {"spot": spot}
        return present_value(books.everything(), type(market)(**fields))

    together = jax.jit(jax.vmap(at))(shocked)
    one_by_one = jnp.stack([jax.jit(at)(spot) for spot in shocked])
    assert_trees_close(together, one_by_one)


def test_unregistered_terms_are_refused():
    with pytest.raises(UnsupportedInstrument, match="no present value is registered for terms of type str"):
        state_values("a swap", books.market())


def test_claims_and_deliveries():
    market = books.market()
    np.testing.assert_array_equal(default_claim(books.stocks(), market), 0.0)
    np.testing.assert_allclose(default_claim(books.bonds(), market), [40.0, 25.0 * 1.0893, 0.0], rtol=1e-15)
    forward = delivered_asset(books.forwards())
    assert forward is not None
    np.testing.assert_array_equal(forward.units, [1.0, 50.0, 2.0])
    assert delivered_asset(books.options()) is None
