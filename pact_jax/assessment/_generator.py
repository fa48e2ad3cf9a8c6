"""Which scenarios an assessment runs on, as objects: history in its several forms, or Monte Carlo."""

from dataclasses import dataclass

from pact_jax.errors import ArgumentError
from pact_jax.scenarios import Sequence, VolatilityFilter, check_randomisations


@dataclass(frozen=True)
class Historical:
    """Every overlapping move of the snapshot's history, equally weighted."""

    @property
    def label(self) -> str:
        """Name in tables."""
        return "historical"


@dataclass(frozen=True)
class AgeWeighted:
    """Every overlapping move of the history, each window weighing `decay` times as much as the next one.

    The weights are worth about (1 + decay) / (1 - decay) equal windows, 99 for 0.98, however long the history is: a
    97.5 % tail of them holds two or three.

    Attributes:
        decay: daily factor, above 0 and at most 1.
    """

    decay: float = 0.98

    def __post_init__(self) -> None:
        """Refuses a decay outside its range."""
        _check_decay(self.decay, "AgeWeighted.decay")

    @property
    def label(self) -> str:
        """Name in tables."""
        return "age_weighted"


@dataclass(frozen=True)
class FilteredHistorical:
    """Every window of the history with its moves brought to today's volatility, factor by factor.

    Attributes:
        filter: EWMA, or GARCH(1,1) by likelihood; the enum or its value, "ewma" or "garch".
        decay: daily factor of EWMA, above 0 and below 1; with GARCH, of the factors whose fit does not converge.
    """

    filter: VolatilityFilter | str = VolatilityFilter.EWMA
    decay: float = 0.94

    def __post_init__(self) -> None:
        """Turns the filter's value into the filter; refuses an unknown one and a decay outside its range."""
        known = [kind.value for kind in VolatilityFilter]
        if not isinstance(self.filter, VolatilityFilter):
            if self.filter not in known:
                raise ArgumentError(
                    f"filter is {self.filter!r}", where="FilteredHistorical", mend=f"use one of: {', '.join(known)}"
                )
            object.__setattr__(self, "filter", VolatilityFilter(self.filter))
        _check_decay(self.decay, "FilteredHistorical.decay")

    @property
    def label(self) -> str:
        """Name in tables."""
        return f"filtered_{VolatilityFilter(self.filter).value}"


@dataclass(frozen=True)
class BlockBootstrap:
    """H-day moves as sums of blocks of consecutive days, drawn at random from the history.

    Attributes:
        num_scenarios: how many scenarios.
        block_days: length of a block, at most the horizon; the horizon if None.
    """

    num_scenarios: int = 10_000
    block_days: int | None = None

    def __post_init__(self) -> None:
        """Refuses a count or length below one."""
        _check_count(self.num_scenarios, "BlockBootstrap.num_scenarios")
        if self.block_days is not None:
            _check_count(self.block_days, "BlockBootstrap.block_days")

    @property
    def label(self) -> str:
        """Name in tables."""
        return "block_bootstrap"


@dataclass(frozen=True)
class MonteCarlo:
    """Gaussian moves with the covariance of the history's own H-day moves.

    Attributes:
        num_scenarios: how many scenarios.
    """

    num_scenarios: int = 10_000

    @property
    def label(self) -> str:
        """Name in tables."""
        return "monte_carlo"


@dataclass(frozen=True)
class StudentT:
    """Multivariate Student-t moves with the covariance of the history's own H-day moves.

    Attributes:
        num_scenarios: how many scenarios.
        degrees_of_freedom: nu, above 2, of the H-day moves; estimated from them if None (one nu for all factors, by
            composite likelihood), and recorded.
    """

    num_scenarios: int = 10_000
    degrees_of_freedom: float | None = None

    def __post_init__(self) -> None:
        """Refuses degrees of freedom that leave no covariance, and a count below one."""
        _check_count(self.num_scenarios, "StudentT.num_scenarios")
        if self.degrees_of_freedom is not None and not self.degrees_of_freedom > 2.0:
            raise ArgumentError(
                f"degrees_of_freedom is {self.degrees_of_freedom!r}",
                where="StudentT",
                mend="give a number above 2 (at 2 or fewer there is no covariance), or None to estimate it",
            )

    @property
    def label(self) -> str:
        """Name in tables."""
        return "student_t"


@dataclass(frozen=True)
class FactorModel:
    """Gaussian moves by a few principal components of the history's H-day moves and a residual of each factor.

    Variances are exact; correlations keep what the common factors carry. It is regular where the sample covariance is
    not, as with fewer observations than factors.

    Attributes:
        num_scenarios: how many scenarios.
        num_factors: number of common factors, at most the number of risk factors.
    """

    num_scenarios: int = 10_000
    num_factors: int = 10

    def __post_init__(self) -> None:
        """Refuses counts below one."""
        _check_count(self.num_scenarios, "FactorModel.num_scenarios")
        _check_count(self.num_factors, "FactorModel.num_factors")

    @property
    def label(self) -> str:
        """Name in tables."""
        return "factor_model"


