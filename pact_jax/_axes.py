"""The axis vocabulary: the only words that array annotations in this package may use.

One word, one meaning, always plural, so that a signature reads the same in every module. A test checks every jaxtyping
annotation against `AXES`; a new axis is a decision and starts here. A second grid of the same kind in one signature is
qualified in front: `hazard_tenors` beside `tenors`.
"""

from typing import Final

AXIS_MEANING: Final[dict[str, str]] = {
    "dates": "observation or payment dates, increasing",
    "scenarios": "joint states of the world at the horizon, in scenario-set order",
    "positions": "rows of the portfolio, group by group, padded rows included",
    "contracts": "rows of one position group, or elements of one pricing call",
    "flows": "cash flows, several per contract",
    "points": "places where a curve or surface is read, one element per reading",
    "states": "rating states, the worst (default) last",
    "nodes": "collocation or quadrature nodes of a numerical method",
    "paths": "simulated paths of an underlying",
    "assets": "traded underlyings with a spot price",
    "currencies": "currencies, the reporting currency first",
    "curves": "zero-rate curves",
    "tenors": "pillars of a curve, increasing year fractions",
    "issuers": "legal entities that can default",
    "surfaces": "implied-volatility surfaces",
    "expiries": "expiry pillars of a surface, increasing year fractions",
    "strikes": "strike or moneyness pillars of a surface, increasing",
    "factors": "risk factors that a shock moves",
    "ladders": "underlyings whose positions are collapsed onto nodes, by asset, surface, currency and curve",
    "strips": "fixed payments of one book in one currency, on one curve and issuer, merged by date",
    "bundles": "strips of one curve and issuer that are evaluated together",
    "orders": "terms of an expansion, by rising power",
    "components": "principal components of one curve's moves",
    "monomials": "monomials of degree one and two in those components",
    "spots": "Chebyshev nodes or degrees along the spot",
    "vols": "Chebyshev nodes or degrees along the level of volatility",
    "tilts": "moves of a curve (monomials, single tenors) times degrees along the level of volatility",
    "blocks": "runs of contracts that are priced together",
    "drivers": "systematic credit drivers, each read off a shocked index",
    "exposures": "accrual exposures of the credit book",
    "books": "holders of one kind: desk, and credit bucket where a default loss belongs to one",
    "buckets": "marked positions that default together, gathered by obligor, desk and claim",
    "levels": "confidence levels",
    "subsets": "subsets of factor groups, as exact Shapley values need them",
    "limits": "rows of the limit set",
    "agents": "loss agents, in consensus order",
    "scopes": "losses that are measured: the joint one, each agent's, each desk's",
    "desks": "desks of the hierarchy",
    "groups": "classes that rows are gathered into for concentration and gross or net sums: sectors, kinds, currencies",
}
"""What each axis word stands for."""

AXES: Final[frozenset[str]] = frozenset(AXIS_MEANING)
"""The axis words themselves."""
