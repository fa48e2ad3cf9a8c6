"""What this process computes with: devices, precision, versions, compile cache, optional parts."""

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import jax
import jax.numpy as jnp

from ._extras import EXTRAS, missing_modules
from ._version import __version__
from .errors import pip_line

_PACKAGES = (
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "pandas",
    "equinox",
    "jaxtyping",
)


@dataclass(frozen=True)
class Environment:
    """Facts about the process that decide which numbers come out and how fast.

    Attributes:
        python: Version of the interpreter.
        system: Operating system and machine.
        versions: Installed version of the package and of each core dependency ("absent" if none).
        devices: One line per JAX device.
        backend: Platform that computations run on by default.
        x64: Whether arrays are double precision.
        cache_dir: Directory of the persistent compile cache, or None.
        missing_extras: For each extra, the modules that are not installed.
        idle_gpu: An NVIDIA driver answers here, but JAX computes on the CPU.
    """

    python: str
    system: str
    versions: dict[str, str]
    devices: tuple[str, ...]
    backend: str
    x64: bool
    cache_dir: str | None
    missing_extras: dict[str, tuple[str, ...]]
    idle_gpu: bool


def environment() -> Environment:
    """Collect the facts. Starts the JAX backend, so call it after every `jax.config` choice.

    Example:
        >>> environment().versions["jax"] == jax.__version__
        True
    """
    backend = jax.default_backend()
    return Environment(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        versions={"pact-jax": __version__} | {name: _version(name) for name in _PACKAGES},
        devices=tuple(f"{device.id}: {device.platform} {device.device_kind}" for device in jax.devices()),
        backend=backend,
        x64=jnp.result_type(float) == jnp.float64,
        cache_dir=jax.config.values["jax_compilation_cache_dir"],
        missing_extras={name: missing_modules(name) for name in EXTRAS},
        idle_gpu=backend == "cpu" and shutil.which("nvidia-smi") is not None,
    )


def doctor() -> None:
    """Print devices, precision, versions, compile cache and optional parts, each with its mend.

    Example:
        >>> doctor()  # doctest: +ELLIPSIS
        pact-jax ...
    """
    print(describe(environment()))


def describe(found: Environment) -> str:
    """Lay out the facts as the text that `doctor` prints."""
    versions = dict(found.versions)
    lines = [
        f"pact-jax {versions.pop('pact-jax')} on Python {found.python} ({found.system})",
        "versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()),
        f"backend: {found.backend}",
        *(f"  device {device}" for device in found.devices),
        *_gpu_lines(found),
        "precision: float64" if found.x64 else _SINGLE,
        f"compile cache: {found.cache_dir}" if found.cache_dir else _NO_CACHE,
        "optional parts:",
        *(_extra_line(name, missing) for name, missing in found.missing_extras.items()),
    ]
    return "\n".join(lines)


_SINGLE = (
    "precision: float32 by default; for float64 set JAX_ENABLE_X64=1 before Python starts, or call "
    'jax.config.update("jax_enable_x64", True) before the first array'
)
_NO_CACHE = "compile cache: off; set JAX_COMPILATION_CACHE_DIR=DIR to keep compiled programs between processes"


def _gpu_lines(found: Environment) -> list[str]:
    if not found.idle_gpu:
        return []
    return [f"  an NVIDIA driver is present but JAX uses the CPU: {pip_line('cuda13')} (driver 580 or newer) or cuda12"]


def _extra_line(name: str, missing: tuple[str, ...]) -> str:
    if not missing:
        return f"  {name}: present"
    return f"  {name}: absent ({', '.join(missing)}): {pip_line(name)}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
