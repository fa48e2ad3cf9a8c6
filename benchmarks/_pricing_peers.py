"""Every formula against QuantLib on random contracts: one function per kind, used by the slow tests and the table.

Each returns a `Comparison`. Errors are `|ours - theirs| / max(theirs, 1e-4 scale)` with the spot, forward or notional
as scale, so that a price too small for a desk to see does not decide. Times are whole days over 365, which QuantLib's
date-driven engines then realise exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import QuantLib as ql

from pact_jax.pricing import formulas as pf

TODAY = ql.Date(15, 1, 2024)


@dataclass(frozen=True)
class Comparison:
    kind: str
    method: str
    reference: str
    contracts: int
    worst_error: float
    bound: float
    arbitrated: int = 0


def compare(
    kind: str,
    method: str,
    reference: str,
    ours: np.ndarray,
    theirs: np.ndarray,
    scale: np.ndarray,
    bound: float,
    arbiter: Callable[[int], float] | None = None,
) -> Comparison:
    """Worst error; contracts on which the two disagree go to the arbiter's 40 digits, where there is one."""
    ours, theirs = np.asarray(ours), np.array(theirs)

    def error() -> np.ndarray:
        relative = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-4 * scale)
        # A NaN on either side must fail, not vanish in a maximum.
        return np.where(np.isfinite(relative), relative, np.inf)

    disputed = np.flatnonzero(error() > bound) if arbiter is not None else np.empty(0, int)
    for i in disputed:
        theirs[i] = arbiter(int(i))
    return Comparison(kind, method, reference, len(theirs), float(np.max(error())), bound, len(disputed))


