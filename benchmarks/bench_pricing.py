"""Unit pricers against QuantLib's Python loop and NumPy: Europeans with Greeks, implied volatility, Americans.

Peers run on a part of the contracts and are scaled up, which each row says. Compile time stands apart.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pact_jax.pricing import formulas as pf  # noqa: E402

_GREEKS = (0, 2, 3, 4, 5)


def run(smoke: bool) -> list[dict]:
    with jax.enable_x64(True):
        size, loop, repeats = (10_000, 200, 3) if smoke else (1_000_000, 10_000, 9)
        book = _book(size)
        rows = [*_europeans(book, loop, repeats), *_implied(book, loop, repeats), _gradient_cost(repeats)]
        rows += _americans(*((512, 20, 3) if smoke else (20_480, 600, 7)))
        return [
            *rows,
            _means(*((512, 2, 3) if smoke else (20_480, 20, 7))),
            _spreads(*((512, 20, 3) if smoke else (20_480, 400, 7))),
        ]


def _book(size: int) -> tuple[jax.Array, ...]:
    rng = np.random.default_rng(0)
    columns = (
        100.0 * np.exp(rng.normal(0.0, 0.3, size)),
        100.0 * np.exp(rng.normal(0.0, 0.3, size)),
        rng.integers(7, 1825, size) / 365.0,
        rng.uniform(0.1, 0.6, size),
        rng.uniform(0.0, 0.08, size),
        rng.uniform(0.0, 0.05, size),
        rng.random(size) < 0.5,
    )
    return tuple(map(jnp.asarray, columns))


def _timed(function: Callable, *arguments, repeats: int) -> tuple[float, float, object]:
    """Median run time, time of the first call beyond it (tracing and compiling), result."""
    begin = time.perf_counter()
    result = jax.block_until_ready(function(*arguments))
    first = time.perf_counter() - begin
    samples = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        samples.append(time.perf_counter() - begin)
    median = statistics.median(samples)
    return median, first - median, result


def _row(name: str, size: int, ours: tuple[float, float, object], peer: str, peer_s: float, accuracy: float) -> dict:
    return {
        "name": name,
        "size": size,
        "ours_s": ours[0],
        "peer": peer,
        "peer_s": peer_s,
        "ratio": peer_s / ours[0],
        "accuracy": accuracy,
        "compile_s": ours[1],
    }


def _with_greeks(*book: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    """Price, delta, theta, vega, rho, dividend rho of every contract in one backward pass."""

    def total(*inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        price = pf.black_scholes_price(*inputs, book[6])
        return price.sum(), price

    gradient, price = jax.grad(total, _GREEKS, has_aux=True)(*book[:6])
    return price, gradient


def _europeans(book: tuple[jax.Array, ...], loop: int, repeats: int) -> list[dict]:
    size = len(book[0])
    ours = _timed(jax.jit(_with_greeks), *book, repeats=repeats)
    peer_s, theirs = _quantlib_europeans(book, loop)
    mine = np.stack([np.asarray(x)[:loop] for x in (ours[2][0], *ours[2][1])])
    error = float(np.max(np.abs(mine[[0, 1, 3, 4]] - theirs) / np.array([100.0, 1.0, 100.0, 100.0])[:, None]))
    host = [np.asarray(x) for x in book]
    begin = time.perf_counter()
    theirs_numpy = _numpy_greeks(*host)
    numpy_s = time.perf_counter() - begin
    numpy_error = float(np.max(np.abs(np.asarray(ours[2][1][0]) - theirs_numpy[1])))
    name = "European, price and 5 Greeks"
    return [
        _row(name, size, ours, f"QuantLib loop, {loop} of {size} scaled up", peer_s * size / loop, error),
        _row(name, size, ours, "NumPy and scipy ndtr, written out", numpy_s, numpy_error),
    ]


def _quantlib_europeans(book: tuple[jax.Array, ...], loop: int) -> tuple[float, np.ndarray]:
    import _pricing_peers as peers
    import QuantLib as ql

    columns, market = _columns(book), peers.Market()
    engine = ql.AnalyticEuropeanEngine(market.process)
    out = np.empty((4, loop))
    begin = time.perf_counter()
    for i in range(loop):
        market.set(columns, i)
        option = ql.VanillaOption(peers.vanilla(columns, i), peers.european(columns, i))
        option.setPricingEngine(engine)
        out[:, i] = option.NPV(), option.delta(), option.vega(), option.rho()
        _ = option.theta(), option.dividendRho()
    return time.perf_counter() - begin, out


def _numpy_greeks(spot, strike, years, vol, rate, dividend, call) -> tuple[np.ndarray, ...]:
    from scipy.special import ndtr

    sign = np.where(call, 1.0, -1.0)
    root = np.sqrt(years)
    total = vol * root
    carry, bond = np.exp(-dividend * years), np.exp(-rate * years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / total + 0.5 * total
    n1, n2 = ndtr(sign * d1), ndtr(sign * (d1 - total))
    density = np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
    delta = sign * carry * n1
    rho, dividend_rho = sign * strike * years * bond * n2, -sign * spot * years * carry * n1
    vega = spot * carry * density * root
    price = sign * (spot * carry * n1 - strike * bond * n2)
    theta = 0.5 * vega * vol / years - dividend * spot * delta + rate * sign * strike * bond * n2
    return price, delta, theta, vega, rho, dividend_rho


def _implied(book: tuple[jax.Array, ...], loop: int, repeats: int) -> list[dict]:
    size = len(book[0])
    spot, strike, years, vol, rate, dividend, call = book
    forward, discount = spot * jnp.exp((rate - dividend) * years), jnp.exp(-rate * years)
    price = pf.black_price(forward, strike, vol * jnp.sqrt(years), discount, call)
    ours = _timed(jax.jit(pf.implied_black_vol), price, forward, strike, years, discount, call, repeats=repeats)
    back = pf.black_price(forward, strike, ours[2].vol * jnp.sqrt(years), discount, call)
    error = float(jnp.max(jnp.abs(back - price)))
    quotes = (call, strike, forward, price, discount, vol * jnp.sqrt(years))
    rows = []
    for label, (done, spent) in (
        ("QuantLib VanillaOption.impliedVolatility", _quantlib_instruments(book, np.asarray(price), loop // 4)),
        ("QuantLib blackFormulaImpliedStdDev, guess 1.5 x answer", _quantlib_formula(quotes, loop)),
    ):
        label = f"{label}, {done} of {size} scaled up"
        rows.append(_row("implied volatility", size, ours, label, spent * size / done, error))
    return rows


def _quantlib_formula(quotes: tuple[jax.Array, ...], loop: int) -> tuple[int, float]:
    import QuantLib as ql

    columns = [np.asarray(column)[:loop].tolist() for column in quotes]
    kinds = (ql.Option.Put, ql.Option.Call)
    done, begin = 0, time.perf_counter()
    for c, k, f, p, d, s in zip(*columns, strict=True):
        try:
            ql.blackFormulaImpliedStdDev(kinds[c], k, f, p, d, 0.0, 1.5 * s, 1e-10, 100)
            done += 1
        except RuntimeError:
            # A price at its bound to rounding: not counted as done, its time is.
            continue
    return done, time.perf_counter() - begin


def _quantlib_instruments(book: tuple[jax.Array, ...], price: np.ndarray, loop: int) -> tuple[int, float]:
    import _pricing_peers as peers
    import QuantLib as ql

    columns, market = _columns(book), peers.Market()
    done, begin = 0, time.perf_counter()
    for i in range(loop):
        market.set(columns, i)
        option = ql.VanillaOption(peers.vanilla(columns, i), peers.european(columns, i))
        try:
            option.impliedVolatility(float(price[i]), market.process, 1e-10, 100, 1e-4, 4.0)
            done += 1
        except RuntimeError:
            continue
    return done, time.perf_counter() - begin


def _columns(book: tuple[jax.Array, ...]) -> dict[str, np.ndarray]:
    columns = dict(zip(("spot", "strike", "time", "vol", "rate", "yield", "call"), map(np.asarray, book), strict=True))
    return columns | {"days": np.rint(columns["time"] * 365).astype(int)}


def _gradient_cost(repeats: int) -> dict:
    """Value and gradient in the price's six inputs, as a multiple of the price alone, for contracts in cache."""
    book = _book(10_000)

    def both(*inputs: jax.Array) -> tuple[jax.Array, ...]:
        return jax.vmap(jax.value_and_grad(pf.black_scholes_price, (0, 1, 2, 3, 4, 5)))(*inputs)

    price = _timed(jax.jit(pf.black_scholes_price), *book, repeats=20 * repeats)
    gradient = _timed(jax.jit(both), *book, repeats=20 * repeats)
    row = _row(
        "gradient / primal of a European", len(book[0]), gradient, "our price alone (ratio inverted)", price[0], 0.0
    )
    return row | {"ratio": gradient[0] / price[0]}


