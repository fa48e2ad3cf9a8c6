"""The command line: exit statuses, what goes where, what is refused; on a folder with few positions of one kind."""

import json
import os
import re
import stat
import sys

import jax
import pandas as pd
import pytest

from pact_jax.cli import _book, main
from pact_jax.io import read_snapshot, write_snapshot
from tests.report import books

FEW = ["--scenarios", "500", "--no-cache"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_snapshot(books.stocks(), tmp_path_factory.mktemp("stocks") / "book")


def test_assess_prints_and_writes(folder, tmp_path, capsys):
    files = ["--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), "--audit", str(tmp_path / "log")]
    assert main(["assess", str(folder), *FEW, *files]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Risk assessment of stocks & co on 2022-12-28\n")
    # 110 overlapping windows hold at most eleven that do not overlap.
    assert "Market views side by side" in shown.out and re.search(r"Worst ([6-9]|10) dates of the history", shown.out)
    assert "compiles" in shown.err and "done" in shown.err and "Risk assessment" not in shown.err
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["score"] == pytest.approx(books.report().score, rel=1e-12)
    assert content["receipt"][0] == 0 and len(content["worst_scenarios"]) == 10
    assert content["market_views"][0]["monte_carlo_scenarios"] == 500
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    # A breach is an answer like any other: the status is 0 all the same.
    assert content["compliance"].startswith("BREACH")
    assert main(["audit", "verify", str(tmp_path / "log")]) == 0


def test_views_can_be_left_out(folder, capsys):
    assert main(["assess", str(folder), *FEW, "--no-views"]) == 0
    assert "side by side" not in capsys.readouterr().out


def test_a_ladder_says_what_it_did(folder, capsys):
    assert main(["assess", str(folder), *FEW, "--no-views", "--ladder"]) == 0
    assert re.search(r"LADDER: of [\d,]+ scenarios [\d,]+ are revalued in full", capsys.readouterr().out)


@pytest.mark.parametrize(("words", "asked"), [([], None), (["--positions", "30"], 30)])
def test_the_shipped_desk_without_a_folder(words, asked, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(_book, "load_desk", lambda size: calls.append(size) or books.stocks())
    assert main(["assess", *words, *FEW, "--no-views"]) == 0
    assert calls == [asked] and "Risk assessment of" in capsys.readouterr().out


def test_history_gives_dates(folder, capsys):
    assert main(["assess", str(folder), "--historical", "--no-cache", "--no-views"]) == 0
    shown = capsys.readouterr().out
    worst = books.worst()["end"].iloc[0]
    assert "scenarios of Historical()" in shown and str(worst)[:10] in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "does not exist"),
        (["--positions", "30", "."], "--positions is for the shipped desk only"),
        ([".", "--json", "no/such/folder/a.json"], "cannot be written"),
        ([".", "--html", "."], "cannot be written"),
        (["FOLDER", "--horizon-days", "21"], "horizon_days is 21"),
        (["FOLDER", "--confidence", "0.025"], "no confidence level"),
        (["FOLDER", "--scenarios", "0"], "num_scenarios is 0"),
    ],
)
def test_refusals(words, said, folder, capsys):
    words = [str(folder) if word == "FOLDER" else word for word in words]
    assert main(["assess", *words, "--no-cache"]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and "mend:" in shown.err and shown.out == "" and "Traceback" not in shown.err


@pytest.mark.parametrize("words", [["assess", "--historical", "--scenarios", "5"], ["assess", "--wrong"], []])
def test_wrong_words(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err


def test_bad_rows_are_refused_or_reported(folder, tmp_path, capsys):
    broken = write_snapshot(books.stocks(), tmp_path / "broken")
    path = broken / "positions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("P2", "P3"), encoding="utf-8")
    assert main(["assess", str(broken), *FEW]) == 2
    assert "positions.csv" in capsys.readouterr().err
    assert main(["assess", str(broken), *FEW, "--on-reject", "report", "--no-views"]) == 0
    shown = capsys.readouterr().out
    assert "INCOMPLETE" in shown and "no bound" in shown and "rejected row" in shown


def test_stress_and_greeks(folder, tmp_path, capsys):
    kept = tmp_path / "kept.csv"
    assert main(["stress", str(folder), "--no-cache", "--csv", str(kept)]) == 0
    shown = capsys.readouterr().out
    losses = pd.read_csv(kept, index_col="scenario")
    assert "positive is a loss" in shown and f"{round(losses.loc['equity -20%', 'loss']):,}" in shown
    assert losses["loss"].is_monotonic_decreasing and "-0 " not in shown
    assert main(["greeks", str(folder), "--no-cache", "--csv", str(kept)]) == 0
    shown = capsys.readouterr().out
    by_desk = pd.read_csv(kept).groupby("desk")["delta_cash"].sum()
    assert "Greeks by desk" in shown and all(f"{round(value):,}" in shown for value in by_desk)


def test_template(tmp_path, capsys):
    assert main(["template", str(tmp_path / "new")]) == 0
    assert read_snapshot(tmp_path / "new").portfolio_id == "template"
    assert main(["template", str(tmp_path / "new")]) == 2
    assert "mend:" in capsys.readouterr().err
    assert main(["template", str(tmp_path / "new"), "--force"]) == 0


def test_bench_needs_a_checkout(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "--smoke"]) == 2
    assert "no benchmarks in" in capsys.readouterr().err
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("")
    (tmp_path / "benchmarks" / "__main__.py").write_text("import sys\nsys.exit(sys.argv[1:] != ['--smoke'])\n")
    monkeypatch.setattr("sys.argv", ["pact"])
    monkeypatch.setattr("sys.path", [*sys.path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--smoke"])
    assert not caught.value.code


@pytest.fixture
def jax_settings():
    names = (
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_min_entry_size_bytes",
    )
    before = {name: getattr(jax.config, name) for name in names}
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.skipif(os.name != "posix", reason="modes of directories are POSIX")
def test_cache_is_private(tmp_path, monkeypatch, jax_settings):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "are kept in" in _book.use_cache()
    folder = tmp_path / "cache" / "pact_jax"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and jax.config.jax_compilation_cache_dir == str(folder)
    # Others could put programs there for us to run.
    jax.config.update("jax_compilation_cache_dir", None)
    folder.chmod(0o777)
    assert "others may write" in _book.use_cache() and jax.config.jax_compilation_cache_dir is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    assert "are not kept" in _book.use_cache()
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    assert _book.use_cache() == "" and jax.config.jax_compilation_cache_dir is None