def contracts(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    days = rng.integers(7, 5 * 365, n)
    spot = 100.0 * np.exp(rng.normal(0.0, 0.3, n))
    return {
        "spot": spot,
        "strike": spot * np.exp(rng.normal(0.0, 0.25, n)),
        "days": days,
        "time": days / 365.0,
        "vol": np.exp(rng.uniform(np.log(0.05), np.log(0.8), n)),
        "rate": rng.uniform(-0.01, 0.1, n),
        "yield": rng.uniform(-0.01, 0.08, n),
        "call": rng.random(n) < 0.5,
    }


def arrays(book: dict[str, np.ndarray], *names: str) -> list[jax.Array]:
    return [jnp.asarray(book[name]) for name in names]


def option_type(is_call: bool) -> int:
    return ql.Option.Call if is_call else ql.Option.Put


class Market:
    """One Black-Scholes process whose quotes are reset for each contract."""

    def __init__(self) -> None:
        ql.Settings.instance().evaluationDate = TODAY
        counter, calendar = ql.Actual365Fixed(), ql.NullCalendar()
        self.quotes = [ql.SimpleQuote(x) for x in (100.0, 0.0, 0.0, 0.2)]
        spot, dividend, rate, vol = (ql.QuoteHandle(quote) for quote in self.quotes)
        self.process = ql.BlackScholesMertonProcess(
            spot,
            ql.YieldTermStructureHandle(ql.FlatForward(TODAY, dividend, counter)),
            ql.YieldTermStructureHandle(ql.FlatForward(TODAY, rate, counter)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(TODAY, calendar, vol, counter)),
        )

    def set(self, book: dict[str, np.ndarray], i: int) -> None:
        for quote, name in zip(self.quotes, ("spot", "yield", "rate", "vol"), strict=True):
            quote.setValue(float(book[name][i]))


def european(book: dict[str, np.ndarray], i: int) -> ql.EuropeanExercise:
    return ql.EuropeanExercise(TODAY + int(book["days"][i]))


def vanilla(book: dict[str, np.ndarray], i: int) -> ql.PlainVanillaPayoff:
    return ql.PlainVanillaPayoff(option_type(book["call"][i]), float(book["strike"][i]))


def priced(book: dict[str, np.ndarray], market: Market, build: Callable[[int], ql.Instrument]) -> np.ndarray:
    values = np.empty(len(book["spot"]))
    for i in range(len(values)):
        market.set(book, i)
        values[i] = build(i).NPV()
    return values


def black(n: int) -> Comparison:
    book = contracts(n, 1)
    inputs = arrays(book, "spot", "strike", "time", "vol", "rate", "yield", "call")
    market = Market()
    engine = ql.AnalyticEuropeanEngine(market.process)

    def build(i: int) -> ql.Instrument:
        option = ql.VanillaOption(vanilla(book, i), european(book, i))
        option.setPricingEngine(engine)
        return option

    theirs = priced(book, market, build)
    ours = jax.jit(pf.black_scholes_price)(*inputs)
    return compare("European", "Black-Scholes-Merton", "AnalyticEuropeanEngine", ours, theirs, book["spot"], 1e-10)


def _forward_contracts(n: int, seed: int) -> tuple[dict[str, np.ndarray], list[jax.Array]]:
    book = contracts(n, seed)
    book["total"] = book["vol"] * np.sqrt(book["time"])
    book["discount"] = np.exp(-book["rate"] * book["time"])
    return book, arrays(book, "spot", "strike", "total", "discount", "call")


def black_76(n: int) -> Comparison:
    book, inputs = _forward_contracts(n, 2)
    rows = zip(*(book[k].tolist() for k in ("call", "strike", "spot", "total", "discount")), strict=True)
    theirs = np.array([ql.blackFormula(option_type(c), k, f, s, d) for c, k, f, s, d in rows])
    ours = jax.jit(pf.black_price)(*inputs)
    return compare("European on a forward", "Black-76", "blackFormula", ours, theirs, book["spot"], 1e-10)


def displaced(n: int) -> Comparison:
    book, (forward, strike, total, discount, call) = _forward_contracts(n, 3)
    shift = jnp.asarray(30.0)
    rows = zip(*(book[k].tolist() for k in ("call", "strike", "spot", "total", "discount")), strict=True)
    theirs = np.array([ql.blackFormula(option_type(c), k, f, s, d, 30.0) for c, k, f, s, d in rows])
    ours = jax.jit(pf.displaced_price)(forward, strike, total, discount, shift, call)
    return compare("European on a forward", "displaced lognormal", "blackFormula", ours, theirs, book["spot"], 1e-10)


def bachelier(n: int) -> Comparison:
    book, (forward, strike, total, discount, call) = _forward_contracts(n, 4)
    rows = zip(*(book[k].tolist() for k in ("call", "strike", "spot", "total", "discount")), strict=True)
    theirs = np.array(
        [ql.bachelierBlackFormula(option_type(c), k - 100.0, f - 100.0, 100.0 * s, d) for c, k, f, s, d in rows]
    )
    ours = jax.jit(pf.bachelier_price)(forward - 100.0, strike - 100.0, 100.0 * total, discount, call)
    return compare("European on a forward", "Bachelier", "bachelierBlackFormula", ours, theirs, book["spot"], 1e-10)


def digitals(n: int) -> list[Comparison]:
    book, (forward, strike, total, discount, call) = _forward_contracts(n, 5)
    ours = {
        "cash or nothing": pf.cash_digital_price(forward, strike, total, discount, 100.0, call),
        "asset or nothing": pf.asset_digital_price(forward, strike, total, discount, call),
        "gap": pf.gap_price(forward, strike, 1.1 * strike, total, discount, call),
    }
    payoffs = {
        "cash or nothing": lambda t, k: ql.CashOrNothingPayoff(t, k, 100.0),
        "asset or nothing": ql.AssetOrNothingPayoff,
        "gap": lambda t, k: ql.GapPayoff(t, k, 1.1 * k),
    }
    rows = list(zip(*(book[k].tolist() for k in ("call", "strike", "spot", "total", "discount")), strict=True))
    result = []
    for name, payoff in payoffs.items():
        theirs = np.array([ql.BlackCalculator(payoff(option_type(c), k), f, s, d).value() for c, k, f, s, d in rows])
        result.append(compare("Digital", name, "BlackCalculator", ours[name], theirs, book["spot"], 1e-10))
    return result


def fx_deltas(n: int) -> list[Comparison]:
    book = contracts(n, 6)
    total = np.minimum(book["vol"] * np.sqrt(book["time"]), 0.6)
    domestic, foreign = np.exp(-book["rate"] * book["time"]), np.exp(-book["yield"] * book["time"])
    forward = book["spot"] * foreign / domestic
    result = []
    kinds = ((ql.DeltaVolQuote.Spot, 0, 0), (ql.DeltaVolQuote.Fwd, 1, 0), (ql.DeltaVolQuote.PaSpot, 0, 1))
    for code, is_forward, adjusted in (*kinds, (ql.DeltaVolQuote.PaFwd, 1, 1)):
        flags = (jnp.asarray(book["call"]), jnp.asarray(bool(is_forward)), jnp.asarray(bool(adjusted)))
        market = [jnp.asarray(x) for x in (forward, total, foreign)]
        delta = pf.fx_delta(market[0], jnp.asarray(book["strike"]), *market[1:], *flags)
        strike = pf.fx_strike_from_delta(delta, *market, *flags)
        peers = [
            ql.BlackDeltaCalculator(option_type(c), code, s, d, f, v)
            for c, s, d, f, v in zip(book["call"], book["spot"], domestic, foreign, total, strict=True)
        ]
        theirs = np.array([p.deltaFromStrike(k) for p, k in zip(peers, book["strike"].tolist(), strict=True)])
        name = f"{'forward' if is_forward else 'spot'}{' premium-adjusted' if adjusted else ''} delta"
        result.append(compare("FX delta", name, "BlackDeltaCalculator", delta, theirs, np.ones(n), 1e-10))
        # Strikes are compared by the delta that they have: near 0 and 1 the strike itself is ill-conditioned.
        back = pf.fx_delta(market[0], strike, *market[1:], *flags)
        share = np.abs(theirs) / (1.0 if is_forward else foreign)
        keep = (share > 1e-10) & ((share < 1.0 - 1e-10) | bool(adjusted))
        columns = (np.asarray(back)[keep], np.asarray(delta)[keep], np.ones(keep.sum()))
        result.append(compare("FX delta", f"strike from {name}, round trip", "own delta", *columns, 1e-9))
    return result


def _barrier_contracts(n: int, seed: int) -> dict[str, np.ndarray]:
    book = contracts(n, seed)
    rng = np.random.default_rng(seed + 1000)
    book["vol"] = np.exp(rng.uniform(np.log(0.08), np.log(0.8), n))
    book["rate"] = rng.uniform(0.0, 0.1, n)
    book["up"] = rng.random(n) < 0.5
    book["in"] = rng.random(n) < 0.5
    gap = np.abs(rng.normal(0.0, 0.2, n)) + 1e-3
    book["barrier"] = book["spot"] * np.exp(np.where(book["up"], gap, -gap))
    book["rebate"] = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(0.0, 10.0, n))
    return book