def _americans(size: int, loop: int, repeats: int) -> list[dict]:
    import _exotic_peers as peers
    import QuantLib as ql

    book = peers.american_book(size, 20)
    inputs = peers.arrays(book, "spot", "strike", "time", "vol", "rate", "yield", "call")
    few = {name: column[:loop] for name, column in book.items()}
    exact = np.asarray(pf.american_price(*(x[:loop] for x in inputs), scheme=pf.PRECISE).value)
    rows = []
    engines = (
        ("FAST", pf.FAST, "fast", ql.QdFpAmericanEngine.fastScheme()),
        ("ACCURATE", pf.ACCURATE, "accurate", ql.QdFpAmericanEngine.accurateScheme()),
    )
    for name, scheme, peer, peer_scheme in engines:
        price = jax.jit(lambda *a, scheme=scheme: pf.american_price(*a, scheme=scheme).value)
        ours = _timed(price, *inputs, repeats=repeats)
        begin = time.perf_counter()
        theirs = peers.quantlib_american(few, peer_scheme)
        spent = time.perf_counter() - begin
        errors = [np.max(np.abs(v - exact) / few["strike"]) for v in (np.asarray(ours[2])[:loop], theirs)]
        label = f"QuantLib QdFp {peer}, {loop} of {size} scaled up; its own error {errors[1]:.1e}"
        rows.append(_row(f"American, {name}", size, ours, label, spent * size / loop, float(errors[0])))
    return rows


