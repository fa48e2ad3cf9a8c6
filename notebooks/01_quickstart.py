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
# # What is the risk of this book, and why is it that number?
#
# One desk on real prices, one command, and an answer that can be taken apart until it is only positions and factors.

# %%
from pact_jax import MonteCarlo, assess
from pact_jax.datasets import load_desk

desk = load_desk()
desk

# %% [markdown]
# The first call compiles; every later one with a book of similar size does not.

# %%
report = assess(desk, generator=MonteCarlo(2_000))
report

# %% [markdown]
# ## Why
#
# `contribution` is a share of capital; at every level it sums to the score. `contribution_units` (1e-12 of capital) sums exactly.

# %%
for level in ("agent", "desk", "position", "factor"):
    table = report.explain(level)
    print(f"{level:10s} {len(table):5d} rows, sum {table['contribution'].sum():.12f}, score {report.score:.12f}")
    assert abs(table["contribution"].sum() - report.score) < 1e-12

report.explain("position").head(10)

# %% [markdown]
# ## Measures, with their standard errors

# %%
report.to_frame().query("scope == 'total'")

# %% [markdown]
# ## Limits and alerts

# %%
report.limits[["limit_id", "measure", "scope", "limit", "value", "utilisation", "decision"]].head(8)

# %%
report.alerts

# %% [markdown]
# ## The loss distribution
#
# The vectors are on the host: joint, by agent and by desk.

# %%
losses = report.losses_frame()
losses[["loss", "agent:market", "agent:credit", "agent:liquidity", "interaction"]].describe().round(0)

# %% [markdown]
# ## What was assumed, and what is left out

# %%
for line in (*report.flags, *report.interaction_not_covered):
    print("-", line)
