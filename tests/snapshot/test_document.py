"""The reference page is generated, and the one in the repository is the current one."""

from pathlib import Path

from pact_jax.snapshot import KIND_COLUMNS, SCALARS, TABLES, schema_markdown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "snapshot_schema.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_markdown(), "run: python -m pact_jax.snapshot"


def test_the_page_names_every_column_and_kind() -> None:
    page = schema_markdown()
    columns = [column for table in TABLES.values() for column in table.columns] + list(SCALARS)
    assert all(f"| `{column.name}` |" in page and column.meaning in page for column in columns)
    assert all(f"| {kind} |" in page for kind in KIND_COLUMNS)