def _means(size: int, loop: int, repeats: int) -> dict:
    """Arithmetic means of four fixings; the peer of that accuracy integrates over three dimensions."""
    import _exotic_peers as peers
    import QuantLib as ql

    book = peers.contracts(2 * size, 26)
    small = (book["days"] >= 30) & (book["vol"] * np.sqrt(book["time"]) < 0.6)
    book = {name: column[small][:size] for name, column in book.items()}
    size, fixings = len(book["spot"]), (book["days"][:, None] * np.arange(1, 5)[None, :]) // 4
    spot, strike, time_, vol, rate, dividend, call = peers.arrays(
        book, "spot", "strike", "time", "vol", "rate", "yield", "call"
    )
    times = jnp.asarray(fixings / 365.0)
    forward = spot[:, None] * jnp.exp((rate - dividend)[:, None] * times)
    price = jax.jit(jax.vmap(pf.arithmetic_asian_price, (0, 0, None, None, 0, 0, 0)))
    known = jnp.full(4, 0.25), jnp.asarray(0.0), strike, jnp.exp(-rate * time_), call
    ours = _timed(price, forward, (vol * vol)[:, None] * times, *known, repeats=repeats)
    market = peers.Market()
    engine = ql.ChoiAsianEngine(market.process)

    def build(i: int) -> ql.Instrument:
        dates = [peers.TODAY + int(day) for day in fixings[i]]
        terms = (ql.Average.Arithmetic, 0.0, 0, dates, peers.vanilla(book, i), peers.european(book, i))
        option = ql.DiscreteAveragingAsianOption(*terms)
        option.setPricingEngine(engine)
        return option

    begin = time.perf_counter()
    theirs = peers.priced({name: column[:loop] for name, column in book.items()}, market, build)
    spent = time.perf_counter() - begin
    error = float(np.max(np.abs(np.asarray(ours[2])[:loop] - theirs) / book["spot"][:loop]))
    label = f"QuantLib ChoiAsianEngine, {loop} of {size} scaled up"
    return _row("arithmetic Asian, 4 fixings", size, ours, label, spent * size / loop, error)


def _spreads(size: int, loop: int, repeats: int) -> dict:
    import _pricing_peers as peers
    import QuantLib as ql

    book = peers.contracts(size, 22)
    rng = np.random.default_rng(23)
    rho, level = rng.uniform(-0.95, 0.95, size), book["strike"] - book["spot"]
    book["vol"] = np.minimum(book["vol"], 0.6 / np.sqrt(book["time"]))
    spot, time_, vol, rate, dividend, call = peers.arrays(book, "spot", "time", "vol", "rate", "yield", "call")
    forward, total = spot * jnp.exp((rate - dividend) * time_), vol * jnp.sqrt(time_)
    inputs = (forward, -forward, jnp.asarray(level), total, 0.7 * total, jnp.asarray(rho), jnp.exp(-rate * time_), call)
    ours = _timed(jax.jit(pf.two_asset_sum_price), *inputs, repeats=repeats)
    first, second = peers.Market(), peers.Market()
    theirs = np.empty(loop)
    begin = time.perf_counter()
    for i in range(loop):
        first.set(book, i)
        second.set(book | {"vol": 0.7 * book["vol"]}, i)
        side = ql.Option.Call if book["call"][i] else ql.Option.Put
        basket = ql.SpreadBasketPayoff(ql.PlainVanillaPayoff(side, float(level[i])))
        correlation = ql.Matrix(2, 2, 1.0)
        correlation[0][1] = correlation[1][0] = float(rho[i])
        option = ql.BasketOption(basket, peers.european(book, i))
        option.setPricingEngine(ql.ChoiBasketEngine([first.process, second.process], correlation))
        theirs[i] = option.NPV()
    spent = time.perf_counter() - begin
    error = float(np.nanmax(np.abs(np.asarray(ours[2])[:loop] - theirs) / (2.0 * np.asarray(forward)[:loop])))
    label = f"QuantLib ChoiBasketEngine, {loop} of {size} scaled up"
    return _row("spread option", size, ours, label, spent * size / loop, error)


if __name__ == "__main__":
    print(json.dumps(run("--smoke" in sys.argv), indent=1))
