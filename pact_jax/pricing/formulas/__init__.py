"""Unit prices as pure array functions: elementwise over contracts, differentiable, safe at the edges."""

from ._bachelier import bachelier_price as bachelier_price
from ._bachelier import displaced_price as displaced_price
from ._barrier import barrier_price as barrier_price
from ._black import black76_price as black76_price
from ._black import black_price as black_price
from ._black import black_price_log as black_price_log
from ._black import black_scholes_price as black_scholes_price
from ._black import garman_kohlhagen_price as garman_kohlhagen_price
from ._black import safe_sqrt as safe_sqrt
from ._digital import asset_digital_price as asset_digital_price
from ._digital import cash_digital_price as cash_digital_price
from ._digital import gap_price as gap_price
from ._fx import fx_atm_strike as fx_atm_strike
from ._fx import fx_delta as fx_delta
from ._fx import fx_strike_from_delta as fx_strike_from_delta
from ._implied_vol import ImpliedVol as ImpliedVol
from ._implied_vol import implied_bachelier_vol as implied_bachelier_vol
from ._implied_vol import implied_black_vol as implied_black_vol
from ._pricing_status import PricingStatus as PricingStatus
from ._touch import asset_touch_price as asset_touch_price
from ._touch import no_touch_price as no_touch_price
from ._touch import one_touch_price as one_touch_price
