"""`pact assess`: the main job, printed, written and recorded."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pact_jax._assess import assess
from pact_jax.assessment import Generator, Historical, MonteCarlo, market_views, worst_market_moves
from pact_jax.audit import AuditLog, record_assessment
from pact_jax.errors import PactError
from pact_jax.report import html_report, json_report, text_report
from pact_jax.revaluation import RevaluationMode
from pact_jax.snapshot import Snapshot

from ._book import add_book, open_book
from ._output import check_writable, narrator, print_text, write_text

_NUM_SCENARIOS = 10_000
_NUM_WORST = 10


def add_assess(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `pact assess` to the command line.

    Args:
        commands: subparsers of `pact`.
    """
    command = commands.add_parser(
        "assess",
        help="assess a portfolio and print the report",
        description="Assess the snapshot in FOLDER, or the desk that ships with the package, and print the report.",
    )
    add_book(command)
    add = command.add_argument
    add("--horizon-days", type=int, default=10, metavar="H", help="business days, 1 to 20 (default 10)")
    add("--confidence", type=float, default=0.975, metavar="C", help="level of the score's ES (default 0.975)")
    scenarios = command.add_mutually_exclusive_group()
    scenarios.add_argument("--historical", action="store_true", help="replay the history instead of Monte Carlo")
    scenarios.add_argument(
        "--scenarios", type=int, metavar="N", help=f"Monte Carlo scenarios (default {_NUM_SCENARIOS:,})"
    )
    add(
        "--ladder", action="store_true", help="collapse the book onto ladders and strips, tails in full: the same score"
    )
    add("--seed", type=int, default=0, metavar="S", help="seed of every random number (default 0)")
    add("--json", type=Path, metavar="F", help="write the report as JSON to this file as well")
    add("--html", type=Path, metavar="F", help="write the report as one offline HTML file as well")
    add("--audit", type=Path, metavar="DIR", help="append a record to the audit log in this directory")
    add("--no-views", action="store_true", help="leave out the market views and the worst dates of the history")
    command.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    for path in (chosen.json, chosen.html):
        check_writable(path)
    tell = narrator()
    snapshot = open_book(chosen, tell)
    generator = (
        Historical()
        if chosen.historical
        else MonteCarlo(_NUM_SCENARIOS if chosen.scenarios is None else chosen.scenarios)
    )
    tell("assessing; a first run compiles")
    report = assess(
        snapshot,
        generator=generator,
        horizon_days=chosen.horizon_days,
        confidence=chosen.confidence,
        seed=chosen.seed,
        revaluation=RevaluationMode.LADDER if chosen.ladder else RevaluationMode.FULL,
        num_worst=_NUM_WORST,
        progress=tell,
    )
    tell(f"score {report.score:.4f}, bound {report.upper_bound:.4f}, {report.decision}")
    if chosen.audit is not None:
        # Durable before anything is shown.
        with AuditLog(chosen.audit) as log:
            receipt = record_assessment(log, report)
        tell(f"audit record {receipt.sequence} in {chosen.audit}")
    views, history = (None, None) if chosen.no_views else _views(snapshot, chosen, generator, tell)
    print_text(text_report(report, views=views, history=history))
    for path, render in ((chosen.json, json_report), (chosen.html, html_report)):
        if path is not None:
            write_text(path, render(report, views=views, history=history))
            tell(f"wrote {path}")
    tell("done")
    return 0


def _views(
    snapshot: Snapshot, chosen: argparse.Namespace, generator: Generator, tell: Callable[[str], None]
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Views and worst dates, as far as the history allows."""
    tell("market views over 1 and 10 business days, and the worst dates of the history")
    simulated = generator if isinstance(generator, MonteCarlo) else MonteCarlo(_NUM_SCENARIOS)
    both = (Historical(), simulated)
    try:
        views = market_views(snapshot, generators=both, confidence=chosen.confidence, seed=chosen.seed)
        return views, worst_market_moves(
            snapshot, horizon_days=chosen.horizon_days, count=_NUM_WORST, size=simulated.num_scenarios
        )
    except PactError as error:
        tell(f"no views: {error}")
        return None, None
