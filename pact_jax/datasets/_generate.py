"""Larger books on the market of the shipped desk: seeded, vectorised, of the same composition for every size."""

import numpy as np
import pandas as pd

from pact_jax.errors import ArgumentError
from pact_jax.snapshot import RATINGS

SMALLEST = 20
_SHARES = {
    "european_option": 0.44,
    "fx_option": 0.06,
    "stock": 0.14,
    "forward": 0.01,
    "future": 0.01,
    "bond": 0.16,
    "fx_forward": 0.08,
    "loan": 0.10,
}
_DUPLICATES = 0.05
"""Share of options and bonds that repeat the contract of another one, as when two desks hold the same contract."""
_DESKS = {
    "european_option": ("equity_derivatives", "equity_derivatives", "volatility"),
    "fx_option": ("fx", "volatility"),
    "stock": ("equity", "equity_derivatives"),
    "forward": ("equity",),
    "future": ("equity", "equity_derivatives"),
    "bond": ("rates_credit", "treasury"),
    "fx_forward": ("fx", "treasury"),
    "loan": ("lending",),
}
_SECTORS = (
    *("Consumer Discretionary", "Consumer Staples", "Energy", "Financials", "Health Care"),
    *("Industrials", "Information Technology", "Materials", "Real Estate", "Utilities"),
)
_LOANS_PER_BORROWER = 3


