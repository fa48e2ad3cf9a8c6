"""Contract terms, struct-of-arrays per kind, and the positions that hold them."""

from ._american_option import AmericanOption as AmericanOption
from ._asian_option import AsianOption as AsianOption
from ._asset_option import AssetOption as AssetOption
from ._barrier_option import BarrierOption as BarrierOption
from ._bond import Bond as Bond
from ._bond import RiskyPoints as RiskyPoints
from ._digital_option import DigitalOption as DigitalOption
from ._european_option import EuropeanOption as EuropeanOption
from ._forward import Forward as Forward
from ._fx import FxForward as FxForward
from ._fx import FxOption as FxOption
from ._linear import LinearExposure as LinearExposure
from ._loan import Loan as Loan
from ._portfolio import Portfolio as Portfolio
from ._portfolio import PositionGroup as PositionGroup
from ._stock import Stock as Stock
from ._terms import AbstractTerms as AbstractTerms
from ._terms import Accounting as Accounting
from ._terms import DiscountPoints as DiscountPoints
