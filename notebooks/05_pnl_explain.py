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
# # Why did the book make or lose what it did?
#
# Two states of the world a week apart, and the P&L of every position between them put down to spots, rates, volatilities, exchange
# rates, spreads and time: by a path integral that adds up, and by the Greeks of the start with what they leave.

# %%
import dataclasses
import datetime

import numpy as np
from matplotlib import pyplot

import pact_jax as pj
from pact_jax.datasets import load_desk

desk = load_desk()
assets = desk.assets.assign(spot=desk.assets["spot"] * 0.94)
vols = desk.vols.assign(implied_vol=desk.vols["implied_vol"] * 1.25)
curves = desk.curves.assign(zero_rate=desk.curves["zero_rate"] - 0.002)
later = dataclasses.replace(
    desk, assets=assets, vols=vols, curves=curves, valuation_date=desk.valuation_date + datetime.timedelta(days=7)
)
explained = pj.explain_pnl(desk, later)
explained

# %% [markdown]
# ## By desk
#
# Every group's part is the integral of its gradient along the straight line between the two states. No order of groups is preferred,
# and `residual` is the error of the quadrature.

# %%
groups = explained.by_position.drop(columns=["kind"]).groupby("desk").sum()
assert np.isclose(groups.drop(columns="pnl").to_numpy().sum(), explained.total, rtol=1e-12)
(groups / 1e3).round(1)

# %%
figure, axes = pyplot.subplots(figsize=(10, 4), layout="constrained")
parts = explained.by_position.drop(columns=["desk", "kind", "pnl"]).sum().div(1e6)
parts = parts[parts.abs() > 1e-3 * parts.abs().max()].sort_values()
start = np.concatenate([[0.0], parts.cumsum().to_numpy()[:-1]])
colours = ["#b5403a" if part < 0.0 else "#3a7d5c" for part in parts]
axes.bar([*parts.index, "P&L"], [*parts, explained.total / 1e6], bottom=[*start, 0.0], color=[*colours, "0.35"])
axes.axhline(0.0, color="0.3", linewidth=0.8)
axes.use_sticky_edges = False
axes.margins(y=0.08)
axes.set_ylabel("millions of USD, a gain is positive")
axes.set_title("P&L of a week by group of factors")
pyplot.show()

# %% [markdown]
# ## By the Greeks
#
# Delta, gamma, vega and the others times the moves that came, to second order with cross terms. What they leave is shown, not spread
# over the others: moves of this size are beyond second order for options near their strikes.

# %%
terms = explained.greeks.drop(columns=["desk", "kind"]).sum()
(terms[terms != 0.0] / 1e3).round(1).to_frame("thousand USD").T

# %%
left = explained.greeks["unexplained"]
explained.greeks.loc[
    left.abs().sort_values(ascending=False).index[:5], ["kind", "pnl", "delta", "gamma", "vega", "unexplained"]
].round(0)

# %% [markdown]
# ## By market number
#
# The same path integral, number by number.

# %%
factor = explained.by_factor
assert np.isclose(factor["contribution"].sum(), explained.total, rtol=1e-12)
factor.loc[factor["contribution"].abs().sort_values(ascending=False).index].head(10)

# %%
explained.flags
