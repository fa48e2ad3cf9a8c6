# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What is each position worth, and how does it move?
#
# From rows of a positions table to prices and Greeks by automatic differentiation, checked against closed forms on the way;
# and a kind of instrument of your own that gets all of it for free.

# %%
import dataclasses
import tempfile

import jax
import jax.numpy as jnp
import numpy as np

import pact_jax
from pact_jax.io import read_snapshot, write_template
from pact_jax.market import MarketShock, VolDynamics, apply_shock
from pact_jax.pricing import greeks, present_value, register_kind

jax.config.update("jax_enable_x64", True)

template = read_snapshot(write_template(tempfile.mkdtemp()))
held = ["stock", "european_option", "bond", "swap", "cds"]
book = dataclasses.replace(template, positions=template.positions[template.positions["kind"].isin(held)])
book.positions.set_index("position_id")[["desk", "kind", "quantity", "asset", "strike", "coupon", "maturity"]]

# %% [markdown]
# ## Greeks per position
#
# One forward pass a Greek for all positions at once. Units and conventions travel with the frame; the estimator says where a
# value has a kink or a jump.

# %%
report = pact_jax.greeks(book)
print(report)
shown = ["kind", "estimator", "present_value", "delta", "gamma", "vega_pct", "theta", "pv01", "cs01"]
report.by_position[shown].round(2)

# %%
report.by_position.attrs

# %% [markdown]
# ## Greeks per market factor
#
# One reverse pass for the whole book: spots, every node of every curve, every node of every surface. Summed, they are the
# same numbers as per position.

# %%
factor = report.by_factor
assert np.isclose(factor.query("group == 'zero'")["change"].sum(), report.by_position["pv01"].sum(), rtol=1e-9)
assert np.isclose(factor.query("group == 'vol'")["change"].sum(), report.by_position["vega_pct"].sum(), rtol=1e-9)
factor.reindex(factor["change"].abs().sort_values(ascending=False).index).head(10)

# %% [markdown]
# Rate risk by curve and tenor:

# %%
factor.query("group == 'zero'").pivot(index="tenor", columns="name", values="change").round(2)

# %% [markdown]
# ## What stays put when the spot moves?
#
# Under sticky moneyness the smile travels with the spot, so deltas of options differ; the convention is printed with every result.

# %%
travelling = pact_jax.greeks(book, vol_dynamics=VolDynamics.STICKY_MONEYNESS, second_order=False)
options = report.by_position["kind"] == "european_option"
deltas = report.by_position.loc[options, ["kind", "delta"]].assign(sticky_moneyness=travelling.by_position["delta"])
deltas.round(2)

# %% [markdown]
# ## How good is the Taylor expansion?
#
# Delta and gamma against full revaluation, for 300 index puts. The expansion is fine for a small move and not
# for a crash: which is why scenarios here are fully revalued.

# %%
from pact_jax.snapshot import prepare  # noqa: E402

prepared = prepare(book, horizon_days=1)
portfolio, market = jax.tree.map(jnp.asarray, (prepared.inputs.portfolio, prepared.inputs.market))
at = int(np.flatnonzero(prepared.labels.position_id == "T02")[0])
index = prepared.labels.assets.index("INDEX")
value = jax.jit(lambda shock: present_value(portfolio, apply_shock(market, shock))[at])
base, row = value(MarketShock(spot=jnp.zeros(2))), report.by_position.loc["T02"]
for move in (-0.2, -0.1, -0.02, 0.02, 0.1):
    shock = MarketShock(spot=jnp.zeros(2).at[index].set(np.log1p(move)))
    points = move * float(market.spot[index])
    taylor = row["delta"] * points + 0.5 * row["gamma"] * points**2
    print(f"index {move:+5.0%}: full {float(value(shock) - base):12,.0f}   delta-gamma {taylor:12,.0f}")

# %% [markdown]
# ## An instrument of your own
#
# Terms, a present value, one registration: from here on it has scenarios, VaR, Greeks and explanations like any built-in kind.
# A forward on the square of a price, worth $S^2 e^{(r - 2q + \sigma^2) T} - K e^{-rT}$:

# %%
from typing import ClassVar  # noqa: E402

from jaxtyping import Array, Float, Int  # noqa: E402

from pact_jax.instruments import AbstractTerms, Portfolio, position_group  # noqa: E402
from pact_jax.market import FactorGroup, example_market, implied_vol, log_discount_factor  # noqa: E402


class SquareForward(AbstractTerms):
    """Pays the square of a price less a strike, at one date."""

    kind: ClassVar[str] = "square_forward"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = (FactorGroup.SPOT, FactorGroup.RATES, FactorGroup.VOL)

    asset: Int[Array, "contracts"]
    strike: Float[Array, "contracts"]
    time: Float[Array, "contracts"]


def square_forward_value(terms, market):
    """Lognormal second moment, discounted, less the strike, discounted."""
    log_discount = log_discount_factor(market, terms.asset, terms.time)
    vol = implied_vol(market, terms.asset, terms.time, jnp.log(market.spot[terms.asset]))
    carry = (vol**2 - 2.0 * market.dividend_yield[terms.asset]) * terms.time - log_discount
    return market.spot[terms.asset] ** 2 * jnp.exp(carry) - terms.strike * jnp.exp(log_discount)


register_kind(SquareForward, square_forward_value)
zero = jnp.zeros(1, int)
terms = SquareForward(asset=zero, strike=jnp.full(1, 1e4), time=jnp.ones(1))
group = position_group(terms, jnp.full(1, 5.0))
own = greeks(Portfolio((group,), num_desks=1, num_buckets=0), example_market()).by_position
exact = 5.0 * 2.0 * 100.0 * np.exp(0.03 + 0.04)
print(f"delta {float(own.delta[0]):.6f}, by hand {exact:.6f}")
print(f"gamma {float(own.gamma[0]):.6f}, by hand {exact / 100.0:.6f}")
assert np.isclose(own.delta[0], exact) and np.isclose(own.gamma[0], exact / 100.0)
print(f"theta {float(own.theta[0])}: unknown until the kind declares its times with register_greeks")
