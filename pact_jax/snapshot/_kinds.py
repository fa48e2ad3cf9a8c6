"""The kinds of positions as data: what each must and may say, what it is on, how it is quoted and settled."""

import enum
from dataclasses import dataclass
from typing import Final


class Underlying(enum.Enum):
    """What a kind is written on, which decides where its currency and its volatility come from."""

    ASSET = "an asset"
    CURRENCY_PAIR = "a currency against another"
    MONEY = "amounts of one currency"


@dataclass(frozen=True)
class Kind:
    """One kind of position.

    Attributes:
        meaning: What one unit is and what a positive quantity does; printed in the documentation.
        required: Columns that must be filled, besides position_id, desk, kind and quantity.
        optional: Columns that are read if they are filled.
        on: What it is written on.
        has_vol: Whether it needs a volatility surface.
        over_the_counter: Whether it may have a counterparty whose default is assessed.
        per_underlying: Whether its price is quoted per unit of the underlying.
        sides: What option_type may say; empty if the kind does not read it.
    """

    meaning: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    on: Underlying = Underlying.ASSET
    has_vol: bool = False
    over_the_counter: bool = False
    per_underlying: bool = False
    sides: tuple[str, ...] = ()


RATE_SURFACE: Final = r"RATE:.+"
"""Names of volatility surfaces of options on rates, as a regular expression."""

_CALL_PUT: Final = ("call", "put")
_OPTION: Final = ("asset", "option_type", "strike", "maturity")
_FLOATING: Final = ("float_frequency", "float_day_count")
_RATE_VOL: Final = ("vol_model", "displacement")
_OPTION_EXTRAS: Final = ("multiplier", "counterparty", "price")


def _option(meaning: str, *required: str, optional: tuple[str, ...] = ()) -> Kind:
    return Kind(
        meaning,
        (*_OPTION, *required),
        (*optional, *_OPTION_EXTRAS),
        has_vol=True,
        over_the_counter=True,
        per_underlying=True,
        sides=_CALL_PUT,
    )