def barriers(n: int) -> Comparison:
    book = _barrier_contracts(n, 7)
    names = ("spot", "strike", "barrier", "rebate", "time", "vol", "rate", "yield", "call", "up", "in")
    ours = jax.jit(pf.barrier_price)(*arrays(book, *names))
    market = Market()
    engine = ql.AnalyticBarrierEngine(market.process)
    codes = {(1, 1): ql.Barrier.UpIn, (1, 0): ql.Barrier.UpOut, (0, 1): ql.Barrier.DownIn, (0, 0): ql.Barrier.DownOut}

    def build(i: int) -> ql.Instrument:
        code = codes[int(book["up"][i]), int(book["in"][i])]
        level, rebate = float(book["barrier"][i]), float(book["rebate"][i])
        option = ql.BarrierOption(code, level, rebate, vanilla(book, i), european(book, i))
        option.setPricingEngine(engine)
        return option

    theirs = priced(book, market, build)
    row = ("Barrier", "Reiner-Rubinstein, rebate", "AnalyticBarrierEngine", ours, theirs, book["spot"], 1e-10)
    return compare(*row, lambda i: exact_barrier({name: book[name][i].item() for name in names}))


def exact_barrier(c: dict[str, float]) -> float:
    """The same option in 40 digits, by the table of Haug (2007), 4.17.1: where two double-precision codes disagree."""
    with mp.workdps(40):
        spot, strike, barrier, rebate, time, vol, rate, dividend = (
            mp.mpf(c[k]) for k in ("spot", "strike", "barrier", "rebate", "time", "vol", "rate", "yield")
        )
        w, eta = (1 if c["call"] else -1), (-1 if c["up"] else 1)
        mu, s = (rate - dividend) / vol**2 - mp.mpf(1) / 2, vol * mp.sqrt(time)
        root, ratio = mp.sqrt(mu**2 + 2 * rate / vol**2), barrier / spot
        carry, bond = mp.exp(-dividend * time), mp.exp(-rate * time)

        def direct(level: mp.mpf) -> mp.mpf:
            x = mp.log(spot / level) / s + (1 + mu) * s
            return w * (spot * carry * mp.ncdf(w * x) - strike * bond * mp.ncdf(w * (x - s)))

        def image(level: mp.mpf) -> mp.mpf:
            y = mp.log(barrier**2 / (spot * level)) / s + (1 + mu) * s
            far = spot * carry * ratio ** (2 * mu + 2) * mp.ncdf(eta * y)
            return w * (far - strike * bond * ratio ** (2 * mu) * mp.ncdf(eta * (y - s)))

        a, b, c_, d = direct(strike), direct(barrier), image(strike), image(barrier)
        beyond = w * (strike - barrier) >= 0
        knock_in = (c_ if beyond else a - b + d) if w * eta > 0 else (a if beyond else b - c_ + d)
        if c["in"]:
            x, y = -mp.log(ratio) / s + mu * s, mp.log(ratio) / s + mu * s
            return float(knock_in + rebate * bond * (mp.ncdf(eta * x) - ratio ** (2 * mu) * mp.ncdf(eta * y)))
        z = mp.log(ratio) / s + root * s
        paid = ratio ** (mu + root) * mp.ncdf(eta * z) + ratio ** (mu - root) * mp.ncdf(eta * (z - 2 * root * s))
        return float(a - knock_in + rebate * paid)