def generate(
    tables: dict[str, pd.DataFrame], scalars: dict, num_positions: int, seed: int
) -> tuple[dict[str, pd.DataFrame], dict]:
    """Replace the book by a generated one and scale capital, cash flows and limits in money with its size.

    Args:
        tables: Tables of the shipped desk, as text.
        scalars: Its scalars.
        num_positions: Positions wanted, at least 20.
        seed: Seed.

    Returns:
        The tables and scalars of the generated desk.

    Raises:
        ArgumentError: Too few positions.
    """
    if num_positions < SMALLEST:
        raise ArgumentError(
            f"num_positions is {num_positions}",
            "load_desk",
            f"ask for {SMALLEST} or more, or None for the shipped book",
        )
    rng = np.random.default_rng([20221228, seed])
    counts = {kind: int(share * num_positions) for kind, share in _SHARES.items()}
    counts["european_option"] += num_positions - sum(counts.values())
    scale = num_positions / len(tables["positions"])
    borrowers = _borrowers(max(counts["loan"] // _LOANS_PER_BORROWER, 1), rng)
    book = _Book(tables, scalars["valuation_date"], borrowers["issuer"].to_numpy(), rng)
    frames = [getattr(book, kind)(count) for kind, count in counts.items() if count]
    positions = pd.concat(frames, ignore_index=True)
    positions.insert(0, "position_id", [f"P{at + 1:07d}" for at in range(num_positions)])
    issuers = tables["issuers"]
    kept = issuers[issuers["issuer"].isin([*tables["hazards"]["issuer"], *tables["positions"]["counterparty"]])]
    tables = tables | {"positions": positions, "issuers": pd.concat([kept, borrowers], ignore_index=True)}
    return _scaled(tables, scalars, scale, positions)


def _borrowers(count: int, rng: np.random.Generator) -> pd.DataFrame:
    # Ratings BBB+ to B: the middle of the scale, where banks lend.
    low, high = RATINGS.index("BBB+"), RATINGS.index("B")
    return pd.DataFrame(
        {
            "issuer": [f"Borrower {at + 1:05d}" for at in range(count)],
            "sector": rng.choice(_SECTORS, count),
            "rating": np.array(RATINGS, dtype=object)[rng.integers(low, high + 1, count)],
            "pd": "",
            "lgd": np.where(rng.random(count) < 0.5, "0.4", ""),
            "driver": "SP500",
            "loading": "",
        },
        dtype=object,
    )


class _Book:
    """One method per kind; each returns that many rows."""

    def __init__(
        self, tables: dict[str, pd.DataFrame], valuation: str, borrowers: np.ndarray, rng: np.random.Generator
    ):
        self.rng = rng
        self.valuation = np.datetime64(valuation, "D")
        self.assets = tables["assets"]["asset"].to_numpy(dtype=object)
        self.spot = tables["assets"]["spot"].astype(float).to_numpy()
        foreign = tables["currencies"][tables["currencies"]["currency"] != "USD"]
        self.currencies = foreign["currency"].to_numpy(dtype=object)
        self.fx = foreign["fx"].astype(float).to_numpy()
        self.issuers = tables["hazards"]["issuer"].unique().astype(object)
        banks = tables["positions"]["counterparty"].unique()
        self.banks = banks[banks != ""].astype(object)
        self.borrowers = borrowers

    def _frame(self, kind: str, columns: dict[str, object], count: int) -> pd.DataFrame:
        desk = np.array(_DESKS[kind], dtype=object)[self.rng.integers(0, len(_DESKS[kind]), count)]
        return pd.DataFrame({"desk": desk, "kind": kind, **columns})

    def _days(self, first: int, last: int, count: int, step: int = 1) -> pd.DatetimeIndex:
        """Maturities between two numbers of days from the valuation date, on multiples of `step` days."""
        days = step * self.rng.integers(first // step, last // step + 1, count) + first % step
        return pd.DatetimeIndex((self.valuation + days).astype("datetime64[ns]"))

    def _signed(self, money: np.ndarray, unit: np.ndarray | float, digits: int = 0) -> np.ndarray:
        sign = np.where(self.rng.random(len(money)) < 0.5, -1.0, 1.0)
        return sign * np.maximum(np.round(money / unit, digits), 1.0)

    def _repeat_some(self, frame: pd.DataFrame, terms: list[str]) -> pd.DataFrame:
        count = len(frame)
        copies = np.flatnonzero(self.rng.random(count) < _DUPLICATES)
        origin = self.rng.integers(0, count, len(copies))
        frame.loc[copies, terms] = frame.loc[origin, terms].to_numpy()
        return frame

    def european_option(self, count: int) -> pd.DataFrame:
        at = self.rng.integers(0, len(self.assets), count)
        at = np.where(self.rng.random(count) < 0.3, 0, at)
        spot = self.spot[at]
        step = 10.0 ** np.floor(np.log10(spot) - 2.0)
        strike = np.round(spot * np.exp(self.rng.uniform(-0.3, 0.25, count)) / step) * step
        columns = {
            "asset": self.assets[at],
            "option_type": np.where(self.rng.random(count) < 0.5, "call", "put").astype(object),
            "strike": strike.round(6),
            "maturity": self._days(9, 730, count, step=7),
            "multiplier": 100.0,
            "quantity": self._signed(self.rng.uniform(5e4, 1.2e6, count), 100.0 * spot),
        }
        return self._repeat_some(self._frame("european_option", columns, count), list(columns)[:-1])

    def fx_option(self, count: int) -> pd.DataFrame:
        at = self.rng.integers(0, len(self.currencies), count)
        strike = self.fx[at] * np.exp(self.rng.uniform(-0.08, 0.08, count))
        return self._frame("fx_option", self._fx_terms(at, strike, count) | self._call_or_put(count), count)

    def _call_or_put(self, count: int) -> dict[str, object]:
        return {"option_type": np.where(self.rng.random(count) < 0.5, "call", "put").astype(object)}

    def _fx_terms(self, at: np.ndarray, strike: np.ndarray, count: int) -> dict[str, object]:
        digits = 10.0 ** (3.0 - np.floor(np.log10(strike)))
        return {
            "currency": self.currencies[at],
            "strike": np.round(strike * digits) / digits,
            "maturity": self._days(20, 540, count),
            "quantity": self._signed(self.rng.uniform(3e5, 4e6, count), self.fx[at], -3),
            "counterparty": self.banks[self.rng.integers(0, len(self.banks), count)],
        }

    def fx_forward(self, count: int) -> pd.DataFrame:
        at = self.rng.integers(0, len(self.currencies), count)
        strike = self.fx[at] * np.exp(self.rng.uniform(-0.03, 0.03, count))
        return self._frame("fx_forward", self._fx_terms(at, strike, count), count)

    def stock(self, count: int) -> pd.DataFrame:
        at = self.rng.integers(1, len(self.assets), count)
        money = self.rng.uniform(1e5, 1.5e6, count)
        long = self.rng.random(count) < 0.7
        quantity = np.abs(self._signed(money, self.spot[at])) * np.where(long, 1.0, -1.0)
        return self._frame("stock", {"asset": self.assets[at], "quantity": quantity}, count)

    def forward(self, count: int) -> pd.DataFrame:
        at = self.rng.integers(1, len(self.assets), count)
        strike = np.round(self.spot[at] * self.rng.uniform(0.96, 1.05, count), 2)
        quantity = self._signed(self.rng.uniform(2e5, 2e6, count), self.spot[at])
        terms = {"asset": self.assets[at], "strike": strike, "maturity": self._days(30, 400, count)}
        return self._frame("forward", {**terms, "quantity": quantity}, count)

    def future(self, count: int) -> pd.DataFrame:
        strike = np.round(self.spot[0] * self.rng.uniform(1.0, 1.02, count), 2)
        terms = {"asset": self.assets[0], "strike": strike, "maturity": self._days(80, 360, count), "multiplier": 50.0}
        return self._frame("future", {**terms, "quantity": -self.rng.integers(1, 12, count).astype(float)}, count)

    def bond(self, count: int) -> pd.DataFrame:
        marked = self.rng.random(count) < 0.6
        currency = np.where(marked, "USD", np.array(["USD", "EUR", "GBP", "JPY"])[self.rng.integers(0, 4, count)])
        annual = currency == "EUR"
        # Coupons and redemption on the 15th of a month, where most issues of the largest market have them; governments
        # in the four refunding months.
        month = np.datetime64("2023-08", "M") + self.rng.integers(0, 12 * 25, count)
        refunding = np.datetime64("2023-08", "M") + 3 * self.rng.integers(0, 4 * 25, count)
        day = np.where(marked, month, refunding).astype("datetime64[D]") + 14
        unit = np.where(currency == "JPY", 0.75, 100.0)
        columns = {
            "currency": currency.astype(object),
            "coupon": np.round(self.rng.uniform(0.0, 0.06, count), 4),
            "frequency": np.where(annual, 1.0, 2.0),
            "maturity": pd.DatetimeIndex(day.astype("datetime64[ns]")),
            "day_count": np.where(marked, "30/360", "ACT/ACT ICMA").astype(object),
            "issuer": np.where(marked, self.issuers[self.rng.integers(0, len(self.issuers), count)], ""),
            "quantity": self._signed(self.rng.uniform(2e5, 3e6, count), unit, -1),
        }
        return self._repeat_some(self._frame("bond", columns, count), list(columns)[:-1])

    def loan(self, count: int) -> pd.DataFrame:
        amount = np.round(self.rng.lognormal(np.log(2.0e6), 0.6, count), -4)
        amount = np.clip(amount, 1e5, 8e6)
        committed = self.rng.random(count) < 0.3
        columns = {
            "currency": np.where(self.rng.random(count) < 0.7, "USD", "EUR").astype(object),
            "issuer": self.borrowers[self.rng.integers(0, len(self.borrowers), count)],
            "outstanding": amount,
            "undrawn": np.where(committed, np.round(0.3 * amount, -3), np.nan),
            "ccf": np.where(committed, 0.4, np.nan),
            "quantity": 1.0,
        }
        return self._frame("loan", columns, count)


_IN_MONEY = ("expected_shortfall", "var_95", "var_99", "expected_loss")


def _scaled(
    tables: dict[str, pd.DataFrame], scalars: dict, scale: float, positions: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], dict]:
    money = ("capital", "tier1_capital", "cash_buffer")
    scalars = scalars | {name: round(scale * float(scalars[name]), 2) for name in money}
    scalars |= {"portfolio_id": f"desk-2022-{len(positions)}", "description": f"Generated desk of {len(positions)}"}
    flows = tables["cash_flows"].assign(amount=(tables["cash_flows"]["amount"].astype(float) * scale).round(2))
    exposures = tables["credit_exposures"]
    columns = {
        name: [cell and f"{float(cell) * scale:.2f}" for cell in exposures[name].astype(object)]
        for name in ("current_exposure", "undrawn")
    }
    limits = tables["limits"]
    in_money = limits["measure"].isin(_IN_MONEY)
    limit = limits["limit"].astype(float)
    scaled = {
        "cash_flows": flows,
        "credit_exposures": exposures.assign(**columns),
        "limits": limits.assign(limit=limit.where(~in_money, limit * scale)),
    }
    return tables | scaled, scalars
