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
    schemes = (("FAST", pf.FAST, 1e-4), ("ACCURATE", pf.ACCURATE, 5e-6), ("PRECISE", pf.PRECISE, 2e-7))
    for name, scheme, bound in schemes:
        ours = np.asarray(jax.jit(pf.american_price, static_argnames="scheme")(*inputs, scheme=scheme).value)
        method = f"spectral collocation, {name}, error as share of strike"
        row = ("American", method, "QdFpAmericanEngine, high precision")
        error = np.abs(ours - theirs) / book["strike"]
        worst = float(np.max(np.where(np.isfinite(error), error, np.inf)))
        result.append(Comparison(*row, len(theirs), worst, bound))
    return result


def asians(n: int) -> list[Comparison]:
    book = contracts(n, 21)
    inputs = arrays(book, "spot", "strike", "time", "vol", "rate", "yield", "call")
    market, average = Market(), ql.Average
    result = []

    def continuous(i: int) -> ql.Instrument:
        option = ql.ContinuousAveragingAsianOption(average.Geometric, vanilla(book, i), european(book, i))
        option.setPricingEngine(ql.AnalyticContinuousGeometricAveragePriceAsianEngine(market.process))
        return option

    theirs = priced(book, market, continuous)
    ours = jax.jit(pf.continuous_geometric_asian_price)(*inputs)
    row = ("Asian", "geometric, continuous", "AnalyticContinuousGeometricAveragePriceAsianEngine")
    result.append(compare(*row, ours, theirs, book["spot"], 1e-10))

    # Twelve fixings on whole days, the last at expiry.
    fixings = np.maximum((book["days"][:, None] * np.arange(1, 13)[None, :]) // 12, 1)
    fixings[:, -1] = book["days"]
    times, weight = jnp.asarray(fixings / 365.0), jnp.full(12, 1.0 / 12.0)

    def discrete(kind: int, engine: ql.PricingEngine) -> np.ndarray:
        def build(i: int) -> ql.Instrument:
            dates = [TODAY + int(day) for day in fixings[i]]
            start = 1.0 if kind == average.Geometric else 0.0
            terms = (kind, start, 0, dates, vanilla(book, i), european(book, i))
            option = ql.DiscreteAveragingAsianOption(*terms)
            option.setPricingEngine(engine)
            return option

        return priced(book, market, build)

    spot, strike, time, vol, rate, dividend, call = inputs
    geometric = jax.jit(jax.vmap(pf.geometric_asian_price, (0, 0, 0, None, None, 0, 0, 0, 0, 0)))
    ours = geometric(spot, strike, times, weight, jnp.asarray(0.0), time, vol, rate, dividend, call)
    theirs = discrete(average.Geometric, ql.AnalyticDiscreteGeometricAveragePriceAsianEngine(market.process))
    row = ("Asian", "geometric, 12 fixings", "AnalyticDiscreteGeometricAveragePriceAsianEngine")
    result.append(compare(*row, ours, theirs, book["spot"], 1e-10))

    forward = spot[:, None] * jnp.exp((rate - dividend)[:, None] * times)
    vols = jnp.broadcast_to(vol[:, None], times.shape)
    arithmetic = jax.jit(jax.vmap(pf.turnbull_wakeman_price, (0, 0, None, 0, None, 0, 0, 0)))
    ours = arithmetic(forward, times, weight, vols, jnp.asarray(0.0), strike, jnp.exp(-rate * time), call)
    theirs = discrete(average.Arithmetic, ql.TurnbullWakemanAsianEngine(market.process))
    row = ("Asian", "arithmetic, Turnbull-Wakeman approximation", "TurnbullWakemanAsianEngine")
    result.append(compare(*row, ours, theirs, book["spot"], 1e-9))
    return result


def _two_asset_book(n: int) -> dict[str, np.ndarray]:
    book = contracts(n, 22)
    rng = np.random.default_rng(23)
    book["spot 2"] = book["spot"] * np.exp(rng.normal(0.0, 0.2, n))
    book["yield 2"] = rng.uniform(-0.01, 0.08, n)
    book["vol 2"] = np.exp(rng.uniform(np.log(0.05), np.log(0.8), n))
    book["rho"] = rng.uniform(-0.99, 0.99, n)
    book["best"] = rng.random(n) < 0.5
    return book


class TwoMarkets:
    def __init__(self) -> None:
        self.first, self.second = Market(), Market()

    def set(self, book: dict[str, np.ndarray], i: int) -> None:
        self.first.set(book, i)
        other = {"spot": book["spot 2"], "yield": book["yield 2"], "rate": book["rate"], "vol": book["vol 2"]}
        self.second.set(other, i)


def two_assets(n: int) -> list[Comparison]:
    book = _two_asset_book(n)
    markets = TwoMarkets()
    names = ("spot", "spot 2", "strike", "time", "vol", "vol 2", "rate", "yield", "yield 2", "rho", "call", "best")
    spot, spot_2, strike, time, vol, vol_2, rate, dividend, dividend_2, rho, call, best = arrays(book, *names)
    forwards = (spot * jnp.exp((rate - dividend) * time), spot_2 * jnp.exp((rate - dividend_2) * time))
    vols, discount = (vol * jnp.sqrt(time), vol_2 * jnp.sqrt(time)), jnp.exp(-rate * time)
    processes = (markets.first.process, markets.second.process)

    def values(build) -> np.ndarray:
        out = np.empty(n)
        for i in range(n):
            markets.set(book, i)
            out[i] = build(i).NPV()
        return out

    def extreme(i: int) -> ql.Instrument:
        basket = (ql.MaxBasketPayoff if book["best"][i] else ql.MinBasketPayoff)(vanilla(book, i))
        option = ql.BasketOption(basket, european(book, i))
        option.setPricingEngine(ql.StulzEngine(*processes, float(book["rho"][i])))
        return option

    def exchange(i: int) -> ql.Instrument:
        option = ql.MargrabeOption(1, 1, european(book, i))
        option.setPricingEngine(ql.AnalyticEuropeanMargrabeEngine(*processes, float(book["rho"][i])))
        return option

    scale = np.maximum(book["spot"], book["spot 2"])
    ours = jax.jit(pf.two_asset_extreme_price)(*forwards, strike, *vols, rho, discount, call, best)
    first = compare("Two assets", "better or worse of two, Stulz", "StulzEngine", ours, values(extreme), scale, 1e-9)
    ours = jax.jit(pf.exchange_price)(*forwards, *vols, rho, discount)
    row = ("Two assets", "exchange, Margrabe", "AnalyticEuropeanMargrabeEngine", ours, values(exchange), scale, 1e-10)
    return [first, compare(*row)]


def arithmetic_means(n: int) -> Comparison:
    """A hundredth of the contracts: the reference integrates over three dimensions. Errors are shares of the spot."""
    book = contracts(n, 26)
    small = (book["days"] >= 30) & (book["vol"] * np.sqrt(book["time"]) < 0.6)
    book = {name: column[small][: max(n // 100, 20)] for name, column in book.items()}
    # Four fixings on whole days, the last at expiry.
    fixings = (book["days"][:, None] * np.arange(1, 5)[None, :]) // 4
    market = Market()
    engine = ql.ChoiAsianEngine(market.process)

    def build(i: int) -> ql.Instrument:
        dates = [TODAY + int(day) for day in fixings[i]]
        terms = (ql.Average.Arithmetic, 0.0, 0, dates, vanilla(book, i), european(book, i))
        option = ql.DiscreteAveragingAsianOption(*terms)
        option.setPricingEngine(engine)
        return option

    theirs = priced(book, market, build)
    spot, strike, time, vol, rate, dividend, call = arrays(
        book, "spot", "strike", "time", "vol", "rate", "yield", "call"
    )
    times = jnp.asarray(fixings / 365.0)
    forward = spot[:, None] * jnp.exp((rate - dividend)[:, None] * times)
    price = jax.jit(jax.vmap(pf.arithmetic_asian_price, (0, 0, None, None, 0, 0, 0)))
    ours = price(
        forward, (vol * vol)[:, None] * times, jnp.full(4, 0.25), jnp.asarray(0.0), strike, jnp.exp(-rate * time), call
    )
    worst = float(np.max(np.abs(np.asarray(ours) - theirs) / book["spot"]))
    method = "arithmetic, 4 fixings, total volatility below 60 %, error as share of spot"
    return Comparison("Asian", method, "ChoiAsianEngine", len(theirs), worst, 3e-5)


def sums(n: int) -> list[Comparison]:
    """A tenth of the contracts. Errors are shares of the two forwards."""
    book = {name: column[: max(n // 10, 60)] for name, column in _two_asset_book(n).items()}
    markets, count = TwoMarkets(), len(book["spot"])
    book["vol"], book["vol 2"] = (np.minimum(book[k], 0.6 / np.sqrt(book["time"])) for k in ("vol", "vol 2"))
    book["rho"] = np.clip(book["rho"], -0.95, 0.95)
    names = ("spot", "spot 2", "strike", "time", "vol", "vol 2", "rate", "yield", "yield 2", "rho", "call")
    spot, spot_2, strike, time, vol, vol_2, rate, dividend, dividend_2, rho, call = arrays(book, *names)
    forwards = (spot * jnp.exp((rate - dividend) * time), spot_2 * jnp.exp((rate - dividend_2) * time))
    market = (vol * jnp.sqrt(time), vol_2 * jnp.sqrt(time), rho, jnp.exp(-rate * time), call)
    result = []
    for name, sign in (("spread", -1.0), ("basket of two", 1.0)):
        level = np.asarray(spot + sign * spot_2 + 0.5 * (strike - spot))
        theirs = np.empty(count)
        for i in range(count):
            markets.set(book, i)
            payoff = ql.PlainVanillaPayoff(ql.Option.Call if book["call"][i] else ql.Option.Put, float(level[i]))
            basket = ql.SpreadBasketPayoff(payoff)
            if sign > 0.0:
                basket = ql.AverageBasketPayoff(payoff, ql.Array([1.0, 1.0]))
            correlation = ql.Matrix(2, 2, 1.0)
            correlation[0][1] = correlation[1][0] = float(book["rho"][i])
            option = ql.BasketOption(basket, european(book, i))
            processes = [markets.first.process, markets.second.process]
            option.setPricingEngine(ql.ChoiBasketEngine(processes, correlation, 200.0))
            theirs[i] = option.NPV()
        ours = jax.jit(pf.two_asset_sum_price)(forwards[0], sign * forwards[1], jnp.asarray(level), *market)
        error = np.abs(np.asarray(ours) - theirs) / np.asarray(forwards[0] + forwards[1])
        refused = np.isnan(error)
        method = f"{name}, one integral ({refused.sum()} refused), error as share of the forwards"
        worst = float(np.max(error[~refused]))
        result.append(Comparison("Two assets", method, "ChoiBasketEngine, 200", count, worst, 1e-5))
    return result


def heston(n: int) -> Comparison:
    """A tenth of the contracts: the reference integrates adaptively. Errors are shares of the spot."""
    book = contracts(max(n // 10, 60), 24)
    count = len(book["spot"])
    rng = np.random.default_rng(25)
    bounds = ((0.01, 0.2), (0.5, 4.0), (0.01, 0.2), (0.1, 0.8), (-0.9, 0.3))
    model = [rng.uniform(*bound, count) for bound in bounds]
    market = Market()
    theirs = np.empty(count)
    for i in range(count):
        market.set(book, i)
        start, kappa, theta, sigma, rho = (float(column[i]) for column in model)
        quote = ql.QuoteHandle(ql.SimpleQuote(float(book["spot"][i])))
        curves = (market.process.riskFreeRate(), market.process.dividendYield())
        process = ql.HestonProcess(*curves, quote, start, kappa, theta, sigma, rho)
        option = ql.VanillaOption(vanilla(book, i), european(book, i))
        option.setPricingEngine(ql.AnalyticHestonEngine(ql.HestonModel(process), 1e-13, 100_000))
        theirs[i] = option.NPV()
    spot, strike, time, rate, dividend, call = arrays(book, "spot", "strike", "time", "rate", "yield", "call")
    forward = spot * jnp.exp((rate - dividend) * time)
    price = jax.jit(pf.heston_price, static_argnames="nodes")
    inputs = (forward, strike, time, jnp.exp(-rate * time), *map(jnp.asarray, model), call)
    # Refused contracts ask for more nodes: give them those.
    ours, more = np.asarray(price(*inputs)), np.asarray(price(*inputs, nodes=2048))
    refused = np.isnan(ours)
    error = np.abs(np.where(refused, more, ours) - theirs) / book["spot"]
    worst = float(np.max(np.where(np.isfinite(error), error, np.inf)))
    method = f"Fourier, 128 nodes ({refused.sum()} far strikes refused, then 2048), error as share of spot"
    row = ("Heston", method, "AnalyticHestonEngine, 1e-13")
    return Comparison(*row, count, worst, 1e-7)