def exact_touch(c: dict[str, float], at_hit: bool) -> float:
    """One unit at the touch or at expiry in 40 digits."""
    with mp.workdps(40):
        spot, barrier, time, vol, rate, dividend = (
            mp.mpf(c[k]) for k in ("spot", "barrier", "time", "vol", "rate", "yield")
        )
        eta, mu, s = (-1 if c["up"] else 1), (rate - dividend) / vol**2 - mp.mpf(1) / 2, vol * mp.sqrt(time)
        root = mp.sqrt(mu**2 + 2 * rate / vol**2) if at_hit else abs(mu)
        z = mp.log(barrier / spot) / s + root * s
        power = barrier / spot
        paid = power ** (mu + root) * mp.ncdf(eta * z) + power ** (mu - root) * mp.ncdf(eta * (z - 2 * root * s))
        return float(paid if at_hit else paid * mp.exp(-rate * time))


def touches(n: int) -> list[Comparison]:
    book = _barrier_contracts(n, 8)
    inputs = arrays(book, "spot", "barrier", "time", "vol", "rate", "yield", "up")
    market = Market()
    engine = ql.AnalyticDigitalAmericanEngine(market.process)
    result = []
    for name, at_hit in (("one touch, paid at the touch", True), ("one touch, paid at expiry", False)):
        ours = pf.one_touch_price(inputs[0], inputs[1], 100.0, *inputs[2:], at_hit)

        def build(i: int, at_hit: bool = at_hit) -> ql.Instrument:
            payoff = ql.CashOrNothingPayoff(option_type(book["up"][i]), float(book["barrier"][i]), 100.0)
            exercise = ql.AmericanExercise(TODAY, TODAY + int(book["days"][i]), not at_hit)
            option = ql.VanillaOption(payoff, exercise)
            option.setPricingEngine(engine)
            return option

        theirs = priced(book, market, build)
        row = ("Touch", name, "AnalyticDigitalAmericanEngine", ours, theirs, book["spot"], 1e-10)

        def arbiter(i: int, at_hit: bool = at_hit) -> float:
            names = ("spot", "barrier", "time", "vol", "rate", "yield", "up")
            return 100.0 * exact_touch({name: book[name][i].item() for name in names}, at_hit)

        result.append(compare(*row, arbiter))
    return result
