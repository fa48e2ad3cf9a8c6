"""What a report is made of before it is text or HTML: sections with notes and one table each."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """Title (with its unit) and how its cells are shown."""

    title: str
    show: Callable[[object], str]


@dataclass(frozen=True)
class Table:
    """Cells ready to print.

    Attributes:
        titles: of the columns.
        rows: cells.
        numeric: which columns stand right-aligned.
        marks: a word for each row that a renderer may emphasise ("" for none).
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes:
        key: short name, unique in a report.
        title: heading.
        notes: sentences: basis, units, what was left out.
        table: at most one.
    """

    key: str
    title: str
    notes: tuple[str, ...] = ()
    table: Table | None = None


def make_table(columns: Sequence[Column], rows: Iterable[Sequence[object]], marks: Iterable[str] = ()) -> Table:
    """Shows every cell by the rule of its column.

    Args:
        columns: titles and rules.
        rows: values, in the order of the columns.
        marks: a word for each row; none if empty.

    Returns:
        The table.
    """
    shown = tuple(tuple(c.show(v) for c, v in zip(columns, row, strict=True)) for row in rows)
    words = tuple(marks) or ("",) * len(shown)
    return Table(tuple(c.title for c in columns), shown, tuple(c.show is not text for c in columns), words)


def text(value: object) -> str:
    """Text on one line: what a terminal would act on (line ends, escapes, direction marks) becomes a question mark."""
    return "".join(char if char.isprintable() else "?" for char in str(value))


def money(value: object) -> str:
    """An amount with thousands separators; small ones with cents.

    Example:
        >>> money(1234567.8), money(1.5), money(float("nan")), money(float("inf"))
        ('1,234,568', '1.50', '-', 'no bound')
    """
    return _special(value) or (f"{_float(value):,.0f}" if not 0 < abs(_float(value)) < 100 else f"{_float(value):,.2f}")


def percent(value: object) -> str:
    """A share as a percentage.

    Example:
        >>> percent(0.0661), percent(0.0000123)
        ('6.610 %', '0.001 %')
    """
    return _special(value) or f"{round(100 * _float(value), 3) + 0.0:,.3f} %"


def number(value: object) -> str:
    """A number of no unit, four significant digits."""
    return _special(value) or f"{_float(value):,.4g}"


def count(value: object) -> str:
    """A whole number."""
    return f"{int(_float(value)):,}"


def by_unit(value: float, unit: str) -> str:
    """A measure in the unit that it names: shares as percentages, money as money."""
    if unit.startswith("share"):
        return percent(value)
    return money(value) if unit.startswith("reporting currency") else number(value)


def level(value: float) -> str:
    """A confidence level: `97.5 %`."""
    return f"{100 * value:g} %"


def _float(value: object) -> float:
    return float(value)  # pyright: ignore[reportArgumentType]


def _special(value: object) -> str:
    if math.isnan(_float(value)):
        return "-"
    if math.isinf(_float(value)):
        return "no bound" if _float(value) > 0 else "-infinity"
    return ""
