"""Every formula against QuantLib on random contracts: a few hundred here, ten thousand under the `slow` mark."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("QuantLib")
pytest.importorskip("mpmath")

_BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def _peers(name: str) -> ModuleType:
    # benchmarks/ is no package; dataclasses need the module to be registered before it runs.
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _BENCHMARKS / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_KINDS = {
    "_pricing_peers": ("black", "black_76", "displaced", "bachelier", "digitals", "fx_deltas", "barriers", "touches"),
    "_exotic_peers": ("americans", "asians", "two_assets", "heston"),
    "_rate_peers": ("rates",),
    "_position_peers": ("linear_and_vanilla",),
    "_credit_peers": ("cds", "risky_bonds"),
}


@pytest.mark.parametrize("n", [300, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("module", "kind"), [(module, kind) for module, kinds in _KINDS.items() for kind in kinds])
def test_random_contracts(module: str, kind: str, n: int) -> None:
    result = getattr(_peers(module), kind)(n)
    for row in result if isinstance(result, list) else [result]:
        assert row.contracts >= 0.1 * n
        assert row.worst_error <= row.bound, row
        # An arbiter is for the few contracts on which the other side has lost its digits, not for a wrong formula.
        assert row.arbitrated <= 0.01 * n + 1, row
