"""What has been read of a snapshot when the next table is checked."""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd


@dataclass(eq=False)
class Context:
    """What has been read when a table is checked.

    Attributes:
        valuation_date: Date of the market, None if it could not be read.
        reporting_currency: Currency of capital and reports.
        tables: Tables read so far.
        known: Values that other tables may refer to, per `table.column`; under `declared:table.column` also those of
            rows that were rejected.
        factor_names: Abstract factors of a linear book.
    """

    valuation_date: date | None
    reporting_currency: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    factor_names: tuple[str, ...] = ()

    def names(self, key: str) -> frozenset[str]:
        """The known values of one `table.column`."""
        return self.known.get(key, frozenset())

    def declared(self, key: str) -> frozenset[str]:
        """The values of one `table.column`, those of rejected rows included."""
        return self.known.get(f"declared:{key}", frozenset())

    @property
    def drivers(self) -> frozenset[str]:
        """What a credit driver may be: an asset, an exchange rate or an abstract factor."""
        rates = {f"FX:{name}" for name in self.names("currencies.currency") - {self.reporting_currency}}
        return self.names("assets.asset") | rates | set(self.factor_names)
