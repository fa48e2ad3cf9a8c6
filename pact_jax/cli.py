"""The `pact` command: one thin function per subcommand, no arithmetic."""

import argparse
import os
import runpy
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from ._assess import assess
from ._cache import cache_programs
from ._doctor import doctor
from ._greeks import greeks
from ._stress import stress
from ._version import __version__
from .assessment import Generator, Historical, MonteCarlo, market_views, worst_market_moves
from .audit import AuditLog, add_audit_command, record_assessment
from .datasets import load_desk
from .errors import ArgumentError, PactError
from .io import read_snapshot, write_template
from .report import html_report, json_report, text_report
from .snapshot import Snapshot

_NUM_SCENARIOS = 10_000
_NUM_WORST = 10
_NUM_FACTORS = 15


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        arguments: Command-line words after `pact`; those of the process if None.

    Returns:
        Exit status: 0 done (whatever the decision), 2 refused with a reason on standard error.

    Example:
        >>> main(["doctor"])  # doctest: +ELLIPSIS
        pact-jax ...
        0
    """
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.run is not _run_bench:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    chosen.rest = rest
    try:
        return chosen.run(chosen)
    except PactError as error:
        print(f"pact: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough (`pact assess | head`). What is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pact", description="Portfolio risk on shared scenarios.")
    parser.add_argument("--version", action="version", version=f"pact-jax {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_assess(commands)
    _add_tables(commands)
    template = commands.add_parser("template", help="write an example snapshot folder to edit")
    template.add_argument("folder", type=Path, metavar="FOLDER", help="where; made if it is not there")
    template.add_argument("--force", action="store_true", help="overwrite files that are there")
    template.set_defaults(run=_run_template)
    command = commands.add_parser("doctor", help="print devices, precision, versions and optional parts")
    command.set_defaults(run=_run_doctor)
    add_audit_command(commands)
    bench = commands.add_parser("bench", help="run the benchmarks of a checkout", add_help=False)
    bench.set_defaults(run=_run_bench)
    return parser


def _add_assess(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "assess",
        help="assess a portfolio and print the report",
        description="Assess the snapshot in FOLDER, or the desk that ships with the package, and print the report.",
    )
    add = command.add_argument
    add("folder", nargs="?", type=Path, metavar="FOLDER", help="snapshot folder; the shipped desk by default")
    add("--horizon-days", type=int, default=10, metavar="H", help="business days, 1 to 20 (default 10)")
    add("--confidence", type=float, default=0.975, metavar="C", help="level of the score's ES (default 0.975)")
    scenarios = command.add_mutually_exclusive_group()
    scenarios.add_argument("--historical", action="store_true", help="replay the history instead of Monte Carlo")
    scenarios.add_argument(
        "--scenarios", type=int, metavar="N", help=f"Monte Carlo scenarios (default {_NUM_SCENARIOS:,})"
    )
    add("--seed", type=int, default=0, metavar="S", help="seed of every random number (default 0)")
    add("--positions", type=int, metavar="N", help="a generated desk of this size instead of the shipped one")
    add("--on-reject", choices=("raise", "report"), default="raise", help="what to do with bad rows (default raise)")
    add("--json", type=Path, metavar="F", help="write the report as JSON to this file as well")
    add("--html", type=Path, metavar="F", help="write the report as one offline HTML file as well")
    add("--audit", type=Path, metavar="DIR", help="append a record to the audit log in this directory")
    add("--no-views", action="store_true", help="leave out the market views and the worst dates of the history")
    add("--no-cache", action="store_true", help="do not keep compiled programs for the next run")
    command.set_defaults(run=_run_assess)


def _add_tables(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, run, words in (
        ("stress", _run_stress, "print the losses by desk under named historical and hypothetical stresses"),
        ("greeks", _run_greeks, "print the Greeks by desk, and the factors that move the book most"),
    ):
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        add = command.add_argument
        add("folder", nargs="?", type=Path, metavar="FOLDER", help="snapshot folder; the shipped desk by default")
        add("--positions", type=int, metavar="N", help="a generated desk of this size instead of the shipped one")
        add("--on-reject", choices=("raise", "report"), default="raise", help="what to do with bad rows")
        add("--csv", type=Path, metavar="F", help="write the whole table to this file")
        if name == "stress":
            add("--propagate", action="store_true", help="move by covariance what a hypothetical stress does not name")
        add("--no-cache", action="store_true", help="do not keep compiled programs for the next run")
        command.set_defaults(run=run)


def _run_stress(chosen: argparse.Namespace) -> int:
    _check_writable(chosen.csv)
    found = stress(_open(chosen), propagate=chosen.propagate)
    table = found.losses.sort_values("loss", ascending=False)
    shown = table.drop(columns=["source", "status"])
    _print(f"Losses by full revaluation, {found.reporting_currency}; positive is a loss\n")
    _print(shown.to_string(float_format=_whole, na_rep="") + "\n")
    for name, reason in found.refused.items():
        _print(f"refused: {name}: {reason}\n")
    for flag in found.flags:
        _print(f"{flag}\n")
    return _keep(table, chosen.csv)


def _run_greeks(chosen: argparse.Namespace) -> int:
    _check_writable(chosen.csv)
    found = greeks(_open(chosen))
    columns = ["delta_cash", "fx_delta_cash", "vega_pct", "theta", "pv01", "cs01"]
    about = found.by_position.attrs
    _print(
        f"Greeks by desk, {found.reporting_currency}; theta over {about['theta_days']} days, volatility "
        f"{about['vol_dynamics']}\n"
    )
    by_desk = found.by_position.groupby("desk")[columns].sum()
    _print(by_desk.to_string(float_format=_whole) + "\n")
    largest = found.by_factor["change"].abs().sort_values(ascending=False).index[:_NUM_FACTORS]
    _print(f"\nThe {len(largest)} factors whose usual move changes the value most\n")
    _print(found.by_factor.loc[largest].to_string(float_format="{:,.6g}".format) + "\n")
    return _keep(found.by_position, chosen.csv)


def _open(chosen: argparse.Namespace) -> Snapshot:
    tell = _narrator()
    if not chosen.no_cache:
        tell(_use_cache())
    snapshot = _read(chosen, tell)
    tell(f"valuing {len(snapshot.positions):,} positions; a first run compiles")
    return snapshot


def _whole(amount: float) -> str:
    """Whole units with thousands apart; nothing is shown as minus zero."""
    return f"{round(amount):,}"


def _keep(table: pd.DataFrame, path: Path | None) -> int:
    if path is not None:
        _write(path, table.to_csv())
    return 0


def _run_assess(chosen: argparse.Namespace) -> int:
    for path in (chosen.json, chosen.html):
        _check_writable(path)
    tell = _narrator()
    if not chosen.no_cache:
        tell(_use_cache())
    generator = (
        Historical()
        if chosen.historical
        else MonteCarlo(_NUM_SCENARIOS if chosen.scenarios is None else chosen.scenarios)
    )
    snapshot = _read(chosen, tell)
    tell("assessing; a first run compiles")
    report = assess(
        snapshot,
        generator=generator,
        horizon_days=chosen.horizon_days,
        confidence=chosen.confidence,
        seed=chosen.seed,
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
    _print(text_report(report, views=views, history=history))
    for path, render in ((chosen.json, json_report), (chosen.html, html_report)):
        if path is not None:
            _write(path, render(report, views=views, history=history))
            tell(f"wrote {path}")
    tell("done")
    return 0


def _read(chosen: argparse.Namespace, tell: Callable[[str], None]) -> Snapshot:
    if chosen.folder is None:
        tell("loading the shipped desk" if chosen.positions is None else f"generating {chosen.positions:,} positions")
        return load_desk(chosen.positions)
    if chosen.positions is not None:
        raise ArgumentError(
            "--positions is for the shipped desk only", "pact assess", "leave out FOLDER or --positions"
        )
    tell(f"reading {chosen.folder}")
    return read_snapshot(chosen.folder, on_reject=chosen.on_reject)


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


def _narrator() -> Callable[[str], None]:
    """Progress on standard error, with the seconds since the start."""
    started = time.monotonic()

    def tell(words: str) -> None:
        if words:
            print(f"[{time.monotonic() - started:6.1f} s] {words}", file=sys.stderr, flush=True)

    return tell


def _use_cache() -> str:
    """Keeps programs for the next run; the process is this command's own, to configure JAX in.

    Returns:
        What to tell; empty if the environment configures the cache already.
    """
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return ""
    try:
        return f"compiled programs are kept in {cache_programs()}"
    except ArgumentError as error:
        return f"compiled programs are not kept: {error}"


def _print(content: str) -> None:
    """To standard output; a character that it cannot show becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(content.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _check_writable(path: Path | None) -> None:
    """Refuses before the work what would fail after it."""
    if path is None:
        return
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ArgumentError("cannot be written", str(path), "give a file in a folder that exists")


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ArgumentError(f"cannot be written: {error}", str(path), "give a file that may be written") from error


def _run_template(chosen: argparse.Namespace) -> int:
    folder = write_template(chosen.folder, force=chosen.force)
    print(f"wrote {folder}: edit it, then run `pact assess {folder}`; its README.md explains every column")
    return 0


def _run_doctor(chosen: argparse.Namespace) -> int:
    doctor()
    return 0


def _run_bench(chosen: argparse.Namespace) -> int:
    """`python -m benchmarks` of the checkout in the current directory; they are no part of the installed package."""
    folder = Path.cwd()
    if not (folder / "benchmarks" / "__main__.py").is_file():
        raise ArgumentError(
            f"no benchmarks in {folder}",
            "pact bench",
            "run it in a checkout of the repository; wheels do not carry them",
        )
    sys.argv = ["benchmarks", *chosen.rest]
    sys.path.insert(0, str(folder))
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
    return 0
