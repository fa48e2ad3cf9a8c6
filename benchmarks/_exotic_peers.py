"""Pricers with a method of their own against QuantLib on random contracts; see `_pricing_peers` for the measure."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import QuantLib as ql

from pact_jax.pricing import formulas as pf

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _pricing_peers import (  # noqa: E402
    TODAY,
    Comparison,
    Market,
    arrays,
    compare,
    contracts,
    european,
    option_type,
    priced,
    vanilla,
)


def american_book(n: int, seed: int) -> dict[str, np.ndarray]:
    book = contracts(n, seed)
    rng = np.random.default_rng(seed + 1000)
    book["rate"], book["yield"] = rng.uniform(0.0, 0.1, (2, n))
    book["days"] = rng.integers(10, 4 * 365, n)
    book["time"] = book["days"] / 365.0
    return book


def quantlib_american(book: dict[str, np.ndarray], scheme: ql.QdFpIterationScheme) -> np.ndarray:
    market = Market()
    engine = ql.QdFpAmericanEngine(market.process, scheme)

    def build(i: int) -> ql.Instrument:
        option = ql.VanillaOption(vanilla(book, i), ql.AmericanExercise(TODAY, TODAY + int(book["days"][i])))
        option.setPricingEngine(engine)
        return option

    return priced(book, market, build)


def americans(n: int) -> list[Comparison]:
    """A fifth of the contracts: the reference takes milliseconds each. Errors are shares of the strike."""
    book = american_book(max(n // 5, 60), 20)
    theirs = quantlib_american(book, ql.QdFpAmericanEngine.highPrecisionScheme())
    inputs = arrays(book, "spot", "strike", "time", "vol", "rate", "yield", "call")
    result = []
    for name, scheme, bound in (("FAST", pf.FAST, 1e-4), ("ACCURATE", pf.ACCURATE, 5e-6), ("PRECISE", pf.PRECISE, 2e-7)):
        ours = np.asarray(jax.jit(pf.american_price, static_argnames="scheme")(*inputs, scheme=scheme).value)
        row = ("American", f"spectral collocation, {name}, error as share of strike", "QdFpAmericanEngine, high precision")
        error = np.abs(ours - theirs) / book["strike"]
        worst = float(np.max(np.where(np.isfinite(error), error, np.inf)))
        result.append(Comparison(*row, len(theirs), worst, bound))
    return result
