"""Runs the benchmarks and prints one table: `python -m benchmarks [--smoke] [--only NAME] [--save FILE]`."""

import argparse
import importlib
import json
import platform
import sys
from pathlib import Path

import jax

from pact_jax import __version__

COLUMNS = ("name", "size", "ours_s", "compile_s", "peer", "peer_s", "ratio", "accuracy")


def main() -> int:
    """Runs every `bench_*.py`; exit status 1 if one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small sizes: does it run, not how fast")
    parser.add_argument("--only", default="", help="part of a benchmark's name")
    parser.add_argument("--save", default="", help="JSON file for the rows, with device and versions")
    chosen = parser.parse_args()
    rows, failed = [], []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if chosen.only not in path.stem:
            continue
        print(f"-- {path.stem}", flush=True)
        try:
            found = importlib.import_module(f"benchmarks.{path.stem}").run(chosen.smoke)
        except ImportError as error:
            print(f"   skipped: {error}")
            continue
        except Exception as error:  # one broken benchmark must not hide the others
            failed.append(path.stem)
            print(f"   FAILED: {error!r}")
            continue
        rows += [{"benchmark": path.stem, **row} for row in found]
        for row in found:
            print("   " + _line(row), flush=True)
    if chosen.save:
        Path(chosen.save).write_text(json.dumps({"environment": _environment(), "rows": rows}, indent=1) + "\n")
    print(f"{len(rows)} rows, {len(failed)} failed{': ' + ', '.join(failed) if failed else ''}")
    return 1 if failed else 0


def _line(row: dict) -> str:
    parts = [f"{row['name']}: ours {row['ours_s']:.4g} s"]
    if row.get("peer"):
        parts.append(f"{row['peer']} {row['peer_s']:.4g} s, ratio {row['ratio']:.1f}")
    parts.append(f"accuracy {row['accuracy']:.1e}" if isinstance(row.get("accuracy"), float) else "")
    parts.append(f"compile {row['compile_s']:.2f} s" if isinstance(row.get("compile_s"), float) else "")
    return "; ".join(part for part in parts if part)


def _environment() -> dict[str, str]:
    device = jax.devices()[0]
    return {
        "package": __version__,
        "jax": jax.__version__,
        "python": platform.python_version(),
        "device": f"{device.platform}:{device.device_kind}",
        "machine": platform.machine(),
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    sys.exit(main())
