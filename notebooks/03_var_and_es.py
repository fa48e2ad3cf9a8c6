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
# # How much can this book lose, how sure is that, and who loses it?
#
# Value at risk and expected shortfall of one desk by every kind of scenarios, side by side with their sampling errors; what the
# number is made of; what one trade would do to it; and whether such numbers held in the past.

# %%
import jax.numpy as jnp
import numpy as np
from matplotlib import pyplot

import pact_jax as pj
from pact_jax.assessment import market_views, worst_market_moves
from pact_jax.backtest import kupiec, rolling_value_at_risk
from pact_jax.datasets import load_desk
from pact_jax.report import plot_diversification, plot_exceptions, plot_losses, plot_views, plot_waterfall

desk = load_desk()
report = pj.assess(desk, generator=pj.MonteCarlo(6_000))
report

# %% [markdown]
# ## The loss distribution
#
# Bands are 95 % intervals of the sampling. The score is the expected shortfall over capital; its bound is one-sided, 95 %.

# %%
figure, axes = pyplot.subplots(figsize=(9, 4), layout="constrained")
plot_losses(report, axes)
pyplot.show()

# %%
report.to_frame().query("scope == 'total' and unit == 'reporting currency'").round(0)

# %% [markdown]
# ## Beyond the sample
#
# Six thousand scenarios hold six losses beyond 99.9 %. A generalised Pareto law for the losses above a threshold answers there, with
# intervals by the profile likelihood; `by_moments` is a second estimator, `sample` what the scenarios themselves say.

# %%
tail = report.tail((0.99, 0.999))
print(tail.attrs["flags"])
shown = tail.set_index(["measure", "confidence"])[["value", "low", "high", "by_moments", "sample"]]
(shown / 1e6).round(2)

# %% [markdown]
# ## The scenarios decide
#
# The same book, the same horizon, five ways to say what may happen. Gaussian moves with the covariance of the history have too
# thin a tail; filtered history brings old moves to today's volatility; age weights forget the past. Their standard
# errors fit their sampling: influence function for draws, long-run variance for overlapping windows.

# %%
generators = (
    pj.Historical(),
    pj.FilteredHistorical(),
    pj.AgeWeighted(0.995),
    pj.MonteCarlo(6_000),
    pj.StudentT(6_000),
)
views = market_views(desk, horizons=(10,), generators=generators)
names = [generator.label for generator in generators]
table = views.set_index("measure")[[column for name in names for column in (name, f"{name}_standard_error")]].T
(table / 1e6).round(2)

# %%
figure, axes = pyplot.subplots(figsize=(9, 3.2), layout="constrained")
plot_views(views, axes)
pyplot.show()

# %% [markdown]
# Which days of the past would cost most today, and through which factors (exact Shapley split; windows do not overlap):

# %%
moves = worst_market_moves(desk, count=5, size=6_000)
moves[["start", "end", "driver"]].join((moves.drop(columns=["start", "end", "driver"]) / 1e6).round(2))

# %% [markdown]
# ## Who loses it
#
# Contributions are Euler components of the joint tail: every level sums to the score, to rounding as floats and exactly in
# units of 1e-12 of capital.

# %%
for level in ("agent", "desk", "position", "factor"):
    found = report.explain(level)
    print(f"{level:10s} {len(found):5d} rows, sum {found['contribution'].sum():.12f}, score {report.score:.12f}")
    assert abs(found["contribution"].sum() - report.score) < 1e-12
    assert found["contribution_units"].sum() == report.explain("agent")["contribution_units"].sum()

figure, axes = pyplot.subplots(1, 2, figsize=(12, 3.6), layout="constrained")
plot_waterfall(report, axes[0], level="agent")
plot_waterfall(report, axes[1], level="desk")
pyplot.show()

# %% [markdown]
# A desk by itself is riskier than its part of the whole; a hedge has a negative part.

# %%
figure, axes = pyplot.subplots(figsize=(9, 3.4), layout="constrained")
plot_diversification(report, axes)
pyplot.show()

# %%
report.explain("position").head(8)

# %% [markdown]
# ## What would one trade do?
#
# The book's scenarios and losses are remembered once; a trade then costs its own repricing. `incremental` is the expected
# shortfall after minus before, by full recomputation.

# %%
book = pj.what_if_book(desk, generator=pj.MonteCarlo(6_000))
largest = report.explain("position")["item"].iloc[0]
without = book.remove([largest])
print(largest, without)
without.measures.round(0)

# %%
without.limits

# %% [markdown]
# ## Did such numbers hold in the past?
#
# One-day 99 % value at risk of the S&P 500 from the 500 days before, every day of the desk's own history, against what came. Too
# many exceptions, and in clusters: plain history answers to a change of volatility only after the losses (docs/evidence/backtest).

# %%
index = desk.history["spot:SP500"]
loss = -np.diff(np.log(index.to_numpy()))
rolling = rolling_value_at_risk(jnp.asarray(loss), 0.99, window=500)
test = kupiec(rolling.exception, 0.99)
print(
    f"{int(test.exceptions)} exceptions in {int(test.n)} days, {float(test.expected):.1f} expected, "
    f"Kupiec p-value {float(test.p_value):.2g}"
)

figure, axes = pyplot.subplots(figsize=(10, 3.6), layout="constrained")
plot_exceptions(index.index[501:], np.asarray(rolling.loss), np.asarray(rolling.value_at_risk), axes)
axes.set_ylabel("log return of the S&P 500")
pyplot.show()
