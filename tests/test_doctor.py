"""What `pact doctor` prints, for machines unlike this one too."""

import dataclasses

import jax
import pytest

from pact_jax._doctor import describe, environment
from pact_jax._extras import EXTRAS
from pact_jax.cli import main


def test_facts_are_those_of_the_process():
    found = environment()
    assert found.x64 is True  # conftest sets it
    assert len(found.devices) == jax.device_count()
    assert found.versions["jax"] == jax.__version__


def test_absent_extras_name_the_pip_line():
    found = dataclasses.replace(environment(), missing_extras={name: ("x",) for name in EXTRAS})
    text = describe(found)
    assert all(f'pip install "pact-jax[{name}]"' in text for name in EXTRAS)


@pytest.mark.parametrize("idle", [False, True])
def test_idle_gpu_is_pointed_out(idle):
    text = describe(dataclasses.replace(environment(), idle_gpu=idle))
    assert ("NVIDIA" in text) == idle


@pytest.mark.parametrize(("x64", "word"), [(True, "precision: float64"), (False, "precision: float32")])
def test_precision_is_named(x64, word):
    assert word in describe(dataclasses.replace(environment(), x64=x64))


def test_command(capsys):
    assert main(["doctor"]) == 0
    assert "backend: " in capsys.readouterr().out


def test_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["assss"])
    assert "invalid choice" in capsys.readouterr().err
