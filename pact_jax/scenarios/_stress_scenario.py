"""Named stress scenarios as data: what they are called, where they come from and what they say."""

import dataclasses
import enum

from pact_jax.errors import ArgumentError

from ._layout import ShockLeaf


class WindowRule(enum.Enum):
    """Which dates inside a window of history the moves are taken between."""

    BETWEEN = "first to last date"
    WORST = "worst H-day move of the reference factor"
    PEAK_TO_TROUGH = "largest fall of the reference factor"


@dataclasses.dataclass(frozen=True)
class HistoricalWindow:
    """Moves that every factor made together between two dates of a history.

    Attributes:
        first: first date, `YYYY-MM-DD`.
        last: last date.
        rule: the whole window, or the part of it that was worst for the reference factor.
        reference: key of the history column that decides, for instance `spot:SP500`; empty for `BETWEEN`.
        horizon_days: H of the rule `WORST`, business days.
    """

    first: str
    last: str
    rule: WindowRule = WindowRule.BETWEEN
    reference: str = ""
    horizon_days: int = 10

    def __post_init__(self) -> None:
        """Refuses a rule without what it needs."""
        if self.rule is not WindowRule.BETWEEN and not self.reference:
            raise ArgumentError(
                f"the rule {self.rule.name} needs a reference factor",
                where="HistoricalWindow.reference",
                mend="name a history column, for instance spot:SP500",
            )


@dataclasses.dataclass(frozen=True)
class GroupMove:
    """One move of a whole group of factors, or of the named ones.

    Attributes:
        leaf: what moves.
        change: relative change of a level (0.5 is half as much again, -0.2 a fall by a fifth), absolute change of a
            zero rate (0.01 is 100 basis points) or abstract factor.
        names: rows that move (assets, currencies, curves, surfaces or issuers); all if empty.
        by_tenor: (years, further change) pairs of a zero-rate move, linear between and flat outside: a steepener.
    """

    leaf: ShockLeaf
    change: float
    names: tuple[str, ...] = ()
    by_tenor: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Refuses a level that would not stay positive."""
        if self.leaf.is_log and not self.change > -1.0:
            raise ArgumentError(
                f"a relative change of {self.change} leaves no positive {self.leaf.value}",
                where="GroupMove.change",
                mend="give a change above -1 (-0.2 is a fall of 20 %)",
            )


@dataclasses.dataclass(frozen=True)
class CurrencyMove:
    """One currency against every other one.

    Attributes:
        currency: its name; it may be the reporting currency.
        change: relative change of its value, 0.1 for 10 % dearer.
    """

    currency: str
    change: float


@dataclasses.dataclass(frozen=True)
class StressScenario:
    """A named stress.

    Attributes:
        name: as it is printed.
        source: where dates or sizes come from, or that they are round figures.
        definition: a window of history, or the moves of groups of factors. What the moves do not name stays at its
            base by definition.
    """

    name: str
    source: str
    definition: HistoricalWindow | tuple[GroupMove | CurrencyMove, ...]


@dataclasses.dataclass(frozen=True)
class FactorNames:
    """Names of the market's axes, in order; rows beyond them are padding and never move.

    Attributes:
        assets: of `spot`, `half_spread` and `adv`.
        currencies: of `fx`, the reporting currency first.
        curves: of `zero_rate`.
        surfaces: of `vol_level`.
        issuers: of `hazard_rate`.
    """

    assets: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()

    def of(self, leaf: ShockLeaf) -> tuple[str, ...]:
        """Names of the rows of one leaf; none for abstract factors."""
        return {
            ShockLeaf.SPOT: self.assets,
            ShockLeaf.HALF_SPREAD: self.assets,
            ShockLeaf.ADV: self.assets,
            ShockLeaf.FX: self.currencies,
            ShockLeaf.ZERO_RATE: self.curves,
            ShockLeaf.VOL_LEVEL: self.surfaces,
            ShockLeaf.HAZARD_RATE: self.issuers,
            ShockLeaf.FACTOR: (),
        }[leaf]
