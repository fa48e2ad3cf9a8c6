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
# # What would hurt this book, and what is the most plausible way to lose a given amount?
#
# Named stresses of history and of imagination, with what they leave out; a grid of spot and volatility; then the question
# turned round: which moves lose this much, and which plausible moves lose most.

# %%
from matplotlib import pyplot

import pact_jax as pj
from pact_jax.datasets import load_desk
from pact_jax.report import plot_grid, plot_moves, plot_stress_losses
from pact_jax.scenarios import STRESS_LIBRARY, GroupMove, ShockLeaf, StressScenario

desk = load_desk()
own = StressScenario(
    "equity -30%, vol +80%",
    "an example of a stress of one's own",
    (GroupMove(ShockLeaf.SPOT, -0.30), GroupMove(ShockLeaf.VOL_LEVEL, 0.80)),
)
scenarios = (*STRESS_LIBRARY, own)
stressed = pj.stress(desk, scenarios)
stressed

# %% [markdown]
# ## The library
#
# Every scenario is data with a source line. Historical ones take the moves of the desk's own history between two dates;
# hypothetical ones name groups of factors and sizes. Everything is a full revaluation.

# %%
figure, axes = pyplot.subplots(figsize=(9, 6), layout="constrained")
plot_stress_losses(stressed, axes)
pyplot.show()

# %%
shown = stressed.losses.sort_values("loss", ascending=False)[["kind", "start", "end", "loss", "source"]]
shown.assign(loss=(shown["loss"] / 1e6).round(2)).head(8)

# %% [markdown]
# What a scenario should move and does not is said by name:

# %%
stressed.not_covered["COVID 2020"], stressed.refused, stressed.flags

# %% [markdown]
# ## What the others would do meanwhile
#
# Left alone, factors that a hypothetical stress does not name stand still; propagated, they move by their conditional mean
# given those that it names, so that a fall of all shares brings the usual rise of volatilities with it. Read the outcome with
# its premise in mind: a move far outside of the history (trading costs three times as wide) drags everything along as far.

# %%
together = pj.stress(desk, scenarios, propagate=True)
print(together.flags)
both = stressed.losses[["kind", "loss"]].assign(propagated=together.losses["loss"])
both[both["kind"] == "hypothetical"].drop(columns="kind").div(1e6).round(2)

# %% [markdown]
# ## Spot and volatility together
#
# Losses in red: this book is short of options, so it loses when volatilities rise, and most when spots fall with it.

# %%
grid = pj.stress_grid(desk)
figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
plot_grid(grid, axes)
pyplot.show()

# %% [markdown]
# ## Turned round: how is 15 million lost most plausibly?
#
# The least Mahalanobis distance under the covariance of the history's own ten-day moves at which the fully revalued loss is
# exactly that. Several starts find several distinct ways; the KKT residual is 0 where no move nearby is as plausible.

# %%
found = pj.reverse_stress(desk, loss=15e6)
assert (found.solutions["loss"] / 15e6 - 1.0).abs().max() < 1e-6
assert found.solutions["kkt_residual"].max() < 1e-5
found.solutions.T

# %%
figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
plot_moves(found, axes)
pyplot.show()

# %% [markdown]
# ## The worst of what is plausible
#
# The largest loss among all moves within three standard deviations (Mahalanobis), again by full revaluation.

# %%
worst = pj.worst_case(desk, radius=3.0)
print(worst)
(worst.by_desk / 1e6).round(2)

# %%
figure, axes = pyplot.subplots(figsize=(9, 4), layout="constrained")
plot_moves(worst, axes, top=12)
pyplot.show()
