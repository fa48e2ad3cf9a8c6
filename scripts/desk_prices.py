"""Input price of every position by textbook formulas in NumPy and SciPy, sharing no code with the package's pricers.

Conventions: times are actual/365; zero rates are linear in time and flat outside the nodes; volatility is linear in log
strike and, between expiries, total variance is linear in time; bonds pay on unadjusted dates counted back from
maturity, and on default the recovery of face at the end of the coupon period.
"""

from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import norm


class Prices:
    """Prices under one market."""

    def __init__(self, market: object, issuers: pd.DataFrame, hazards: pd.DataFrame, valuation: date):
        self.valuation = valuation
        self.spot = dict(zip(market.assets["asset"], market.assets["spot"], strict=True))
        self.dividend = dict(zip(market.assets["asset"], market.assets["dividend_yield"], strict=True))
        self.fx = dict(zip(market.currencies["currency"], market.currencies["fx"], strict=True))
        self.curve = {name: group for name, group in market.curves.groupby("curve")}
        self.surface = {name: group for name, group in market.vols.groupby("surface")}
        self.hazard = {name: group for name, group in hazards.groupby("issuer")}
        self.lgd = dict(zip(issuers["issuer"], issuers["lgd"].fillna(0.45), strict=True))

    def years(self, day: object) -> float:
        """Years to a day, actual/365."""
        return (pd.Timestamp(day) - pd.Timestamp(self.valuation)).days / 365.0

    def discount(self, curve: str, time: float) -> float:
        """Discount factor of a curve."""
        nodes = self.curve[curve]
        return float(np.exp(-time * np.interp(time, nodes["tenor"], nodes["zero_rate"])))

    def survival(self, issuer: str, time: float) -> float:
        """Survival probability; 1 without an issuer."""
        if not issuer:
            return 1.0
        nodes = self.hazard[issuer]
        ends, rates = nodes["tenor"].to_numpy(), nodes["hazard_rate"].to_numpy()
        starts = np.concatenate([[0.0], ends[:-1]])
        lengths = np.clip(np.minimum(time, np.concatenate([ends[:-1], [np.inf]])) - starts, 0.0, None)
        return float(np.exp(-np.sum(lengths * rates)))

    def vol(self, surface: str, time: float, strike: float) -> float:
        """Volatility at an absolute strike; the nodes sit at `F(T_node) e^k`."""
        grid = self.surface[surface].pivot(index="expiry", columns="log_moneyness", values="implied_vol")
        expiries, moneyness = grid.index.to_numpy(), grid.columns.to_numpy()
        x = np.log(strike)
        smile = [
            np.interp(x, np.log(self.forward(surface, t)) + moneyness, row)
            for t, row in zip(expiries, grid.to_numpy(), strict=True)
        ]
        inside = float(np.clip(time, expiries[0], expiries[-1]))
        return float(np.sqrt(np.interp(inside, expiries, np.array(smile) ** 2 * expiries) / inside))

    def forward(self, underlying: str, time: float) -> float:
        """Forward of an asset, or of an exchange rate `FX:EUR`, in dollars."""
        if underlying.startswith("FX:"):
            name = underlying[3:]
            return self.fx[name] * self.discount(name, time) / self.discount("USD", time)
        return self.spot[underlying] * np.exp(-self.dividend[underlying] * time) / self.discount("USD", time)

    def option(self, underlying: str, kind: str, strike: float, day: object) -> float:
        """Black price per unit of the underlying, in dollars."""
        time = self.years(day)
        forward, sd = self.forward(underlying, time), self.vol(underlying, time, strike) * np.sqrt(time)
        d1 = np.log(forward / strike) / sd + sd / 2.0
        sign = 1.0 if kind == "call" else -1.0
        undiscounted = sign * (forward * norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - sd)))
        return float(self.discount("USD", time) * undiscounted)

    def bond(self, row: pd.Series) -> float:
        """Dirty price of one unit."""
        step = 12 // int(row["frequency"])
        days = [pd.Timestamp(row["maturity"])]
        while days[-1] > pd.Timestamp(self.valuation):
            days.append(pd.Timestamp(row["maturity"]) - pd.DateOffset(months=step * len(days)))
        times = [self.years(day) for day in reversed(days[:-1])]
        issuer, currency, face = row["issuer"], row["currency"], row["face"]
        recovery = 0.0 if not issuer else 1.0 - self.lgd[issuer]
        total, before = 0.0, 1.0
        for time in times:
            alive = self.survival(issuer, time)
            flow = face * row["coupon"] / row["frequency"] + (face if time == times[-1] else 0.0)
            total += self.discount(currency, time) * (flow * alive + face * recovery * (before - alive))
            before = alive
        return total

    def price(self, row: pd.Series) -> float:
        """Price of one position in the convention of the `price` column."""
        kind = row["kind"]
        if kind == "stock":
            return self.spot[row["asset"]]
        if kind == "european_option":
            return self.option(row["asset"], row["option_type"], row["strike"], row["maturity"])
        if kind == "fx_option":
            return self.option(f"FX:{row['currency']}", row["option_type"], row["strike"], row["maturity"])
        if kind == "bond":
            return self.bond(row)
        if kind == "loan":
            return row["outstanding"]
        time = self.years(row["maturity"])
        if kind == "fx_forward":
            sold = row["currency_2"] or "USD"
            received = self.fx[row["currency"]] * self.discount(row["currency"], time)
            return (received - row["strike"] * self.fx[sold] * self.discount(sold, time)) / self.fx[sold]
        gain = self.forward(row["asset"], time) - row["strike"]
        return gain if kind == "future" else gain * self.discount("USD", time)
