"""Imports go down the layer list only, and what belongs to the host edge stays there."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from .sources import PACKAGE, Source, calls, from_text, imports, package_sources

# Top to bottom. Names on one line are peers and do not import each other.
LAYERS = (
    ("",),  # pact_jax/__init__.py: the table of contents
    ("cli",),
    ("orchestration",),
    ("report",),
    ("audit",),
    ("io", "datasets"),
    ("_explain_pnl", "_greeks", "_liquidity_horizon", "_reverse_stress", "_what_if"),
    ("_stress",),
    ("_assess",),
    ("assessment",),
    ("snapshot",),
    ("_cache", "_doctor"),
    # ---- above: the host edge. below: pure JAX ----
    ("backtest",),
    ("_pipeline",),
    ("consensus",),
    ("agents",),
    ("allocation",),
    ("capital",),
    ("liquidity",),
    ("credit",),
    ("revaluation",),
    ("pricing", "scenarios"),
    ("instruments",),  # a kind names the factor groups of the market that it depends on
    ("surfaces",),
    ("market", "measures"),
    ("sampling",),
    ("curves",),
    ("dates",),
    ("special",),
    ("_program",),
    ("_program_store",),
    ("_numerics",),
    ("_status",),
    ("_extras",),
    ("errors", "_typing", "_axes", "_version"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
LOWEST_HOST = RANK["_doctor"]

HOST_MODULES = {"pandas", "asyncio", "logging", "threading", "subprocess", "socket", "urllib", "sqlite3"}
HOST_CALLS = {"open", "print", "input"}
HOST_METHODS = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "loadtxt", "savetxt", "genfromtxt"}
VAGUE_NAMES = {"utils", "util", "helpers", "core", "common", "base", "misc"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE_CALLS = {"eval", "exec", "os.system", "os.popen", "os.fork", "yaml.load", "yaml.unsafe_load", "__import__"}
UNSAFE_METHODS = {"read_pickle", "to_pickle"}


def direction_faults(source: Source) -> list[str]:
    faults = []
    for found in imports(source, _module_names()):
        root, _, rest = found.target.partition(".")
        if root != PACKAGE:
            continue
        target = rest.partition(".")[0]
        where = f"{source.name}:{found.line}"
        if target not in RANK:
            faults.append(f"{where}: {target!r} is not in the layer list")
        elif target != source.top and RANK[target] <= RANK[source.top]:
            faults.append(f"{where}: {source.top!r} must not import {target or PACKAGE!r}, which is not below it")
        if found.in_function and source.top != "cli":
            faults.append(f"{where}: import of {found.target} inside a function hides a dependency")
    return faults


def host_faults(source: Source) -> list[str]:
    if RANK[source.top] <= LOWEST_HOST:
        return []
    faults = [
        f"{source.name}:{found.line}: imports {found.target} below the host edge"
        for found in imports(source)
        if found.target.partition(".")[0] in HOST_MODULES
    ]
    for name, node in calls(source):
        if name in HOST_CALLS or ("." in name and name.rpartition(".")[2] in HOST_METHODS):
            faults.append(f"{source.name}:{node.lineno}: calls {name} below the host edge")
    return faults


def unsafe_faults(source: Source) -> list[str]:
    faults = [
        f"{source.name}:{found.line}: imports {found.target}"
        for found in imports(source)
        if found.target.partition(".")[0] in UNSAFE_MODULES
    ]
    for name, node in calls(source):
        flags = {word.arg for word in node.keywords if not _is_false(word.value)}
        if name in UNSAFE_CALLS or name.rpartition(".")[2] in UNSAFE_METHODS or flags & {"shell", "allow_pickle"}:
            faults.append(f"{source.name}:{node.lineno}: calls {ast.unparse(node)[:60]}")
    return faults


def contents_faults(source: Source) -> list[str]:
    """A package's `__init__` is a table of contents: docstring and re-exports."""
    if not source.is_package:
        return []
    faults = []
    for number, node in enumerate(source.tree.body):
        docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        if not (docstring or named or isinstance(node, ast.Import | ast.ImportFrom)):
            faults.append(f"{source.name}:{node.lineno}: an __init__ only re-exports")
    return faults


def star_faults(source: Source) -> list[str]:
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom)]
    return [f"{source.name}:{node.lineno}: star import" for node in nodes if node.names[0].name == "*"]


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _module_names() -> frozenset[str]:
    return frozenset(source.name for source in package_sources())


def _names(sources: tuple[Source, ...]) -> set[str]:
    return {part for source in sources for part in source.name.split(".")}


RULES = [direction_faults, host_faults, unsafe_faults, contents_faults, star_faults]


@pytest.mark.parametrize("rule", RULES)
def test_package_keeps(rule):
    faults = [fault for source in package_sources() for fault in rule(source)]
    assert not faults, "\n".join(faults)


def test_every_module_has_a_layer():
    unknown = {source.top for source in package_sources()} - RANK.keys()
    assert not unknown, f"add to LAYERS: {sorted(unknown)}"


def test_no_vague_package_names():
    assert not _names(package_sources()) & (VAGUE_NAMES | {f"_{name}" for name in VAGUE_NAMES})


def test_no_import_cycles():
    modules = _module_names()
    graph = {
        source.name: {found.target for found in imports(source, modules) if found.target in modules}
        for source in package_sources()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (direction_faults, "pact_jax.measures._tail", "from pact_jax.pricing import price"),
        (direction_faults, "pact_jax.sampling._counter", "from ..measures import tail_measures"),
        (direction_faults, "pact_jax.measures._tail", "from pact_jax import assess"),
        (direction_faults, "pact_jax.agents._market", "def run():\n    from ..measures import var"),
        (direction_faults, "pact_jax.agents._market", "from ..nowhere import x"),
        (host_faults, "pact_jax.credit._loss", "import pandas as pd"),
        (host_faults, "pact_jax.credit._loss", "def f(path):\n    return path.read_text()"),
        (host_faults, "pact_jax.credit._loss", "def f(path):\n    return open(path)"),
        (unsafe_faults, "pact_jax.audit._log", "import pickle"),
        (unsafe_faults, "pact_jax.audit._log", "eval('1')"),
        (unsafe_faults, "pact_jax.audit._log", "subprocess.run('ls', shell=True)"),
        (unsafe_faults, "pact_jax.audit._log", "yaml.load(text)"),
        (unsafe_faults, "pact_jax.io._npz", "np.load(path, allow_pickle=True)"),
        (star_faults, "pact_jax.io._npz", "from math import *"),
    ],
)
def test_rule_catches(rule, name, text):
    assert rule(from_text(name, text))


def test_contents_rule_catches():
    assert contents_faults(from_text("pact_jax.credit", '"""Doc."""\nRATE = 1', is_package=True))


def test_down_imports_pass():
    text = "from ..measures import var\nfrom ._abstract import Agent\nfrom .. import errors"
    assert not direction_faults(from_text("pact_jax.agents._market", text))
