"""A book with one position of every kind, from the template folder to an assessment that adds up."""

from pathlib import Path

import numpy as np
import pytest

import pact_jax
from pact_jax.assessment import MonteCarlo
from pact_jax.io import read_snapshot, write_template
from pact_jax.snapshot import KINDS


@pytest.mark.slow
def test_the_template_is_assessed_and_explained(tmp_path: Path) -> None:
    snapshot = read_snapshot(write_template(tmp_path / "desk"))
    assert set(snapshot.positions["kind"]) == set(KINDS)
    report = pact_jax.assess(snapshot, generator=MonteCarlo(1_000))
    losses = report.losses_frame()
    assert np.isfinite(losses.to_numpy(float)).all() and np.isfinite(report.score)
    items = report.explain("position")
    assert items["contribution"].sum() == pytest.approx(report.score, abs=1e-12)
    # Every marked position moves with the market that the history shocks.
    moved = set(items.loc[(items["agent"] == "market") & (items["contribution"] != 0.0), "item"])
    marked = set(snapshot.positions.loc[snapshot.positions["kind"] != "loan", "position_id"])
    assert marked <= moved
