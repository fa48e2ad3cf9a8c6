"""What is needed to run an assessment again: hashes, versions, precision, device, seed."""

import hashlib
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import jax
import jaxlib.version

from pact_jax._version import __version__
from pact_jax.revaluation import TILE
from pact_jax.snapshot import Prepared, Snapshot

from ._generator import Generator
from ._hashes import InputDigests, hash_inputs


@dataclass(frozen=True)
class RunManifest:
    """Provenance of one assessment.

    Attributes:
        run_id: hash of everything below but the time.
        created_at: UTC, ISO 8601.
        valuation_date: date of the market.
        input_hash: SHA-256 of the prepared arrays.
        snapshot_hash: SHA-256 of the input tables.
        set_id: hash of the scenario generator, its seed and its history.
        generator: the generator in words.
        seed: seed of every random number.
        confidence: level of the score.
        horizon_days: business days.
        tile: scenarios compiled as one block.
        dtype: floating type of the run.
        device: platform and kind.
        package: version of this package.
        jax: version of jax.
        jaxlib: version of jaxlib.
        python: version of Python.
        models: model name, version; the parts that produce numbers.
        seconds: wall-clock seconds of the computation, compile time of a first run included.
        revaluation: how the market was revalued.
    """

    run_id: str
    created_at: str
    valuation_date: str
    input_hash: str
    snapshot_hash: str
    set_id: str
    generator: str
    seed: int
    confidence: float
    horizon_days: int
    tile: int
    dtype: str
    device: str
    package: str
    jax: str
    jaxlib: str
    python: str
    models: tuple[str, ...]
    seconds: float
    revaluation: str = "full revaluation"

    def to_dict(self) -> dict[str, object]:
        """Plain dictionary for JSON."""
        return asdict(self)


MODELS: tuple[str, ...] = (
    "market/full_revaluation",
    "credit/one_factor_sampled_defaults",
    "liquidity/square_root_impact",
    "consensus/joint_expected_shortfall",
)
"""Models behind a score; their version is that of the package."""


def make_manifest(
    snapshot: Snapshot,
    prepared: Prepared,
    generator: Generator,
    *,
    seed: int,
    confidence: float,
    horizon_days: int,
    dtype: str,
    seconds: float,
    revaluation: str = "full revaluation",
    digests: InputDigests | None = None,
) -> RunManifest:
    """Collects the provenance of a run.

    Args:
        snapshot: the input.
        prepared: its arrays.
        generator: which scenarios.
        seed: seed.
        confidence: level of the score.
        horizon_days: H.
        dtype: floating type.
        seconds: wall-clock of the computation.
        revaluation: how the market was revalued, in words.
        digests: hashes of snapshot, arrays and scenario set, where they are known already.

    Returns:
        The manifest.
    """
    if digests is None:
        digests = hash_inputs(snapshot, prepared, generator, horizon_days=horizon_days, seed=seed)
    device = jax.devices()[0]
    known = {
        "valuation_date": str(snapshot.valuation_date),
        "input_hash": digests.input_hash,
        "snapshot_hash": digests.snapshot_hash,
        "set_id": digests.set_id,
        "generator": repr(generator),
        "seed": seed,
        "confidence": confidence,
        "horizon_days": horizon_days,
        "tile": TILE,
        "revaluation": revaluation,
        "dtype": dtype,
        "device": f"{device.platform}:{device.device_kind}",
        "package": __version__,
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "python": platform.python_version(),
        "models": tuple(f"{name}@{__version__}" for name in MODELS),
    }
    run_id = hashlib.sha256(repr(sorted(known.items())).encode()).hexdigest()[:16]
    created = datetime.now(UTC).isoformat(timespec="milliseconds")
    return RunManifest(run_id=run_id, created_at=created, seconds=seconds, **known)
