"""What Greeks must know of a kind: which terms are times, how smooth its value is, which asset it is on."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pact_jax.instruments import (
    AbstractTerms,
    Bond,
    EuropeanOption,
    Forward,
    FxForward,
    FxOption,
    LinearExposure,
    Loan,
    Stock,
)


class GreekEstimator(enum.Enum):
    """How the derivatives of a kind were obtained, which a reader needs wherever a value has a kink."""

    FORMULA = "exact derivative of a smooth pricing formula; at the strike at expiry, the mean of the two sides"
    BRANCH = "exact derivative of the branch that the market is in; at a kink of the value, one-sided"
    JUMP = (
        "exact derivative of the pricing formula; a jump of the value (at a barrier, at the strike at expiry) has none"
    )
    UNCHECKED = "derivative of the registered present value; whether it is smooth was not declared"


class ThetaEstimator(enum.Enum):
    """How theta was obtained."""

    REVALUATION = "full revaluation of the aged contracts"
    NO_TIMES = "the kind has no times: exactly 0"
    UNKNOWN = "the kind registered no times: NaN"


@dataclasses.dataclass(frozen=True)
class GreekTraits:
    """What one kind declares.

    Attributes:
        times: selects every array of times from the valuation date in the terms; None if unknown.
        estimator: smoothness of the present value.
        asset: selects the index of the one asset that each contract's value depends on, so that cross-gamma has no
            entries off the diagonal; None if a contract may depend on several.
    """

    times: Callable[[Any], tuple[Float[Array, "..."], ...]] | None = None
    estimator: GreekEstimator = GreekEstimator.UNCHECKED
    asset: Callable[[Any], Int[Array, "contracts"]] | None = None


_TRAITS: dict[type[AbstractTerms], GreekTraits] = {}


def register_greeks(terms_type: type[AbstractTerms], traits: GreekTraits) -> None:
    """Declares a kind's times and smoothness. Without it Greeks still work: theta is NaN, cross-gamma takes longer.

    Args:
        terms_type: final subclass of `AbstractTerms`.
        traits: its declaration.

    Example:
        >>> from pact_jax.instruments import Stock
        >>> register_greeks(Stock, GreekTraits(lambda terms: (), GreekEstimator.FORMULA, lambda terms: terms.asset))
    """
    _TRAITS[terms_type] = traits


def greek_traits(terms: AbstractTerms) -> GreekTraits:
    """What the kind of some terms declared; nothing known if it did not."""
    return _TRAITS.get(type(terms), GreekTraits())


def theta_estimator(terms: AbstractTerms) -> ThetaEstimator:
    """How theta of a kind is obtained."""
    times = greek_traits(terms).times
    if times is None:
        return ThetaEstimator.UNKNOWN
    return ThetaEstimator.REVALUATION if times(terms) else ThetaEstimator.NO_TIMES


def aged(terms: AbstractTerms, years: Float[Array, ""]) -> AbstractTerms:
    """The contracts after some time has passed and nothing else has changed.

    Every time to a date shrinks by `years` and stops at 0: an option that expires within the step is worth its
    intrinsic value, a cash flow that falls within it counts as cash at face value.

    Args:
        terms: contracts of a kind that declared its times.
        years: time that passes, not negative.

    Returns:
        Terms of the same type and shapes.
    """
    times = greek_traits(terms).times
    if times is None or not times(terms):
        return terms
    return eqx.tree_at(times, terms, tuple(jnp.maximum(time - years, 0.0) for time in times(terms)))


def _register_built_in() -> None:
    smooth = GreekEstimator.FORMULA
    register_greeks(Stock, GreekTraits(lambda t: (), smooth, lambda t: t.asset))
    register_greeks(Forward, GreekTraits(lambda t: (t.maturity, t.discount.time), smooth, lambda t: t.asset))
    register_greeks(EuropeanOption, GreekTraits(lambda t: (t.expiry, t.discount.time), smooth, lambda t: t.asset))
    register_greeks(FxForward, GreekTraits(lambda t: (t.discount.time,), smooth))
    register_greeks(FxOption, GreekTraits(lambda t: (t.expiry, t.discount.time), smooth))
    register_greeks(Bond, GreekTraits(lambda t: (t.points.start, t.points.end), smooth))
    register_greeks(LinearExposure, GreekTraits(lambda t: (), smooth))
    register_greeks(Loan, GreekTraits(lambda t: (), smooth))


_register_built_in()
