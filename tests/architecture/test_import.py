"""Importing the package computes nothing, sets nothing and brings in nothing optional."""

import os
import subprocess
import sys

from .sources import ROOT, package_sources

# With a platform that does not exist, the first computation raises: an import that computes cannot pass.
_PROGRAM = """
import sys
import jax
before = dict(jax.config.values)
import importlib
for name in {names!r}:
    importlib.import_module(name)
assert dict(jax.config.values) == before, "jax.config changed at import"
loaded = sorted({optional!r} & set(sys.modules))
assert not loaded, f"imported: {{loaded}}"
import logging
assert not logging.getLogger().handlers, "root logger configured"
try:
    jax.numpy.zeros(1)
except RuntimeError:
    print("nothing ran")
"""

_OPTIONAL = {"matplotlib", "pyarrow", "cryptography", "QuantLib"}


def _run(names: list[str], optional: set[str]) -> subprocess.CompletedProcess[str]:
    program = _PROGRAM.format(names=names, optional=optional)
    environment = os.environ | {"JAX_PLATFORMS": "absent", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_importing_every_module_runs_no_computation():
    done = _run([source.name for source in package_sources()], _OPTIONAL - _already_imported_by_dependencies())
    assert done.stdout == "nothing ran\n", done.stderr


def test_a_module_that_computes_is_caught(tmp_path):
    (tmp_path / "computes.py").write_text("import jax.numpy as jnp\nONE = jnp.ones(3)\n", encoding="utf-8")
    program = _PROGRAM.format(names=["computes"], optional=set())
    environment = os.environ | {"JAX_PLATFORMS": "absent", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def _already_imported_by_dependencies() -> set[str]:
    """Modules that pandas or equinox bring in themselves where they are installed."""
    program = "import sys, pandas, equinox; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
