"""Greeks of the book of all kinds, compiled once for every test file that reads them."""

import pytest

from pact_jax.pricing import Greeks, greeks

from . import books


@pytest.fixture(scope="session")
def everything_greeks() -> Greeks:
    return greeks(books.everything(), books.market())
