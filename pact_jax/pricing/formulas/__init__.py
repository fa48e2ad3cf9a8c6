"""Unit prices as pure array functions: elementwise over contracts, differentiable, safe at the edges."""

from ._black import (
    black76_price as black76_price,
)
from ._black import (
    black_price as black_price,
)
from ._black import (
    black_price_log as black_price_log,
)
from ._black import (
    black_scholes_price as black_scholes_price,
)
from ._black import (
    garman_kohlhagen_price as garman_kohlhagen_price,
)
from ._black import (
    safe_sqrt as safe_sqrt,
)
