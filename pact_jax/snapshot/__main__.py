"""Write the reference page of the snapshot schema: `python -m pact_jax.snapshot FILE`."""

import sys
from pathlib import Path

from ._document import schema_markdown

if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/snapshot_schema.md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(schema_markdown(), encoding="utf-8")
    print(f"wrote {target}")