@dataclass(frozen=True)
class QuasiMonteCarlo:
    """Gaussian moves as of `MonteCarlo`, from evenly spread points along the principal components.

    Standard errors are the spread over independent randomisations, each of `num_scenarios / num_randomisations` points.
    It helps most where few components carry the loss and the level is not far out; a far tail has few points whatever
    their spread, and `ImportanceSampled` is the better choice there.

    Attributes:
        num_scenarios: how many scenarios; a power of two times the randomisations.
        sequence: Owen-scrambled Sobol points, or a randomly shifted lattice; the enum or its value, "sobol" or
            "lattice".
        num_randomisations: at least 2; fewer spread the points better, more make the error itself more certain.
    """

    num_scenarios: int = 8_192
    sequence: Sequence | str = Sequence.SOBOL
    num_randomisations: int = 16

    def __post_init__(self) -> None:
        """Turns the sequence's value into the sequence; refuses an unknown one and counts that do not divide."""
        known = [kind.value for kind in Sequence]
        if not isinstance(self.sequence, Sequence):
            if self.sequence not in known:
                raise ArgumentError(
                    f"sequence is {self.sequence!r}", where="QuasiMonteCarlo", mend=f"use one of: {', '.join(known)}"
                )
            object.__setattr__(self, "sequence", Sequence(self.sequence))
        _check_count(self.num_scenarios, "QuasiMonteCarlo.num_scenarios")
        _check_count(self.num_randomisations, "QuasiMonteCarlo.num_randomisations")
        check_randomisations(self.num_scenarios, self.num_randomisations)

    @property
    def label(self) -> str:
        """Name in tables."""
        return f"quasi_{Sequence(self.sequence).value}"


@dataclass(frozen=True)
class ImportanceSampled:
    """Gaussian moves as of `MonteCarlo`, drawn where the book's delta-gamma loss is large, and weighted for it.

    Weighted means stay unbiased whatever the book. The error at the level is many times smaller where market moves make
    the tail and delta and gamma describe them. Of what market moves do not make (defaults) the error is that of down to
    an eighth as many scenarios: look at the joint loss and at the market's own. Market moves alone are drawn otherwise
    than they occur: defaults keep their law given the drivers. In float64 only.

    Attributes:
        num_scenarios: how many scenarios, a multiple of the randomisations.
        level: confidence level that is aimed at, 0.9 to below 1; below it errors are those of fewer scenarios.
        stratified: whether to divide the delta-gamma loss into strata that are each drawn from equally often.
        num_randomisations: at least 2; standard errors are the spread over them.
    """

    num_scenarios: int = 8_192
    level: float = 0.999
    stratified: bool = True
    num_randomisations: int = 16

    def __post_init__(self) -> None:
        """Refuses a level outside its range and counts that do not divide."""
        if not 0.9 <= self.level < 1.0:
            raise ArgumentError(
                f"level is {self.level!r}", where="ImportanceSampled", mend="give a far level, such as 0.999"
            )
        _check_count(self.num_scenarios, "ImportanceSampled.num_scenarios")
        _check_count(self.num_randomisations, "ImportanceSampled.num_randomisations")
        check_randomisations(self.num_scenarios, self.num_randomisations)

    @property
    def label(self) -> str:
        """Name in tables."""
        return "importance_sampled"


@dataclass(frozen=True)
class RootTime:
    """One-day scenarios of another generator times the root of the horizon: a convention, never the default.

    Right only where days are independent and alike. Moves over the horizon itself need no such rule.

    Attributes:
        generator: whose one-day scenarios are stretched.
    """

    generator: "Windowed | Drawn"

    def __post_init__(self) -> None:
        """Refuses anything but another kind of generator."""
        if not isinstance(self.generator, Windowed | Drawn):
            raise ArgumentError(
                f"generator is {self.generator!r}", where="RootTime", mend="pass an object, such as Historical()"
            )
        if isinstance(self.generator, ImportanceSampled):
            raise ArgumentError(
                "importance sampling aims at moves over the horizon itself",
                where="RootTime",
                mend="use ImportanceSampled() alone, or RootTime(QuasiMonteCarlo())",
            )

    @property
    def label(self) -> str:
        """Name in tables."""
        return f"{self.generator.label}_root_time"


Windowed = Historical | AgeWeighted | FilteredHistorical
"""Generators whose scenarios are windows of the history in date order."""
Drawn = BlockBootstrap | MonteCarlo | StudentT | FactorModel | QuasiMonteCarlo | ImportanceSampled
"""Generators that draw a given number of scenarios."""
Generator = Windowed | Drawn | RootTime
Randomised = QuasiMonteCarlo | ImportanceSampled
"""Generators whose scenarios depend on each other within a randomisation."""


def reads_book(generator: Generator) -> bool:
    """Whether a generator looks at the positions: only then does drawing wait for them."""
    return isinstance(generator, ImportanceSampled)


def _check_decay(decay: float, where: str) -> None:
    if not 0.0 < decay <= 1.0:
        raise ArgumentError(f"decay is {decay!r}", where=where, mend="give the daily factor, such as 0.98")


def _check_count(count: int, where: str) -> None:
    if not (isinstance(count, int) and count >= 1):
        raise ArgumentError(f"{count!r} is no count", where=where, mend="give a whole number of at least 1")
