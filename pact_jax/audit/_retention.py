"""How long records must be kept: one line a class, as data."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from ._record import RecordType

DEFAULT_YEARS: Final = 7


@dataclass(frozen=True)
class RetentionClass:
    """One class of records.

    Attributes:
        name: of the class.
        types: records that belong to it.
        years: kept from the date of the record, at least.
        reason: what asks for it.
    """

    name: str
    types: frozenset[RecordType]
    years: int
    reason: str


RETENTION: Final[tuple[RetentionClass, ...]] = (
    RetentionClass(
        "decisions",
        frozenset(
            {
                RecordType.INTENT,
                RecordType.RESULT,
                RecordType.DEGRADED,
                RecordType.FAILED,
                RecordType.ALERT,
                RecordType.ACK,
                RecordType.OVERRIDE,
            }
        ),
        DEFAULT_YEARS,
        "decisions and what they rested on",
    ),
    RetentionClass(
        "controls",
        frozenset({RecordType.LIMIT_CHANGE, RecordType.MODEL_CHANGE, RecordType.BREAKER}),
        DEFAULT_YEARS,
        "changes to what decisions are measured against",
    ),
    RetentionClass(
        "log",
        frozenset({RecordType.RECOVERY, RecordType.SEAL}),
        DEFAULT_YEARS,
        "without them the remaining records no longer verify",
    ),
)
"""Every record type stands in exactly one class."""


def retention_class(kind: RecordType) -> RetentionClass:
    """The class of a record type.

    Example:
        >>> retention_class(RecordType.RESULT).years
        7
    """
    return next(item for item in RETENTION if kind in item.types)


def keep_until(kind: RecordType, written: date) -> date:
    """First day on which a record may be deleted.

    Args:
        kind: record type.
        written: UTC date of the record.

    Returns:
        The same day that many years later; 1 March for a 29 February that does not exist.

    Example:
        >>> keep_until(RecordType.RESULT, date(2024, 2, 29))
        datetime.date(2031, 3, 1)
    """
    year = written.year + retention_class(kind).years
    try:
        return written.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
