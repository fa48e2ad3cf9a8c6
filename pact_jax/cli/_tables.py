"""`pact stress` and `pact greeks`: one table of a book, printed and written."""

import argparse
from pathlib import Path

import pandas as pd

from pact_jax._greeks import greeks
from pact_jax._stress import stress
from pact_jax.snapshot import Snapshot

from ._book import add_book, open_book
from ._output import check_writable, narrator, print_text, write_text

_NUM_FACTORS = 15


def add_tables(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `pact stress` and `pact greeks` to the command line.

    Args:
        commands: subparsers of `pact`.
    """
    for name, run, words in (
        ("stress", _run_stress, "print the losses by desk under named historical and hypothetical stresses"),
        ("greeks", _run_greeks, "print the Greeks by desk, and the factors that move the book most"),
    ):
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        add_book(command)
        add = command.add_argument
        add("--csv", type=Path, metavar="F", help="write the whole table to this file")
        if name == "stress":
            add("--propagate", action="store_true", help="move by covariance what a hypothetical stress does not name")
        command.set_defaults(run=run)


def _run_stress(chosen: argparse.Namespace) -> int:
    found = stress(_open(chosen), propagate=chosen.propagate)
    table = found.losses.sort_values("loss", ascending=False)
    shown = table.drop(columns=["source", "status"])
    print_text(f"Losses by full revaluation, {found.reporting_currency}; positive is a loss\n\n")
    print_text(shown.to_string(float_format=_whole, na_rep="") + "\n")
    for name, reason in found.refused.items():
        print_text(f"refused: {name}: {reason}\n")
    for flag in found.flags:
        print_text(f"{flag}\n")
    return _keep(table, chosen.csv)


def _run_greeks(chosen: argparse.Namespace) -> int:
    found = greeks(_open(chosen))
    columns = ["delta_cash", "fx_delta_cash", "vega_pct", "theta", "pv01", "cs01"]
    about = found.by_position.attrs
    print_text(
        f"Greeks by desk, {found.reporting_currency}; theta over {about['theta_days']} days, volatility "
        f"{about['vol_dynamics']}\n"
    )
    by_desk = found.by_position.groupby("desk")[columns].sum()
    print_text(by_desk.to_string(float_format=_whole) + "\n")
    largest = found.by_factor["change"].abs().sort_values(ascending=False).index[:_NUM_FACTORS]
    print_text(f"\nThe {len(largest)} factors whose usual move changes the value most\n")
    print_text(found.by_factor.loc[largest].to_string(float_format="{:,.6g}".format) + "\n")
    return _keep(found.by_position, chosen.csv)


def _open(chosen: argparse.Namespace) -> Snapshot:
    check_writable(chosen.csv)
    tell = narrator()
    snapshot = open_book(chosen, tell)
    tell(f"valuing {len(snapshot.positions):,} positions; a first run compiles")
    return snapshot


def _whole(amount: float) -> str:
    """Whole units with thousands apart; nothing is shown as minus zero."""
    return f"{round(amount):,}"


def _keep(table: pd.DataFrame, path: Path | None) -> int:
    if path is not None:
        write_text(path, table.to_csv())
    return 0
