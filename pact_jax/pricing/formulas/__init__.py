"""Unit prices as pure array functions: elementwise over contracts, differentiable, safe at the edges."""

from ._black import (
    black76_price as black76_price,
    black_price as black_price,
    black_price_log as black_price_log,
    black_scholes_price as black_scholes_price,
    garman_kohlhagen_price as garman_kohlhagen_price,
    safe_sqrt as safe_sqrt,
)
