"""The schema in words: `python -m pact_jax.snapshot docs/reference/snapshot_schema.md` writes the reference page."""

from ._kinds import KINDS
from ._schema import HISTORY_FACTORS, SCALARS, TABLES
from ._table_spec import Column, Table


def schema_markdown() -> str:
    """Return the reference of every table and column as Markdown, from the same data that the checks use.

    Example:
        >>> "| `spot` | number | yes |" in schema_markdown()
        True
    """
    parts = [
        "# Snapshot folder",
        "A snapshot is a folder with `snapshot.json` and one file per table: `NAME.csv`, `NAME.csv.gz` or "
        "`NAME.parquet`. Text is UTF-8, cells are separated by commas, numbers are plain (`1234.5`, `0.05`) and dates "
        "are `YYYY-MM-DD`. An empty cell takes the default. Columns whose name starts with `_` are ignored; any other "
        "unknown column or file is refused, because a misspelt one must not be ignored.",
        "## snapshot.json",
        _columns(SCALARS),
    ]
    for table in TABLES.values():
        parts += [f"## {table.name}", _about(table), _columns(table.columns)]
        if table.name == "positions":
            parts += ["Columns that each kind reads, besides the required ones:", _kinds()]
    return "\n\n".join([*parts, "## history", _history()]) + "\n"


def _about(table: Table) -> str:
    key = f" Rows are unique by {', '.join(f'`{name}`' for name in table.unique)}." if table.unique else ""
    need = " Required." if table.required else ""
    return f"One row: {table.meaning}.{key}{need}"


def _columns(columns: tuple[Column, ...]) -> str:
    rows = ["| column | type | required | default | values | meaning |", "|---|---|---|---|---|---|"]
    for column in columns:
        default = (
            "" if column.default is None else f"`{column.default:g}`" if column.type == "number" else column.default
        )
        values = ", ".join(column.allowed) or column.range_text
        if column.refers_to:
            values = f"in `{column.refers_to}`"
        required = "yes" if column.required else ""
        rows.append(f"| `{column.name}` | {column.type} | {required} | {default} | {values} | {column.meaning} |")
    return "\n".join(rows)


def _kinds() -> str:
    rows = ["| kind | one unit | must fill | may fill |", "|---|---|---|---|"]
    rows += [
        f"| {name} | {kind.meaning} | {_quoted(kind.required)} | {_quoted(kind.optional)} |"
        for name, kind in KINDS.items()
    ]
    return "\n".join(rows)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _history() -> str:
    rows = ["| column | level |", "|---|---|"]
    rows += [f"| `{shape}` | {meaning} |" for shape, meaning in HISTORY_FACTORS.values()]
    about = (
        "One row per date, ascending, in the first column `date`; every other column is a factor and holds levels, not "
        "returns. Levels other than zero rates must be above zero. Factors without a column are not shocked."
    )
    return f"{about}\n\n" + "\n".join(rows)