KINDS: Final[dict[str, Kind]] = {
    "stock": Kind("One unit of an asset.", ("asset",), ("price",)),
    "european_option": _option("Right to buy (call) or sell (put) `multiplier` units of an asset at maturity."),
    "digital_option": _option(
        "Pays `cash` per unit of the multiplier, or delivers the asset, if the asset ends beyond the strike.",
        optional=("payout", "cash"),
    ),
    "american_option": _option("Right to buy or sell `multiplier` units of an asset on any day up to maturity."),
    "barrier_option": _option(
        "European option that starts (in) or ends (out) when the asset touches the barrier, watched continuously.",
        "barrier",
        "barrier_type",
        optional=("rebate",),
    ),
    "asian_option": _option(
        "Option on the geometric or arithmetic mean of the asset's fixings, counted back from maturity to "
        "`first_fixing`.",
        "averaging",
        "first_fixing",
        "fixing_frequency",
        optional=("past_average",),
    ),
    "spread_option": _option(
        "Option on the asset less `weight_2` units of `asset_2`, of the same currency.",
        "asset_2",
        "correlation",
        optional=("weight_2",),
    ),
    "basket_option": _option(
        "Option on the asset and `weight_2` units of `asset_2`, of the same currency, together.",
        "asset_2",
        "correlation",
        optional=("weight_2",),
    ),
    "variance_swap": Kind(
        "Receives realised variance, pays that of the strike (a volatility); `multiplier` per 1.00 of variance.",
        ("asset", "strike", "maturity"),
        ("start", "past_volatility", "multiplier", "counterparty", "price"),
        has_vol=True,
        over_the_counter=True,
        per_underlying=True,
    ),
    "forward": Kind(
        "Buys `multiplier` units of an asset at the strike on maturity.",
        ("asset", "strike", "maturity"),
        ("multiplier", "counterparty", "price"),
        over_the_counter=True,
        per_underlying=True,
    ),
    "future": Kind(
        "The same, margined daily; the strike is the last settlement price.",
        ("asset", "strike", "maturity"),
        ("multiplier", "price"),
        per_underlying=True,
    ),
    "bond": Kind(
        "One bond of `face`.",
        ("currency", "coupon", "frequency", "maturity"),
        ("issuer", "day_count", "face", "lgd", "price"),
        on=Underlying.MONEY,
    ),
    "swap": Kind(
        "Pays `coupon` and receives floating plus `spread` on `face`; a negative quantity receives fixed.",
        ("currency", "coupon", "frequency", "maturity"),
        (
            "start",
            "forward_curve",
            *_FLOATING,
            "spread",
            "fixing",
            "compounded",
            "day_count",
            "face",
            "counterparty",
            "price",
        ),
        on=Underlying.MONEY,
        over_the_counter=True,
    ),
    "cap_floor": Kind(
        "A cap or floor at `strike` on the floating rate, paid on `face` at the end of each period.",
        ("currency", "option_type", "strike", "maturity", "surface"),
        ("start", "forward_curve", *_FLOATING, "fixing", *_RATE_VOL, "face", "counterparty", "price"),
        on=Underlying.MONEY,
        has_vol=True,
        over_the_counter=True,
        sides=("cap", "floor"),
    ),
    "swaption": Kind(
        "Right to enter, at `expiry`, a swap on `face` that pays (payer) or receives the fixed rate `strike`.",
        ("currency", "option_type", "strike", "expiry", "frequency", "maturity", "surface"),
        ("start", "forward_curve", *_FLOATING, *_RATE_VOL, "day_count", "face", "counterparty", "price"),
        on=Underlying.MONEY,
        has_vol=True,
        over_the_counter=True,
        sides=("payer", "receiver"),
    ),
    "cds": Kind(
        "Buys protection on `face` of the issuer for a running premium `coupon`; a negative quantity sells it.",
        ("currency", "issuer", "coupon", "maturity"),
        ("face", "lgd", "price"),
        on=Underlying.MONEY,
    ),
    "loan": Kind(
        "An accrual loan: it defaults and is not marked.",
        ("currency", "issuer", "outstanding"),
        ("undrawn", "ccf", "lgd", "price"),
        on=Underlying.MONEY,
    ),
    "fx_forward": Kind(
        "Buys one unit of `currency` for `strike` units of `currency_2` on maturity.",
        ("currency", "strike", "maturity"),
        ("currency_2", "counterparty", "price"),
        on=Underlying.CURRENCY_PAIR,
        over_the_counter=True,
    ),
    "fx_option": Kind(
        "Right to buy (call) or sell (put) one unit of `currency` for reporting currency at maturity.",
        ("currency", "option_type", "strike", "maturity"),
        ("counterparty", "price"),
        on=Underlying.CURRENCY_PAIR,
        has_vol=True,
        over_the_counter=True,
        sides=_CALL_PUT,
    ),
}
"""Every kind that a positions table may hold, in the order of the documentation."""

KIND_COLUMNS: Final[dict[str, tuple[str, ...]]] = {name: kind.required for name, kind in KINDS.items()}
"""Columns that a position of each kind must fill, besides position_id, desk, kind and quantity."""


def kinds_on(underlying: Underlying) -> tuple[str, ...]:
    """The kinds written on one sort of underlying."""
    return tuple(name for name, kind in KINDS.items() if kind.on is underlying)


ASSET_KINDS: Final = kinds_on(Underlying.ASSET)
RATE_OPTION_KINDS: Final = tuple(name for name in kinds_on(Underlying.MONEY) if KINDS[name].has_vol)
FX_KINDS: Final = kinds_on(Underlying.CURRENCY_PAIR)
OTC_KINDS: Final = tuple(name for name, kind in KINDS.items() if kind.over_the_counter)
PER_UNDERLYING_KINDS: Final = tuple(name for name, kind in KINDS.items() if kind.per_underlying)
TWO_ASSET_KINDS: Final = tuple(name for name, kind in KINDS.items() if "asset_2" in kind.required)
FACE_KINDS: Final = tuple(name for name, kind in KINDS.items() if "face" in kind.optional)
