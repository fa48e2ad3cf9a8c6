"""What is needed to run an assessment again: hashes, versions, precision, device, seed."""

import hashlib
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import jax
import jaxlib.version
import numpy as np

from pact_jax._version import __version__
from pact_jax.revaluation import TILE
from pact_jax.snapshot import TABLE_NAMES, Prepared, Snapshot

from ._draw import set_id
from ._generator import Generator


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


_BETWEEN_WORDS = "\x1f"

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

    Returns:
        The manifest.
    """
    device = jax.devices()[0]
    known = {
        "valuation_date": str(snapshot.valuation_date),
        "input_hash": hash_arrays(prepared.inputs),
        "snapshot_hash": hash_snapshot(snapshot),
        "set_id": set_id(generator, prepared, horizon_days=horizon_days, seed=seed),
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


def hash_arrays(tree: object) -> str:
    """SHA-256 of the leaves of a pytree with their structure, shapes and dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    digest = hashlib.sha256(str(structure).encode())
    for leaf in leaves:
        array = np.ascontiguousarray(leaf)
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def hash_snapshot(snapshot: Snapshot) -> str:
    """SHA-256 of the input: scalars and every table but the history, whose hash is in the scenario set's."""
    digest = hashlib.sha256(f"{snapshot.portfolio_id}|{snapshot.valuation_date}|{snapshot.capital}".encode())
    for name in TABLE_NAMES:
        table = getattr(snapshot, name)
        if name != "history" and len(table):
            digest.update(name.encode())
            for label, column in table.items():
                values = column.to_numpy()
                digest.update(f"{label}|{column.dtype}|{len(values)}".encode())
                digest.update(values.tobytes() if values.dtype.kind in "fiubM" else _text(values.tolist()))
    return digest.hexdigest()


def _text(words: list[str]) -> bytes:
    """Words one after the other, so that two columns never read the same."""
    try:
        joined = _BETWEEN_WORDS.join(words)
    except TypeError:
        return _text([str(word) for word in words])
    # A word that holds the separator could make its column read as another does: then every word is quoted.
    return joined.encode() if joined.count(_BETWEEN_WORDS) == len(words) - 1 else f"quoted {words}".encode()
